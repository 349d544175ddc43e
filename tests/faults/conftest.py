"""An undisturbed run, copies of it for faults, and the counter."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import laboratory
import pytest
from fault_counting import Faults
from laboratory import Stage
from made_once import made_once
from numbers_of import numbers_of


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of a whole run."""
    return made_once(tmp_path_factory, worker_id, "undisturbed", laboratory.make)


@pytest.fixture
def run(undisturbed: Path, tmp_path: Path) -> Path:
    """A copy of the run that a test may break."""
    return shutil.copytree(undisturbed, tmp_path / "run")


@pytest.fixture
def same(undisturbed: Path) -> Callable[[Path, Stage], bool]:
    """Whether a stage's files are there and as undisturbed."""

    def compare(root: Path, stage: Stage) -> bool:
        return all(
            (root / name).is_file() and numbers_of(root / name) == numbers_of(undisturbed / name)
            for name in stage.files
        )

    return compare


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty file system of 4 MiB; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> Faults:
    return Faults(request.node)
