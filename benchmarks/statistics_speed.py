"""The statistics of a whole table: 27 networks, 50,000 images, 10,000 resamples.

Predictions are made up and written as evaluations write them. Beside it, scipy's bootstrap of one pair's
difference, image by image. See benchmarks/statistics.md.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.stats import bootstrap

from dcanet.evaluation.predictions import Predictions
from dcanet.statistics.bootstrap import percentile_interval, resample_counts
from dcanet.statistics.paired import PairCounts
from dcanet.statistics.pairs import Pair
from dcanet.statistics.scores import read_scores
from dcanet.statistics.settings import Settings
from dcanet.statistics.table import gather, table_statistics

from .outcome import Figure, Outcome, Stopwatch

CLASSES = 1000
SCIPYS = 1000
"""Resamples that scipy is timed with; its time grows with them."""
Result = TypeVar("Result")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--networks", type=int, default=27, help="default: %(default)s")
    parser.add_argument("--images", type=int, default=50_000, help="default: %(default)s")
    parser.add_argument("--resamples", type=int, default=10_000, help="default: %(default)s")


def measure(options: argparse.Namespace) -> Outcome:
    watch = Stopwatch("statistics_speed")
    random = np.random.default_rng(0)
    ease = random.normal(size=options.images)
    count = (options.networks - 3) // 2
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for number in range(options.networks):
            path = Path(folder) / f"{number}.parquet"
            made_up(random, ease).save(path)
            files[f"n{number}"] = [(path, 0)]
        pairs = {f"pair{place}": (f"n{2 * place}", f"n{2 * place + 1}") for place in range(count)}
        (models, paired), reading = timed(lambda: gather(files, pairs, read_scores))
    settings = Settings(resamples=options.resamples)
    _, table = timed(lambda: table_statistics(models, paired, settings))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

    pair = next(iter(paired.values()))
    assert isinstance(pair, Pair)
    (counts,) = pair.counts()
    ours, mine = timed(lambda: by_counts(counts, options.resamples))
    theirs, scipys = timed(lambda: by_scipy(pair))
    case = f"{options.networks} networks, {count} pairs, {options.images:,} images"
    figures = [
        Figure(
            target="statistics",
            case=f"{case}, {options.resamples:,} resamples",
            value=reading[0] + table[0],
            sides={"reading_processor_s": reading[0], "clock_s": reading[1] + table[1], "memory_gib": memory},
        ),
        Figure(
            target="paired_bootstrap",
            case=f"difference of a pair on {options.images:,} images, as many resamples on both sides",
            value=scipys[0] * options.resamples / SCIPYS / mine[0],
            sides={"ours_processor_s": mine[0], f"scipys_{SCIPYS}_processor_s": scipys[0]},
            note=f"ours {ours[0]:.5f} to {ours[1]:.5f}, scipy's {theirs[0]:.5f} to {theirs[1]:.5f}",
        ),
    ]
    return watch.done(figures, {}, {name: version(name) for name in ("scipy", "pyarrow")})


def timed(work: Callable[[], Result]) -> tuple[Result, tuple[float, float]]:
    """The result, and seconds of the processor and by the clock."""
    begin, used = time.perf_counter(), time.process_time()
    result = work()
    return result, (time.process_time() - used, time.perf_counter() - begin)


def made_up(random: np.random.Generator, ease: np.ndarray) -> Predictions:
    images = len(ease)
    targets = np.arange(images) % CLASSES
    right = 1.2 + ease + 0.5 * random.normal(size=images) > 0
    answers = np.where(right, targets, random.integers(0, CLASSES, images))
    confidences = random.beta(5, 2, images)
    return Predictions(
        images=[f"n{target:08}/ILSVRC2012_val_{number:08}.JPEG" for number, target in enumerate(targets)],
        targets=targets,
        top5=np.stack([answers, *random.integers(0, CLASSES, (4, images))], axis=1),
        scores=np.stack([confidences, *np.tile((1 - confidences) / 5, (4, 1))], axis=1),
        losses=random.gamma(1, 1, images),
    )


def by_counts(counts: PairCounts, resamples: int) -> tuple[float, float]:
    drawn = resample_counts([counts.gained, counts.lost, counts.both + counts.neither], resamples)
    return percentile_interval((drawn[:, 0] - drawn[:, 1]) / counts.images)


def by_scipy(pair: Pair) -> tuple[float, float]:
    baseline, other = pair.runs[0]
    found = bootstrap(
        (baseline.right, other.right),
        lambda a, b, axis=-1: b.mean(axis=axis) - a.mean(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=SCIPYS,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    return found.confidence_interval.low, found.confidence_interval.high
