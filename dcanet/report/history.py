"""How trainings went, a line for each; history.jsonl has every epoch."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from ..documents import EpochRecord
from .chapter import Heading, Listing
from .stored import Run
from .stored_detection import DetectorRun

COLUMNS = (
    Heading("Training", words=True),
    Heading("Epochs"),
    Heading("Train loss, first"),
    Heading("Train loss, last"),
    Heading("Validation, best"),
    Heading("of epoch"),
    Heading("Validation, last"),
    Heading("Images/s, median"),
)


def history(key: str, runs: Mapping[str, Sequence[Run | DetectorRun]]) -> Iterator[Listing]:
    """The trainings of these models, as far as they have a history."""
    rows = [
        (f"{model}, {run.title}", *_numbers(run.history))
        for model, of_model in runs.items()
        for run in of_model
        if run.history
    ]
    if rows:
        caption = "How the trainings went; validation is top-1 of classifiers and AP of detectors, in percent"
        yield Listing(key, caption, COLUMNS, tuple(rows)).without_empty()


def _numbers(epochs: Sequence[EpochRecord]) -> Iterator[str]:
    yield str(len(epochs))
    yield f"{epochs[0].train_loss:.3f}"
    yield f"{epochs[-1].train_loss:.3f}"
    validated = [(score, epoch.epoch) for epoch in epochs if (score := _score(epoch)) is not None]
    if validated:
        best, when = max(validated, key=lambda found: found[0])
        yield from (f"{best:.2f}", str(when), f"{validated[-1][0]:.2f}")
    else:
        yield from ("", "", "")
    speeds = [epoch.images_per_second for epoch in epochs if epoch.images_per_second is not None]
    yield f"{median(speeds):,.1f}" if speeds else ""


def _score(epoch: EpochRecord) -> float | None:
    return epoch.valid_ap_percent if epoch.valid_top1_percent is None else epoch.valid_top1_percent
