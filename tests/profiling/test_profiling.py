"""Costs and throughput of pairs."""

import pytest
from oracle import FORMS

from dcanet.config import ProfileSettings
from dcanet.documents import Costs, Throughput
from dcanet.profiling.costs import measure_costs
from dcanet.profiling.throughput import mean_interval, measure_throughput


def test_costs_of_a_pair_are_the_oracles(tmp_path):
    pair = {"se_mobilenet_v2": {}, "dca_se_mobilenet_v2": {}}
    costs = measure_costs("se_mobilenet_v2", pair, 224)
    facts = {form.model: form.facts for form in FORMS if form.model in pair}
    for name, cost in costs.models.items():
        assert cost.parameters == facts[name]["parameters"]
        assert cost.macs == facts[name]["macs_224"]
    assert costs.convention == "fvcore"
    assert "aten::sigmoid" in costs.models["se_mobilenet_v2"].uncounted_ops
    costs.save(tmp_path / "costs.json")
    assert Costs.load(tmp_path / "costs.json") == costs


def test_throughput_of_a_pair(tmp_path):
    settings = ProfileSettings(image_size=32, batch_size=2, blocks=3, block_seconds=0.01)
    models = {"ge_mobilenet_v2": {}, "dca_ge_mobilenet_v2": {}}
    throughput = measure_throughput("ge_mobilenet_v2", models, settings, "cpu")
    assert list(throughput.models) == list(models)
    for speed in throughput.models.values():
        low, high = speed.interval
        assert low <= speed.images_per_second <= high
        assert len(speed.blocks) == 3
    assert throughput.ratio is not None
    assert throughput.ratio_interval[0] <= throughput.ratio <= throughput.ratio_interval[1]
    throughput.save(tmp_path / "throughput.json")
    assert Throughput.load(tmp_path / "throughput.json") == throughput


def test_plain_network_has_no_ratio():
    settings = ProfileSettings(image_size=32, batch_size=1, blocks=2, block_seconds=0.01)
    throughput = measure_throughput("mobilenet_v2", {"mobilenet_v2": {}}, settings, "cpu")
    assert throughput.ratio is None
    assert throughput.ratio_interval is None


def test_interval_of_the_mean():
    """Student's t, three values: 4.303 standard errors."""
    low, high = mean_interval([9.0, 10.0, 11.0])
    assert (high - low) / 2 == pytest.approx(4.302653 / 3**0.5, rel=1e-6)
    assert mean_interval([5.0, 5.0]) == (5.0, 5.0)
