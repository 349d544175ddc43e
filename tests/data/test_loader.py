"""Batches: the same whatever the number of workers and ranks, from any step on, and what ends them."""

import io
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dcanet.data.augmentation import training_transform
from dcanet.data.loader import Images, TrainingLoader, evaluation_loader
from dcanet.data.order import epoch_order, image_random
from dcanet.data.preprocessing import evaluation_transform
from dcanet.data.settings import Augmentation, Preprocessing
from dcanet.errors import UserError

COUNT = 26


@dataclass
class InMemory:
    """A split whose image i is grey value 9 i; reading what is in `deadly` kills the process."""

    files: list[bytes]
    targets: list[int]
    deadly: frozenset[int] = frozenset()

    def read(self, index: int) -> bytes:
        if index in self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.files[index]

    def where(self, index: int) -> str:
        return f"memory/{index}.png"


def png(index: int) -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(index).integers(0, 9, (12, 14, 3)) + 9 * index
    Image.fromarray(noise.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def split():
    return InMemory([png(index) for index in range(COUNT)], [index % 3 for index in range(COUNT)])


@pytest.fixture
def images(split):
    return Images(split, training_transform(Augmentation(size=8)), seed=5)


def loader(images, workers=0, **options):
    return TrainingLoader(
        images, **{"global_batch": 8, "micro_batch": 4, "seed": 5} | options, workers=workers
    )


def flat(steps):
    """The micro-batches of some steps as (pixels, targets) in a list."""
    return [(pixels.tolist(), targets.tolist()) for step in steps for pixels, targets in step]


def together(micro_batches):
    return list(chain.from_iterable(micro_batches))


def indices(steps):
    """Which images some steps are made of, by their brightness."""
    return [int(image.float().mean() // 9) for step in steps for pixels, _ in step for image in pixels]


def test_order_is_a_permutation_by_seed_and_epoch():
    assert sorted(epoch_order(COUNT, 0, 0)) == list(range(COUNT))
    assert np.array_equal(epoch_order(COUNT, 3, 4), epoch_order(COUNT, 3, 4))
    orders = {tuple(epoch_order(COUNT, seed, epoch)) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9


def test_every_image_of_every_epoch_has_its_own_randomness():
    keys = [(seed, epoch, index) for seed in (0, 1, 2**63) for epoch in range(4) for index in range(50)]
    assert len({image_random(*key).random() for key in keys}) == len(keys)
    assert image_random(1, 2, 3).random(5).tolist() == image_random(1, 2, 3).random(5).tolist()
    key = np.array([7, 2 << 40 | 3], dtype=np.uint64)
    documented = np.random.Generator(np.random.Philox(key=key))
    assert image_random(7, 2, 3).random() == documented.random()


def test_steps_follow_the_order_and_the_last_incomplete_one_is_dropped(images, split):
    batches = loader(images)
    assert batches.steps_per_epoch == 3
    for epoch in (0, 3):
        steps = list(batches.epoch(epoch))
        assert [len(step) for step in steps] == [2, 2, 2]
        order = epoch_order(COUNT, 5, epoch)[:24].tolist()
        assert indices(steps) == order
        assert [target for _, targets in flat(steps) for target in targets] == [i % 3 for i in order]
    pixels, targets = steps[0][0]
    assert (pixels.shape, pixels.dtype, targets.dtype) == ((4, 8, 8, 3), torch.uint8, torch.int64)


def test_epochs_augment_differently(split):
    images = Images(split, training_transform(Augmentation(size=8)), seed=5)
    assert not torch.equal(images[0, 7][0], images[1, 7][0])
    assert torch.equal(images[1, 7][0], images[1, 7][0])
    assert not torch.equal(images[0, 7][0], Images(split, images.transform, seed=6)[0, 7][0])


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # more workers than cores, on purpose
@pytest.mark.parametrize("workers", [1, 3])
def test_any_number_of_workers_gives_the_same(images, workers):
    alone, shared = loader(images), loader(images, workers)
    for epoch in (0, 1):
        assert flat(shared.epoch(epoch)) == flat(alone.epoch(epoch))


@pytest.mark.parametrize("workers", [0, 2])
def test_any_start_gives_the_tail_of_the_whole_epoch(images, workers):
    batches = loader(images, workers)
    whole = flat(batches.epoch(1))
    for step in (1, 2, 3):
        assert flat(batches.epoch(1, step)) == whole[2 * step :]


def test_images_before_the_start_are_not_read(split):
    skipped = frozenset(epoch_order(COUNT, 5, 0)[:16].tolist())
    images = Images(
        InMemory(split.files, split.targets, skipped), training_transform(Augmentation(size=8)), 5
    )
    assert len(list(loader(images).epoch(0, 2))) == 1


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(("world", "micro_batch"), [(2, 4), (2, 2), (4, 2), (1, 8), (1, 2)])
def test_ranks_and_micro_batches_share_the_same_batch(images, world, micro_batch, workers):
    """Micro-batch a of rank r is chunk a * world + r of the step's batch."""
    whole = [together(pixels for pixels, _ in flat([step])) for step in loader(images).epoch(2)]
    ranks = [
        list(loader(images, workers, micro_batch=micro_batch, rank=rank, world=world).epoch(2))
        for rank in range(world)
    ]
    for step, expected in enumerate(whole):
        turns = len(ranks[0][step])
        assert turns * world * micro_batch == 8
        chunks = [flat([ranks[rank][step]])[turn][0] for turn in range(turns) for rank in range(world)]
        assert together(chunks) == expected


def test_batches_that_do_not_divide_are_refused(images):
    with pytest.raises(ValueError, match="3 ranks with micro-batches of 4 do not make a batch of 8"):
        loader(images, world=3)
    with pytest.raises(ValueError, match="do not make a batch of 8"):
        loader(images, micro_batch=16)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_abandoned_epoch_leaves_nothing_behind(images, workers):
    batches = loader(images, workers)
    expected = flat(batches.epoch(1))
    abandoned = batches.epoch(0)
    next(abandoned)
    assert flat(batches.epoch(1)) == expected
    with pytest.raises(RuntimeError, match="later iterator"):
        next(abandoned)


@pytest.mark.parametrize("workers", [0, 2])
def test_sample_is_the_start_of_the_first_epoch(images, workers):
    batches = loader(images, workers)
    sample = list(batches.sample(11))
    assert [pixels.shape[0] for pixels in sample] == [4, 4, 4]
    assert indices([[(pixels, None) for pixels in sample]]) == epoch_order(COUNT, 5, 0)[:12].tolist()
    assert len(list(batches.sample(1))) == 1
    assert len(list(batches.sample(10_000))) == 6


@pytest.mark.parametrize("workers", [0, 1])
def test_torchs_random_state_is_left_alone(images, workers):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    list(loader(images, workers).epoch(0))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("world", [1, 3])
def test_evaluation_sees_every_image_once(split, workers, world):
    images = Images(split, evaluation_transform(Preprocessing(resize=9, crop=8)))
    seen = []
    for rank in range(world):
        own = evaluation_loader(images, 4, workers, rank, world)
        assert len(own) == -(-len(range(rank, COUNT, world)) // 4)
        batches = list(own)
        assert [index for _, _, order in batches for index in order.tolist()] == list(
            range(rank, COUNT, world)
        )
        for pixels, targets, order in batches:
            seen += order.tolist()
            assert targets.tolist() == [index % 3 for index in order.tolist()]
            assert torch.equal(pixels, torch.stack([images[0, index][0] for index in order.tolist()]))
    assert sorted(seen) == list(range(COUNT))


@pytest.mark.parametrize("workers", [0, 1])
def test_an_unreadable_image_is_told_in_one_line(split, workers):
    files = [*split.files[:7], b"broken", *split.files[8:]]
    images = Images(InMemory(files, split.targets), training_transform(Augmentation(size=8)), 5)
    with pytest.raises(UserError) as caught:
        list(loader(images, workers).epoch(0))
    assert (
        caught.value.line()
        == "memory/7.png: not a readable image (no known image format); replace or remove it"
    )


def script(body: str) -> list[str]:
    """The command of a process of its own that has this module's names."""
    head = f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom test_loader import *\n"
    return [sys.executable, "-c", head + textwrap.dedent(body)]


def test_a_killed_worker_is_told_in_one_line():
    """Once: torch repeats it at the death of any other process as long as it knows the worker."""
    command = script("""
        deadly = frozenset([int(epoch_order(26, 5, 0)[20])])
        split = InMemory([png(index) for index in range(26)], [0] * 26, deadly)
        try:
            for step in loader(Images(split, training_transform(Augmentation(size=8)), 5), 2).epoch(0):
                pass
        except UserError as error:
            subprocess.run(["true"])
            print(error.line())
    """)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert re.fullmatch(
        r"a loader process died: (DataLoader worker|the connection to it) .*; .*the number of workers\n",
        done.stdout,
    )
    assert not done.stderr


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_a_killed_process_leaves_no_workers():
    command = script("""
        split = InMemory([png(index) for index in range(26)], [0] * 26)
        for step in loader(Images(split, training_transform(Augmentation(size=8))), 2).epoch(0):
            print("ready", flush=True)
            time.sleep(60)
    """)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        workers = children(process.pid)
        assert len(workers) == 2
        process.kill()
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "the workers outlive their process"
        time.sleep(0.2)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_memory_is_flat_over_epochs(split):
    """Also of the workers; the first epochs fill caches."""
    images = Images(split, training_transform(Augmentation(size=96)), 5)
    batches = loader(images, 1)

    def kilobytes() -> int:
        own = [os.getpid(), *children(os.getpid())]
        lines = [line for pid in own for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))

    sizes = []
    for epoch in range(60):
        for _ in batches.epoch(epoch):
            pass
        sizes.append(kilobytes())
    assert max(sizes[-20:]) - max(sizes[20:40]) < 1500, sizes
