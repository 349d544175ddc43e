"""The charts say what is stored, in the drawing and in its data."""

from pathlib import Path
from xml.etree import ElementTree

import altair as alt
import pytest
from charted import BASELINE, CONNECTED, PARAMETERS, PLAIN, all_charts, write_results
from made_up import run_folder, write_epochs, write_run, write_speeds

from dcanet.comparison_documents import Estimate, PairComparison, Pooled, RandomEffects
from dcanet.profile_documents import Convention, Costs, MacCount, ModelCosts, Parts, Setting
from dcanet.report.charts.cost_bars import DRAWN as BARS_DRAWN
from dcanet.report.charts.cost_bars import cost_bars
from dcanet.report.charts.curves import training_curves
from dcanet.report.charts.forest import forest
from dcanet.report.charts.of_pairs import LIMIT, pair_charts
from dcanet.report.charts.per_class import DRAWN, class_changes
from dcanet.report.charts.trade import trades
from dcanet.report.stored import Stored, evaluated, load
from dcanet.report.table import Missing
from dcanet.sheets import Pair

Results = tuple[list[Pair], Stored]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return write_results(tmp_path_factory.mktemp("results"))


def comparison(stored: Stored) -> PairComparison:
    found = stored.comparison_of(BASELINE)
    assert isinstance(found, PairComparison)
    return found


def estimate(value: float) -> Estimate:
    return Estimate(value=value, low=value - 1, high=value + 1)


def test_every_specification_keeps_to_the_schema(results: Results) -> None:
    charts = all_charts(*results)
    assert len({chart.key for chart in charts}) == len(charts) == 9
    for chart in charts:
        alt.Chart.from_dict(dict(chart.spec))
        assert "$schema" not in chart.spec
        assert chart.spec["datasets"]


def test_the_same_results_give_the_same_charts(results: Results) -> None:
    assert all_charts(*results) == all_charts(*results)


def test_the_forest_has_each_difference_and_their_means(results: Results) -> None:
    found = comparison(results[1])
    effects = RandomEffects(mean=estimate(0.5), between_pairs=1, heterogeneity_percent=50)
    pooled = Pooled(
        pairs=2, gain=estimate(2), p_value=0.5, split=None, random_effects=effects, better=1, worse=0
    )
    chart = forest({"SE-ResNet50": found, "other": found}, pooled)
    assert chart.rows[0] == {
        "pair": "SE-ResNet50",
        "top1_difference_points": found.top1.value,
        "low": found.top1.low,
        "high": found.top1.high,
        "verdict": "better",
        "p_adjusted": found.p_adjusted,
        "images": 420,
    }
    drawn = chart.spec["datasets"]["rows"]
    assert [row["value"] for row in drawn] == [found.top1.value, found.top1.value, 2, 0.5]
    assert [row["kind"] for row in drawn] == ["better", "better", "mean", "mean"]
    assert drawn[0]["text"].startswith("▲ +")
    assert chart.rows[2]["verdict"] is None


def test_of_many_pairs_the_largest_differences_are_drawn(results: Results) -> None:
    found = comparison(results[1])
    pairs = {
        f"pair {number}": found.model_copy(update={"top1": estimate(float(number))}) for number in range(120)
    }
    pooled = Pooled(
        pairs=120, gain=estimate(2), p_value=0.5, split=None, random_effects=None, better=1, worse=0
    )
    chart = forest(pairs, pooled)
    assert len(chart.rows) == 121
    drawn = [row["name"] for row in chart.spec["datasets"]["rows"]]
    assert drawn == [*[f"pair {number}" for number in range(20, 120)], "Mean of these"]
    assert "the 100 largest of 120" in chart.heading


def test_costs_are_held_against_accuracy(results: Results) -> None:
    pairs, stored = results
    macs, parameters, latency = trades(pairs, stored)
    top1 = {model: evaluated(stored.runs[model])[0].top1_percent for model in PARAMETERS}
    for chart in (macs, parameters, latency):
        assert {row["model"]: row["top1_percent"] for row in chart.rows} == top1
        assert chart.spec["datasets"]["arrows_0"][0]["top2"] == top1[CONNECTED]
    counted = {model: stored.cost_of(model) for model in PARAMETERS}
    assert [row["macs_fvcore"] for row in macs.rows] == [
        found.macs["fvcore"].total for found in counted.values() if isinstance(found, ModelCosts)
    ]
    assert [row["parameters"] for row in parameters.rows] == [*PARAMETERS.values()]
    (point,) = parameters.spec["datasets"]["connected_0"]
    assert point["cost"] * 10**6 == pytest.approx(PARAMETERS[CONNECTED], abs=1e-6)
    assert [row["latency_p50_ms"] for row in latency.rows] == [10.0, 10.0, 10.0]
    assert "fvcore" in macs.summary


