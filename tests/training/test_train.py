"""Training writes weights that evaluation reads, the same ones for the same seed."""

import json

import pytest
import torch

from dcanet.data.check import check
from dcanet.data.settings import Preprocessing
from dcanet.distributed.ranks import Ranks
from dcanet.documents import EpochRecord, Metrics, Provenance, read_history
from dcanet.errors import UserError
from dcanet.evaluation.evaluate import evaluate
from dcanet.evaluation.predictions import Predictions
from dcanet.files import sha256
from dcanet.training.determinism import deterministic_operations
from dcanet.training.job import Job
from dcanet.training.recipe import SGD, AdamW, OneCycle, Recipe
from dcanet.training.train import train
from dcanet.weights.store import read_metadata

RECIPE = Recipe(
    epochs=2,
    batch_size=4,
    optimizer=SGD(name="sgd", learning_rate=0.05, nesterov=True),
    schedule=OneCycle(name="one_cycle"),
    preprocessing=Preprocessing(resize=32, crop=32),
    recalibrate_images=8,
)


@pytest.fixture
def data(image_folder):
    return image_folder(per_class=6)


def run(data, out, seed=0, recipe=RECIPE, model="dca_se_mobilenet_v2"):
    train(Job(model, {}, data, recipe, seed, out, device="cpu"), Ranks())
    return out


def test_train_then_evaluate(data, tmp_path, capsys):
    out = run(data, tmp_path / "train")
    history = [
        EpochRecord.model_validate_json(line) for line in (out / "history.jsonl").read_text().splitlines()
    ]
    assert [record.epoch for record in history] == [1, 2]
    assert capsys.readouterr().out.count("dca_se_mobilenet_v2 seed 0 epoch") == 2

    metrics = evaluate(
        out / "model.safetensors", data, RECIPE.preprocessing, tmp_path / "eval", 5, device="cpu"
    )
    assert metrics == Metrics.load(tmp_path / "eval" / "metrics.json")
    assert (metrics.images, metrics.classes, metrics.top5_percent) == (12, 2, 100)
    assert metrics.weights_sha256 == sha256(out / "model.safetensors")

    predictions = Predictions.load(tmp_path / "eval" / "predictions.parquet")
    assert len(set(predictions.images)) == 12
    assert predictions.top_k_percent(1) == metrics.top1_percent
    assert predictions.losses.mean() == pytest.approx(metrics.nll, rel=1e-6)

    trained, evaluated = (
        Provenance.load(tmp_path / stage / "provenance.json") for stage in ("train", "eval")
    )
    assert trained.recipe_hash == evaluated.recipe_hash == metrics.recipe_hash
    assert trained.weights_sha256 == evaluated.weights_sha256
    assert trained.started <= trained.ended <= evaluated.ended


def test_same_seed_gives_the_same_file_and_another_seed_another(data, tmp_path):
    first, again, other = (run(data, tmp_path / name, seed) for name, seed in (("a", 3), ("b", 3), ("c", 4)))
    assert sha256(first / "model.safetensors") == sha256(again / "model.safetensors")
    assert sha256(first / "model.safetensors") != sha256(other / "model.safetensors")


def test_training_learns_what_there_is_to_learn(image_folder, tmp_path):
    """Dark against bright images: a network that trains at all tells them apart."""
    data = image_folder(per_class=32)
    changes = {"optimizer": AdamW(name="adamw", learning_rate=1e-3), "batch_size": 16, "epochs": 16}
    recipe = RECIPE.model_copy(update=changes | {"recalibrate_images": 64})
    out = run(data, tmp_path / "train", recipe=recipe, model="mobilenet_v2")
    metrics = evaluate(out / "model.safetensors", data, RECIPE.preprocessing, tmp_path / "eval", device="cpu")
    assert metrics.top1_percent > 80


@pytest.mark.parametrize(("epochs", "steps"), [(2, [3, 3]), (1.4, [3, 1]), (0.7, [3, 1])])
def test_the_last_epoch_may_be_a_part_of_one(data, tmp_path, epochs, steps):
    """12 images in batches of 4; a one-cycle schedule has at least four steps."""
    out = run(data, tmp_path / "train", recipe=RECIPE.model_copy(update={"epochs": epochs}))
    records = read_history(out / "history.jsonl")
    assert [record.epoch for record in records] == list(range(1, len(steps) + 1))
    assert all(0 <= record.train_top1_percent <= 100 for record in records)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision(data, tmp_path, precision):
    """float16 has its loss scaled; without learning both find nearly the loss that float32 finds."""
    still = RECIPE.model_copy(update={"optimizer": SGD(name="sgd", learning_rate=1e-9)})
    exact = run(data, tmp_path / "float32", recipe=still.model_copy(update={"precision": "float32"}))
    mixed = run(data, tmp_path / precision, recipe=still.model_copy(update={"precision": precision}))
    first, second = (read_history(out / "history.jsonl")[0].train_loss for out in (exact, mixed))
    assert first == pytest.approx(second, rel=0.25)
    assert first != second
    assert precision in Provenance.load(mixed / "provenance.json").device


