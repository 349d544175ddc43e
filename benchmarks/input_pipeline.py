"""Images per second of the training input pipeline against torchvision's, on the same files.

    python benchmarks/input_pipeline.py --data FOLDER [--workers 0 2] [--batch 32 64] [--rounds 10]

Method and results: benchmarks/README.md.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torchvision import datasets, transforms
from tqdm import tqdm

from dcanet.data.augmentation import inside, resize, shrink_for, training_transform
from dcanet.data.decoding import decode_pixels, image_size
from dcanet.data.loader import Images, TrainingLoader
from dcanet.data.order import image_random
from dcanet.data.preprocessing import MEAN, STD, normalise
from dcanet.data.sampling import sample_crop
from dcanet.data.settings import Augmentation
from dcanet.data.split import Split

from .photos import machine, write_photos

HEADING = (
    "| sampler | workers | batch | images/s | torchvision's images/s "
    "| ratio of times | ratio of processor times |"
)

#: Number of the epoch -> images delivered.
Epoch = Callable[[int], int]


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        split = write_photos(options.data, root, options.images)
        print(f"{machine(split)}\n\n{HEADING}\n{'| --- ' * 7}|")
        for sampler in ("dali", "torchvision"):
            augmentation = Augmentation(size=options.size, sampler=sampler)
            for workers in options.workers:
                for batch in options.batch:
                    ours = _ours(split, augmentation, batch, workers)
                    theirs = _theirs(root / "train", augmentation, batch, workers)
                    row = compare(ours, theirs, options.rounds)
                    print(f"| {sampler} | {workers} | {batch} | {row} |", flush=True)
        _print_stages(split, Augmentation(size=options.size))


def _ours(split: Split, augmentation: Augmentation, batch: int, workers: int) -> Epoch:
    images = Images(split, training_transform(augmentation))
    loader = TrainingLoader(images, batch, batch, seed=0, workers=workers)

    def epoch(number: int) -> int:
        seen, memory = 0, None
        for micro_batches in loader.epoch(number):
            for pixels, _ in micro_batches:
                memory = normalise(pixels, out=memory)
                seen += len(memory)
        return seen

    return epoch


def _theirs(root: Path, augmentation: Augmentation, batch: int, workers: int) -> Epoch:
    steps = [
        transforms.RandomResizedCrop(augmentation.size, augmentation.area, augmentation.aspect),
        transforms.RandomHorizontalFlip(augmentation.flip),
        transforms.ToTensor(),
        transforms.Normalize(MEAN, STD),
    ]
    loader: torch.utils.data.DataLoader[object] = torch.utils.data.DataLoader(
        datasets.ImageFolder(str(root), transforms.Compose(steps)),
        batch,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    return lambda _: sum(len(images) for images, _ in loader)


def compare(ours: Epoch, theirs: Epoch, rounds: int) -> str:
    """One row: both pipelines' images/s, and how many times as long torchvision takes, with 95 % intervals.

    Every round runs A B B A; a ratio is taken within a round, so that a drifting machine moves both.
    """
    ours(0), theirs(0)  # start the workers, warm the caches
    walls, cores, speeds = [], [], []
    for number in tqdm(range(rounds), leave=False, disable=None, unit="round"):
        first = _timed(ours, 2 * number + 1)
        second, third = _timed(theirs, number), _timed(theirs, number)
        fourth = _timed(ours, 2 * number + 2)
        walls.append((second[1] + third[1]) / (first[1] + fourth[1]))
        cores.append((second[2] + third[2]) / (first[2] + fourth[2]))
        speeds.append((2 * first[0] / (first[1] + fourth[1]), 2 * second[0] / (second[1] + third[1])))
    our_speed, their_speed = np.median(speeds, axis=0)
    return f"{our_speed:.0f} | {their_speed:.0f} | {_interval(walls)} | {_interval(cores)}"


def _timed(epoch: Epoch, number: int) -> tuple[int, float, float]:
    """Images, seconds and processor seconds, the workers' included."""
    processor, started = _processor_seconds(), time.perf_counter()
    seen = epoch(number)
    return seen, time.perf_counter() - started, _processor_seconds() - processor


def _processor_seconds() -> float:
    own = os.getpid()
    workers = Path(f"/proc/{own}/task/{own}/children").read_text().split()
    ticks = 0
    for process in workers:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _interval(ratios: list[float]) -> str:
    """Geometric mean and its 95 % interval by resampling the rounds."""
    logs = np.log(ratios)
    random = np.random.default_rng(0)
    means = [random.choice(logs, len(logs)).mean() for _ in range(2000)]
    low, high = np.exp(np.percentile(means, [2.5, 97.5]))
    return f"{np.exp(logs.mean()):.2f} ({low:.2f}-{high:.2f})"


def _print_stages(split: Split, augmentation: Augmentation) -> None:
    """Milliseconds per image of what one image passes through; the least of five passes."""
    best: dict[str, float] = {}
    for _ in range(5):
        spent: dict[str, float] = {}
        pixels, memory = [], None
        for index in range(min(128, len(split.images))):
            clock = _stages(spent)
            data = split.read(index)
            clock("read")
            random = image_random(0, 0, index)
            width, height = image_size(data, "")
            crop = sample_crop(width, height, augmentation, random)
            clock("header and crop")
            whole = decode_pixels(data, "", shrink_for(crop, augmentation.size))
            clock("decode")
            pixels.append(
                resize(whole[inside(whole, crop, width, height)], augmentation.size, index % 2 == 0)
            )
            clock("resize and flip")
            if len(pixels) == 32:
                batch = torch.from_numpy(np.stack(pixels))
                clock("stack")
                memory = normalise(batch, out=memory)
                clock("normalise")
                pixels = []
        for stage, seconds in spent.items():
            best[stage] = min(best.get(stage, seconds), seconds)
    each = 1000 / min(128, len(split.images))
    print("\nms per image:", ", ".join(f"{stage} {seconds * each:.3f}" for stage, seconds in best.items()))


def _stages(spent: dict[str, float]) -> Callable[[str], None]:
    last = time.perf_counter()

    def clock(stage: str) -> None:
        nonlocal last
        now = time.perf_counter()
        spent[stage] = spent.get(stage, 0.0) + now - last
        last = now

    return clock


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="ImageFolder of photos: <class>/<image>")
    parser.add_argument("--images", type=int, default=320, help="how many of them make an epoch")
    parser.add_argument("--size", type=int, default=224, help="pixels a side that come out")
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2])
    parser.add_argument("--rounds", type=int, default=10, help="of A B B A")
    return parser.parse_args()


if __name__ == "__main__":
    main()
