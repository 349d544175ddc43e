"""One cluster for all tests here, which run one after another (`make test TESTS=slurm WORKERS=0`)."""

import pytest
from cluster import Cluster, why_not


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    if reason := why_not():
        pytest.skip(reason)
    started = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(autouse=True)
def no_jobs_left(cluster):
    yield
    cluster.cancel_jobs()
