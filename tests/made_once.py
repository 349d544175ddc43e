"""Folders that take long to make, made once for all processes of the test run."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def made_once(
    factory: pytest.TempPathFactory, worker_id: str, name: str, make: Callable[[Path], object]
) -> Path:
    """The folder that `make` fills, given a path that does not exist; nobody may change it afterwards.

    It is moved when it is whole, so nothing in it may hold its path.
    """
    base = factory.getbasetemp()
    base = base if worker_id == "master" else base.parent
    root = base / name / "run"
    with FileLock(base / f"{name}.lock"):
        if not root.exists():
            making = base / f"{name}.making" / "run"
            shutil.rmtree(making.parent, ignore_errors=True)
            making.parent.mkdir()
            make(making)
            making.parent.replace(root.parent)
    return root
