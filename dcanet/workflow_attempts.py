"""More memory or time for a job of SLURM whose earlier attempts lacked it, and for no other that failed."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

#: What SLURM writes into the log of a job that it ended for lack of a resource.
LACKED = {
    "mem_mb": re.compile(r"oom[-_ ]kill|exceeded (job |step )?memory limit", re.IGNORECASE),
    "runtime": re.compile(r"DUE TO TIME LIMIT"),
}
#: Of a log, since SLURM's own words are its last.
END_BYTES = 20_000


def let_grow(rule: Any, logs: Callable[[], Path | None]) -> None:
    """Have a rule's `mem_mb` and `runtime` grow by their own size with each attempt that lacked them.

    Args:
        rule: of Snakemake, with resources of any origin: its own, the profile's, the command line's.
        logs: gives the folder of SLURM's logs, in which the executor has one for each attempt that failed;
            None where something else runs the jobs.
    """
    if getattr(rule, "grows", False):  # used as a module twice, the workflow comes by its rules twice
        return
    rule.grows = True
    for resource in LACKED:
        if resource in rule.resources:
            rule.resources[resource] = _grown(rule.resources[resource], rule.name, resource, logs)


def _grown(base: Any, rule: str, resource: str, logs: Callable[[], Path | None]) -> Callable[..., Any]:
    def amount(wildcards: Any, input: Any, attempt: int, threads: int, rulename: str, async_run: Any) -> Any:
        found = base.evaluate(
            wildcards, input=input, attempt=attempt, threads=threads, rulename=rulename, async_run=async_run
        ).value
        folder = logs() if attempt > 1 and isinstance(found, int) else None
        if folder is None:
            return found
        return found * (
            1 + times_lacked(resource, Path(folder) / f"rule_{rule}" / _folder(wildcards), attempt - 1)
        )

    return amount


def times_lacked(resource: str, folder: Path, attempts: int) -> int:
    """How many of a job's last attempts were ended for lack of a resource, by their logs."""
    by_age = sorted(folder.glob("*.log"), key=lambda log: log.stat().st_mtime)
    return sum(LACKED[resource].search(_end(log)) is not None for log in by_age[-attempts:])


def _folder(wildcards: Iterable[str]) -> str:
    """The executor's name for a job's wildcards."""
    return "_".join(wildcards).replace("/", "_")


def _end(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - END_BYTES))
        return file.read().decode(errors="replace")
