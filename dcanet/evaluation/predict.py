"""What a model says of every image of this rank."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from ..data.loader import Images, evaluation_loader
from ..data.preprocessing import normalise
from ..device import place
from ..distributed.ranks import Ranks
from .predictions import Predictions

#: Images per batch on a GPU, and the most anywhere else.
GPU_BATCH, CPU_BATCH = 256, 64
#: Pixels per batch on a CPU: four images of 224 x 224. Their feature maps stay in its caches, and are small
#: enough for memory to be used again instead of being asked of the system each time (glibc: up to 32 MiB).
CPU_PIXELS = 4 * 224 * 224
#: Batches after which the ranks wait for one another, so that none is silent for long.
TOGETHER_EVERY = 20

#: Logits, targets and indices of some images.
Batch = tuple[Tensor, Tensor, list[int]]


def predict(
    model: nn.Module,
    images: Images,
    ids: Sequence[str],
    device: torch.device,
    batch_size: int | None,
    workers: int,
    ranks: Ranks,
) -> Iterator[Predictions]:
    """Predictions for every batch of this rank's images, which `ids` name."""
    model = place(model.eval(), device, channels_last=True)
    size = batch_size or _suitable_batch(images, device)
    on_all_ranks = len(images) // ranks.world // size
    if device.type == "cpu":
        batches = _on_threads(model, images, size, ranks)
    else:
        batches = _on_device(model, images, device, size, workers, ranks)
    total = -(-len(range(ranks.rank, len(images), ranks.world)) // size)
    quiet = True if ranks.rank else None
    progress = tqdm(batches, desc="evaluate", unit="batch", total=total, leave=False, disable=quiet)
    for step, (logits, targets, indices) in enumerate(progress):
        if step % TOGETHER_EVERY == 0 and step < on_all_ranks:
            ranks.barrier()
        yield _predictions(logits, targets, [ids[index] for index in indices])


def _suitable_batch(images: Images, device: torch.device) -> int:
    if device.type != "cpu":
        return GPU_BATCH
    height, width, _ = images[0, 0][0].shape
    return min(CPU_BATCH, max(1, CPU_PIXELS // (height * width)))


def _on_device(
    model: nn.Module, images: Images, device: torch.device, size: int, workers: int, ranks: Ranks
) -> Iterator[Batch]:
    """Batch by batch, while loader processes prepare the next ones."""
    loader = evaluation_loader(images, size, workers, ranks.rank, ranks.world, pin=True)
    for pixels, targets, indices in loader:
        with torch.inference_mode():
            logits = model(normalise(pixels.to(device, non_blocking=True))).float().cpu()
        yield logits, targets, indices.tolist()


def _on_threads(model: nn.Module, images: Images, size: int, ranks: Ranks) -> Iterator[Batch]:
    """On a CPU every thread takes a batch of its own from file to logits.

    Threads that share each operation wait for one another at its end, several hundred times a batch. And so
    no logit depends on their number.
    """
    threads = torch.get_num_threads()

    def work(indices: Sequence[int]) -> Batch:
        items = [images[0, index] for index in indices]
        with torch.inference_mode():
            logits = model(normalise(torch.stack([pixels for pixels, _, _ in items])))
        return logits, torch.tensor([target for _, target, _ in items]), list(indices)

    mine = range(ranks.rank, len(images), ranks.world)
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            try:
                yield from pool.map(work, [mine[at : at + size] for at in range(0, len(mine), size)])
            finally:
                pool.shutdown(cancel_futures=True)
    finally:
        torch.set_num_threads(threads)


def _predictions(logits: Tensor, targets: Tensor, ids: list[str]) -> Predictions:
    best = logits.softmax(dim=1).topk(min(5, logits.shape[1]))
    return Predictions(
        images=ids,
        targets=targets.numpy(),
        top5=best.indices.numpy(),
        scores=best.values.numpy(),
        losses=F.cross_entropy(logits, targets, reduction="none").numpy(),
    )
