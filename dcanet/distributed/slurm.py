"""What SLURM says of the job that this process runs in, and the little that is asked of it.

Tried with SLURM 22.05; the variables and commands are in `man srun` and `man scontrol`.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import UserError

#: Seconds that the other nodes have to end by themselves after the first one did.
TIME_TO_END = 60
#: Seconds that a command of SLURM may take before it is given up.
PATIENCE = 60


def job_id() -> str | None:
    """The job that this process runs in, if any."""
    return os.environ.get("SLURM_JOB_ID")


def is_on_every_node(nodes: int) -> bool:
    """Whether this process was started as one of `nodes`, one on each node of a job."""
    return job_id() is not None and os.environ.get("SLURM_STEP_NUM_NODES") == str(nodes)


def start_on_every_node(command: Sequence[str], nodes: int, cores: int) -> None:
    """Become `srun` of a command, once on each of the job's nodes, with `cores` processor cores there.

    Signals and the exit code are srun's from here on: it has the largest exit code of the nodes. Since 22.05
    srun does not take the number of cores from the job, and of GPUs it takes all that the job has.

    Raises:
        UserError: this is no job of SLURM.
    """
    if job_id() is None:
        raise UserError(
            f"--nodes {nodes}: this is no job of SLURM; run it in one of {nodes} nodes, or start it without "
            "--nodes on every machine by torchrun (docs/cluster.md)"
        )
    # Not --kill-on-bad-exit: the first that ends with 75 would have the others killed, and srun end with 137.
    srun = [
        "srun",
        f"--nodes={nodes}",
        f"--ntasks={nodes}",
        "--ntasks-per-node=1",
        f"--cpus-per-task={cores}",
        f"--wait={TIME_TO_END}",
    ]
    sys.stdout.flush()
    try:
        os.execvp(srun[0], [*srun, *command])
    except FileNotFoundError as error:
        raise UserError(
            f"--nodes {nodes}: there is no srun here; SLURM's commands must be on PATH"
        ) from error


@dataclass(frozen=True)
class Node:
    """This node among those of the step, `number` from 0; all of them meet at `meeting` and `port`."""

    address: str
    meeting: str
    port: int
    number: int
    step: str

    @property
    def is_first(self) -> bool:
        return self.number == 0


def this_node() -> Node:
    """Where this process runs, in a step with one task for each node; UserError where scontrol fails."""
    first = _ask("scontrol", "show", "hostnames", os.environ["SLURM_STEP_NODELIST"]).split()[0]
    job, step = os.environ["SLURM_JOB_ID"], os.environ["SLURM_STEP_ID"]
    return Node(
        address=_address(os.environ["SLURMD_NODENAME"]),
        meeting=_address(first),
        # Two jobs on one node must not meet; steps of one job follow each other.
        port=20000 + (int(job) * 7 + int(step)) % 20000,
        number=int(os.environ["SLURM_NODEID"]),
        step=f"{job}.{step}",
    )


def requeue(warned: bool) -> None:
    """Put this job back into the queue, if its end was announced or is a preemption; not if it was cancelled.

    Where SLURM does not agree, standard error says so: whoever started the job has to start it again.
    """
    job = job_id()
    if job is None:
        return
    try:
        if warned or _field("PreemptTime", "job", job) not in (None, "None"):
            _ask("scontrol", "requeue", job)
    except UserError as error:
        print(f"dcanet: {error.line()}; the job is not put back into the queue", file=sys.stderr)


def _address(node: str) -> str:
    """A node's address, since its name need not be one that resolves."""
    return _field("NodeAddr", "node", node) or node


def _field(name: str, kind: str, entity: str) -> str | None:
    """What SLURM tells of a job or a node under a name."""
    for word in _ask("scontrol", "show", kind, "-o", entity).split():
        key, _, value = word.partition("=")
        if key == name:
            return value
    return None


def _ask(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except FileNotFoundError as error:
        raise UserError(f"{command[0]}: not found; SLURM's commands must be on PATH") from error
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{' '.join(command)}: no answer within {PATIENCE} s") from error
    if done.returncode:
        raise UserError(f"{' '.join(command)}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return done.stdout
