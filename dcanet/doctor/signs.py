"""Causes of a failure, read from lines of logs and from SLURM's states."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..doctor_documents import Cause, Evidence
from .log_end import Line
from .slurm import Record

#: Lines of ours that are no errors: how they begin, and how those end after which a training goes on.
_NO_ERROR = "waiting for|stopped as asked|interrupted"
_GOES_ON = "; (trying the state of step|starting afresh)"

#: What a line says of a cause. The first in the list outweighs the others: what comes later may follow from
#: it, as lost ranks do from one that ran out of memory, and a cancelled step from a time limit.
SIGNS: list[tuple[Cause, str]] = [
    ("gpu_memory", r"torch\.(cuda\.)?OutOfMemoryError|CUDA out of memory|CUDA error: out of memory"),
    ("gpu_memory", r"CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED"),
    (
        "shared_memory",
        r"out of shared memory|killed by signal: Bus error|unable to (open|write|mmap).*/torch_",
    ),
    (
        "host_memory",
        r"oom[-_]kill|[Oo]ut[- ][Oo]f[- ][Mm]emory(?!\?)|OUT_OF_ME|[Ee]xceeded (job |virtual )?memory limit",
    ),
    ("host_memory", r"\bMemoryError\b|Cannot allocate memory|std::bad_alloc|DefaultCPUAllocator: "),
    ("host_memory", r"loader process died: .*killed by signal: Killed"),
    ("disk_full", r"No space left on device|[Dd]isk quota exceeded|File too large|state cannot be written"),
    ("time_limit", r"DUE TO TIME LIMIT"),
    ("node_failure", r"DUE TO NODE FAILURE|failed due to a node failure|SLURM status is: 'NODE_FAIL'"),
    ("preempted", r"DUE TO PREEMPTION"),
    ("diverged", r"dcanet: .*(the loss became|training diverged|a weight is not finite)"),
    ("network", r"dcanet: .*(could not be fetched|not here, and `offline` is set)"),
    ("network", r"Name or service not known|name resolution|Network is unreachable|download quota"),
    ("submission", r"sbatch failed|sbatch: error|submission failed"),
    ("refused", rf"dcanet: (?!rank \d+: |the ranks did not|{_NO_ERROR})\S(?!.*{_GOES_ON})"),
    ("killed", r"dcanet: rank \d+: killed by SIGKILL"),
    ("late_files", r"MissingOutputException"),
    ("lost_rank", r"dcanet: (rank \d+: |the ranks did not end)"),
    ("time_limit", r"SLURM status is: '(TIMEOUT|DEADLINE)'"),
    ("preempted", r"SLURM status is: 'PREEMPTED'"),
    ("cancelled", r"CANCELLED AT(?!.*DUE TO JOB REQUEUE)|SLURM status is: 'CANCELLED"),
    ("stopped", r"dcanet: (stopped as asked|interrupted)"),
    (
        "killed",
        r"exit status 137\b|died with <Signals\.SIGKILL|^(.*: line \d+: +\d+ )?Killed\b|: task \d+: Killed",
    ),
    ("stopped", r"exit status (75|130|143)\b"),
]

#: Of SLURM's states, which come as in "CANCELLED by 1000".
STATES: dict[str, Cause] = {
    "OUT_OF_MEMORY": "host_memory",
    "TIMEOUT": "time_limit",
    "DEADLINE": "time_limit",
    "NODE_FAIL": "node_failure",
    "BOOT_FAIL": "node_failure",
    "PREEMPTED": "preempted",
    "CANCELLED": "cancelled",
}

#: Characters of a line that are shown.
TEXT = 240
#: In the first lines of what the executor runs on a node.
_ATTEMPT = "--executor slurm-jobstep"
_PATTERNS = [re.compile(pattern) for _, pattern in SIGNS]
_ANY = re.compile("|".join(f"(?:{pattern})" for _, pattern in SIGNS))
#: A message about a file begins with its path.
_FILE = re.compile(r"dcanet: (?:rank \d+: )?(?:[^\s:]*/[^:]*|[^\s:/]+\.\w{2,11})(?:, line \d+)?: ")
_ERROR = re.compile(
    r"^(\w+\.)*\w*(Error|Exception|Interrupt)\b|Segmentation fault|^error:|\bfatal\b|command not found"
)
_DULL = re.compile(r"^[\s=^~|-]*$|^(slurmstepd|srun): (info|error: .*task \d+: (Killed|Exited))")


@dataclass(frozen=True)
class Clue:
    """A cause with what says so; the lower the weight, the nearer to the root."""

    cause: Cause
    weight: int
    evidence: Evidence


def last_attempt(lines: Sequence[Line]) -> Sequence[Line]:
    """Of a SLURM log that several attempts of a job were appended to, the last one's.

    What ends a job while it starts comes before its first line.
    """
    starts = [place for place, line in enumerate(lines) if _ATTEMPT in line.text]
    return lines[starts[-1] :] if len(starts) > 1 else lines


def clue_in(lines: Iterable[Line], source: str) -> Clue | None:
    """The weightiest sign in a log's lines, of equal ones the last."""
    best: Clue | None = None
    for line in lines:
        if not _ANY.search(line.text):
            continue
        weight = next(place for place, pattern in enumerate(_PATTERNS) if pattern.search(line.text))
        if best is None or weight <= best.weight:
            best = Clue(_cause(weight, line.text), weight, _evidence(line, source))
    return best


def clue_of(record: Record) -> Clue | None:
    """What the state of a SLURM job says."""
    cause = STATES.get(record.state.split(" ")[0].split("+")[0])
    if cause is None:
        return None
    weight = [one for one, _ in SIGNS].index(cause)
    return Clue(cause, weight, Evidence(source=record.said_by, line=None, text=record.text))


@dataclass(frozen=True)
class Words:
    """The last that a log says, and whether it sounds like an error."""

    evidence: Evidence
    is_error: bool


def last_words(lines: Sequence[Line], source: str) -> Words | None:
    """The last line that sounds like an error, else the last that says anything."""
    spoken = [line for line in lines if not _DULL.match(line.text)]
    errors = [line for line in spoken if _ERROR.search(line.text)]
    last = errors[-1:] or spoken[-1:]
    return Words(_evidence(last[0], source), bool(errors)) if last else None


def shortened(text: str) -> str:
    """The beginning and the end of a line that is too long to be shown."""
    return text if len(text) <= TEXT else f"{text[: TEXT // 2].rstrip()} ... {text[-TEXT // 2 :].lstrip()}"


def _cause(weight: int, text: str) -> Cause:
    cause = SIGNS[weight][0]
    return "bad_file" if cause == "refused" and _FILE.search(text) else cause


def _evidence(line: Line, source: str) -> Evidence:
    return Evidence(source=source, line=line.number, text=shortened(line.text.strip()))
