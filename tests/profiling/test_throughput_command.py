"""`dcanet profile throughput` as a user and the workflow call it."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dcanet.cli import build_parser, main
from dcanet.commands.profile_throughput import settings_of
from dcanet.config import load_config
from dcanet.config_sections import MeasurementSettings, ProfileSettings
from dcanet.profile_documents import Throughput
from dcanet.workflow import Plan

ROOT = Path(__file__).parents[2]
COMMAND = ["profile", "throughput", "ge_mobilenet_v2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--measure", "batch_size=0"], "--measure 'batch_size=0': batch_size: Input should be greater"),
        (["--budget-seconds", "0"], "--budget-seconds: Input should be greater than 0"),
        (["--image-size", "33"], "--image-size: Input should be a multiple of 32"),
        (["--measure", "", "--measure", "batch_size=8"], "stands twice"),
        (["se_resnet5"], "unknown model 'se_resnet5'"),
    ],
)
def test_the_command_line_tells_mistakes_in_one_line(arguments, message, tmp_path, capsys):
    assert main([*COMMAND, *arguments, "--out", str(tmp_path / "o.json")]) == 1
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_workflow_says_every_setting_on_the_command_line(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = load_config(Path("config/config.yaml"))
    measurements = [MeasurementSettings(batch_size=[1, 4]), MeasurementSettings(compiled=True)]
    config.profile = ProfileSettings(
        image_size=96,
        detector_height=64,
        detector_width=96,
        block_seconds=0.25,
        budget_seconds=7,
        agreement_percent=1.5,
        measurements=measurements,
    )
    arguments = [*COMMAND, *Plan(config).throughput_arguments(), "--out", "o"]
    understood = settings_of(build_parser().parse_args(arguments))
    assert understood.settings == config.profile.settings
    others = set(ProfileSettings.model_fields) - {"measurements"}
    assert understood.model_dump(include=others) == config.profile.model_dump(include=others)


def test_a_timing_imports_nothing_that_it_does_not_need():
    code = (
        "import sys; from dcanet.config_sections import ProfileSettings as P; "
        "from dcanet.profiling.throughput import measure_throughput as m; "
        "s = P(image_size=32, block_seconds=0.01, budget_seconds=0.1); "
        "m('mobilenet_v2', {'mobilenet_v2': {}}, s, 'cpu'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"scipy", "torchvision", "torch._dynamo", "pandas"} & set(done.stdout.split())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_device_that_is_not_there_is_one_line(tmp_path, capsys):
    assert main([*COMMAND, "--device", "cuda", "--out", str(tmp_path / "o.json")]) == 1
    assert capsys.readouterr().err == "dcanet: device: no CUDA GPU here; use device=cpu or device=auto\n"


def test_the_command_line_prints_a_line_per_setting(tiny, tmp_path, capsys):
    tiny()
    quickly = ["--image-size", "32", "--block-seconds", "0.01", "--budget-seconds", "0.2"]
    measured = ["--measure", "batch_size=1", "--measure", "work=training_step,batch_size=2"]
    out = tmp_path / "o.json"
    assert main([*COMMAND, "dca_ge_mobilenet_v2", *quickly, *measured, "--out", str(out)]) == 0
    made = Throughput.load(out).provenance
    assert made is not None
    assert (made.device, made.config_hash) == ("cpu", None)
    lines = [line for line in capsys.readouterr().out.splitlines() if "warning" not in line]
    assert [line.split(":")[0] for line in lines] == [
        "inference, batch 1, float32, channels_last",
        "training step, batch 2, float32, channels_last",
    ]
    assert "p99" in lines[0]
    assert "overhead" in lines[1]
    assert len(Throughput.load(out).measurements) == 2
