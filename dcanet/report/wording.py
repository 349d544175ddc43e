"""Sentences about paired statistics, the same in the report and in `dcanet compare`."""

from ..comparison_documents import Pooled, TableStatistics
from ..titles import attention_title, backbone_title
from .formatting import with_interval

ADJUSTMENTS = {"holm": "Holm's method", "fdr_bh": "Benjamini and Hochberg's false discovery rate"}


def method(statistics: TableStatistics) -> str:
    """What the intervals, p-values and verdicts are."""
    return (
        f"Paired on the same images. In brackets {level(statistics)} intervals; verdicts at "
        f"p ≤ {statistics.alpha:g} of McNemar's mid-p test after {ADJUSTMENTS[statistics.adjustment]}, of "
        "several trainings over seeds and images. Each extra test set is adjusted for by itself, and so are "
        "detectors. Of one training each nothing is said of another training's outcome. “Detectable” is the "
        "least difference that would have been found with 80 % power."
    )


def parts_of_model(backbone: str, attention: str) -> tuple[tuple[str, str], ...]:
    """What a classifier is made of, as the paper writes it, for example ResNet50 and SE."""
    return ("Backbone", backbone_title(backbone)), ("Attention", attention_title(attention))


def level(statistics: TableStatistics) -> str:
    """Of the intervals, for example "95 %"."""
    return f"{100 * (1 - statistics.alpha):g} %"


def pooled_sentence(pooled: Pooled) -> str:
    """All pairs in one sentence."""
    return (
        f"Mean difference over {pooled.pairs} pairs: {with_interval(pooled.gain)} points; "
        f"{pooled.better + pooled.worse} of {pooled.pairs} distinguishable ({pooled.better} better, "
        f"{pooled.worse} worse)."
    )
