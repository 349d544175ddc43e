"""Train one model from a recipe and a data set, and store weights, history and provenance."""

from pathlib import Path
from typing import Any

import torch

from ..data.folder import Images, describe, list_split
from ..data.loader import training_loader
from ..data.preprocessing import evaluation_transform, training_transform
from ..device import choose_device, choose_precision
from ..documents import EpochRecord, write_history
from ..errors import UserError
from ..files import sha256
from ..models import create
from ..provenance import now, provenance
from ..weights.store import save_model
from .loop import Trainer
from .recipe import Recipe, recipe_hash


def train(
    model: str,
    options: dict[str, Any],
    data: Path,
    recipe: Recipe,
    seed: int,
    out: Path,
    device: str = "auto",
) -> None:
    """Write model.safetensors, history.jsonl and provenance.json to `out`.

    Raises:
        UserError: data that cannot be read, a batch larger than the data, a loss that is not finite.
    """
    started = now()
    dataset = describe(data, data.name)
    if recipe.batch_size > dataset.train_images:
        raise UserError(
            f"{data}: has {dataset.train_images} training images, fewer than one batch of the recipe; "
            f"set batch_size to at most {dataset.train_images}"
        )
    chosen = choose_device(device)
    precision = choose_precision(recipe.precision, chosen)
    torch.manual_seed(seed)
    network = create(model, len(dataset.classes), **options)
    transform = (
        training_transform(recipe.augmentation)
        if recipe.augmentation
        else evaluation_transform(recipe.preprocessing)
    )
    loader = training_loader(
        Images(list_split(data, "train"), transform), recipe.batch_size, recipe.workers, seed
    )
    trainer = Trainer(network, recipe, chosen, precision)
    history: list[EpochRecord] = []

    def record(epoch: EpochRecord) -> None:
        history.append(epoch)
        print(
            f"{model} seed {seed} epoch {epoch.epoch} of {recipe.epochs:g}: loss {epoch.train_loss:.4f}, "
            f"top-1 {epoch.train_top1_percent:.2f} %, {epoch.images_per_second:.0f} images/s",
            flush=True,
        )

    trainer.fit(loader, len(loader), record)
    if recipe.recalibrate_images:
        trainer.recalibrate(loader, max(1, min(recipe.recalibrate_images // recipe.batch_size, len(loader))))

    digest = recipe_hash(recipe)
    notes = {
        "recipe_hash": digest,
        "seed": seed,
        "data": dataset.name,
        "data_fingerprint": dataset.train_fingerprint,
    }
    weights = out / "model.safetensors"
    save_model(network.cpu(), weights, {"source": "trained", "notes": notes})
    write_history(out / "history.jsonl", history)
    provenance(
        started,
        f"{chosen.type} {precision}",
        seed=seed,
        recipe_hash=digest,
        data_fingerprint=dataset.train_fingerprint,
        weights_sha256=sha256(weights),
    ).save(out / "provenance.json")
