"""Training steps of the mobile networks with our gradients of depthwise convolutions and with torch's.

Forward and backward of a whole network on one thread, in channels_last, in processor time; in float32 and,
where the processor computes in it, in bfloat16. Every round times A B B A, and the ratio is taken within it.
Why it is done: benchmarks/depthwise.md.
"""

import argparse
import itertools
import statistics
import time
from unittest import mock

import torch
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from dcanet.device import autocast, choose_precision
from dcanet.models import create
from dcanet.models.depthwise import DepthwiseConv2d

from .outcome import Figure, Outcome, Stopwatch

CPU = torch.device("cpu")
MODELS = ("mobilenet_v2", "dca_se_mobilenet_v2", "dca_se_mnasnet1_0", "dca_sk_mobilenet_v2")


class Step:
    """Forward and backward of one network on one batch."""

    def __init__(self, name: str, precision: str, batch_size: int, image_size: int) -> None:
        torch.manual_seed(0)
        self.precision = precision
        self.model = create(name).to(memory_format=torch.channels_last).train()
        images = torch.randn(batch_size, 3, image_size, image_size)
        self.images = images.to(memory_format=torch.channels_last)
        self.targets = torch.randint(1000, (batch_size,))

    def seconds(self, ours: bool) -> float:
        """Of the process's processor time; torch's gradients without `ours`."""
        forward = DepthwiseConv2d.forward if ours else nn.Conv2d.forward
        with mock.patch.object(DepthwiseConv2d, "forward", forward):
            begin = time.process_time()
            self.model.zero_grad()
            with autocast(self.precision, CPU):
                loss = F.cross_entropy(self.model(self.images), self.targets)
            loss.backward()
            return time.process_time() - begin


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--image-size", type=int, default=64, help="default: %(default)s")
    parser.add_argument("--batch-size", type=int, default=16, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s")


def measure(options: argparse.Namespace) -> Outcome:
    watch = Stopwatch("depthwise")
    torch.set_num_threads(1)
    figures, details = [], {}
    precisions = dict.fromkeys(("float32", choose_precision("auto", CPU)))
    for name, precision in itertools.product(options.models, precisions):
        step = Step(name, precision, options.batch_size, options.image_size)
        for ours in (True, False):
            step.seconds(ours)
        rounds = []
        for _ in tqdm(range(options.rounds), desc=f"{name} {precision}", leave=False, disable=None):
            a, b, c, d = (step.seconds(ours) for ours in (False, True, True, False))
            rounds.append(((a + d) / 2, (b + c) / 2))
        theirs, mine = (statistics.median(times) * 1e3 for times in zip(*rounds, strict=True))
        figures.append(
            Figure.of(
                "depthwise",
                f"{name}, {precision}, batch {options.batch_size}, {options.image_size} px",
                [their / our for their, our in rounds],
                sides={"theirs_ms": theirs, "ours_ms": mine},
                limit="all other layers of the network, which both sides share",
            )
        )
        details[f"{name}, {precision}"] = {"theirs_and_ours_s": rounds}
    return watch.done(figures, details, {})
