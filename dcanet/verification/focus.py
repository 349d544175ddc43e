"""focus/<backbone>.json: ways of the focus from its centres, and their means and intervals."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ..comparison_documents import NotCompared
from ..focus_documents import Compared, Drift, Focus, NetworkFocus, PairFocus
from .experiment import Experiment
from .files import Files
from .intervals import quantiles

#: Stored centres, ways and overlaps have four decimals: a way may be off by those of its two ends and its
#: own, a mean and a difference of means by no more than what they are of.
WAY, MEAN = 2e-4, 1.1e-4
LEVEL = 0.05


def check_focus(files: Files, found: Experiment) -> None:
    """Every file of the folder, of the weights that were evaluated."""
    for path in sorted((files.root / "focus").glob("*.json")):
        name = path.relative_to(files.root).as_posix()
        focus = files.document(name, Focus)
        for pair, of_pair in (focus.pairs if focus else {}).items():
            assert focus is not None
            _check_pair(files, files.at(name), f"pairs.{pair}", focus, of_pair)
            for network in (of_pair.baseline, of_pair.connected):
                metrics = found.metrics.get(network.model, {}).values()
                hashes = [each.weights_sha256 for each in metrics]
                if hashes:
                    known = network.weights_sha256 in hashes
                    field = f"pairs.{pair}, {network.model}: weights_sha256 among the evaluated"
                    files.findings.same(files.at(name), field, True, known)
                prints = {each.data_fingerprint for each in metrics}
                files.findings.same(
                    files.at(name),
                    "data_fingerprint, by the evaluations",
                    prints or {focus.data_fingerprint},
                    {focus.data_fingerprint},
                )


def _check_pair(files: Files, name: str, field: str, focus: Focus, pair: PairFocus) -> None:
    images, stages = len(focus.images), len(pair.stages)
    columns = []
    for side in (pair.baseline, pair.connected):
        here = f"{field}.{side.model}"
        shapes = [len(side.centres), len(side.shifts), len(side.overlaps)]
        rows = [len(row) for part in (side.centres, side.shifts, side.overlaps) for row in part]
        good = files.findings.same(name, f"{here}, stages", [stages, stages - 1, stages - 1], shapes)
        if not good or not files.findings.same(name, f"{here}, images", {images}, set(rows)):
            return
        _check_shifts(files, name, here, side)
        columns.append([np.array(part, dtype=np.float64) for part in (side.shifts, side.overlaps)])
    flat = [not stage.has_focus for stage in pair.stages]
    told = [step for step in range(stages - 1) if not (flat[step] or flat[step + 1])]
    for step in range(len(pair.steps)):
        _check_drift(
            files,
            name,
            f"{field}.steps[{step}]",
            columns,
            [step] if step in told else [],
            pair.steps[step],
            focus.resamples,
        )
    files.findings.same(name, f"{field}.steps", stages - 1, len(pair.steps))
    _check_drift(files, name, f"{field}.overall", columns, told, pair.overall, focus.resamples)


def _check_shifts(files: Files, name: str, field: str, side: NetworkFocus) -> None:
    """From the centres, whose coordinates are rounded."""
    for step, row in enumerate(side.shifts):
        for image, shift in enumerate(row):
            one, following = side.centres[step][image], side.centres[step + 1][image]
            way = math.dist(one, following) if one and following else None
            files.findings.close(name, f"{field}.shifts[{step}][{image}]", way, shift, WAY)


def _check_drift(
    files: Files,
    name: str,
    field: str,
    columns: Sequence[Sequence[NDArray[np.float64]]],
    steps: Sequence[int],
    found: Drift | NotCompared,
    resamples: int,
) -> None:
    """Means over the images in which both networks have a focus at all these stages."""
    rows = (
        [
            values[list(steps)].mean(axis=0)
            for part in (0, 1)
            for values in (columns[0][part], columns[1][part])
        ]
        if steps
        else []
    )
    table = np.stack(rows, axis=1) if rows else np.empty((0, 4))
    table = table[np.isfinite(table).all(axis=1)]
    told = len(table) > 1
    if not files.findings.same(name, f"{field}, told", told, isinstance(found, Drift)) or not isinstance(
        found, Drift
    ):
        return
    files.findings.close(name, f"{field}.images", len(table), found.images)
    drawn = _resampled(table, resamples)
    for part, sides, compared in (("shift", [0, 1], found.shift), ("overlap", [2, 3], found.overlap)):
        _check_compared(
            lambda what, wanted, number, tolerance, part=part: files.findings.close(
                name, f"{field}.{part}.{what}", wanted, number, tolerance
            ),
            table[:, sides],
            drawn[:, sides],
            compared,
        )


def _resampled(table: NDArray[np.float64], resamples: int) -> NDArray[np.float64]:
    """Means of images drawn with replacement, from the seed 0."""
    random = np.random.default_rng(0)
    return np.stack(
        [table[random.integers(0, len(table), len(table))].mean(axis=0) for _ in range(resamples)]
    )


def _check_compared(
    close: Callable[..., bool], values: NDArray[np.float64], drawn: NDArray[np.float64], found: Compared
) -> None:
    means = values.mean(axis=0)
    expected = {
        "baseline": (means[0], drawn[:, 0], found.baseline),
        "connected": (means[1], drawn[:, 1], found.connected),
        "difference": (means[1] - means[0], drawn[:, 1] - drawn[:, 0], found.difference),
    }
    for what, (value, resampled, estimate) in expected.items():
        low, high = quantiles(resampled, LEVEL)
        for end, number in (("value", value), ("low", low), ("high", high)):
            close(f"{what}.{end}", float(number), getattr(estimate, end), MEAN)
    spread = float((drawn[:, 1] - drawn[:, 0]).std())
    if spread > WAY:
        # What rounding may move it by depends on how steep the tail is.
        p = float(2 * stats.norm.sf(abs(means[1] - means[0]) / spread))
        close("p_value", p, found.p_value, 2 * MEAN / spread)
