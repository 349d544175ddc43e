"""RetinaNet's inference and training step on a CPU beside torchvision's RetinaNet, both on ResNet-50.

One image, which neither resizes, through backbone, pyramid, heads and the choice of detections; a training
step is forward, losses on the same boxes, backward and a step of SGD with momentum at a learning rate of 0,
which leaves the weights as they are. Both keep the stem and the first stage as they are. A round runs all
sides forth and back, and ratios are taken within it; the figures are of processor time. The peak memory is
that of a process that runs one side alone.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from dcanet.detection import create
from dcanet.device import place
from dcanet.evaluation.folding import fold_norms
from dcanet.evaluation.fusing import fuse_activations

from .commands import ROOT
from .outcome import Figure, Outcome, Stopwatch

Run = Callable[[], object]
#: Processor time and seconds by the clock.
Times = dict[str, list[tuple[float, float]]]
CLASSES, BOXES = 80, 7


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--height", type=int, default=800, help="of the image (default: %(default)s)")
    parser.add_argument("--width", type=int, default=1333, help="of the image (default: %(default)s)")
    parser.add_argument("--memory-of", choices=[*INFERENCE, *STEPS], help=argparse.SUPPRESS)


def ours(size: tuple[int, int], exact: bool = False) -> Run:
    """As `dcanet evaluate` runs it, or as it is built."""
    model = create("retinanet_resnet50", CLASSES, short_side=min(size), long_side=max(size)).eval()
    if not exact:
        fold_norms(model)
        fuse_activations(model)
        model = place(model, torch.device("cpu"), channels_last=True)
    return inference(model, size)


def torchvisions(size: tuple[int, int], channels_last: bool = False, **values: Any) -> nn.Module:
    from torchvision.models.detection import retinanet_resnet50_fpn

    model = retinanet_resnet50_fpn(
        weights=None,
        weights_backbone=None,
        num_classes=CLASSES,
        min_size=min(size),
        max_size=max(size),
        **values,
    )
    return model.to(memory_format=torch.channels_last) if channels_last else model


def inference(model: nn.Module, size: tuple[int, int]) -> Run:
    image = an_image(size)

    def run() -> object:
        with torch.inference_mode():
            return model([image])

    return run


def step(model: nn.Module, size: tuple[int, int]) -> Run:
    """On the same image and boxes for both."""
    image, target = an_image(size), boxes(size)
    model.train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=0.0, momentum=0.9, weight_decay=1e-4)

    def run() -> None:
        optimizer.zero_grad()
        losses = model([image], [target])
        sum(losses.values()).backward()
        optimizer.step()

    return run


def an_image(size: tuple[int, int]) -> Tensor:
    return torch.rand(3, *size, generator=torch.Generator().manual_seed(0))


def boxes(size: tuple[int, int]) -> dict[str, Tensor]:
    height, width = size
    random = torch.Generator().manual_seed(1)
    corners = torch.rand(BOXES, 2, generator=random) * torch.tensor([width, height]) * 0.6
    sides = torch.exp(torch.rand(BOXES, 2, generator=random) * 2.5 + 2.5).clamp(max=0.39 * min(size))
    return {
        "boxes": torch.cat([corners, corners + sides], dim=1),
        "labels": torch.randint(1, CLASSES, (BOXES,), generator=random),
    }


OURS, THEIRS = "ours", "torchvision's"
INFERENCE: dict[str, Callable[[tuple[int, int]], Run]] = {
    OURS: ours,
    "ours, as built": lambda size: ours(size, exact=True),
    THEIRS: lambda size: inference(torchvisions(size).eval(), size),
    "torchvision's, channels_last": lambda size: inference(torchvisions(size, True).eval(), size),
}
#: With three of the backbone's five parts trained, as torchvision's own recipe and ours have it.
STEPS: dict[str, Callable[[tuple[int, int]], Run]] = {
    "a step of ours": lambda size: step(our_trained(size), size),
    "a step of torchvision's": lambda size: step(their_trained(size), size),
}


def our_trained(size: tuple[int, int]) -> nn.Module:
    model = create("retinanet_resnet50", CLASSES, short_side=min(size), long_side=max(size))
    return place(model, torch.device("cpu"), channels_last=True)


def their_trained(size: tuple[int, int]) -> nn.Module:
    """With norms and frozen parts as it has them where a trained backbone is given."""
    from torchvision.models import resnet50
    from torchvision.models.detection import RetinaNet
    from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
    from torchvision.ops import FrozenBatchNorm2d
    from torchvision.ops.feature_pyramid_network import LastLevelP6P7

    backbone = _resnet_fpn_extractor(
        resnet50(weights=None, norm_layer=FrozenBatchNorm2d),
        3,
        returned_layers=[2, 3, 4],
        extra_blocks=LastLevelP6P7(256, 256),
    )
    return RetinaNet(backbone, CLASSES, min_size=min(size), max_size=max(size))


def measure(options: argparse.Namespace) -> Outcome:
    torch.set_num_threads(options.threads)
    size = (options.height, options.width)
    if options.memory_of:
        print(peak_here((INFERENCE | STEPS)[options.memory_of](size)))
        raise SystemExit
    watch = Stopwatch("detection_speed")
    infer = interleaved({name: make(size) for name, make in INFERENCE.items()}, options.rounds)
    train = interleaved({name: make(size) for name, make in STEPS.items()}, options.rounds)
    memory = {name: peak_gib(name, options) for name in (OURS, THEIRS, *STEPS)}
    case = f"RetinaNet on ResNet-50, {size[0]} x {size[1]} pixels, {options.threads} thread"
    figures = [
        figure("detector_inference", f"{case}, as evaluated", infer, OURS, THEIRS, memory),
        figure("detector_inference", f"{case}, as built", infer, "ours, as built", THEIRS, {}),
        figure(
            "detector_inference",
            f"{case}, as evaluated beside torchvision's in channels_last",
            infer,
            OURS,
            "torchvision's, channels_last",
            {},
        ),
        figure("detector_step", case, train, *STEPS, memory),
    ]
    details = {name: [list(pair) for pair in times] for name, times in (infer | train).items()}
    return watch.done(figures, {"processor_and_clock_s": details}, {"torchvision": version("torchvision")})


def interleaved(runs: dict[str, Run], rounds: int) -> Times:
    for run in runs.values():
        run()
    found: Times = {side: [] for side in runs}
    for _ in tqdm(range(rounds), desc="rounds", leave=False, disable=None):
        of_round: Times = {side: [] for side in runs}
        for side in [*runs, *reversed(runs)]:
            of_round[side].append(timed(runs[side]))
        for side, times in of_round.items():
            processor, clock = (statistics.fmean(column) for column in zip(*times, strict=True))
            found[side].append((processor, clock))
    return found


def timed(run: Run) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return time.process_time() - processor, time.perf_counter() - clock


def figure(target: str, case: str, times: Times, mine: str, theirs: str, memory: dict[str, float]) -> Figure:
    """How much longer theirs takes."""
    rounds = [their[0] / my[0] for my, their in zip(times[mine], times[theirs], strict=True)]
    sides = {"ours_processor_s": statistics.median(processor for processor, _ in times[mine])}
    sides["theirs_processor_s"] = statistics.median(processor for processor, _ in times[theirs])
    if memory:
        sides |= {"ours_peak_gib": memory[mine], "theirs_peak_gib": memory[theirs]}
    limit = "the same convolutions on both sides, 85 % of the time"
    return Figure.of(target, case, rounds, sides=sides, limit=limit)


def peak_gib(side: str, options: argparse.Namespace) -> float:
    """Of a process that runs one side twice."""
    size = ["--height", str(options.height), "--width", str(options.width)]
    command = [sys.executable, "-m", "benchmarks", "detection_speed", "--memory-of", side, *size]
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)}
    shown = subprocess.run(
        [*command, "--threads", str(options.threads)],
        check=True,
        capture_output=True,
        text=True,
        env=surroundings,
    )
    return float(shown.stdout)


def peak_here(run: Run) -> float:
    run(), run()
    # Not getrusage's maximum, which a process inherits from the one that started it.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20
