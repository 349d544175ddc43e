"""Starts a command as the ranks of one job over several nodes, by torchrun's own agent on each of them."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from ..errors import UserError
from ..signals import CONTINUE
from . import slurm
from .launch import TIME_TO_SAVE

#: Seconds that nodes wait for each other at the start.
TIME_TO_MEET = 300


def launch_on_nodes(arguments: Sequence[str], nodes: int, processes: int, cores: int) -> int:
    """Run `python ARGUMENTS` as `processes` ranks on each of a SLURM job's nodes; the job's exit code.

    Outside a step over the nodes this process becomes one (`srun`). Within it, the nodes meet at the first.
    0 when all ranks succeed, 75 when one asks to be continued, else 1, and standard error names the node.

    Args:
        arguments: of the Python interpreter.
        nodes: of the job.
        processes: ranks on each node.
        cores: processor cores of each node that the ranks need.

    Raises:
        UserError: no job of SLURM, or the nodes do not find each other.
    """
    if not slurm.is_on_every_node(nodes):
        slurm.start_on_every_node([sys.executable, *arguments], nodes, cores)
    return _run_agent(arguments, nodes, processes)


def _run_agent(arguments: Sequence[str], nodes: int, processes: int) -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # The ranks say what is wrong; the agents would add a page each on the connection that ended.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.elastic.rendezvous.api import RendezvousError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    node = slurm.this_node()
    config = LaunchConfig(
        min_nodes=nodes,
        max_nodes=nodes,
        nproc_per_node=processes,
        run_id=node.step,
        rdzv_backend="c10d",
        rdzv_endpoint=f"{node.meeting}:{node.port}",
        rdzv_configs={"is_host": node.is_first, "join_timeout": TIME_TO_MEET},
        max_restarts=0,  # SLURM or Snakemake starts the job again
        local_addr=node.address,
        signals_to_handle="SIGINT",
        shutdown_timeout=int(TIME_TO_SAVE),
    )
    _leave_signals_to_ranks()
    try:
        elastic_launch(config, sys.executable)(*arguments)
    except ChildFailedError as error:
        codes = {failure.exitcode for failure in error.failures.values()}
        if CONTINUE in codes:
            return CONTINUE
        first = error.get_first_failure()[1]
        print(
            f"dcanet: node {node.number}, rank {first.local_rank} there: exit code {first.exitcode}",
            file=sys.stderr,
        )
        return 1
    except RendezvousError as error:
        raise UserError(
            f"the {nodes} nodes did not meet at {node.meeting}, port {node.port}: {error}; nodes must reach "
            "each other on ports above 20000"
        ) from error
    return 0


def _leave_signals_to_ranks() -> None:
    """Survive what SLURM sends to every process of a step; the ranks save, and end.

    A warning must not end a rank that has not yet come to its own handler, so it is ignored from here on;
    SIGTERM is meant, and a rank may die of it.
    """

    def wait_for_ranks(number: int, frame: FrameType | None) -> None:
        pass

    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, wait_for_ranks)
