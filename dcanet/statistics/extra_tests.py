"""Extra test sets: other images, or the val images by other labels. Of each, top-1 of networks and pairs.

The pairs on one test set are a family of their own: their p-values are adjusted together, apart from those of
the val split and of the other sets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..comparison_documents import ExtraTestSet, NotCompared
from ..evaluation.relabelled import FILE, Relabelled
from .graded import Graded
from .models import accuracy_statistics
from .pairs import Pair
from .scores import read_scores
from .settings import Settings
from .top1 import compare_top1, judged_together


@dataclass(frozen=True)
class Relabelling(Graded):
    """One training's answers by other labels than those of the data set."""

    labels: str
    """SHA-256 of the file that they are from."""

    @classmethod
    def of(cls, found: Relabelled, source: str, seed: int | None = None) -> "Relabelling":
        order = sorted(range(len(found.images)), key=found.images.__getitem__)
        images = tuple(found.images[place] for place in order)
        return cls(source, seed, images, found.correct[order], found.labels_sha256)

    def disagreement(self, other: Graded) -> str:
        if not isinstance(other, Relabelling):
            return super().disagreement(other)
        if self.labels == other.labels:
            return ""
        return (
            f"are scored by different files of labels (SHA-256 {self.labels[:12]} and {other.labels[:12]}); "
            "score both by the same"
        )


def answers_of(folder: Path) -> Path:
    """The file of a test set's folder that has the answers image by image."""
    predictions = folder / "predictions.parquet"
    return predictions if predictions.is_file() else folder / FILE


def read_graded(files: Sequence[tuple[Path, int | None]]) -> list[Graded]:
    """Of the files that `answers_of` gives, and the seeds of their trainings.

    Raises:
        UserError: a file that cannot be read.
    """
    if all(path.name != FILE for path, _ in files):
        return [*read_scores(files)]
    return [
        Relabelling.of(Relabelled.load(path), str(path), seed)
        if path.name == FILE
        else read_scores([(path, seed)])[0]
        for path, seed in files
    ]


def extra_test_set(
    models: Mapping[str, Sequence[Graded] | NotCompared],
    pairs: Mapping[str, Pair[Graded] | NotCompared],
    settings: Settings,
) -> ExtraTestSet:
    """Of the models and pairs that `gather` gives."""
    return ExtraTestSet(
        models={
            name: found if isinstance(found, NotCompared) else accuracy_statistics(found, settings.alpha)
            for name, found in models.items()
        },
        pairs=judged_together(pairs, settings, lambda pair, p, level: compare_top1(pair, settings, p, level)),
    )
