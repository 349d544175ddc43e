"""Networks that are quick to time."""

import pytest
from profiling.tiny_network import Tiny


@pytest.fixture
def tiny(monkeypatch):
    """Makes every network a tiny one."""

    def install(limit: int = 10**6) -> None:
        monkeypatch.setattr("dcanet.weights.networks.assemble", lambda *_, **__: Tiny(limit))

    return install
