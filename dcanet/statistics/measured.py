"""Metrics of plug-ins: of every network and pair, from the stored predictions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparison_documents import MeasuredDifference, MeasuredMean, MeasuredMetric, NotCompared
from ..errors import UserError
from ..evaluation.predictions import Predictions
from ..plugins.metrics import METRICS, OwnMetric
from .pairs import Pair
from .scores import Scores
from .seeds import crossed_mean

#: Of one training: a number for each image in the order of their ids, or one number.
Found = NDArray[np.float64] | float


def measured_metrics(
    models: Mapping[str, Sequence[Scores] | NotCompared],
    pairs: Mapping[str, Pair[Scores] | NotCompared],
    alpha: float,
) -> dict[str, MeasuredMetric]:
    """Every registered metric of the models and pairs that `gather` gives; what fails becomes a reason."""
    metrics = [METRICS[name] for name in METRICS.names()]
    found: dict[str, dict[str, list[Found] | NotCompared]] = {metric.name: {} for metric in metrics}
    for model, runs in models.items() if metrics else ():
        # Read once for all metrics.
        arrays = [] if isinstance(runs, NotCompared) else [_arrays(Path(run.source)) for run in runs]
        for metric in metrics:
            found[metric.name][model] = runs if isinstance(runs, NotCompared) else _tried(metric, arrays)
    return {metric.name: _measured(metric, found[metric.name], models, pairs, alpha) for metric in metrics}


def _measured(
    metric: OwnMetric,
    found: Mapping[str, list[Found] | NotCompared],
    models: Mapping[str, Sequence[Scores] | NotCompared],
    pairs: Mapping[str, Pair[Scores] | NotCompared],
    alpha: float,
) -> MeasuredMetric:
    # By the file that they are of, which a pair's trainings name.
    by_source = {
        run.source: value
        for name, runs in models.items()
        if not isinstance(runs, NotCompared) and not isinstance(values := found[name], NotCompared)
        for run, value in zip(runs, values, strict=True)
    }
    return MeasuredMetric(
        label=metric.label,
        unit=metric.unit,
        direction=metric.direction,
        decimals=metric.decimals,
        description=metric.description,
        models={
            name: values if isinstance(values, NotCompared) else _mean(values, models[name], alpha)
            for name, values in found.items()
        },
        pairs={name: _difference(pair, found, by_source, alpha) for name, pair in pairs.items()},
    )


def _tried(metric: OwnMetric, runs: Sequence[Mapping[str, NDArray[Any]]]) -> list[Found] | NotCompared:
    try:
        return [metric.of(arrays) for arrays in runs]
    except UserError as error:
        return NotCompared(reason=error.line())


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """What a metric can ask for, images in the order of their ids as in `Scores`."""
    predictions = Predictions.load(path)
    order = sorted(range(len(predictions.images)), key=predictions.images.__getitem__)
    return {
        "target": predictions.targets[order],
        "top5": predictions.top5[order],
        "top5_scores": predictions.scores[order],
        "loss": predictions.losses[order],
    }


def _mean(values: Sequence[Found], runs: Sequence[Scores] | NotCompared, alpha: float) -> MeasuredMean:
    assert not isinstance(runs, NotCompared)
    means = [float(np.mean(value)) for value in values]
    return MeasuredMean(
        value=float(np.mean(means)),
        interval=_interval(values, alpha),
        sd=float(np.std(means, ddof=1)) if len(means) > 1 else None,
        seeds=[run.seed for run in runs if run.seed is not None],
    )


def _difference(
    pair: Pair[Scores] | NotCompared,
    found: Mapping[str, list[Found] | NotCompared],
    by_source: Mapping[str, Found],
    alpha: float,
) -> MeasuredDifference | NotCompared:
    if isinstance(pair, NotCompared):
        return pair
    for name in (pair.baseline, pair.other):
        if isinstance(reason := found[name], NotCompared):
            return reason
    differences = [by_source[other.source] - by_source[base.source] for base, other in pair.runs]
    value = float(np.mean([np.mean(difference) for difference in differences]))
    return MeasuredDifference(value=value, interval=_interval(differences, alpha))


def _interval(values: Sequence[Found], alpha: float) -> tuple[float, float] | None:
    """Over images, and over trainings where there are several; None of single numbers."""
    if not all(isinstance(value, np.ndarray) for value in values):
        return None
    return crossed_mean(np.stack(values)).interval(alpha)
