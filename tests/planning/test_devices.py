"""The devices of a plan."""

import os
from pathlib import Path

import pytest

from dcanet.errors import UserError
from dcanet.planning.devices import DEVICES, device_here, find_device
from dcanet.training.recipe import Recipe, load_recipe

RECIPES = Path(__file__).parents[2] / "config" / "recipes"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA A100-SXM4-80GB\nNVIDIA A100-SXM4-80GB", "a100"),
        ("Tesla V100-SXM2-16GB", "v100"),
        ("NVIDIA GeForce RTX 4090", "gpu"),
    ],
)
def test_the_gpu_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str, expected: str
) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text(f"#!/bin/sh\necho '{listed}'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert device_here("cuda").key == expected
    assert device_here("cpu").key == "cpu"


def test_a_driver_that_fails_names_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert device_here("cuda").key == "gpu"
    (tmp_path / "nvidia-smi").write_text("no program")
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert device_here("cuda").key == "gpu"


def test_unknown_devices_are_told_of() -> None:
    assert find_device("H100") is DEVICES["h100"]
    with pytest.raises(UserError, match="unknown device 'a10'; did you mean 'a100'"):
        find_device("a10")


@pytest.mark.parametrize(
    ("precision", "h100", "v100"),
    [
        ("auto", "bfloat16", "float32"),
        ("bfloat16", "bfloat16", "float32"),
        ("float16", "bfloat16", "float32"),
        ("float32", "float32", "float32"),
    ],
)
def test_precision_of_a_recipe(precision: str, h100: str, v100: str) -> None:
    recipe = load_recipe(RECIPES / "imagenet_resnet.yaml", Recipe).model_copy(update={"precision": precision})
    assert DEVICES["h100"].arithmetic(recipe) == h100
    assert DEVICES["v100"].arithmetic(recipe) == v100


@pytest.mark.parametrize("key", DEVICES)
def test_every_device_is_whole(key: str) -> None:
    """A device has a utilisation below 1 for each of its peaks, float32 among them, and a source."""
    found = DEVICES[key]
    assert found.teraflops.keys() == found.utilisation.keys()
    assert "float32" in found.teraflops
    assert all(0 < share < 1 for share in found.utilisation.values())
    assert found.source


def test_speeds_that_others_published() -> None:
    """What a plan assumes of ResNet-50, 3 x 2 x 4.12 G a step, is near what NVIDIA printed for its GPUs."""
    step = 3 * 2 * 4.12e9
    assert DEVICES["a100"].flops("float32") / step == pytest.approx(938, rel=0.03)
    assert DEVICES["a100"].flops("bfloat16") / step == pytest.approx(2470, rel=0.03)
    assert DEVICES["v100"].flops("float32") / step == pytest.approx(367, rel=0.03)
    assert DEVICES["h100"].flops("bfloat16") / step == pytest.approx(2470 * 3.35 / 2.04, rel=0.03)
    assert DEVICES["h200"].flops("bfloat16") / step == pytest.approx(2470 * 4.8 / 2.04, rel=0.05)
