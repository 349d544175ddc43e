"""Sentences about paired statistics, the same in the report and in `dcanet compare`."""

from ..comparison_documents import Pooled, TableStatistics
from .formatting import with_interval

#: As the paper writes them.
BACKBONES = {
    "resnet50": "ResNet50",
    "mnasnet1_0": "Mnas1_0",
    "mobilenet_v2": "MobileNetV2",
    "resnet18": "ResNet18",
    "resnet34": "ResNet34",
    "resnet101": "ResNet101",
}
#: Names of attention blocks that are no abbreviations.
ATTENTIONS = {"none": "none", "simam": "SimAM", "coord": "Coordinate"}
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
    title = ATTENTIONS.get(attention, attention.upper())
    return ("Backbone", BACKBONES.get(backbone, backbone)), ("Attention", title)


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
