"""Every number that a table can hold: its name, unit, direction, precision and meaning."""

from dataclasses import dataclass
from typing import Literal

#: What may be known of the uncertainty: standard deviation over seeds, and the 95 % interval.
Spread = Literal["seeds", "interval"]


@dataclass(frozen=True)
class Metric:
    """What one number means and how it is written."""

    key: str
    label: str
    unit: str
    direction: Literal["higher", "lower"]
    decimals: int
    description: str
    published: str
    """What the paper's number is, or that it has none."""
    base: str
    """Name of the unit that numbers are kept in."""
    scaled: str
    """Name of the unit that numbers are shown in."""
    scale: int = 1
    """How many base units make one shown unit."""
    delta_decimals: int = 2
    """Precision of our own differences; the paper's have no more than its printed values."""
    delta_unit: str = ""
    """Unit of a difference where it is not the unit of the values."""
    convention: str = ""
    """By whose rules it is counted, where there are several."""
    spread: tuple[Spread, ...] = ()
    tested: bool = False
    """Whether its differences are tested for being more than noise."""


def _accuracy(
    key: str, label: str, share: str, published: str = "not in the paper", more: str = ""
) -> Metric:
    return Metric(
        key=key,
        label=label,
        unit="%",
        direction="higher",
        decimals=2,
        description=f"Share of {share}. In brackets its interval over images; ± is the sample standard "
        f"deviation where there are several seeds, and then the interval is over seeds too.{more}",
        published=published,
        base="percent",
        scaled="percent",
        delta_unit="points",
        spread=("seeds", "interval"),
        tested=key != "top5",
    )


def _precision(key: str, label: str, meaning: str) -> Metric:
    return Metric(
        key=key,
        label=label,
        unit="%",
        direction="higher",
        decimals=1,
        delta_decimals=1,
        description=f"{meaning} In brackets its interval over images; of several seeds ± is their sample "
        "standard deviation, and the interval is over seeds too.",
        published="COCO val2017",
        base="percent",
        scaled="percent",
        delta_unit="points",
        spread=("seeds", "interval"),
        tested=key == "ap",
    )


def _macs(key: str, convention: str, compared: str) -> Metric:
    return Metric(
        key=key,
        label="MACs",
        unit="G",
        direction="lower",
        decimals=2,
        delta_decimals=4,
        description=f"Multiply-adds of one image in billions. {compared}",
        published="the authors' own counter, which also counts normalisation, activation and pooling",
        base="count",
        scaled="giga",
        scale=10**9,
        convention=convention,
    )


#: How extra test sets are called whose names are known.
TEST_TITLES = {"imagenetv2": "ImageNetV2", "sketch": "Sketch"}

_VALIDATED = "ImageNet validation set, single crop"
#: How many differences are judged together where a test set is not the val split.
_OWN_FAMILY = (
    " Verdicts on differences are after an adjustment over the pairs on this test set alone, so they count "
    "for it and not for several sets at once."
)

METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        _accuracy("top1", "Top-1", "validation images whose class is the first guess", _VALIDATED),
        _accuracy("top5", "Top-5", "validation images whose class is among the first five", _VALIDATED),
        _accuracy(
            "test_top1",
            "Top-1",
            "the extra test set's images whose class is the first guess",
            more=_OWN_FAMILY,
        ),
        _accuracy(
            "real_top1",
            "ReaL top-1",
            "validation images whose first guess is among their reassessed labels (arXiv 2006.07159); images "
            "without such labels are left out",
            more=_OWN_FAMILY,
        ),
        Metric(
            key="nll",
            label="NLL",
            unit="nats",
            direction="lower",
            decimals=3,
            delta_decimals=3,
            description="Mean negative log-likelihood of the true class of the validation images.",
            published="not in the paper",
            base="nats",
            scaled="nats",
            spread=("seeds", "interval"),
        ),
        Metric(
            key="ece",
            label="ECE",
            unit="%",
            direction="lower",
            decimals=2,
            description="Expected calibration error: how far the first guess's probability is from its "
            "accuracy, over 15 equal bins of that probability (arXiv 1706.04599).",
            published="not in the paper",
            base="percent",
            scaled="percent",
            delta_unit="points",
            spread=("seeds", "interval"),
        ),
        Metric(
            key="params",
            label="Params",
            unit="M",
            direction="lower",
            decimals=2,
            description="Learnable parameters in millions.",
            published="counted at ImageNet's 1,000 classes",
            base="count",
            scaled="mega",
            scale=10**6,
        ),
        _macs(
            "macs",
            "fvcore",
            "Ours are by fvcore's rules, the paper's are not: compare ours with ours and paper with paper.",
        ),
        _macs("macs_published", "authors' counter", "Ours and the paper's are by the same rules."),
        Metric(
            key="throughput",
            label="Throughput",
            unit="images/s",
            direction="higher",
            decimals=1,
            delta_decimals=1,
            description="Speed with its 95 % interval, median over the timed rounds.",
            published="not in the paper",
            base="images_per_second",
            scaled="images_per_second",
            spread=("interval",),
        ),
        Metric(
            key="overhead",
            label="Overhead",
            unit="% time",
            direction="lower",
            decimals=1,
            delta_decimals=1,
            description="Additional time per image of the connected network, in percent of its baseline's, "
            "with its 95 % interval. Both are timed interleaved and compared round by round, which is more "
            "exact than comparing the two speeds.",
            published="not in the paper",
            base="percent",
            scaled="percent",
            spread=("interval",),
        ),
        _precision("ap", "AP", "Average precision, mean over IoU thresholds 0.50 to 0.95."),
        _precision("ap50", "AP50", "Average precision at IoU 0.50."),
        _precision("ap75", "AP75", "Average precision at IoU 0.75."),
        _precision("ap_small", "APs", "AP of small objects, area below 32² pixels."),
        _precision("ap_medium", "APm", "AP of medium objects, area from 32² to 96² pixels."),
        _precision("ap_large", "APl", "AP of large objects, area above 96² pixels."),
    )
}
