"""One change for each cause of a failure."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..doctor_documents import Cause, Continues, Evidence
from ..errors import UserError
from ..workflow import Plan
from .slurm import Record
from .stages import Job

PROFILE = "profiles/slurm/config.yaml"

TITLES: dict[Cause, str] = {
    "gpu_memory": "out of GPU memory",
    "host_memory": "out of memory",
    "killed": "killed, as it happens when memory runs out",
    "shared_memory": "out of shared memory",
    "disk_full": "disk full",
    "time_limit": "time limit",
    "node_failure": "node failure",
    "preempted": "preempted",
    "diverged": "training diverged",
    "network": "could not be fetched",
    "bad_file": "a file that cannot be used",
    "refused": "refused",
    "submission": "SLURM refused the job",
    "late_files": "done, but its files were not seen",
    "cancelled": "cancelled by somebody, or by SLURM for another job",
    "lost_rank": "a rank was lost",
    "stopped": "stopped",
    "unknown": "unknown cause",
}


@dataclass(frozen=True)
class Facts:
    """What is known of a failed job beside its logs."""

    job: Job
    evidence: Evidence | None = None
    record: Record | None = None
    continues: Continues | None = None
    on_slurm: bool = False
    plan: Plan | None = None

    @property
    def recipe(self) -> str:
        """The file, where the config says which; else in words."""
        model = self.job.model
        if self.plan is None or model is None:
            return "its recipe"
        detection = self.plan.detection
        try:
            return (
                detection.recipe_of(model)
                if detection and model in detection.rows
                else self.plan.recipe_of(model)
            )
        except (KeyError, UserError):
            return "its recipe"

    @property
    def where(self) -> str:
        """Where the resources of its rule are set."""
        return f"{PROFILE}: set-resources: {self.job.rule}"

    @property
    def again(self) -> str:
        """What running again will do."""
        return "run again, it continues from its state" if self.continues else "run again"


def change_for(cause: Cause, facts: Facts) -> str:
    """What to change, in a line."""
    return _CHANGES[cause](facts)


def _gpu_memory(facts: Facts) -> str:
    if not facts.job.rule.startswith("train"):
        return (
            "free the GPU (`nvidia-smi` lists who holds its memory), or ask for a larger one, and run again"
        )
    return f"lower micro_batch_size in {facts.recipe}: the batch stays, BatchNorm sees less at once"


def _host_memory(facts: Facts) -> str:
    if facts.on_slurm:
        return f"raise {facts.where}: mem_mb{_doubled(facts.record)}"
    workers = facts.plan.config.training.workers if facts.plan else 0
    if workers:
        return f"lower training.workers in the config ({workers} now), or run fewer jobs at a time (--cores)"
    return "run fewer jobs at a time (lower --cores), or on a machine with more memory"


def _doubled(record: Record | None) -> str:
    """What to raise it to: twice what it was, where SLURM says how much that was."""
    found = re.match(r"([\d.]+)([KMGT]?)", record.memory) if record else None
    if found is None or not float(found[1]):
        return ""
    megabytes = float(found[1]) * {"K": 1 / 1024, "": 1, "M": 1, "G": 1024, "T": 1024**2}[found[2]]
    return f" to {2 * megabytes:.0f} (it had {megabytes:.0f})"


def _time_limit(facts: Facts) -> str:
    if facts.continues:
        return f"{facts.again}; `retries` in {PROFILE} does so by itself"
    had = f" (it had {facts.record.time_limit})" if facts.record and facts.record.time_limit else ""
    return f"raise {facts.where}: runtime{had}"


def _node_failure(facts: Facts) -> str:
    nodes = facts.record.nodes if facts.record else ""
    avoided = f"; if the node fails again: {facts.where}: slurm_extra: '--exclude={nodes}'" if nodes else ""
    return facts.again + avoided


def _diverged(facts: Facts) -> str:
    return f"lower optimizer.learning_rate in {facts.recipe}, or set its precision to float32"


def _own_words(facts: Facts) -> str:
    """Messages of ours end with the fix."""
    said = re.sub(r"^.*?dcanet: ", "", facts.evidence.text) if facts.evidence else ""
    fix = said.rpartition("; ")[2] if "; " in said else ""
    skip = ", or set on_bad_image: skip in the config" if "not a readable image" in said else ""
    return fix + skip if fix else "mend what the message names, and run again"


def _network(facts: Facts) -> str:
    said = facts.evidence.text if facts.evidence else ""
    if "By hand: " in said:
        return said.rpartition("By hand: ")[2]
    return (
        "run again where there is network (downloads are local rules), or put the file into weights/incoming"
    )


def _submission(facts: Facts) -> str:
    return f"correct slurm_partition, slurm_account or the resources of {facts.job.rule} in {PROFILE}"


def _disk_full(facts: Facts) -> str:
    return "make room (`df -h . /tmp`, `quota`), and " + facts.again


def _unknown(facts: Facts) -> str:
    return f"read the end of {facts.evidence.source if facts.evidence else facts.job.log}, and run again"


_CHANGES: dict[Cause, Callable[[Facts], str]] = {
    "gpu_memory": _gpu_memory,
    "host_memory": _host_memory,
    "killed": _host_memory,
    "shared_memory": lambda facts: (
        "set training.workers: 0 in the config, or give the container a larger /dev/shm"
    ),
    "disk_full": _disk_full,
    "time_limit": _time_limit,
    "node_failure": _node_failure,
    "preempted": lambda facts: facts.again,
    "diverged": _diverged,
    "network": _network,
    "bad_file": _own_words,
    "refused": _own_words,
    "submission": _submission,
    "late_files": lambda facts: f"raise latency-wait in {PROFILE} (file systems over networks are late)",
    "cancelled": lambda facts: facts.again,
    "lost_rank": lambda facts: f"{facts.again}; the ranks' own messages are above in the log",
    "stopped": lambda facts: facts.again,
    "unknown": _unknown,
}
