"""Evaluation of weights that were not trained on the folder: which output is whose, and what does not fit."""

import shutil

import numpy as np
import pytest

from dcanet.data.settings import Preprocessing
from dcanet.errors import UserError
from dcanet.evaluation.classes import outputs_of
from dcanet.evaluation.evaluate import evaluate
from dcanet.evaluation.predictions import Predictions
from dcanet.models import create
from dcanet.weights.store import save_model

PREPROCESSING = Preprocessing(resize=32, crop=32)


def weights(folder, num_classes):
    path = folder / "model.safetensors"
    save_model(create("mobilenet_v2", num_classes), path, {"source": "published (drive:1abc)"})
    return path


def test_some_of_imagenets_classes_among_its_outputs(image_folder, tmp_path):
    data = image_folder(("n01440764", "n15075141"))
    shutil.rmtree(data / "train")
    metrics = evaluate(weights(tmp_path, 1000), data, PREPROCESSING, tmp_path / "eval", device="cpu")
    assert (metrics.images, metrics.classes, metrics.seed) == (8, 2, None)
    assert metrics.weights_source == "published (drive:1abc)"
    assert np.unique(Predictions.load(tmp_path / "eval/predictions.parquet").targets).tolist() == [0, 999]


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
