"""Images per second of the training input pipeline against torchvision's, on the same files.

    python -m benchmarks input_pipeline --data imagenette/train --workers 0 2

`--data` is any folder of photos, <class>/<image>. Some are scaled to 500 x 375 pixels (JPEG, quality 90).
Ours is `Split.read`, `TrainingLoader` and `normalise`, what training itself uses; torchvision's is
`ImageFolder`, PIL, `RandomResizedCrop`, `RandomHorizontalFlip`, `ToTensor`, `Normalize` and torch's
`DataLoader`, with the same area, aspect, size, batch and number of workers. Both end with a normalised
float32 batch. A round runs A B B A. Processor time, workers included, is what a core delivers; it does not
count waiting for a core that others use.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL
import torch
import torchvision
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

from .outcome import Figure, Outcome, Stopwatch
from .photos import decoder, write_photos

#: Number of the epoch -> images delivered.
Epoch = Callable[[int], int]


def measure(options: argparse.Namespace) -> Outcome:
    torch.set_num_threads(1)
    watch, found = Stopwatch("input_pipeline"), []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        split = write_photos(options.data, root, options.images)
        for sampler in ("dali", "torchvision"):
            augmentation = Augmentation(size=options.size, sampler=sampler)
            for workers in options.workers:
                for batch in options.batch:
                    ours = _ours(split, augmentation, batch, workers)
                    theirs = _theirs(root / "train", augmentation, batch, workers)
                    case = f"{sampler}'s crops, {workers} workers, batch {batch}"
                    found.append(compare(case, ours, theirs, options.rounds))
        stages = milliseconds_of_stages(split, Augmentation(size=options.size))
    limit = f"decoding takes {stages['decode']:.2f} of {sum(stages.values()):.2f} ms an image"
    figures = [figure.model_copy(update={"limit": limit}) for figure in found]
    others = {"torchvision": torchvision.__version__, "decoder": decoder(), "pillow": PIL.__version__}
    return watch.done(figures, {"ms_per_image": stages}, others)


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


def compare(case: str, ours: Epoch, theirs: Epoch, rounds: int) -> Figure:
    """Their processor time over ours, A B B A, within each round, so that a drifting machine moves both."""
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
    sides = {"ours, images/s": float(our_speed), "torchvision, images/s": float(their_speed)}
    note = f"{np.median(walls):.2f} by the clock"
    return Figure.of("input_pipeline", case, cores, sides=sides, note=note)


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


def milliseconds_of_stages(split: Split, augmentation: Augmentation) -> dict[str, float]:
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
    return {stage: seconds * each for stage, seconds in best.items()}


def _stages(spent: dict[str, float]) -> Callable[[str], None]:
    last = time.perf_counter()

    def clock(stage: str) -> None:
        nonlocal last
        now = time.perf_counter()
        spent[stage] = spent.get(stage, 0.0) + now - last
        last = now

    return clock


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="ImageFolder of photos: <class>/<image>")
    parser.add_argument("--images", type=int, default=320, help="of an epoch (default: %(default)s)")
    parser.add_argument(
        "--size", type=int, default=224, help="pixels a side that come out (default: %(default)s)"
    )
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 64], help="default: %(default)s")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2], help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=10, help="of A B B A (default: %(default)s)")
