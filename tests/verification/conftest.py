"""One small genuine run for all tests, of which every process of them has a copy to tamper with."""

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from making import make


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with config, data, results/tiny and report."""
    own = tmp_path_factory.mktemp("verification") / "made"
    if "PYTEST_XDIST_WORKER" not in os.environ:
        own.mkdir()
        make(own)
        return own
    shared = tmp_path_factory.getbasetemp().parent / "verification"
    with FileLock(f"{shared}.lock"):
        if not (shared / "whole").exists():
            shutil.rmtree(shared, ignore_errors=True)
            shared.mkdir()
            make(shared)
            (shared / "whole").touch()
    # Weights are most of the bytes: they are linked, and tests put new files in their place.
    shutil.copytree(shared, own, copy_function=_linked)
    return own


def _linked(source: str, target: str) -> None:
    (os.link if source.endswith(".safetensors") else shutil.copy2)(source, target)
