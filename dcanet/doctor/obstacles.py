"""What keeps a run from going on: a lock left behind, a Snakemake that waits in vain, a silent SLURM."""

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..doctor_documents import Obstacle
from .processes import Process
from .slurm import Queued, Record, Slurm
from .snakemake_log import Run

LOCKS = Path(".snakemake/locks")
#: Seconds of Snakemake's silence in which it should have noticed the end of a job; it asks every 3 minutes.
NOTICED = 600.0
#: States of jobs that have ended; the executor takes PREEMPTED for one that will go on.
_ENDED = (
    "COMPLETED",
    "FAILED",
    "CANCELLED",
    "TIMEOUT",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "BOOT_FAIL",
)
SHOWN = 20


def obstacles(
    root: Path,
    runs: Sequence[Run],
    processes: Sequence[Process],
    slurm: Slurm,
    queue: Sequence[Queued],
    records: Mapping[str, Record],
) -> Iterator[Obstacle]:
    """In the order in which they are to be removed."""
    snakemakes = [process for process in processes if process.is_snakemake]
    if "squeue" in slurm.silent:
        yield Obstacle(
            problem=f"SLURM does not answer (squeue: {slurm.silent['squeue']}); what runs is not known",
            change="wait until `scontrol ping` says UP; a Snakemake that hangs since then is interrupted "
            "once (Ctrl-C) and run again",
        )
    if runs and runs[-1].refusal:
        first, *rest = runs[-1].refusal
        said = " ".join([first.text, *(line.text.strip() for line in rest)])
        yield Obstacle(
            problem=f"Snakemake began no job: {said}",
            change=f"mend what it names ({runs[-1].path}:{first.number}), run again",
        )
    if runs and snakemakes:
        yield from _waits_in_vain(runs[-1], snakemakes[0], slurm, queue, records)
    if not snakemakes and any((root / LOCKS).glob("*.lock")):
        yield _left_lock(runs, processes, queue, slurm.silent)


def _waits_in_vain(
    run: Run, snakemake: Process, slurm: Slurm, queue: Sequence[Queued], records: Mapping[str, Record]
) -> Iterator[Obstacle]:
    silent = time.time() - run.path.stat().st_mtime
    queued = {job.job for job in queue}
    for waited in run.unsettled:
        record = records.get(waited.slurm_job)
        if waited.slurm_job in queued or not slurm.answers:
            continue
        if record and not record.state.startswith(_ENDED):
            continue
        if silent > NOTICED or (record and record.state == "PREEMPTED"):
            state = record.state if record else "not known to SLURM any more"
            yield Obstacle(
                problem=f"Snakemake (process {snakemake.pid}) waits for job {waited.slurm_job}, which is "
                f"{state}, and does not notice",
                change=f"{_end(snakemake, queue)}; run again with slurm-status-command: squeue",
            )


def _end(snakemake: Process, queue: Sequence[Queued]) -> str:
    """How to end a Snakemake that waits; SIGTERM would let it wait for its jobs."""
    if not snakemake.ignores_interrupts:
        return f"kill -INT {snakemake.pid}: within a minute it cancels its other jobs and frees the lock"
    first = f"scancel {_listed([job.job for job in queue])}, " if queue else ""
    return f"{first}kill -KILL {snakemake.pid} (it ignores interrupts), snakemake --unlock"


def _left_lock(
    runs: Sequence[Run], processes: Sequence[Process], queue: Sequence[Queued], silent: Mapping[str, str]
) -> Obstacle:
    host = runs[-1].host if runs else ""
    if host and host != platform.node():
        where = f"Snakemake on {host} holds the lock of this folder, or was killed there and left it"
        first = [f"if none runs there (`pgrep -u $USER snakemake` on {host})"]
    else:
        where, first = "Snakemake was killed and left its lock", []
    steps = ["see which of its jobs run on once SLURM answers"] if "squeue" in silent else []
    if queue:
        where += f"; its SLURM jobs go on: {_listed([job.job for job in queue])}"
        steps.append(f"scancel {_listed([job.job for job in queue])} (else they are submitted a second time)")
    if orphans := [str(process.pid) for process in processes if process.is_job]:
        where += f"; its jobs go on as processes {_listed(orphans)}"
        steps.append(f"kill {_listed(orphans)} and wait for their end")
    return Obstacle(
        problem=where, change=": ".join([*first, ", ".join([*steps, "snakemake --unlock, run again"])])
    )


def _listed(names: Sequence[str]) -> str:
    """So many that a terminal is not flooded."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return " ".join(names[:SHOWN]) + more
