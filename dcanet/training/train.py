"""Train one network from a recipe and a data set, and store weights, history and provenance."""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import torch
from torch.optim.swa_utils import update_bn

from ..detection.forms import is_detector
from ..device import choose_device, choose_precision
from ..distributed.ranks import Ranks
from ..documents import EpochRecord, write_history
from ..files import sha256
from ..provenance import now, provenance
from ..weights.store import save_model
from .determinism import deterministic_operations
from .events import Events
from .interruption import StopRequests
from .job import Job, Parts
from .loop import Trainer
from .recipe import recipe_hash, recipe_key
from .state import StateFolder


@dataclass(frozen=True)
class _Prepared:
    """A job's parts, before its first step."""

    parts: Parts
    trainer: Trainer
    state: StateFolder | None


def train(job: Job[Any], ranks: Ranks) -> None:
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
        _fit(job, prepared, stop)
        _store(job, prepared, ranks, started, lacking if job.recipe.deterministic else None)


def _prepare(job: Job[Any], ranks: Ranks) -> _Prepared:
    recipe, device = job.recipe, choose_device(job.device)
    torch.manual_seed(job.seed)
    parts = _parts(job, ranks, device)
    cutting = parts.cutting
    if ranks.rank == 0 and cutting.batch != recipe.batch_size:
        print(
            f"{ranks.world} devices make steps of {cutting.batch} images instead of {recipe.batch_size}; "
            f"the learning rate is multiplied by {cutting.rate_factor(recipe):.4g}",
            flush=True,
        )
    precision = choose_precision(recipe.precision, device)
    key = recipe_key(recipe) | {
        "model": job.model,
        "options": job.options,
        "seed": job.seed,
        "data_fingerprint": parts.data_fingerprint,
        "batch": cutting.batch,
        "micro_batch": cutting.micro_batch,
        "arithmetic": f"{device.type} {precision}",
        **parts.key,
    }
    state = StateFolder(job.state, key) if job.state else None
    trainer = Trainer(
        parts.network,
        parts.task,
        recipe,
        device,
        precision,
        job.seed,
        ranks,
        rate_factor=cutting.rate_factor(recipe),
        state=state,
        save_seconds=job.save_minutes * 60,
    )
    return _Prepared(parts, trainer, state)


def _parts(job: Job[Any], ranks: Ranks, device: torch.device) -> Parts:
    if is_detector(job.model):
        # torchvision's operations take their time to import.
        from .detection import prepare_detection

        return prepare_detection(job, ranks, device)
    from .classification import prepare_classification

    return prepare_classification(job, ranks, device)


def _fit(job: Job[Any], prepared: _Prepared, stop: StopRequests) -> None:
    """Train on the first rank, which tells of every epoch."""
    trainer = prepared.trainer
    with contextlib.closing(Events(job.out / "tensorboard", len(trainer.history))) as events:

        def record(epoch: EpochRecord) -> None:
            events.add(epoch)
            print(
                f"{job.model} seed {job.seed} epoch {epoch.epoch} of {job.recipe.epochs:g}: "
                f"{prepared.parts.figures(epoch)}, {epoch.images_per_second:.3g} images/s",
                flush=True,
            )

        trainer.fit(record, stop)


def _store(
    job: Job[Any], prepared: _Prepared, ranks: Ranks, started: datetime, nondeterministic: list[str] | None
) -> None:
    trainer, parts, recipe = prepared.trainer, prepared.parts, job.recipe
    network = parts.network
    network.load_state_dict(trainer.selected_weights())
    if parts.sample and recipe.recalibrate_images:
        update_bn(parts.sample(recipe.recalibrate_images), network)
    digest = recipe_hash(recipe)
    notes = {
        "recipe_hash": digest,
        "seed": job.seed,
        "data": job.data.name,
        "data_fingerprint": parts.data_fingerprint,
        "batch": parts.cutting.batch,
        "micro_batch": parts.cutting.micro_batch,
        "selected": recipe.select,
        **parts.key,
        **_epochs(trainer),
    }
    weights = job.out / "model.safetensors"
    save_model(network.cpu(), weights, {"source": "trained", "notes": notes})
    write_history(job.out / "history.jsonl", trainer.history)
    provenance(
        started,
        ranks.times(f"{trainer.device.type} {trainer.precision}"),
        seed=job.seed,
        recipe_hash=digest,
        data_fingerprint=parts.data_fingerprint,
        weights_sha256=sha256(weights),
        files={"history.jsonl": sha256(job.out / "history.jsonl")},
        nondeterministic_operations=nondeterministic,
    ).save(job.out / "provenance.json")
    if prepared.state:
        prepared.state.clear()


def _epochs(trainer: Trainer) -> dict[str, Any]:
    """Last and best epoch with their validation score, where it was validated."""
    if trainer.best is None:
        return {}
    score = trainer.task.score
    name = score.removeprefix("valid_")
    last = trainer.history[-1]
    return {
        "last_epoch": {"epoch": last.epoch, name: getattr(last, score)},
        "best_epoch": {"epoch": trainer.best.epoch, name: trainer.best.score},
    }
