"""One small genuine run for all tests, of which every process of them has a copy to tamper with."""

import os
import shutil
from pathlib import Path

import pytest
from made_once import made_once
from making import make


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder with config, data, results/tiny and report."""
    shared = made_once(tmp_path_factory, worker_id, "verification", _make)
    own = tmp_path_factory.mktemp("verification-of") / "made"
    # Weights are most of the bytes: they are linked, and tests put new files in their place.
    shutil.copytree(shared, own, copy_function=_linked)
    return own


def _make(root: Path) -> None:
    root.mkdir()
    make(root)


def _linked(source: str, target: str) -> None:
    (os.link if source.endswith(".safetensors") else shutil.copy2)(source, target)
