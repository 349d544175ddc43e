"""How often intervals of nominal 95 % hold the truth, over simulated tables like the paper's.

Networks are right where a latent margin is positive: the sum of what makes an image easy for all of them,
for the connected or the unconnected ones, and for this network alone. Its variance is 1, so accuracies are
known exactly, and the shares of the parts decide on how many images two networks differ.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from tqdm import tqdm

from dcanet.evaluation.ap_bootstrap import image_weights
from dcanet.sheets import read_pairs
from dcanet.statistics.bootstrap import centred_interval, percentile_interval, resample_counts, resample_means
from dcanet.statistics.calibrated import calibration_columns, calibration_error, calibration_shares
from dcanet.statistics.many import adjusted, level_left, random_effects
from dcanet.statistics.paired import detectable_difference, mcnemar_mid_p, tango
from dcanet.statistics.proportions import newcombe, wilson
from dcanet.statistics.seeds import CrossedMean, crossed_bootstrap, crossed_difference, crossed_mean

from .outcome import Figure, Outcome, Stopwatch
from .simulated_detectors import POINTS_OF_SKILL, trainings

#: Share of the margin's variance that all networks have in common, and that the connected ones, or the
#: baselines, have.
COMMON, CONNECTED = 0.85, 0.02
#: Share of images that one network of a pair alone has right.
DISCORDANCES = (0.06, 0.16)
#: How fast probabilities grow with the margin; not the calibrated speed.
SLOPE = 3.0


@dataclass
class Row:
    """One kind of interval in one setting."""

    kind: str
    setting: str
    held: float
    cases: int

    def figure(self) -> Figure:
        return Figure(
            target="coverage",
            case=f"{self.kind}, {self.setting}",
            value=100 * self.held,
            note=f"{self.cases:,} cases{'' if 0.93 <= self.held <= 0.97 else '; not within 93 to 97 %'}",
        )


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tables", type=int, default=2000, help="default: %(default)s")
    parser.add_argument("--pairs", default="config/pairs.tsv", help="sheet (default: %(default)s)")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=list(PARTS), help="of the table (default: all)"
    )


def measure(options: argparse.Namespace) -> Outcome:
    watch = Stopwatch("statistics_coverage")
    pairs = [pair for pair in read_pairs(options.pairs) if pair.connected]
    accuracies = np.array(
        [[model.published_top1_percent / 100 for model in (pair.baseline, pair.connected)] for pair in pairs]
    )
    random = np.random.default_rng(0)
    figures = [
        found.figure() for name in options.parts for found in PARTS[name](random, accuracies, options.tables)
    ]
    figures += errors(random, accuracies, options.tables)
    others = {name: version(name) for name in ("scipy", "statsmodels")}
    return watch.done(figures, {"tables": options.tables, "pairs": len(pairs)}, others)


def counted(random: np.random.Generator, accuracies: NDArray, tables: int) -> Iterator[Row]:
    """What follows from counts alone."""
    for images in (50_000, 2_000, 400, 50):
        setting = f"{images:,} images"
        right = random.binomial(images, accuracies, (tables, *accuracies.shape))
        yield row("accuracy (Wilson)", setting, wilson(right, images), accuracies)
        truth = accuracies[:, 1] - accuracies[:, 0]
        ends = newcombe(right[..., 0] / images, right[..., 1] / images, images)
        yield row("difference, unpaired (Newcombe)", f"{setting}, each of its own", ends, truth)
        drawn, _ = pairs_of_counts(random, truth, images, tables)
        gained, lost = drawn[..., 0], drawn[..., 1]
        yield row("difference, paired (Tango)", setting, tango(gained, lost, images), truth)
        ends_of = [
            percentile_interval(differences(resample_counts(cells, 1000, int(random.integers(2**32)))))
            for cells in tqdm(drawn[:, :2].reshape(-1, 3), desc=setting, leave=False, disable=None)
        ]
        low, high = np.array(ends_of).T.reshape(2, tables, 2)
        yield row("difference, paired (bootstrap)", setting, (low, high), truth[:2])


def resampled(random: np.random.Generator, accuracies: NDArray, tables: int) -> Iterator[Row]:
    """NLL and calibration error of a network and of a pair, by resampling images; 1,000 resamples."""
    images, at_once = 2000, 50
    values, ends = [], []
    for _ in tqdm(range(tables // at_once), desc="resampling", leave=False, disable=None):
        margins = np.stack([margins_of(random, accuracies[:1], images) for _ in range(at_once)])
        losses, confidences, right = probabilities(margins.reshape(-1, images))
        columns = [
            np.column_stack([loss, calibration_columns(confidence, hit)])
            for loss, confidence, hit in zip(losses, confidences, right, strict=True)
        ]
        width = columns[0].shape[1]
        together = np.concatenate(columns, axis=1)
        drawn = resample_means(together, 1000, int(random.integers(2**32))).reshape(1000, at_once, 2, width)
        means = together.mean(axis=0, dtype=np.float64).reshape(at_once, 2, width)
        for place in range(at_once):
            value = numbers(means[place])
            quantities = numbers(drawn[:, place])
            values.append(value)
            ends.append(
                [
                    percentile_interval(quantities[:, index])
                    if index < 2
                    else centred_interval(value[index], quantities[:, index])
                    for index in range(4)
                ]
            )
    found, truth = np.array(ends), np.mean(values, axis=0)
    names = (
        "NLL (bootstrap)",
        "difference of NLL (bootstrap)",
        "calibration error (bootstrap)",
        "difference of calibration errors (bootstrap)",
    )
    for index, name in enumerate(names):
        yield row(name, f"{images:,} images", (found[:, index, 0], found[:, index, 1]), truth[index])


def over_seeds(random: np.random.Generator, accuracies: NDArray, tables: int) -> Iterator[Row]:
    """Means over trainings; a training's accuracy has a standard deviation of so many points."""
    pair = accuracies[:1]
    density = np.exp(-(ndtri(pair[0, 0]) ** 2) / 2) / np.sqrt(2 * np.pi)
    for seeds in (2, 3, 5):
        for spread in (0.0, 1.0):
            latent = spread / 100 / density
            found: dict[str, list[CrossedMean]] = {}
            for _ in tqdm(range(tables), desc=f"{seeds} seeds", leave=False, disable=None):
                for name, mean in of_trainings(margins_of(random, pair, 1000, seeds, latent)).items():
                    found.setdefault(name, []).append(mean)
                few = margins_of(random, pair, 50, seeds, latent) > 0
                signs = few[:, 1].astype(float) - few[:, 0]
                found.setdefault("difference of a class of 50 images", []).append(crossed_difference(signs))
            known = ndtr(ndtri(pair[0]) / np.sqrt(1 + latent**2))
            truths = {
                "accuracy": known[0],
                "difference": known[1] - known[0],
                "difference of a class of 50 images": known[1] - known[0],
                "NLL": expected_loss(ndtri(pair[0, 0]), np.sqrt(1 + latent**2)),
            }
            for name, means in found.items():
                # What calibration errors are about is what such evaluations give in the mean.
                truth = truths.get(name, float(np.mean([mean.value for mean in means])))
                ends = np.transpose([mean.interval() for mean in means])
                yield row(f"{name} (seeds x images)", f"{seeds} seeds, {spread:g} points apart", ends, truth)