def test_latencies_under_other_settings_are_not_mixed(tmp_path: Path) -> None:
    pairs, _ = write_results(tmp_path)
    other = Setting(batch_size=1, precision="bfloat16")
    write_speeds(tmp_path, BASELINE, [BASELINE, CONNECTED], setting=other)
    *_, latency = trades(pairs, load(tmp_path, pairs, None))
    assert [row["model"] for row in latency.rows] == [PLAIN]
    assert "float32" in latency.summary


def test_the_pareto_front_is_marked(results: Results) -> None:
    _, parameters, _ = trades(*results)
    # The plain network is better and smaller than the baseline; the connected one is the best and largest.
    assert [row["pareto_front"] for row in parameters.rows] == ["yes", "no", "yes"]
    front = [row["top1"] for row in parameters.spec["datasets"]["front_0"]]
    on_it = [row["top1_percent"] for row in parameters.rows if row["pareto_front"] == "yes"]
    assert front == [*on_it, on_it[-1]]


def test_the_connection_stands_alone_beside_all_parts(results: Results) -> None:
    pairs, stored = results
    parameters, macs = cost_bars(pairs, stored.costs)
    for chart, parts_of in ((parameters, lambda c: c.parameters), (macs, lambda c: c.macs["fvcore"].parts)):
        for row in chart.rows:
            parts = parts_of(stored.cost_of(str(row["model"])))
            assert {part: row[part] for part in parts.model_dump()} == parts.model_dump()
            assert row["all"] == parts.total
        drawn = chart.spec["datasets"]
        assert [row["count"] for row in drawn["connection_0"]] == [row["connection"] for row in chart.rows]
        ends = {row["row"]: row["end"] for row in drawn["parts_0"]}
        assert [*ends.values()] == [row["all"] for row in chart.rows]
    assert "DCA-SE 28,650,001 (1 %)" in parameters.summary
    assert "first" not in parameters.heading
    assert cost_bars(pairs, Missing("not counted")) == ()


def test_many_networks_are_in_the_data_and_some_are_drawn(results: Results) -> None:
    (plain, pair), stored = results
    assert not isinstance(stored.costs, Missing)
    many = [plain.model_copy(update={"id": f"{plain.id}{number}"}) for number in range(60)]
    parameters, _ = cost_bars([*many, pair], stored.costs)
    assert len(parameters.rows) == 62
    assert len(parameters.spec["datasets"]["networks_0"]) == BARS_DRAWN
    assert f"the first {BARS_DRAWN} networks of each backbone" in parameters.heading


def test_a_backbone_without_connection_has_no_plot_of_it(results: Results) -> None:
    (plain, pair), stored = results
    found = stored.cost_of(PLAIN)
    assert isinstance(found, ModelCosts)
    parts = Parts(backbone=23, head=2)
    macs: dict[Convention, MacCount] = {"fvcore": MacCount(parts=parts, uncounted_ops={})}
    costs = Costs(models={PLAIN: found.model_copy(update={"parameters": parts, "macs": macs})})
    for chart in cost_bars([plain], costs):
        assert "connection alone" not in chart.svg
    for chart in cost_bars([pair], stored.costs):
        assert "connection alone" in chart.svg


def test_curves_of_a_pair_are_overlaid(results: Results) -> None:
    drawn = training_curves(*results)
    assert [*drawn] == [BASELINE], "one network alone was not trained over epochs"
    loss, accuracy = drawn[BASELINE]
    assert [row["train_loss"] for row in loss.rows] == [6.0, 4.0, 3.5, 6.0, 3.0, 2.5]
    assert [row["epoch"] for row in loss.rows] == [1, 2, 3] * 2
    assert [row["number"] for row in accuracy.spec["datasets"]["epochs"]] == [10.0, 30.0, 100 / 3] * 2
    assert {row["side"] for row in loss.spec["datasets"]["epochs"]} == {"baseline", "DCANet"}
    assert loss.summary == (
        "Train loss of SE-ResNet50 in epochs 1 to 3: baseline (seed 0) from 6 to 3.5, "
        "DCANet (seed 0) from 6 to 2.5"
    )


