"""How much of the experiment has run."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..profile_documents import ModelCosts, Throughput
from ..sheets import Detector, Pair
from .stored import Stored, evaluated
from .stored_detection import StoredDetection


@dataclass(frozen=True)
class Progress:
    """How many of something are done."""

    what: str
    done: int
    total: int


def progress(
    pairs: Sequence[Pair], detectors: Sequence[Detector], stored: Stored, detection: StoredDetection
) -> list[Progress]:
    """What has run so far, stage by stage."""
    timed = [
        Progress(
            f"rows timed on {device}" if device else "rows timed",
            sum(isinstance(speed, Throughput) for speed in speeds.values()),
            len(pairs),
        )
        for device, speeds in stored.speeds.items()
    ]
    return [
        Progress(
            "classifiers evaluated", sum(bool(evaluated(r)) for r in stored.runs.values()), len(stored.runs)
        ),
        Progress(
            "classifiers counted",
            sum(isinstance(stored.cost_of(model), ModelCosts) for model in stored.runs),
            len(stored.runs),
        ),
        *timed,
        Progress(
            "detectors evaluated", sum(bool(detection.evaluated(row.id)) for row in detectors), len(detectors)
        ),
    ]
