"""Real timing of small networks."""

import pytest
import torch
from profiling.tiny_network import Tiny, plain, quick
from torch import Tensor, nn

from dcanet.errors import UserError
from dcanet.profile_documents import Measurement, Setting, Throughput
from dcanet.profiling.throughput import measure_throughput
from dcanet.profiling.workload import Workload

PAIR: dict[str, dict] = {"ge_mobilenet_v2": {}, "dca_ge_mobilenet_v2": {}}
#: A detector as small as can be.
SMALL = {"short_side": 32, "long_side": 32, "channels": 8, "frozen_stages": 0}
CPU = torch.device("cpu")


def test_a_pair_in_inference_and_training(tmp_path):
    heard: list[Measurement] = []
    settings = quick({"batch_size": [1, 2]}, {"work": "training_step", "batch_size": 2})
    found = measure_throughput("ge_mobilenet_v2", PAIR, settings, "cpu", heard.append)
    assert found.measurements == heard
    assert [measured.setting for measured in heard] == settings.settings
    for measured in heard:
        assert list(measured.models) == list(PAIR)
        assert measured.overhead_interval[0] <= measured.overhead_percent <= measured.overhead_interval[1]
        assert measured.wanted_batch_size == measured.setting.batch_size
        for speed in measured.models.values():
            assert speed.interval[0] <= speed.images_per_second <= speed.interval[1]
            assert len(speed.rounds) >= 2
            assert speed.joules_per_image is None
            assert (speed.latency is not None) == (measured.setting.batch_size == 1)
    latency = heard[0].models["ge_mobilenet_v2"].latency
    assert latency.p50_ms <= latency.p90_ms <= latency.p99_ms
    peaks = [measured.models["ge_mobilenet_v2"].peak_memory_bytes for measured in heard]
    weights = sum(4 * p.numel() for p in Workload("ge_mobilenet_v2", {}, Setting(), (32, 32), CPU).held())
    assert peaks == [None] * 3 or weights < peaks[0] < peaks[2]
    assert (found.height, found.width, found.device, found.pair) == (32, 32, "cpu", "ge_mobilenet_v2")
    found.save(tmp_path / "throughput.json")
    assert Throughput.load(tmp_path / "throughput.json") == found


def test_a_network_alone_has_no_overhead(tiny):
    tiny()
    found = measure_throughput("resnet50", {"resnet50": {}}, quick(), "cpu").measurements[0]
    assert found.overhead_percent is found.overhead_interval is None
    assert list(found.models) == ["resnet50"]


def test_images_per_second_are_those_of_the_clock(tiny, monkeypatch):
    """A network that sleeps 20 ms, and its partner 30 ms."""
    import time

    class Sleeper(Tiny):
        def forward(self, x: Tensor) -> Tensor:
            time.sleep(self.limit / 1000)
            return super().forward(x[: self.limit])

    naps = {"se_resnet50": 20, "dca_se_resnet50": 30}
    monkeypatch.setattr("dcanet.weights.networks.assemble", lambda name, *_, **__: Sleeper(naps[name]))
    settings = quick({"batch_size": 1}, block_seconds=0.1, budget_seconds=5)
    found = measure_throughput("se_resnet50", plain(naps), settings, "cpu").measurements[0]
    for name, nap in naps.items():
        speed = found.models[name]
        assert nap <= speed.latency.p50_ms < 2 * nap
        assert speed.images_per_second <= 1000 / nap
    assert 10 < found.overhead_percent < 90


@pytest.mark.parametrize(
    "setting",
    [
        {"precision": "bfloat16"},
        {"precision": "bfloat16", "work": "training_step"},
        {"channels_last": False},
        {"channels_last": False, "work": "training_step"},
    ],
)
def test_every_setting_runs(tiny, setting):
    tiny()
    found = measure_throughput("se_resnet50", {"se_resnet50": {}}, quick(setting), "cpu")
    assert found.measurements[0].setting == Setting(**setting)


