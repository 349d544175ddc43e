"""What all tests share. pytest puts this folder on the path, so tests can `import oracle`."""

import collections
import os

import numpy as np
import pytest
from fault_counting import pytest_sessionfinish, pytest_terminal_summary  # noqa: F401
from hypothesis import settings
from PIL import Image

# Counts over all processes, so it must be known to the one that collects no tests.
pytest_plugins = ["fuzz_summary"]

# Before torch is imported, and for child processes: threads that find no free core wait for one another at
# every small operation, a hundredfold slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# No database, which would be left behind, and no deadline, which a busy machine misses.
settings.register_profile("dcanet", database=None, deadline=None, derandomize=True)
settings.load_profile("dcanet")

#: So many parameters of a test the coverage follows: others reach the same lines, half as slowly again.
FOLLOWED = 3


def pytest_collection_modifyitems(items):
    # First, since they take longest, and since a worker with nothing left takes tests from another's end,
    # where both would make the run of the workflow that the tests of a module share.
    items.sort(key=lambda item: "tests/workflow" not in item.nodeid)
    seen = collections.Counter()
    for item in items:
        test = item.nodeid.partition("[")[0]
        seen[test] += 1
        if seen[test] > FOLLOWED:
            item.add_marker("no_cover")


@pytest.fixture
def image_folder(tmp_path):
    """A function that writes a small ImageFolder of noise with both splits and returns its root."""

    def write(classes=("a", "b"), per_class=4, size=32):
        random = np.random.default_rng(0)
        for split in ("train", "val"):
            for label, name in enumerate(classes):
                folder = tmp_path / "images" / split / name
                folder.mkdir(parents=True)
                for index in range(per_class):
                    # A brightness per class, so that there is something to learn.
                    pixels = random.integers(0, 60, (size, size, 3)) + label * 180 // max(1, len(classes) - 1)
                    Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
        return tmp_path / "images"

    return write


@pytest.fixture(autouse=True)
def user_cache(tmp_path_factory, monkeypatch):
    """The folder that stands for the user's cache, which no test writes to."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder
