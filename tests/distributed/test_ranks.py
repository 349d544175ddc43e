"""Ranks reach each other, started by the launcher or by torchrun."""

import socket
import subprocess
import sys

import pytest
import rank_jobs as jobs
import torch
import torch.distributed as dist

from dcanet.distributed.ranks import Ranks, join
from dcanet.errors import UserError

VARIABLES = {
    "RANK": "0",
    "WORLD_SIZE": "1",
    "LOCAL_RANK": "0",
    "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "1",
}


@pytest.fixture(params=["without variables", "with variables"])
def alone(request, monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.delenv(name, raising=False)
        if request.param == "with variables":
            monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("alone")
def test_one_alone_needs_no_process_group():
    with join(torch.device("cpu")) as ranks:
        assert ranks == Ranks(rank=0, world=1, local_rank=0)
        assert not dist.is_initialized()
        ranks.barrier()
        assert ranks.gather("value") == ["value"]
        assert [ranks.any(flag) for flag in (False, True)] == [False, True]


@pytest.mark.skipif(torch.cuda.device_count() > 3, reason="needs fewer than 4 GPUs")
def test_more_ranks_than_gpus(monkeypatch):
    for name, value in (VARIABLES | {"LOCAL_RANK": "3"}).items():
        monkeypatch.setenv(name, value)
    with (
        pytest.raises(UserError, match="device: process 4 of this machine finds only"),
        join(torch.device("cuda")),
    ):
        pass


def test_two_ranks():
    code, stdout, stderr = jobs.run(jobs.EXAMPLE, "answer")
    assert code == 0
    assert stdout == "2 3.0 [False, True, True] [{'rank': 0}, {'rank': 1}]\n"
    # What all say is shown once, what one says with its number; rank 0 speaks for the job.
    assert stderr.count("UserWarning: said by all ranks") == 1
    assert "only rank 0 warns\n" in stderr.splitlines(keepends=True)
    assert "rank 1: only rank 1 warns\n" in stderr.splitlines(keepends=True)


@pytest.mark.slow
def test_two_machines_by_torchrun():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"]
    torchrun += ["--master-addr", "127.0.0.1", "--master-port", port]
    nodes = [
        subprocess.Popen([*torchrun, "--node-rank", node, jobs.EXAMPLE, "answer"], stdout=subprocess.PIPE)
        for node in ("0", "1")
    ]
    outputs = [node.communicate(timeout=120)[0].decode() for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0]
    assert outputs[0] == "2 3.0 [False, True, True] [{'rank': 0}, {'rank': 1}]\n"
