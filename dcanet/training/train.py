"""Train one model from a recipe and a data set, and store weights, history and provenance."""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from torch.optim.swa_utils import update_bn

from ..data.augmentation import training_transform
from ..data.describe import fingerprint, list_splits, usable
from ..data.loader import Images, TrainingLoader, evaluation_loader
from ..data.preprocessing import evaluation_transform, normalise
from ..data.split import Split
from ..device import choose_device, choose_precision
from ..distributed.ranks import Ranks
from ..documents import Dataset, EpochRecord, write_history
from ..errors import UserError
from ..files import sha256
from ..models import create
from ..models.backbones import Classifier
from ..provenance import now, provenance
from ..weights.store import save_model
from .batches import Cut, cut
from .classification import Classification
from .determinism import deterministic_operations
from .events import Events
from .interruption import StopRequests
from .loop import Trainer
from .recipe import Recipe, check_recipe_fits, recipe_hash, recipe_key
from .state import StateFolder


@dataclass(frozen=True)
class Job:
    """What to train and where; `dataset` is a dataset.json whose bad images are left out."""

    model: str
    options: dict[str, Any]
    data: Path
    recipe: Recipe
    seed: int
    out: Path
    state: Path | None = None
    device: str = "auto"
    workers: int = 0
    save_minutes: float = 10
    dataset: Path | None = None


@dataclass(frozen=True)
class _Prepared:
    """A job's parts, before its first step."""

    trainer: Trainer
    network: Classifier
    loader: TrainingLoader
    state: StateFolder | None
    data_fingerprint: str


def train(job: Job, ranks: Ranks) -> None:
    """Write model.safetensors, history.jsonl, provenance.json and TensorBoard events to the job's `out`.

    A state in the job's `state` folder is continued; it is gone once everything is written.

    Raises:
        UserError: data that cannot be read, a batch larger than the data, a loss that is not finite, a state
            of another recipe.
        Interrupted: asked to stop; the state is saved.
    """
    started = now()
    with StopRequests() as stop, deterministic_operations(job.recipe.deterministic) as lacking:
        prepared = _prepare(job, ranks)
        prepared.trainer.resume()
        if ranks.rank:
            prepared.trainer.fit(lambda epoch: None, stop)
            return
        _fit(job, prepared.trainer, stop)
        _store(job, prepared, ranks, started, lacking if job.recipe.deterministic else None)


def _prepare(job: Job, ranks: Ranks) -> _Prepared:
    recipe, device = job.recipe, choose_device(job.device)
    check_recipe_fits(recipe, job.model)
    training, validation = _splits(job)
    ranks.wait()
    cutting = cut(recipe, ranks.world)
    if cutting.batch > len(training.images):
        raise UserError(
            f"{job.data}: has {len(training.images)} training images, fewer than one batch of the recipe; "
            f"set batch_size to at most {len(training.images)}"
        )
    if ranks.rank == 0 and cutting.batch != recipe.batch_size:
        print(
            f"{ranks.world} devices make steps of {cutting.batch} images instead of {recipe.batch_size}; "
            f"the learning rate is multiplied by {cutting.rate_factor(recipe):.4g}",
            flush=True,
        )
    torch.manual_seed(job.seed)
    network = create(job.model, len(training.classes), **job.options)
    if recipe.residual_gain is not None:
        network.set_residual_gain(recipe.residual_gain)
    if recipe.linear_std is not None:
        network.set_linear_std(recipe.linear_std)
    loader = _training_loader(job, training, cutting, ranks, pin=device.type == "cuda")
    validated = _validation_loader(job, validation, cutting, ranks) if recipe.validate_every else None
    precision = choose_precision(recipe.precision, device)
    data_fingerprint = fingerprint(training)
    key = recipe_key(recipe) | {
        "model": job.model,
        "options": job.options,
        "seed": job.seed,
        "data_fingerprint": data_fingerprint,
        "batch": cutting.batch,
        "micro_batch": cutting.micro_batch,
        "arithmetic": f"{device.type} {precision}",
    }
    state = StateFolder(job.state, key) if job.state else None
    trainer = Trainer(
        network,
        Classification(loader, validated, device, recipe, ranks),
        recipe,
        device,
        precision,
        job.seed,
        ranks,
        rate_factor=cutting.rate_factor(recipe),
        state=state,
        save_seconds=job.save_minutes * 60,
    )
    return _Prepared(trainer, network, loader, state, data_fingerprint)


