"""The fixture that the targets share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzzing import Cases


@pytest.fixture
def cases(
    tmp_path: Path, record_property, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cases]:
    """Runs the cases of a test, in its folder, and tells the summary how many there were."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = Cases(tmp_path)
    yield found
    record_property("fuzz_cases", found.count)