def of_trainings(margins: NDArray) -> dict[str, CrossedMean]:
    """Numbers of a network and of a pair from (seeds, 2, images) margins."""
    losses, confidences, right = probabilities(margins)
    shares = np.array(
        [
            [
                calibration_shares(calibration_columns(*of_network))
                for of_network in zip(*of_seed, strict=True)
            ]
            for of_seed in zip(confidences, right, strict=True)
        ]
    )
    return {
        "accuracy": crossed_mean(right[:, 0]),
        "difference": crossed_difference(right[:, 1].astype(float) - right[:, 0]),
        "NLL": crossed_mean(losses[:, 0]),
        "calibration error": crossed_mean(shares[:, 0]),
        "difference of calibration errors": crossed_mean(shares[:, 1] - shares[:, 0]),
    }


def pooled(random: np.random.Generator, accuracies: NDArray, tables: int) -> Iterator[Row]:
    """All pairs on the same images: their own mean gain, and that of such pairs."""
    images = 1000
    for spread in (0.0, 1.0):
        own, alike, unaware = [], [], []
        for _ in tqdm(range(tables), desc="pooling", leave=False, disable=None):
            gains = 0.01 + spread / 100 * random.normal(size=len(accuracies))
            drawn = np.column_stack([accuracies[:, 0], accuracies[:, 0] + gains])
            right = margins_of(random, drawn, images).reshape(-1, 2, images) > 0
            signs = right[:, 1].astype(np.float64) - right[:, 0]
            low, high = crossed_mean(signs.mean(axis=0, keepdims=True)).interval()
            # Against this table's own gains.
            own.append((low - gains.mean(), high - gains.mean()))
            covariance = np.cov(signs) / images
            alike.append(random_effects(signs.mean(axis=1), covariance).interval)
            unaware.append(random_effects(signs.mean(axis=1), np.diag(np.diag(covariance))).interval)
        setting = f"true gains {spread:g} points apart"
        yield row("mean gain of these pairs", setting, np.transpose(own), 0.0)
        yield row("mean gain of such pairs (random effects)", setting, np.transpose(alike), 0.01)
        yield row("(as above, as if each pair had images of its own)", setting, np.transpose(unaware), 0.01)


def detectors(random: np.random.Generator, accuracies: NDArray, tables: int) -> Iterator[Row]:
    """Mean AP over trainings and its paired difference; 200 resamples of 500 images.

    A detector's AP has a standard deviation of so many points from seed to seed. The truth is what such
    evaluations give in the mean: AP of few images is higher.
    """
    for seeds in (2, 3, 5):
        for spread in (0.0, 2.0):
            found: dict[str, list[CrossedMean]] = {"mean AP": [], "difference of mean AP": []}
            for _ in tqdm(range(tables), desc=f"{seeds} seeds", leave=False, disable=None):
                weights = image_weights(500, 200, int(random.integers(2**32)))
                baseline, other = trainings(random, weights, seeds, spread / POINTS_OF_SKILL)
                for kept, ap in zip(found.values(), (baseline, other - baseline), strict=True):
                    kept.append(crossed_bootstrap(ap[:, 0], ap[:, 1:]))
            for name, means in found.items():
                truth = float(np.mean([mean.value for mean in means]))
                ends = np.transpose([mean.interval() for mean in means])
                yield row(f"{name} (seeds x images)", f"{seeds} seeds, {spread:g} points apart", ends, truth)


PARTS = {
    "counts": counted,
    "resampling": resampled,
    "seeds": over_seeds,
    "pooling": pooled,
    "detectors": detectors,
}


def errors(random: np.random.Generator, accuracies: NDArray, tables: int) -> Iterator[Figure]:
    """Tables with a false verdict, and the power at the detectable difference."""
    images, pairs = 50_000, len(accuracies)
    drawn, discordances = pairs_of_counts(random, np.zeros(pairs), images, tables)
    p = mcnemar_mid_p(drawn[..., 0], drawn[..., 1])
    holm = np.mean([(adjusted(of_table) <= 0.05).any() for of_table in p[:1000]])
    without = np.mean((p <= 0.05).any(axis=1))
    yield Figure(target="false_verdicts", case="no network differs, Holm", value=100 * holm)
    yield Figure(target="false_verdicts", case="no network differs, unadjusted", value=100 * without)
    level = level_left(np.ones(pairs))
    least = np.array([detectable_difference(images, share, level) for share in discordances])
    drawn, _ = pairs_of_counts(random, least, images, tables)
    found = mcnemar_mid_p(drawn[..., 0], drawn[..., 1]) <= level
    span = f"{100 * least.min():.2f} to {100 * least.max():.2f} points"
    yield Figure(target="power", case=f"said to be detectable after Holm: {span}", value=100 * found.mean())


def row(kind: str, setting: str, ends: NDArray | tuple, truth: NDArray | float) -> Row:
    low, high = ends
    held = (low <= truth) & (truth <= high)
    return Row(kind, setting, float(np.mean(held)), held.size)


def pairs_of_counts(
    random: np.random.Generator, gains: NDArray, images: int, tables: int
) -> tuple[NDArray, NDArray]:
    """(tables, pairs, 3) gained, lost and other images, and (pairs,) the shares that differ."""
    shares = np.linspace(*DISCORDANCES, len(gains))
    cells = np.stack([(shares + gains) / 2, (shares - gains) / 2, 1 - shares], axis=1)
    return random.multinomial(images, cells, (tables, len(gains))), shares


def differences(cells: NDArray) -> NDArray:
    return (cells[:, 0] - cells[:, 1]) / cells[0].sum()


def margins_of(
    random: np.random.Generator, accuracies: NDArray, images: int, seeds: int = 0, latent: float = 0.0
) -> NDArray[np.float32]:
    """(2 pairs, images), baseline and connected in turn, or (seeds, 2 pairs, images)."""
    shape = (max(seeds, 1), len(accuracies), 2)
    bars = ndtri(accuracies) + latent * random.normal(size=shape)
    own = random.standard_normal((*shape, images), dtype=np.float32)
    own *= np.sqrt(1 - COMMON - CONNECTED, dtype=np.float32)
    own += np.sqrt(COMMON, dtype=np.float32) * random.standard_normal(images, dtype=np.float32)
    of_side = random.standard_normal((2, images), dtype=np.float32)
    own += np.sqrt(CONNECTED, dtype=np.float32) * of_side
    margins = (own + bars[..., None].astype(np.float32)).reshape(shape[0], -1, images)
    return margins if seeds else margins[0]


def probabilities(margins: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Losses, confidences and whether each is right, of two classes."""
    true = 1 / (1 + np.exp(-SLOPE * margins))
    return np.logaddexp(0, -SLOPE * margins), np.maximum(true, 1 - true), margins > 0


def numbers(means: NDArray) -> NDArray:
    """(..., 4) NLL, its difference, calibration error, its difference, from (..., 2, columns) means."""
    nll, ece = means[..., 0], calibration_error(means[..., 1:])
    return np.stack([nll[..., 0], nll[..., 1] - nll[..., 0], ece[..., 0], ece[..., 1] - ece[..., 0]], axis=-1)


def expected_loss(bar: float, spread: float) -> float:
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    return float(weights @ np.logaddexp(0, -SLOPE * (bar + spread * nodes)) / weights.sum())
