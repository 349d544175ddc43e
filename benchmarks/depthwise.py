"""Training steps of the mobile networks with our gradients of depthwise convolutions and with torch's.

Forward and backward of a whole network on one thread, in float32 and channels_last, in processor time.
Every round times A B B A, and the ratio is taken within it. Why it is done: benchmarks/depthwise.md.
"""

import argparse
import statistics
import time
from unittest import mock

import torch
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from dcanet.models import create
from dcanet.models.depthwise import DepthwiseConv2d

from .outcome import Figure, Outcome, Stopwatch

MODELS = ("mobilenet_v2", "dca_se_mobilenet_v2", "dca_se_mnasnet1_0", "dca_sk_mobilenet_v2")


class Step:
    """Forward and backward of one network on one batch."""

    def __init__(self, name: str, batch_size: int, image_size: int) -> None:
        torch.manual_seed(0)
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
            F.cross_entropy(self.model(self.images), self.targets).backward()
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
    for name in options.models:
        step = Step(name, options.batch_size, options.image_size)
        for ours in (True, False):
            step.seconds(ours)
        rounds = []
        for _ in tqdm(range(options.rounds), desc=name, leave=False, disable=None):
            a, b, c, d = (step.seconds(ours) for ours in (False, True, True, False))
            rounds.append(((a + d) / 2, (b + c) / 2))
        theirs, mine = (statistics.median(times) * 1e3 for times in zip(*rounds, strict=True))
        figures.append(
            Figure.of(
                "depthwise",
                f"{name}, batch {options.batch_size}, {options.image_size} px",
                [their / our for their, our in rounds],
                sides={"theirs_ms": theirs, "ours_ms": mine},
                limit="memory: every shift of a kernel reads both maps once",
            )
        )
        details[name] = {"theirs_and_ours_s": rounds}
    return watch.done(figures, details, {})
