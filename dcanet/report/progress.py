"""How much of the experiment has run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..detection_documents import DetectionMetrics
from ..documents import Result
from ..profile_documents import ModelCosts, Throughput
from ..sheets import Detector, Pair
from .environment import Environment
from .reading import FAILED, UNCOUNTABLE, UNREADABLE
from .stored import Stored
from .stored_detection import StoredDetection
from .table import Missing, Table

Found = Result | DetectionMetrics | ModelCosts | Throughput | Missing


@dataclass(frozen=True)
class Progress:
    """How many of something are done, have failed, or wait for their turn."""

    what: str
    done: int
    failed: int
    total: int

    @property
    def pending(self) -> int:
        return self.total - self.done - self.failed

    @property
    def rest(self) -> str:
        """What is not done, in words; empty where all is."""
        counts = {"failed": self.failed, "pending": self.pending}
        return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def ran(tables: Iterable[Table], made_in: Sequence[Environment]) -> str:
    """On which data, when, on what machine and from which commit."""
    found = [f"{table.title.partition('.')[0]} on {table.ours_on}" for table in tables]
    days = sorted({day for made in made_in for day in (made.first_day, made.last_day)})
    found += [" to ".join(dict.fromkeys((days[0], days[-1])))] if days else []
    for fact in ("processor", "gpu", "git commit"):
        values = dict.fromkeys(made.facts[fact] for made in made_in if fact in made.facts)
        found += [f"{fact.removeprefix('git ')} {' and '.join(values)}"] if values else []
    return "; ".join(found) + "."


def progress(
    pairs: Sequence[Pair], detectors: Sequence[Detector], stored: Stored, detection: StoredDetection
) -> list[Progress]:
    """What has run so far, stage by stage."""
    timed = [
        _progress(
            f"rows timed on {device}" if device else "rows timed", ([speed] for speed in speeds.values())
        )
        for device, speeds in stored.speeds.items()
    ]
    return [
        _progress("classifiers evaluated", ([run.metrics for run in runs] for runs in stored.runs.values())),
        _progress("classifiers counted", ([stored.cost_of(model)] for model in stored.runs)),
        *timed,
        _progress(
            "detectors evaluated", ([run.metrics for run in detection.runs[row.id]] for row in detectors)
        ),
    ]


def where_to_ask(found: Iterable[Progress]) -> list[str]:
    """Who says why something failed, if anything did."""
    failed = sum(part.failed for part in found)
    count = "1 result" if failed == 1 else f"{failed} results"
    return [f"{count} failed: dcanet doctor says why, and what to change."] if failed else []


def _progress(what: str, results: Iterable[Sequence[Found]]) -> Progress:
    """One of several runs that is there makes a thing done; the warnings tell of the others."""
    done = failed = total = 0
    for found in results:
        total += 1
        if any(not isinstance(result, Missing) for result in found):
            done += 1
        elif any(_failed(result) for result in found):
            failed += 1
    return Progress(what, done, failed, total)


def _failed(result: Found) -> bool:
    return isinstance(result, Missing) and result.reason in (FAILED, UNREADABLE, UNCOUNTABLE)
