"""A folder to plan in, as a checkout has it, without data and results."""

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dcanet.commands import plan as command
from dcanet.plan_documents import Estimate
from dcanet.planning.devices import find_device
from dcanet.planning.estimate import make_estimate
from dcanet.planning.settings import read_settings
from dcanet.workflow import Plan

ROOT = Path(__file__).parents[2]

Estimator = Callable[..., Estimate]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, which one works in."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def estimated(project: Path) -> Estimator:
    """Estimate of a config with changes, e.g. estimated("paper", "scope=quick", device="a100", count=8)."""

    def estimate(config: str, *changes: str, device: str = "h100", count: int = 1) -> Estimate:
        plan = Plan(read_settings(Path(f"config/{config}.yaml"), changes))
        return make_estimate(plan, find_device(device), count)

    return estimate


@pytest.fixture
def run_plan(project: Path) -> Callable[..., None]:
    """`dcanet plan` with these arguments."""

    def run(*arguments: str) -> None:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        command.run(parser.parse_args(arguments))

    return run
