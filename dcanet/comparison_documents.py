"""The JSON files of paired statistics: what networks are worth, and whether they differ by more than noise.

Accuracies, calibration errors and AP are in percent, their differences in percentage points, NLL in nats.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .documents import Document, Hash, Provenance
from .profile_documents import Part

Verdict = Literal["better", "worse", "not distinguishable"]
#: How p-values of many pairs are adjusted: Holm's family-wise error, or Benjamini and Hochberg's false
#: discovery rate.
Adjustment = Literal["holm", "fdr_bh"]


class Estimate(Part):
    """A number or a difference, with its interval at the file's level."""

    value: float
    low: float
    high: float

    @property
    def interval(self) -> tuple[float, float]:
        return self.low, self.high


class SeedSplit(Part):
    """What the standard error of a mean over several trainings comes from."""

    seeds: int = Field(ge=2)
    seed_error: float = Field(ge=0, description="from the trainings, in the unit of the mean")
    sampling_error: float = Field(ge=0, description="from the images")

    @property
    def seed_share(self) -> float:
        """Of the variance, 0 to 1; 0 where there is none."""
        variance = self.seed_error**2 + self.sampling_error**2
        return self.seed_error**2 / variance if variance else 0.0


class AccuracyStatistics(Part):
    """One network's top-1; of several trainings their mean."""

    images: int = Field(ge=2)
    seeds: list[int] = Field(description="of its trainings; none for weights that were not trained here")
    top1: Estimate
    top1_split: SeedSplit | None = None


class ModelStatistics(AccuracyStatistics):
    """One network's numbers; of several trainings their means."""

    top5: Estimate
    nll: Estimate
    ece: Estimate


class RunComparison(Part):
    """First guesses of two networks on the same images; of one training each."""

    seed: int | None
    both_right: int = Field(ge=0)
    gained: int = Field(ge=0, description="images that only the other network has right")
    lost: int = Field(ge=0, description="images that only the baseline has right")
    same_mistake: int = Field(ge=0, description="both wrong with the same answer")
    other_mistake: int = Field(ge=0, description="both wrong with different answers")
    difference: Estimate = Field(description="of top-1, other minus baseline, by Tango's score interval")
    bootstrap: Estimate = Field(description="the same by the paired bootstrap of the images")
    p_exact: float = Field(ge=0, le=1, description="McNemar's test")
    p_mid: float = Field(ge=0, le=1, description="McNemar's test, mid-p")


class ClassDelta(Part):
    """How one class's accuracy changes, over all trainings."""

    images: int = Field(ge=1)
    gained: int = Field(ge=0)
    lost: int = Field(ge=0)
    difference: Estimate
    p_adjusted: float = Field(ge=0, le=1, description="over the classes")


class FlippedImage(Part):
    """An image on which one network is right and the other wrong; answers are class indices."""

    image: str
    baseline_answer: int
    baseline_confidence: float
    other_answer: int
    other_confidence: float


class Top1Comparison(Part):
    """A network's first guesses against its baseline's on the same images."""

    baseline: str
    other: str
    images: int = Field(ge=2)
    gained: int = Field(ge=0, description="images that only the other network has right, of all trainings")
    lost: int = Field(ge=0, description="images that only the baseline has right, of all trainings")
    top1: Estimate = Field(description="other minus baseline; of several trainings over seeds and images")
    split: SeedSplit | None = Field(description="of the top-1 difference's standard error")
    p_value: float = Field(ge=0, le=1, description="that top-1 differs; mid-p McNemar of one training each")
    p_adjusted: float = Field(ge=0, le=1, description="over the table's pairs on the same test set")
    verdict: Verdict
    detectable: float | None = Field(
        description="least difference of top-1 found with 80 % power, at the level that the adjustment leaves"
    )


class PairComparison(Top1Comparison):
    """A network against its baseline on the images of the val split."""

    runs: list[RunComparison] = Field(min_length=1)
    top5: Estimate
    nll: Estimate
    ece: Estimate
    per_class: dict[str, ClassDelta]
    surest_gained: list[FlippedImage]
    surest_lost: list[FlippedImage]


class NotCompared(Part):
    """Why there is no comparison, as one line."""

    reason: str


class ExtraTestSet(Part):
    """Top-1 of networks and pairs on one more test set, or by other labels."""

    models: dict[str, AccuracyStatistics | NotCompared]
    pairs: dict[str, Top1Comparison | NotCompared] = Field(
        description="p-values adjusted over this set alone"
    )


class MeasuredMean(Part):
    """A plug-in's metric of one network; of several trainings their mean."""

    value: float
    interval: tuple[float, float] | None = Field(description="None where the metric is one number")
    sd: float | None = Field(description="over several trainings")
    seeds: list[int] = Field(description="of its trainings; none for weights that were not trained here")


