"""Pictures of what detectors find, each beside its baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..detection_documents import DetectionPicture
from ..sheets import Detector
from .stored_detection import StoredDetection


@dataclass(frozen=True)
class Gallery:
    """A few images as a detector and its baseline see them."""

    heading: str
    baseline: str
    connected: str
    dataset: str
    pictures: list[DetectionPicture]


def galleries(detectors: Sequence[Detector], stored: StoredDetection) -> list[Gallery]:
    """One for each detector whose finds were drawn, in the table's order."""
    rows = {row.id: row.row for row in detectors}
    return [
        Gallery(
            f"{row.detector}: {rows.get(drawn.baseline, drawn.baseline)} and {row.row}",
            rows.get(drawn.baseline, drawn.baseline),
            row.row,
            drawn.dataset,
            drawn.pictures,
        )
        for row in detectors
        if (drawn := stored.pictures.get(row.id)) and drawn.pictures
    ]