def test_a_single_epoch_is_no_curve(tmp_path: Path) -> None:
    pairs, _ = write_results(tmp_path)
    write_epochs(run_folder(tmp_path, BASELINE, 0), [2.0], [10.0])
    loss, _ = training_curves(pairs, load(tmp_path, pairs, None))[BASELINE]
    assert {row["model"] for row in loss.rows} == {CONNECTED}
    write_epochs(run_folder(tmp_path, CONNECTED, 0), [2.0], [10.0])
    assert training_curves(pairs, load(tmp_path, pairs, None)) == {}


@pytest.mark.parametrize("losses", [[1e-9, 2e9], [3.0, 3.0], [-1.0, 0.0], [0.0, 0.0]])
def test_curves_of_any_numbers_are_drawn(tmp_path: Path, losses: list[float]) -> None:
    pairs, _ = write_results(tmp_path)
    write_epochs(run_folder(tmp_path, BASELINE, 0), losses)
    loss, _ = training_curves(pairs, load(tmp_path, pairs, None))[BASELINE]
    ElementTree.fromstring(loss.svg)


def test_published_weights_are_named_as_the_origin(tmp_path: Path) -> None:
    pairs, _ = write_results(tmp_path)
    write_run(tmp_path, BASELINE, seed=None)
    write_epochs(run_folder(tmp_path, BASELINE, None), [5.0, 1.0])
    loss, _ = training_curves(pairs, load(tmp_path, pairs, None, [BASELINE]))[BASELINE]
    assert loss.rows[0]["run"] == "published (drive:made-up-model)"


def test_each_class_has_its_difference(results: Results) -> None:
    drawn = class_changes(*results)
    assert [*drawn] == [BASELINE]
    (chart,) = drawn[BASELINE]
    per_class = comparison(results[1]).per_class
    assert {row["class"]: row["top1_difference_points"] for row in chart.rows} == {
        name: delta.difference.value for name, delta in per_class.items()
    }
    values = [row["value"] for row in chart.spec["datasets"]["rows"]]
    assert values == sorted(values, reverse=True)
    assert {row["images"] for row in chart.rows} == {140}


def test_of_many_classes_those_are_drawn_that_change_most(tmp_path: Path) -> None:
    names = tuple(f"class{number:02}" for number in range(42))
    (chart,) = class_changes(*write_results(tmp_path, classes=names))[BASELINE]
    assert len(chart.rows) == 42
    drawn = {row["name"] for row in chart.spec["datasets"]["rows"]}
    assert len(drawn) == DRAWN
    sizes = {row["class"]: abs(float(str(row["top1_difference_points"]))) for row in chart.rows}
    assert min(sizes[name] for name in drawn) >= max(sizes[name] for name in names if name not in drawn)
    assert f"the {DRAWN} that change most of 42" in chart.heading


def test_each_pair_has_its_charts_unless_they_are_too_many(results: Results) -> None:
    pairs, stored = results
    charts = pair_charts(pairs, stored)
    assert {pair: [chart.key for chart in of_pair] for pair, of_pair in charts.items()} == {
        BASELINE: [
            f"curve-{BASELINE}-train-loss",
            f"curve-{BASELINE}-valid-top1-percent",
            f"classes-{BASELINE}",
        ]
    }
    assert pair_charts(pairs * LIMIT, stored) == {}


def test_without_results_there_is_nothing_to_draw(tmp_path: Path) -> None:
    pairs, _ = write_results(tmp_path / "made")
    nothing = load(tmp_path / "empty", pairs, None)
    assert trades(pairs, nothing) == ()
    assert training_curves(pairs, nothing) == {}
    assert class_changes(pairs, nothing) == {}
    assert cost_bars(pairs, nothing.costs) == ()


def test_a_network_without_its_partner_is_still_placed(tmp_path: Path) -> None:
    pairs, _ = write_results(tmp_path)
    (run_folder(tmp_path, BASELINE, 0) / "eval" / "metrics.json").unlink()
    _, parameters, _ = trades(pairs, load(tmp_path, pairs, None))
    assert [row["model"] for row in parameters.rows] == [PLAIN, CONNECTED]
    assert parameters.spec["datasets"]["arrows_0"] == []