class MeasuredDifference(Part):
    """A plug-in's metric, other minus baseline."""

    value: float
    interval: tuple[float, float] | None = Field(
        description="paired on the same images; None where the metric is one number"
    )


class MeasuredMetric(Part):
    """A plug-in's metric on the val split, and how its column is written."""

    label: str
    unit: str
    direction: Literal["higher", "lower"]
    decimals: int = Field(ge=0, le=12)
    description: str
    models: dict[str, MeasuredMean | NotCompared]
    pairs: dict[str, MeasuredDifference | NotCompared]


class RandomEffects(Part):
    """Pairs as a sample of such pairs."""

    mean: Estimate
    between_pairs: float = Field(ge=0, description="standard deviation of the true gains")
    heterogeneity_percent: float = Field(ge=0, le=100, description="I squared")


class Pooled(Part):
    """All pairs of a table in one statement."""

    pairs: int = Field(ge=1)
    gain: Estimate = Field(description="mean top-1 gain of these very pairs, their images being shared")
    p_value: float = Field(ge=0, le=1)
    split: SeedSplit | None
    random_effects: RandomEffects | None = Field(description="None of a single pair")
    better: int = Field(ge=0)
    worse: int = Field(ge=0)


class Agreement(Part):
    """How alike networks answer; matrices in the order of the models."""

    models: list[str]
    same_answer: list[list[float]] = Field(description="share of images, 0 to 1")
    kappa: list[list[float]] = Field(description="Cohen's, of being right: 0 is chance (arXiv 2006.16736)")


class ApStatistics(Part):
    """One detector's numbers by resampling the images; of several trainings their means."""

    images: int = Field(ge=1)
    seeds: list[int] = Field(description="of its trainings; none for weights that were not trained here")
    numbers: dict[str, Estimate] = Field(description="by their names in CocoNumbers")
    ap_split: SeedSplit | None = None


class ApComparison(Part):
    """A detector against its baseline, by the same resamples of the images."""

    baseline: str
    other: str
    images: int = Field(ge=1)
    numbers: dict[str, Estimate] = Field(description="differences, by their names in CocoNumbers")
    split: SeedSplit | None = Field(description="of the AP difference's standard error")
    p_value: float = Field(
        ge=0, le=1, description="that AP differs, from the standard error over resamples and trainings"
    )
    p_adjusted: float = Field(ge=0, le=1, description="over the detectors")
    verdict: Verdict


class TableStatistics(Document):
    """Everything that a table's numbers and differences allow to say: statistics.json."""

    made_again: ClassVar[str] = "compare again: delete the file, or run `dcanet statistics`"
    schema_version: Literal[3] = 3  # type: ignore[assignment]
    alpha: float = Field(gt=0, lt=1, description="intervals are at 1 - alpha")
    adjustment: Adjustment
    resamples: int = Field(ge=2)
    seed: int = Field(0, ge=0, description="of the resamples")
    models: dict[str, ModelStatistics | NotCompared]
    pairs: dict[str, PairComparison | NotCompared]
    pooled: Pooled | NotCompared
    agreement: Agreement | NotCompared
    tests: dict[str, ExtraTestSet] = Field({}, description="extra test sets by their names")
    metrics: dict[str, MeasuredMetric] = Field({}, description="of plug-ins, by their names")
    average_precision: dict[str, ApStatistics | NotCompared] = Field({}, description="of each detector")
    detectors: dict[str, ApComparison | NotCompared] = Field({}, description="pairs of detectors")
    inputs: dict[str, Hash] = Field(
        {}, description="SHA-256 of the files that it follows from, by their paths in the experiment's folder"
    )
    provenance: Provenance | None = None


class FlippedPictures(Document):
    """The images on which networks differ most surely, drawn while they are at hand: flips.json."""

    made_again: ClassVar[str] = "draw again: delete the file, or run `dcanet thumbnails`"
    pictures: dict[str, Annotated[str, Field(pattern=r"^data:image/jpeg;base64,[A-Za-z0-9+/]+=*$")]] = Field(
        description="JPEGs by the images' ids"
    )


class PublishedClaim(Part):
    """What a printed gain could be worth: only the two accuracies and the number of images are known."""

    images: int = Field(ge=1)
    unpaired: Estimate = Field(description="as if both had been tested on images of their own")
    best: Estimate = Field(description="paired, were no image lost: as few differ as the gain allows")
    worst: Estimate = Field(description="paired, did as many images differ as the accuracies allow")
    assumed: Estimate | None = Field(description="paired, with the discordance that was assumed")
    assumed_discordance: float | None = Field(description="share of images that one alone has right, 0 to 1")
    discordance_limit: float = Field(
        ge=0, le=1, description="share of such images below which the gain is told from noise"
    )
