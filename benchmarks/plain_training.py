"""Training as torchvision's reference does it, of its own parts: ImageFolder, its transforms, DataLoader,
SGD.

    python -m benchmarks.plain_training --data DATA --epochs 2 --batch-size 256 --workers 15 --amp

Prints "epoch N: X images/s" at the end of each. Written anew after the reference's defaults (contiguous
memory, a random crop by PIL, one value of the loss read for every step's log), since torchvision's
packages do not contain its scripts.
"""

import argparse
import contextlib
import time

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, models
from torchvision.transforms import v2

from dcanet.data.preprocessing import MEAN, STD

#: Steps between two lines of the reference's log.
PRINT_EVERY = 10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="ImageFolder of photos: train/<class>/<image>")
    parser.add_argument("--model", default="resnet50", help="default: %(default)s")
    parser.add_argument("--device", default="cuda", help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--batch-size", type=int, default=256, help="default: %(default)s")
    parser.add_argument("--workers", type=int, default=16, help="default: %(default)s")
    parser.add_argument("--size", type=int, default=224, help="default: %(default)s")
    parser.add_argument("--amp", action="store_true", help="bfloat16 by autocast")
    options = parser.parse_args()
    device = torch.device(options.device)
    steps = [v2.RandomResizedCrop(options.size, antialias=True), v2.RandomHorizontalFlip(), v2.PILToTensor()]
    steps += [v2.ToDtype(torch.float, scale=True), v2.Normalize(MEAN, STD), v2.ToPureTensor()]
    images = datasets.ImageFolder(f"{options.data}/train", v2.Compose(steps))
    loader: DataLoader[object] = DataLoader(
        images,
        options.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=options.workers,
        pin_memory=device.type == "cuda",
    )
    model = models.get_model(options.model, num_classes=len(images.classes)).to(device).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    for epoch in range(1, options.epochs + 1):
        started, seen = time.perf_counter(), 0
        for step, (pixels, targets) in enumerate(loader):
            pixels, targets = pixels.to(device, non_blocking=True), targets.to(device, non_blocking=True)
            with torch.autocast(device.type, torch.bfloat16) if options.amp else contextlib.nullcontext():
                loss = F.cross_entropy(model(pixels), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += len(targets)
            if step % PRINT_EVERY == 0:
                loss.item()
        if device.type == "cuda":
            torch.cuda.synchronize()
        print(f"epoch {epoch}: {seen / (time.perf_counter() - started):.2f} images/s", flush=True)


if __name__ == "__main__":
    main()
