"""A detector against its baseline, from both's AP on the same resamples of the images."""

from collections.abc import Mapping

from ..comparison_documents import ApComparison, ApStatistics, Estimate, NotCompared
from ..errors import UserError
from .bootstrap import centred_interval
from .detector_runs import ApValues, Evaluated, ap_differences, ap_values, check_comparable
from .many import adjusted
from .models import estimate, split_of
from .seeds import CrossedMean, crossed_bootstrap
from .settings import Settings
from .trainings import matched
from .verdict import verdict


def ap_statistics(detector: Evaluated, settings: Settings) -> ApStatistics:
    """Of one training by the bootstrap of the images; of several, over seeds and images."""
    found = ap_values(detector.runs)
    numbers = {name: _estimate(ap, settings.alpha) for name, ap in found.items()}
    return ApStatistics(
        images=detector.runs[0].bootstrap.images,
        seeds=[run.seed for run in detector.runs if run.seed is not None],
        numbers={name: _within(number) for name, number in numbers.items()},
        ap_split=split_of(_crossed(found["ap"]), 1) if "ap" in found else None,
    )


def compare_detectors(
    pairs: Mapping[str, tuple[Evaluated, Evaluated] | NotCompared], settings: Settings
) -> dict[str, ApComparison | NotCompared]:
    """Of each pair, baseline first; p-values are adjusted over the pairs that can be compared.

    Raises:
        UserError: resamples of other images or another seed, or trainings of other seeds; names both files.
    """
    found = {
        name: pair if isinstance(pair, NotCompared) else _compare(*pair, settings)
        for name, pair in pairs.items()
    }
    told = {name: pair for name, pair in found.items() if isinstance(pair, ApComparison)}
    p_adjusted = adjusted([pair.p_value for pair in told.values()], settings.adjustment)
    for (name, pair), p in zip(told.items(), p_adjusted, strict=True):
        judged = verdict(pair.numbers["ap"], float(p), settings.alpha)
        found[name] = pair.model_copy(update={"p_adjusted": float(p), "verdict": judged})
    return found


def _compare(baseline: Evaluated, other: Evaluated, settings: Settings) -> ApComparison:
    runs = matched(baseline.runs, other.runs)
    for run in other.runs:
        check_comparable(baseline.runs[0], run)
    found = ap_differences(runs)
    if "ap" not in found:
        both = f"{baseline.runs[0].source} and {other.runs[0].source}"
        raise UserError(f"{both}: have no AP; the images have no object to find")
    numbers = {name: _estimate(ap, settings.alpha) for name, ap in found.items()}
    crossed = _crossed(found["ap"])
    return ApComparison(
        baseline=baseline.name,
        other=other.name,
        images=baseline.runs[0].bootstrap.images,
        numbers=numbers,
        split=split_of(crossed, 1),
        p_value=crossed.p_value,
        p_adjusted=crossed.p_value,
        verdict=verdict(numbers["ap"], crossed.p_value, settings.alpha),
    )


def _crossed(ap: ApValues) -> CrossedMean:
    return crossed_bootstrap(ap.values, ap.resampled)


def _estimate(ap: ApValues, alpha: float) -> Estimate:
    """Of one training by its resamples' quantiles, which need no shape; of several by their variances."""
    mean = _crossed(ap)
    if mean.seeds > 1:
        return estimate(mean.value, mean.interval(alpha))
    return estimate(mean.value, centred_interval(mean.value, ap.resampled[0], alpha))


def _within(number: Estimate) -> Estimate:
    return number.model_copy(update={"low": max(number.low, 0.0), "high": min(number.high, 100.0)})
