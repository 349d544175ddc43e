"""Which measured speed stands for which work."""

from pathlib import Path

import pytest
from planning.timings import measurement, write_timing

from dcanet.planning.devices import DEVICES
from dcanet.planning.measured import Timing, Timings
from dcanet.profile_documents import Setting

STEP = Setting(work="training_step", batch_size=32, precision="bfloat16")
NAME = "se_resnet50"


def found(profile: Path, wanted: Setting, device: str = "h100") -> Timing:
    timing = Timings(profile, DEVICES[device]).of(NAME, wanted)
    assert timing
    return timing


def test_nothing_was_timed(tmp_path: Path) -> None:
    assert Timings(tmp_path, DEVICES["h100"]).of(NAME, STEP) is None


def test_the_nearest_setting_is_taken(tmp_path: Path) -> None:
    write_timing(
        tmp_path,
        NAME,
        measurement({NAME: 1000.0}, work="inference", precision="bfloat16", batch_size=32),
        measurement({NAME: 100.0}, work="training_step", precision="float32", batch_size=32),
        measurement({NAME: 400.0}, work="training_step", precision="bfloat16", batch_size=256),
        measurement({NAME: 250.0}, work="training_step", precision="bfloat16", batch_size=64),
        measurement({NAME: 500.0}, work="training_step", precision="bfloat16", batch_size=32, compiled=True),
    )
    assert found(tmp_path, STEP).seconds == 1 / 250
    assert found(tmp_path, STEP.model_copy(update={"batch_size": 300})).seconds == 1 / 400
    assert found(tmp_path, STEP.model_copy(update={"compiled": True})).seconds == 1 / 500
    assert found(tmp_path, STEP.model_copy(update={"precision": "float32"})).seconds == 1 / 100


def test_other_work_by_three(tmp_path: Path) -> None:
    write_timing(tmp_path, NAME, measurement({NAME: 600.0}, joules=0.5, work="inference"))
    timing = found(tmp_path, STEP)
    assert timing.seconds == pytest.approx(3 / 600)
    assert timing.joules == 1.5
    write_timing(tmp_path, NAME, measurement({NAME: 200.0}, work="training_step"))
    assert found(tmp_path, Setting(work="inference")).seconds == pytest.approx(1 / 600)


def test_a_timing_beside_other_work_is_left_out(tmp_path: Path) -> None:
    disturbed = measurement({NAME: 40.0}).model_copy(update={"loaded": True})
    write_timing(tmp_path, NAME, disturbed)
    timings = Timings(tmp_path, DEVICES["h100"])
    assert timings.of(NAME, Setting()) is None
    assert "something else ran beside it" in timings.notes[0]
    write_timing(tmp_path, NAME, disturbed, measurement({NAME: 10.0}, batch_size=64))
    assert found(tmp_path, Setting()).seconds == pytest.approx(1 / 10)


def test_a_core_is_a_part_of_a_processor(tmp_path: Path) -> None:
    """40 images/s on 4 threads are 10 of one core; cores are cores, whatever the processor's name."""
    write_timing(tmp_path, NAME, measurement({NAME: 40.0}), device="cpu", name="made-up", threads=4)
    assert found(tmp_path, Setting(), "cpu").seconds == pytest.approx(0.1)
    assert Timings(tmp_path, DEVICES["h100"]).of(NAME, Setting()) is None


def test_another_gpu_is_left_out(tmp_path: Path) -> None:
    write_timing(tmp_path, NAME, measurement({NAME: 40.0}))
    timings = Timings(tmp_path, DEVICES["a100"])
    assert timings.of(NAME, STEP) is None
    assert "NVIDIA H100 80GB HBM3" in timings.notes[0]


def test_a_file_of_an_older_form_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "cuda").mkdir()
    (tmp_path / "cuda" / "se_resnet50.json").write_text('{"schema_version": 1}')
    timings = Timings(tmp_path, DEVICES["h100"])
    assert timings.of(NAME, STEP) is None
    assert "schema version" in timings.notes[0]
