"""Evaluation of stored weights: which output is whose, ranks, bad images, and what does not fit."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from dcanet.data.describe import dataset_of
from dcanet.data.locate import list_split
from dcanet.data.settings import Preprocessing
from dcanet.documents import Metrics
from dcanet.errors import UserError
from dcanet.evaluation.classes import outputs_of
from dcanet.evaluation.evaluate import evaluate
from dcanet.evaluation.predictions import Predictions
from dcanet.models import create
from dcanet.weights.store import save_model

PREPROCESSING = Preprocessing(resize=32, crop=32)


def weights(folder, num_classes, notes=None):
    path = folder / "model.safetensors"
    torch.manual_seed(0)
    metadata = {"source": "published (drive:1abc)", "notes": notes or {}}
    save_model(create("mobilenet_v2", num_classes), path, metadata)
    return path


def test_some_of_imagenets_classes_among_its_outputs(image_folder, tmp_path):
    data = image_folder(("n01440764", "n15075141"))
    shutil.rmtree(data / "train")
    metrics = evaluate(weights(tmp_path, 1000), data, PREPROCESSING, tmp_path / "eval", device="cpu")
    assert (metrics.images, metrics.classes, metrics.of_classes, metrics.seed) == (8, 2, 1000, None)
    assert metrics.scope == "2 of ImageNet's 1,000 classes, evaluated over all 1,000 outputs"
    assert metrics.weights_source == "published (drive:1abc)"
    assert np.unique(Predictions.load(tmp_path / "eval/predictions.parquet").targets).tolist() == [0, 999]


def test_the_document_follows_from_the_predictions(image_folder, tmp_path):
    metrics = evaluate(weights(tmp_path, 2), image_folder(), PREPROCESSING, tmp_path / "eval", device="cpu")
    assert Metrics.load(tmp_path / "eval/metrics.json") == metrics
    assert metrics.scope == ""
    predictions = Predictions.load(tmp_path / "eval/predictions.parquet")
    assert metrics.nll == pytest.approx(predictions.losses.mean(), rel=1e-6)
    assert metrics.top1_percent == 100 * predictions.correct.mean()
    assert 0 <= metrics.ece_percent <= 100
    assert {name: found.images for name, found in metrics.per_class.items()} == {"a": 4, "b": 4}
    assert np.mean([found.top1_percent for found in metrics.per_class.values()]) == metrics.top1_percent


def test_what_training_knew_of_its_epochs(image_folder, tmp_path):
    last, best = {"epoch": 9, "top1_percent": 50.0}, {"epoch": 3, "top1_percent": 75.0}
    notes = {"selected": "last", "last_epoch": last, "best_epoch": best, "seed": 3}
    metrics = evaluate(weights(tmp_path, 2, notes), image_folder(), PREPROCESSING, tmp_path / "eval")
    assert (metrics.selected, metrics.best_epoch.epoch, metrics.best_epoch.top1_percent) == ("last", 3, 75.0)
    assert metrics.last_epoch.epoch == 9


@pytest.mark.parametrize("threads", [1, 2])
def test_neither_threads_nor_batches_change_a_guess(image_folder, tmp_path, threads):
    data, stored = image_folder(per_class=5), weights(tmp_path, 2)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        evaluate(stored, data, PREPROCESSING, tmp_path / "one", batch_size=3, device="cpu")
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    evaluate(stored, data, PREPROCESSING, tmp_path / "exact", device="cpu", exact=True)
    found, expected = (
        Predictions.load(tmp_path / f"{name}/predictions.parquet") for name in ("one", "exact")
    )
    assert found.images == expected.images == list_split(data, "val").images
    np.testing.assert_array_equal(found.top5, expected.top5)
    np.testing.assert_allclose(found.losses, expected.losses, atol=1e-4)


def test_two_ranks_are_one(image_folder, tmp_path):
    """By the command line; 9 images, so that the ranks have different shares."""
    data, stored = image_folder(("a", "b", "c"), per_class=3), weights(tmp_path, 3)
    evaluate(stored, data, PREPROCESSING, tmp_path / "one", device="cpu")
    command = [
        sys.executable,
        "-m",
        "dcanet.cli",
        "evaluate",
        "--weights",
        stored,
        "--data",
        data,
        "--resize",
        "32",
    ]
    command += [
        "--crop",
        "32",
        "--device",
        "cpu",
        "--batch-size",
        "2",
        "--processes",
        "2",
        "--out",
        tmp_path / "two",
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("top-1") == 1
    one, two = (Metrics.load(tmp_path / f"{name}/metrics.json") for name in ("one", "two"))
    assert (two.images, two.per_class, two.data_fingerprint) == (9, one.per_class, one.data_fingerprint)
    assert two.nll == pytest.approx(one.nll, abs=1e-5)
    found, expected = (Predictions.load(tmp_path / f"{name}/predictions.parquet") for name in ("two", "one"))
    assert found.images == expected.images
    np.testing.assert_array_equal(found.top5, expected.top5)


def test_bad_images_are_left_out_and_counted(image_folder, tmp_path):
    data, stored = image_folder(), weights(tmp_path, 2)
    (data / "val/a/1.png").write_bytes(b"not an image")
    with pytest.raises(UserError, match=r"val/a/1\.png"):
        evaluate(stored, data, PREPROCESSING, tmp_path / "eval", device="cpu")
    checked = dataset_of("images", [list_split(data, "val")])
    bad = checked.splits["val"].model_copy(update={"bad_images": {"a/1.png": "not an image"}})
    checked.model_copy(update={"splits": {"val": bad}}).save(tmp_path / "dataset.json")
    arguments = {"dataset": tmp_path / "dataset.json", "device": "cpu"}
    metrics = evaluate(stored, data, PREPROCESSING, tmp_path / "eval", **arguments)
    assert (metrics.images, metrics.bad_images_skipped, metrics.per_class["a"].images) == (7, 1, 3)


@pytest.mark.parametrize(
    ("classes", "targets"),
    [(("n01440764", "n15075141"), [0, 999]), (("0", "10", "9"), [0, 9, 10])],
    ids=["wnids, as ImageNet-Sketch", "indices, as ImageNetV2"],
)
def test_an_extra_test_set(image_folder, tmp_path, classes, targets):
    data = tmp_path / "extra"
    (image_folder(classes) / "val").rename(data)
    stored = weights(tmp_path, 1000)
    metrics = evaluate(stored, data, PREPROCESSING, tmp_path / "eval", device="cpu", split="test")
    assert (metrics.split, metrics.dataset, metrics.classes) == ("test", "extra", len(classes))
    assert np.unique(Predictions.load(tmp_path / "eval/predictions.parquet").targets).tolist() == targets


def test_all_of_imagenets_classes_keep_their_order():
    wnids = [f"{n}" for n in range(1000)]
    assert outputs_of(wnids, 1000) == list(range(1000))


@pytest.mark.parametrize(("classes", "num_classes"), [(("a", "b"), 1000), (("n01440764", "n15075141"), 10)])
def test_other_numbers_of_classes_are_one_line(image_folder, tmp_path, classes, num_classes):
    with pytest.raises(UserError) as caught:
        evaluate(weights(tmp_path, num_classes), image_folder(classes), PREPROCESSING, tmp_path / "eval")
    message = (
        f"the data set has 2 classes, the weights were made for {num_classes:,}; evaluate them on their own"
    )
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "eval").exists()
