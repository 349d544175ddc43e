"""A detector against its baseline, from both's AP on the same resamples of the images."""

from collections.abc import Mapping

import numpy as np

from ..comparison_documents import ApComparison, NotCompared
from ..detection_documents import ApBootstrap
from ..errors import UserError
from ..evaluation.ap_bootstrap import paired_intervals
from .bootstrap import centred_interval
from .many import adjusted
from .models import estimate
from .settings import Settings
from .verdict import verdict

Evaluated = tuple[str, str, ApBootstrap]
"""A detector's name, where its bootstrap.json is, and what is in it."""


def compare_detectors(
    pairs: Mapping[str, tuple[Evaluated, Evaluated] | NotCompared], settings: Settings
) -> dict[str, ApComparison | NotCompared]:
    """Of each pair, baseline first; p-values are adjusted over the pairs that can be compared.

    Raises:
        UserError: resamples of other images or another seed; names both files.
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
    from scipy.special import ndtr

    base_name, base_source, base = baseline
    other_name, other_source, ap = other
    try:
        paired = paired_intervals(base, ap)
    except UserError as error:
        raise UserError(f"{base_source} and {other_source}: {error}") from error
    if "ap" not in paired:
        raise UserError(f"{base_source} and {other_source}: have no AP; the images have no object to find")
    numbers = {}
    for name, interval in paired.items():
        both = zip(ap.resampled[name], base.resampled[name], strict=True)
        defined = np.array([a - b for a, b in both if a is not None and b is not None])
        numbers[name] = estimate(interval.value, centred_interval(interval.value, defined, settings.alpha))
    value, spread = paired["ap"].value, paired["ap"].standard_error
    p_value = float(2 * ndtr(-abs(value) / spread)) if spread > 0 else float(value == 0)
    return ApComparison(
        baseline=base_name,
        other=other_name,
        images=ap.images,
        numbers=numbers,
        p_value=p_value,
        p_adjusted=p_value,
        verdict=verdict(numbers["ap"], p_value, settings.alpha),
    )
