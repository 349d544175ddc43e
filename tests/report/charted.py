"""Made-up results of a plain network and a pair that have every chart."""

from pathlib import Path

import numpy as np
from made_up import plain_pair, run_folder, se_pair, write_costs, write_epochs, write_run, write_speeds
from prediction_sets import correlated, predictions_of, write_evaluation

from dcanet.report.chart import Chart
from dcanet.report.charts.cost_bars import cost_bars
from dcanet.report.charts.forest import forest
from dcanet.report.charts.of_pairs import pair_charts
from dcanet.report.charts.trade import trades
from dcanet.report.stored import Stored, load
from dcanet.sheets import Pair
from dcanet.statistics.experiment import experiment_statistics
from dcanet.statistics.settings import Settings

PLAIN, BASELINE, CONNECTED = "resnet50", "se_resnet50", "dca_se_resnet50"
PARAMETERS = {PLAIN: 25_557_032, BASELINE: 28_088_024, CONNECTED: 28_650_001}


def write_results(
    folder: Path, row: str = "SE-ResNet50", classes: tuple[str, ...] = ("class0", "class1", "class2")
) -> tuple[list[Pair], Stored]:
    """The pair's row is called `row`, and the folders of the images `classes`."""
    images = [f"{classes[number % len(classes)]}/{number:05}.png" for number in range(420)]
    rights = correlated(np.random.default_rng(0), len(images), (0.6, 0.5, 0.8))
    for model, right, losses in zip(PARAMETERS, rights, ([], [6.0, 4.0, 3.5], [6.0, 3.0, 2.5]), strict=True):
        write_run(folder, model)
        write_evaluation(
            run_folder(folder, model, 0) / "eval",
            predictions_of(right, images, classes=len(classes)),
            model,
            top1_percent=100 * float(right.mean()),
        )
        if losses:
            write_epochs(run_folder(folder, model, 0), losses, [10.0, 30.0, 100 / 3])
    write_costs(folder, PARAMETERS)
    write_speeds(folder, PLAIN, [PLAIN])
    write_speeds(folder, BASELINE, [BASELINE, CONNECTED])
    pairs = [plain_pair(), se_pair(row)]
    experiment_statistics(folder, pairs, [], Settings(resamples=100)).save(folder / "statistics.json")
    return pairs, load(folder, pairs, None)


def all_charts(pairs: list[Pair], stored: Stored) -> list[Chart]:
    """Every chart of the results."""
    compared = {pair.row: stored.comparison_of(pair.id) for pair in pairs if pair.connected}
    return [
        forest(compared, None),  # type: ignore[arg-type]
        *trades(pairs, stored),
        *cost_bars(pairs, stored.costs),
        *(chart for charts in pair_charts(pairs, stored).values() for chart in charts),
    ]
