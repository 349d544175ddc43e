"""What is timed: a network that works through the same batch of made-up images again and again."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..device import autocast, memory_format, place
from ..errors import UserError
from ..evaluation.inference import make_fast
from ..optimizers import SGD
from ..profile_documents import Setting
from ..weights import networks

#: ImageNet's and COCO's.
CLASSES, CATEGORIES = 1000, 80
BOXES_PER_IMAGE = 8


class Workload:
    """One network under one setting; `run` does its work once, on `images` images.

    A training step is forward, backward and a step of SGD with momentum, in training mode. Its learning rate
    is 0: the same arithmetic, and weights that stay what they are however often it runs. A detector has the
    authors' initial weights, which find next to nothing, so that choosing among detections costs next to
    nothing.

    Raises:
        UserError: a setting that the network has not.
        torch.OutOfMemoryError: the network does not fit.
    """

    def __init__(
        self,
        name: str,
        options: dict[str, Any],
        setting: Setting,
        size: tuple[int, int],
        device: torch.device,
    ) -> None:
        self.name, self.images, self.device = name, setting.batch_size, device
        self._setting = setting
        training = setting.work == "training_step"
        is_detector = networks.split_id(name)[0] is not None
        if is_detector and not setting.channels_last:
            raise UserError(
                f"{name}: a detector lays its images out channels_last itself; set channels_last to true"
            )
        if training and setting.folded:
            raise UserError(f"{name}: a training step needs its BatchNorm; set folded to false")
        network = _detector(name, options) if is_detector else networks.assemble(name, CLASSES, **options)
        if setting.folded:
            make_fast(network, device, setting.precision)
        self.network: nn.Module = place(network.train(training), device, setting.channels_last)
        self._forward: Callable[..., Any] = self.network
        if setting.compiled:
            self._forward = torch.compile(self.network, dynamic=False)
        make = _detector_batch if is_detector else _classifier_batch
        self._batch = make(setting, size, device)
        self._optimizer = _sgd(self.network) if training else None
        self.run: Callable[[], None] = self._train if training else self._infer

    def synchronize(self) -> None:
        """Wait until the device has done everything."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def held(self) -> Iterator[Tensor]:
        """The tensors that stay from call to call: weights, the optimiser's memory, the batch."""
        yield from self.network.parameters()
        yield from self.network.buffers()
        for part in self._batch:
            for item in part if isinstance(part, list) else [part]:
                yield from item.values() if isinstance(item, dict) else [item]
        for state in self._optimizer.state.values() if self._optimizer else ():
            yield from (value for value in state.values() if isinstance(value, Tensor))

    @torch.inference_mode()
    def _infer(self) -> None:
        with autocast(self._setting.precision, self.device):
            self._forward(self._batch[0])

    def _train(self) -> None:
        assert self._optimizer is not None
        images, targets = self._batch
        with autocast(self._setting.precision, self.device):
            if isinstance(targets, Tensor):
                loss = F.cross_entropy(self._forward(images).float(), targets)
            else:
                loss = torch.stack(list(self._forward(images, targets).values())).sum()
        loss.backward()
        self._optimizer.step()
        self._optimizer.zero_grad()


def _detector(name: str, options: dict[str, Any]) -> nn.Module:
    # torchvision's operations take their time to import.
    from .. import detection

    return detection.create(name, CATEGORIES, **options)


def _sgd(network: nn.Module) -> torch.optim.Optimizer:
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return SGD(learning, lr=0.0, momentum=0.9, weight_decay=1e-4, fused=True)


def _classifier_batch(setting: Setting, size: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Noise of a normalised image's spread (N, 3, H, W), and classes (N,)."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(setting.batch_size, 3, *size, generator=generator)
    targets = torch.randint(CLASSES, (setting.batch_size,), generator=generator)
    return images.to(device, memory_format=memory_format(setting.channels_last)), targets.to(device)


def _detector_batch(
    setting: Setting, size: tuple[int, int], device: torch.device
) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """Noise (3, H, W) from 0 to 1 for each image, and boxes of a quarter of its sides with their labels."""
    generator = torch.Generator().manual_seed(0)
    sides = torch.tensor([size[1], size[0]], dtype=torch.float32)
    images, targets = [], []
    for _ in range(setting.batch_size):
        images.append(torch.rand(3, *size, generator=generator).to(device))
        corners = torch.rand(BOXES_PER_IMAGE, 2, generator=generator) * sides * 0.75
        labels = torch.randint(1, CATEGORIES + 1, (BOXES_PER_IMAGE,), generator=generator)
        boxes = torch.cat([corners, corners + sides / 4], dim=1)
        targets.append({"boxes": boxes.to(device), "labels": labels.to(device)})
    return images, targets