def test_a_workload_computes_as_its_setting_says(tiny):
    tiny()
    seen: list[tuple[torch.dtype, bool, bool]] = []

    def look(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        last = inputs[0].is_contiguous(memory_format=torch.channels_last)
        seen.append((output.dtype, last, module.training))

    for setting in (
        Setting(),
        Setting(work="training_step", precision="bfloat16", channels_last=False),
    ):
        workload = Workload("se_resnet50", {}, setting, (32, 32), CPU)
        workload.network.get_submodule("conv").register_forward_hook(look)
        workload.run()
    assert seen == [(torch.float32, True, False), (torch.bfloat16, False, True)]


def test_training_steps_do_all_the_work_and_leave_the_weights():
    workload = Workload("ge_mobilenet_v2", {}, Setting(work="training_step", batch_size=2), (32, 32), CPU)
    before = {name: weight.clone() for name, weight in workload.network.named_parameters()}
    held = sum(tensor.numel() for tensor in workload.held())
    for _ in range(2):
        workload.run()
    assert all(torch.equal(weight, before[name]) for name, weight in workload.network.named_parameters())
    # The optimiser has a momentum for every weight that it was given a gradient of.
    momenta = [state["momentum_buffer"] for state in workload._optimizer.state.values()]
    assert sum(momentum.numel() for momentum in momenta) > 0.99 * sum(w.numel() for w in before.values())
    assert any(momentum.abs().sum() > 0 for momentum in momenta)
    assert sum(tensor.numel() for tensor in workload.held()) > 1.9 * held - 10**5


@pytest.mark.parametrize("work", ["inference", "training_step"])
def test_two_detectors(work):
    models = {"retinanet_se_resnet50": SMALL, "retinanet_dca_se_resnet50": SMALL}
    settings = quick({"work": work, "batch_size": 1}, detector_height=32, detector_width=40)
    found = measure_throughput("retinanet_se_resnet50", models, settings, "cpu")
    assert (found.height, found.width) == (32, 40)
    assert found.measurements[0].overhead_percent is not None


@pytest.fixture
def compiling(monkeypatch, tmp_path):
    """The compiler's settings, made to leave nothing behind."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    from torch._inductor import config

    with config.patch({"compile_threads": 1, "cpp_cache_precompile_headers": False}):
        yield config


@pytest.mark.slow
def test_compiled(tiny, compiling):
    tiny()
    found = measure_throughput("se_resnet50", {"se_resnet50": {}}, quick({"compiled": True}), "cpu")
    assert found.measurements[0].setting.compiled


def test_compiling_without_a_compiler_is_one_line(tiny, compiling):
    tiny()
    message = r"torch\.compile failed .* set compiled to false"
    with (
        compiling.patch({"cpp.cxx": ("no-such-compiler",)}),
        pytest.raises(UserError, match=message) as caught,
    ):
        measure_throughput("se_resnet50", {"se_resnet50": {}}, quick({"compiled": True}), "cpu")
    assert "\n" not in str(caught.value)


def test_a_batch_that_does_not_fit_is_halved_for_both(monkeypatch, capsys):
    limits = {"se_resnet50": 7, "dca_se_resnet50": 3}
    monkeypatch.setattr("dcanet.weights.networks.assemble", lambda name, *_, **__: Tiny(limits[name]))
    settings = quick({"batch_size": 8}, {"batch_size": 2})
    halved, fitting = measure_throughput("se_resnet50", plain(limits), settings, "cpu").measurements
    assert (halved.setting.batch_size, halved.wanted_batch_size) == (2, 8)
    assert (fitting.setting.batch_size, fitting.wanted_batch_size) == (2, 2)
    told = capsys.readouterr().out.splitlines()
    assert ["batch 4" in told[0], "batch 2" in told[1], len(told)] == [True, True, 2]
    assert "batch 8, float32, channels_last, 32 x 32 pixels: does not fit" in told[0]


def test_one_image_that_does_not_fit_is_an_error(tiny, capsys):
    tiny(limit=0)
    with pytest.raises(UserError, match=r"batch 1, .* does not fit .*; choose smaller images"):
        measure_throughput("se_resnet50", {"se_resnet50": {}}, quick(), "cpu")


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (["resnet50", "se_resnet50", "dca_se_resnet50"], "time one network, or a baseline and its partner"),
        (["resnet50", "retinanet_resnet50"], "both classifiers or both detectors"),
    ],
)
def test_what_is_no_pair_is_refused(models, message):
    with pytest.raises(UserError, match=message):
        measure_throughput("x", plain(models), quick(), "cpu")


def test_a_detector_has_one_layout():
    settings = quick({"channels_last": False}, detector_height=32, detector_width=32)
    with pytest.raises(UserError, match=r"retinanet_resnet50: .* set channels_last to true"):
        measure_throughput("x", {"retinanet_resnet50": SMALL}, settings, "cpu")