def _fit(job: Job, trainer: Trainer, stop: StopRequests) -> None:
    """Train on the first rank, which tells of every epoch."""
    with contextlib.closing(Events(job.out / "tensorboard", len(trainer.history))) as events:

        def record(epoch: EpochRecord) -> None:
            events.add(epoch)
            print(_line(job, epoch), flush=True)

        trainer.fit(record, stop)


def _store(
    job: Job, prepared: _Prepared, ranks: Ranks, started: datetime, nondeterministic: list[str] | None
) -> None:
    trainer, network, recipe = prepared.trainer, prepared.network, job.recipe
    network.load_state_dict(trainer.selected_weights())
    if recipe.recalibrate_images:
        images = prepared.loader.sample(recipe.recalibrate_images)
        update_bn((normalise(batch.to(trainer.device)) for batch in images), network)
    digest = recipe_hash(recipe)
    notes = {
        "recipe_hash": digest,
        "seed": job.seed,
        "data": job.data.name,
        "data_fingerprint": prepared.data_fingerprint,
        "batch": prepared.loader.global_batch,
        "micro_batch": prepared.loader.micro_batch,
        "selected": recipe.select,
        **_epochs(trainer),
    }
    weights = job.out / "model.safetensors"
    save_model(network.cpu(), weights, {"source": "trained", "notes": notes})
    write_history(job.out / "history.jsonl", trainer.history)
    devices = f"{ranks.world} x " if ranks.world > 1 else ""
    provenance(
        started,
        f"{devices}{trainer.device.type} {trainer.precision}",
        seed=job.seed,
        recipe_hash=digest,
        data_fingerprint=prepared.data_fingerprint,
        weights_sha256=sha256(weights),
        nondeterministic_operations=nondeterministic,
    ).save(job.out / "provenance.json")
    if prepared.state:
        prepared.state.clear()


def _splits(job: Job) -> tuple[Split, Split]:
    """Train and val, less the images that a check of the data found broken."""
    training, validation = list_splits(job.data, ("train", "val"))
    if job.dataset is None:
        return training, validation
    dataset = Dataset.load(job.dataset)
    return usable(training, dataset), usable(validation, dataset)


def _training_loader(job: Job, split: Split, cutting: Cut, ranks: Ranks, pin: bool) -> TrainingLoader:
    recipe = job.recipe
    transform = (
        training_transform(recipe.augmentation)
        if recipe.augmentation
        else evaluation_transform(recipe.preprocessing)
    )
    return TrainingLoader(
        Images(split, transform, job.seed),
        cutting.batch,
        cutting.micro_batch,
        job.seed,
        job.workers,
        ranks.rank,
        ranks.world,
        pin,
    )


def _validation_loader(job: Job, split: Split, cutting: Cut, ranks: Ranks) -> Any:
    images = Images(split, evaluation_transform(job.recipe.preprocessing), job.seed)
    return evaluation_loader(images, cutting.micro_batch, job.workers, ranks.rank, ranks.world)


def _epochs(trainer: Trainer) -> dict[str, Any]:
    """Last and best epoch with their validation top-1, where it was validated."""
    if trainer.best is None:
        return {}
    last = trainer.history[-1]
    return {
        "last_epoch": {"epoch": last.epoch, "top1_percent": last.valid_top1_percent},
        "best_epoch": {"epoch": trainer.best.epoch, "top1_percent": trainer.best.score},
    }


def _line(job: Job, epoch: EpochRecord) -> str:
    """An epoch in a log."""
    validated = "" if epoch.valid_top1_percent is None else f", val {epoch.valid_top1_percent:.2f} %"
    return (
        f"{job.model} seed {job.seed} epoch {epoch.epoch} of {job.recipe.epochs:g}: "
        f"loss {epoch.train_loss:.4f}, top-1 {epoch.train_top1_percent:.2f} %{validated}, "
        f"{epoch.images_per_second:.0f} images/s"
    )
