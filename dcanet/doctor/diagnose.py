"""What became of every job of an experiment, and why some failed."""

from collections import Counter
from pathlib import Path

from ..doctor_documents import Diagnosis, JobFinding
from ..workflow import Plan
from . import snakemake_log
from .advice import Facts, change_for
from .log_end import last_lines
from .obstacles import obstacles
from .processes import processes_in
from .scene import Scene
from .signs import Clue, clue_in, clue_of, last_attempt, last_words
from .slurm import WAITING, Slurm
from .snakemake_log import Failure
from .stages import Job
from .unfinished import continues


def diagnose(root: Path, experiment: str, plan: Plan | None = None, slurm: Slurm | None = None) -> Diagnosis:
    """Look at the run in folder `root`, the one that Snakemake ran in; without a plan at what is there.

    Nothing is changed, and every question to SLURM has a time limit.
    """
    slurm = slurm or Slurm()
    runs = snakemake_log.read_runs(root / snakemake_log.FOLDER)
    failures = {output: failure for run in runs for failure in run.failures for output in failure.outputs}
    scene = Scene(root, experiment, plan, runs, failures, processes_in(root))
    asks = scene.on_slurm and slurm.here
    if asks:
        scene.queue = slurm.queue(root, (run.slurm_run for run in runs))
        scene.hidden = not slurm.answers
    jobs = list(scene.jobs())
    absent = [job for job in jobs if not (root / job.output).exists()]
    if asks:
        asked = {found for job in absent if (found := scene.slurm_job(job)) and not scene.queued(job)}
        asked |= {found.slurm_job for run in runs[-1:] for found in run.unsettled}
        scene.records = slurm.records(sorted(asked, key=int))
    findings = [_finding(job, scene) for job in jobs]
    counts = Counter(finding.state for finding in findings)
    return Diagnosis(
        experiment=experiment,
        counts=dict(counts),
        obstacles=list(obstacles(root, runs, scene.processes, slurm, scene.queue, scene.records)),
        jobs=[finding for finding in findings if finding.state not in ("done", "not_run")],
    )


def _finding(job: Job, scene: Scene) -> JobFinding:
    failure, queued = scene.failures.get(job.output), scene.queued(job)
    log = job.log or next(iter(failure.logs if failure else []), "")
    found = JobFinding(title=job.title, rule=job.rule, output=job.output, log=log, state="not_run")
    found.slurm_job = queued.job if queued else scene.slurm_job(job)
    if (scene.root / job.output).exists():
        found.state = "recovered" if failure else "done"
    elif queued:
        found.state = "waiting" if queued.state in WAITING else "running"
    elif any(process.writes(job.output, job.model) for process in scene.processes):
        found.state = "running"
    else:
        _explain(found, job, scene, failure)
    return found


def _explain(found: JobFinding, job: Job, scene: Scene, failure: Failure | None) -> None:
    """Why a job is neither done nor on its way, where anything is there of it."""
    found.continues = continues(scene.root / job.state_folder) if job.state_folder else None
    record = scene.records.get(found.slurm_job or "")
    logs = [path for path in ([found.log] if found.log else []) if (scene.root / path).is_file()]
    logs += [_relative(path, scene.root) for path in scene.slurm_logs(job)[-1:]]
    if not logs and not failure and not record and not found.continues:
        return
    read = {path: last_attempt(last_lines(scene.root / path)) for path in logs}
    if failure:
        read[_relative(failure.log_file, scene.root)] = [*failure.status, *failure.said]
    clues = [clue_in(lines, source) for source, lines in read.items()]
    clue = min(filter(None, [*clues, clue_of(record) if record else None]), key=_weight, default=None)
    if clue:
        found.cause, found.evidence = clue.cause, clue.evidence
    else:
        words = [last_words(read[path], path) for path in logs]
        said = next((word for word in words if word), None)
        found.evidence = said.evidence if said else None
        # Without an error anywhere it was stopped with all else: the machine, or Snakemake itself.
        found.cause = "unknown" if failure or (said and said.is_error) else "stopped"
    if scene.hidden and clue is None and failure is None:
        found.state, found.cause = "hidden", None
        return
    found.state = "interrupted" if found.cause == "stopped" else "failed"
    facts = Facts(job, found.evidence, record, found.continues, scene.on_slurm, scene.plan)
    found.change = change_for(found.cause, facts)


def _weight(clue: Clue) -> int:
    return clue.weight


def _relative(path: Path, root: Path) -> str:
    root, path = root.absolute(), path.absolute()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
