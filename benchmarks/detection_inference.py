"""Time RetinaNet's inference on a CPU beside torchvision's, interleaved, and the peak memory of each alone.

    python benchmarks/detection_inference.py --rounds 5

One image of 800 x 1333 pixels, which neither resizes, through ResNet-50, pyramid, heads and the choice of
detections. Each side's memory is that of a process of its own.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tqdm import tqdm

from dcanet.provenance import processor, versions

HEIGHT, WIDTH = 800, 1333
Run = Callable[[], object]


def ours(exact: bool = False) -> Run:
    """As `dcanet evaluate` runs it, or as it is built."""
    from dcanet.detection import create
    from dcanet.device import place
    from dcanet.evaluation.folding import fold_norms
    from dcanet.evaluation.fusing import fuse_activations

    model = create("retinanet_resnet50").eval()
    if not exact:
        fold_norms(model)
        fuse_activations(model)
        model = place(model, torch.device("cpu"), channels_last=True)
    return _on_an_image(model)


def torchvisions(channels_last: bool = False) -> Run:
    from torchvision.models.detection import retinanet_resnet50_fpn

    model = retinanet_resnet50_fpn(weights=None, weights_backbone=None, num_classes=81).eval()
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    return _on_an_image(model)


def _on_an_image(model: torch.nn.Module) -> Run:
    image = torch.rand(3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))

    def run() -> object:
        with torch.inference_mode():
            return model([image])

    return run


SIDES: dict[str, Callable[[], Run]] = {
    "ours, as evaluated": ours,
    "ours, as built": lambda: ours(exact=True),
    "torchvision's": torchvisions,
    "torchvision's, channels_last": lambda: torchvisions(channels_last=True),
}


def timed(run: Run) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    clock, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - cpu


def peak_gib(side: str) -> float:
    """Of a process that runs one side twice."""
    command = [sys.executable, __file__, "--memory-of", side, "--threads", str(torch.get_num_threads())]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def geometric_mean(ratios: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, ratios)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="default: all")
    parser.add_argument("--memory-of", choices=SIDES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.memory_of:
        run = SIDES[arguments.memory_of]()
        run(), run()
        # Not getrusage's maximum, which a process inherits from the one that started it.
        status = Path("/proc/self/status").read_text()
        print(int(status.split("VmHWM:")[1].split()[0]) / 2**20)
        return

    print(
        f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {arguments.threads} threads"
    )
    print(", ".join(f"{name} {version}" for name, version in versions().items()))
    runs = {side: make() for side, make in SIDES.items()}
    for run in runs.values():
        run()
    found: dict[str, list[tuple[float, float]]] = {side: [] for side in runs}
    for _ in tqdm(range(arguments.rounds), desc="rounds", leave=False, disable=None):
        of_round: dict[str, list[tuple[float, float]]] = {side: [] for side in runs}
        for side in [*runs, *reversed(runs)]:
            of_round[side].append(timed(runs[side]))
        for side, times in of_round.items():
            found[side].append(tuple(statistics.fmean(column) for column in zip(*times, strict=True)))  # type: ignore[arg-type]
    print("\n| side | s/image | processor s/image | time over torchvision's | peak memory, GiB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for side, times in found.items():
        clock, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        ratios = [mine[0] / theirs[0] for mine, theirs in zip(times, found["torchvision's"], strict=True)]
        spread = f"{geometric_mean(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        print(f"| {side} | {clock:.2f} | {cpu:.2f} | {spread} | {peak_gib(side):.2f} |")


if __name__ == "__main__":
    main()
