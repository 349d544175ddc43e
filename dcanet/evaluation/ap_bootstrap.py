"""Intervals of AP, and of the difference of two detectors, by resampling the images.

AP is higher on a resample than on the images themselves: it has fewer different objects, most of all of
rare categories, and AP of few objects is high. So intervals are not the resamples' percentiles, which can
leave out the number itself, but come from their distribution about its own mean.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..detection_documents import ApBootstrap, Interval
from ..errors import UserError
from ..files import hash_of
from .box_matches import match
from .coco_engine import AREAS
from .coco_ground_truth import GroundTruth
from .detections import Detections
from .weighted_ap import WeightedAp

RESAMPLES = 1000
#: Resamples at once: few enough for the largest category's arrays to stay small.
BLOCK = 250
#: Shares of the resamples beyond an interval's ends.
ENDS = (0.975, 0.025)
#: Numbers of each area: name -> IoU thresholds of it, by their place.
NUMBERS: dict[str, dict[str, slice]] = {
    "all": {"ap": slice(None), "ap50": slice(0, 1), "ap75": slice(5, 6)},
    "small": {"ap_small": slice(None)},
    "medium": {"ap_medium": slice(None)},
    "large": {"ap_large": slice(None)},
}


def bootstrap_ap(
    truth: GroundTruth,
    detections: Detections,
    resamples: int = RESAMPLES,
    seed: int = 0,
    areas: Sequence[str] = tuple(AREAS),
) -> ApBootstrap:
    """AP of sets of images drawn with replacement; AP50 and AP75 too for the area "all".

    Each is what COCO's evaluation says of the set in which an image that was drawn k times is there k
    times, one copy after the other in the order of the images' ids. Boxes are matched only once. The same
    seed draws the same sets for every detector.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", chapters 6 and 10; images are drawn.

    Raises:
        UserError: detections of a category that the annotations do not have.
    """
    weights = image_weights(len(truth.images), resamples, seed)
    values: dict[str, float | None] = {}
    resampled: dict[str, list[float | None]] = {}
    for area in areas:
        means = _mean_over_categories(truth, detections, weights, area)
        for name, thresholds in NUMBERS[area].items():
            number = [None if np.isnan(x) else float(x) for x in 100 * means[thresholds].mean(axis=0)]
            values[name], resampled[name] = number[0], number[1:]
    return ApBootstrap(
        seed=seed,
        resamples=resamples,
        images=len(truth.images),
        images_hash=hash_of(truth.images.tolist()),
        values=values,
        resampled=resampled,
    )


def image_weights(images: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """(I, 1 + resamples) how often each image is there: once in the first set, as drawn in the others."""
    random = np.random.default_rng(seed)
    drawn = random.multinomial(images, np.full(images, 1 / images), size=resamples)
    return np.concatenate([np.ones((images, 1)), drawn.T], axis=1)


def intervals(bootstrap: ApBootstrap) -> dict[str, Interval]:
    """95 % interval and standard error of each number that the images and at least two resamples have.

    Of what such an evaluation gives for so many images, drawn anew: value - (q - mean), where q are the
    97.5 % and the 2.5 % quantile of the resamples and mean is theirs. Ends beyond 0 and 100 percent are cut.
    """
    found = _intervals(bootstrap.values, bootstrap.resampled)
    return {name: interval.model_copy(update=_cut(interval)) for name, interval in found}


def paired_intervals(baseline: ApBootstrap, other: ApBootstrap) -> dict[str, Interval]:
    """The same of the differences, other minus baseline, on the same resamples.

    Raises:
        UserError: they were drawn from other images or another seed.
    """
    check_same_resamples(baseline, other)
    names = [name for name in baseline.values if name in other.values]
    values = {name: _minus(other.values[name], baseline.values[name]) for name in names}
    resampled = {name: list(map(_minus, other.resampled[name], baseline.resampled[name])) for name in names}
    return dict(_intervals(values, resampled))


def check_same_resamples(one: ApBootstrap, other: ApBootstrap) -> None:
    """UserError where they were drawn from other images or another seed."""
    for fact in ("images_hash", "seed", "resamples"):
        if getattr(one, fact) != getattr(other, fact):
            raise UserError(
                f"the bootstraps of a pair differ in {fact}: {getattr(one, fact)} and "
                f"{getattr(other, fact)}; evaluate both on the same images with the same settings"
            )


def _mean_over_categories(
    truth: GroundTruth, detections: Detections, weights: NDArray[np.float64], area: str
) -> NDArray[np.float64]:
    """(thresholds, sets) mean AP of the categories that have an object in the set; NaN without any."""
    most = int(weights.max())
    blocks = [slice(start, start + BLOCK) for start in range(0, weights.shape[1], BLOCK)]
    # Rows of a block are read again and again, so each is kept in one piece.
    of_block = [np.ascontiguousarray(weights[:, block]) for block in blocks]
    total, categories = 0.0, 0
    progress = tqdm(
        match(truth, detections, area),
        desc=f"bootstrap ({area})",
        unit="category",
        total=len(truth.categories),
        leave=False,
        disable=None,
    )
    for matches in progress:
        ap = WeightedAp(matches, most)
        found = np.concatenate([ap(block) for block in of_block], axis=1)
        total = total + np.nan_to_num(found)
        categories = categories + ~np.isnan(found)
    with np.errstate(invalid="ignore"):
        return np.broadcast_to(np.divide(total, categories), (10, weights.shape[1]))


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _intervals(
    values: dict[str, float | None], resampled: dict[str, list[float | None]]
) -> Iterator[tuple[str, Interval]]:
    for name, value in values.items():
        defined = np.array([number for number in resampled[name] if number is not None])
        if value is None or len(defined) < 2:
            continue
        mean = float(defined.mean())
        low, high = (value - (quantile - mean) for quantile in np.quantile(defined, ENDS))
        interval = Interval(
            value=value,
            low=low,
            high=high,
            standard_error=defined.std(ddof=1),
            bias=mean - value,
            resamples=len(defined),
        )
        yield name, interval


def _cut(interval: Interval) -> dict[str, float]:
    return {"low": max(interval.low, 0.0), "high": min(interval.high, 100.0)}
