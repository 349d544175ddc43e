"""Training a classifier: cross entropy on labelled images, validated by top-1, top-5 and NLL."""

from collections.abc import Generator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..data.augmentation import training_transform
from ..data.describe import fingerprint, list_splits, usable
from ..data.loader import Images, Loader, TrainingLoader, evaluation_loader
from ..data.preprocessing import evaluation_transform, normalise
from ..data.split import Split
from ..device import memory_format
from ..distributed.ranks import Ranks
from ..documents import Dataset, EpochRecord
from ..errors import UserError
from ..models import create
from ..weights.networks import plugin_code
from .job import Job, Parts, cut_batch
from .recipe import Recipe, check_recipe_fits


class Classification:
    """Batches of a training loader and, where there is one, of a validation loader."""

    score = "valid_top1_percent"

    def __init__(
        self,
        training: TrainingLoader,
        validation: Loader | None,
        device: torch.device,
        recipe: Recipe,
        ranks: Ranks,
    ) -> None:
        self.training, self.validation, self.device = training, validation, device
        self.label_smoothing, self.ranks = recipe.label_smoothing, ranks
        self._layout = memory_format(recipe.channels_last)
        self.steps_per_epoch = training.steps_per_epoch
        self._input: Tensor | None = None  # memory of the last micro-batch, for the next

    def epoch(self, epoch: int, start: int) -> Generator[Sequence[Any]]:
        yield from self.training.epoch(epoch, start)

    def loss(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Cross entropy, mean over the batch; totals: images, loss, right first guesses."""
        images, targets = self._placed(batch)
        self._input = normalise(images, self._input)
        logits = model(self._input.contiguous(memory_format=self._layout)).float()
        loss = F.cross_entropy(logits, targets, label_smoothing=self.label_smoothing)
        right = (logits.argmax(dim=1) == targets).sum()
        # Made on the device: a copy to it would wait for the forward pass.
        seen = torch.full((), len(targets), dtype=torch.float64, device=self.device)
        return loss, torch.stack([seen, loss.detach().double() * seen, right.double()])

    def summary(self, totals: list[float]) -> dict[str, float]:
        images, loss, right = totals
        return {"images": images, "train_loss": loss / images, "train_top1_percent": 100 * right / images}

    @torch.inference_mode()
    def validate(self, model: nn.Module) -> dict[str, float]:
        """In float32, every image once over all ranks."""
        assert self.validation is not None
        totals = torch.zeros(4, dtype=torch.float64, device=self.device)
        for images, targets, _ in self.validation:
            images, targets = self._placed((images, targets))
            logits = model(normalise(images).contiguous(memory_format=self._layout)).float()
            hits = (logits.topk(min(5, logits.shape[1])).indices == targets[:, None]).double()
            loss = F.cross_entropy(logits, targets, reduction="sum").double()
            totals += torch.stack([loss, hits[:, 0].sum(), hits.sum(), torch.ones_like(hits[:, 0]).sum()])
        nll, top1, top5, images_seen = self.ranks.total(totals)
        return {
            "valid_loss": nll / images_seen,
            "valid_top1_percent": 100 * top1 / images_seen,
            "valid_top5_percent": 100 * top5 / images_seen,
        }

    def _placed(self, batch: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        images, targets = (tensor.to(self.device, non_blocking=True) for tensor in batch)
        return images, targets


def prepare_classification(job: Job[Recipe], ranks: Ranks, device: torch.device) -> Parts:
    """A classifier with its data.

    Raises:
        UserError: data that cannot be read or do not fit the recipe, or a network that cannot be made.
    """
    recipe = job.recipe
    check_recipe_fits(recipe, job.model)
    training, validation = _splits(job)
    ranks.wait()
    cutting = cut_batch(job, len(training.images), ranks)
    try:
        network = create(job.model, len(training.classes), **job.options)
    except ValueError as error:
        raise UserError(str(error)) from error
    if recipe.residual_gain is not None:
        network.set_residual_gain(recipe.residual_gain)
    if recipe.linear_std is not None:
        network.set_linear_std(recipe.linear_std)
    transform = (
        training_transform(recipe.augmentation)
        if recipe.augmentation
        else evaluation_transform(recipe.preprocessing)
    )
    loader = TrainingLoader(
        Images(training, transform, job.seed),
        cutting.batch,
        cutting.micro_batch,
        job.seed,
        job.workers,
        ranks.rank,
        ranks.world,
        pin=device.type == "cuda",
    )
    validated = None
    if recipe.validate_every:
        images = Images(validation, evaluation_transform(recipe.preprocessing), job.seed)
        validated = evaluation_loader(images, cutting.micro_batch, job.workers, ranks.rank, ranks.world)
    return Parts(
        network,
        Classification(loader, validated, device, recipe, ranks),
        cutting,
        fingerprint(training),
        _own_code(job.model),
        _figures,
        lambda count: (normalise(batch.to(device)) for batch in loader.sample(count)),
    )


def _own_code(model: str) -> dict[str, Any]:
    """Of plug-ins that have a part in the network: its state is of no use to other code."""
    code = plugin_code([model])
    return {"plugin_code": code} if code else {}


def _splits(job: Job[Recipe]) -> tuple[Split, Split]:
    """Train and val, less the images that a check of the data found broken."""
    training, validation = list_splits(job.data, ("train", "val"))
    if job.dataset is None:
        return training, validation
    dataset = Dataset.load(job.dataset)
    return usable(training, dataset), usable(validation, dataset)


def _figures(epoch: EpochRecord) -> str:
    validated = "" if epoch.valid_top1_percent is None else f", val {epoch.valid_top1_percent:.2f} %"
    return f"loss {epoch.train_loss:.4f}, top-1 {epoch.train_top1_percent:.2f} %{validated}"
