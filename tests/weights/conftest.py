"""A server on loopback, and patience that does not make tests wait."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from weights.loopback import Loopback, running

from dcanet.weights.download import Patience


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Removed at once, unlike pytest's own: weights are large."""
    with tempfile.TemporaryDirectory(prefix="dcanet-") as folder:
        yield Path(folder)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running() as server:
        yield server


@pytest.fixture
def impatient() -> Patience:
    return Patience(attempts=4, first_wait_s=0.01, longest_wait_s=2.0, timeouts_s=(2.0, 1.0))