def test_the_last_and_the_best_epoch_are_known(data, tmp_path):
    """They go with the weights; the kept ones are those of the epoch that the recipe selects."""
    changes = {"epochs": 4, "validate_every": 1, "recalibrate_images": 0}
    for select in ("last", "best"):
        recipe = RECIPE.model_copy(update=changes | {"select": select})
        out = run(data, tmp_path / select, recipe=recipe)
        notes = read_metadata(out / "model.safetensors").notes
        history = read_history(out / "history.jsonl")
        best = max(history, key=lambda record: record.valid_top1_percent)
        assert notes["selected"] == select
        assert notes["last_epoch"] == {"epoch": 4, "top1_percent": history[-1].valid_top1_percent}
        assert notes["best_epoch"] == {"epoch": best.epoch, "top1_percent": best.valid_top1_percent}
        metrics = evaluate(out / "model.safetensors", data, RECIPE.preprocessing, tmp_path / f"eval-{select}")
        assert metrics.top1_percent == notes[f"{select}_epoch"]["top1_percent"]


def test_tensorboard_has_what_the_history_has(data, tmp_path):
    out = run(data, tmp_path / "train")
    (events,) = (out / "tensorboard").iterdir()
    assert b"train_loss" in events.read_bytes()


def test_deterministic_training_lists_what_cannot_be(data, tmp_path):
    out = run(data, tmp_path / "train", recipe=RECIPE.model_copy(update={"deterministic": True}))
    assert Provenance.load(out / "provenance.json").nondeterministic_operations == []
    assert not torch.are_deterministic_algorithms_enabled()


def test_operations_without_a_deterministic_form_are_named():
    with deterministic_operations(True) as found:
        torch.nn.functional.max_unpool2d(torch.zeros(1, 2, 2), torch.arange(4).view(1, 2, 2), 2)
    assert len(found) == 1
    assert "unpool" in found[0]


def test_an_image_that_a_check_found_broken_is_left_out(data, tmp_path):
    (data / "train" / "a" / "3.png").write_bytes(b"broken")
    check(data, workers=1).dataset.save(tmp_path / "dataset.json")
    job = Job("mobilenet_v2", {}, data, RECIPE, 0, tmp_path / "train", dataset=tmp_path / "dataset.json")
    train(job, Ranks())
    assert (tmp_path / "train" / "model.safetensors").exists()


def test_batch_larger_than_the_data(data, tmp_path):
    with pytest.raises(UserError, match=r"has 12 training images.*set batch_size to at most 12"):
        run(data, tmp_path / "train", recipe=RECIPE.model_copy(update={"batch_size": 13}))
    assert not (tmp_path / "train").exists()


def test_an_image_size_that_the_model_cannot_take(data, tmp_path):
    odd = RECIPE.model_copy(update={"preprocessing": Preprocessing(resize=48, crop=48)})
    with pytest.raises(UserError, match=r"crop: dca_cbam_mobilenet_v2 .*multiples of 32 pixels; 48 is none"):
        run(data, tmp_path / "train", recipe=odd, model="dca_cbam_mobilenet_v2")
    out = run(data, tmp_path / "train", model="dca_cbam_mobilenet_v2")
    with pytest.raises(UserError, match=r"model\.safetensors: dca_cbam.*choose another crop"):
        evaluate(out / "model.safetensors", data, odd.preprocessing, tmp_path / "eval", device="cpu")


def test_corrupt_image_leaves_nothing_behind(data, tmp_path):
    (data / "train" / "a" / "3.png").write_bytes(b"broken")
    with pytest.raises(UserError, match=r"a/3\.png: not a readable image"):
        run(data, tmp_path / "train")
    assert not (tmp_path / "train").exists()


def test_loss_that_is_not_finite_stops_training(data, tmp_path):
    wild = RECIPE.model_copy(update={"optimizer": SGD(name="sgd", learning_rate=1e30)})
    with pytest.raises(UserError, match=r"the loss became (nan|inf); lower the recipe's learning_rate"):
        run(data, tmp_path / "train", recipe=wild)
    assert not (tmp_path / "train" / "model.safetensors").exists()


def test_evaluating_on_other_classes(data, tmp_path):
    out = run(data, tmp_path / "train", model="mobilenet_v2")
    for split in ("train", "val"):
        (data / split / "c").mkdir()
        (data / split / "a" / "0.png").rename(data / split / "c" / "0.png")
    with pytest.raises(UserError, match=r"has 3 classes, the weights were made for 2"):
        evaluate(out / "model.safetensors", data, RECIPE.preprocessing, tmp_path / "eval", device="cpu")
    assert not (tmp_path / "eval").exists()


def test_metrics_of_the_future_are_refused(tmp_path):
    file = tmp_path / "metrics.json"
    file.write_text(json.dumps({"schema_version": Metrics.version() + 1}))
    with pytest.raises(UserError, match=r"metrics\.json: is of schema version 4"):
        Metrics.load(file)


def test_device_that_is_not_there(data, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(UserError, match="no CUDA GPU here"):
        train(Job("mobilenet_v2", {}, data, RECIPE, 0, tmp_path / "train", device="cuda"), Ranks())
