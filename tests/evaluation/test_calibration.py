"""Calibration error and accuracy of each class, against their definitions written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcanet.evaluation.calibration import expected_calibration_error
from dcanet.evaluation.per_class import class_accuracies
from dcanet.evaluation.predictions import Predictions

GUESSES = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=80)


def by_definition(confidences, correct, bins=15):
    total = 0.0
    for index in range(bins):
        members = [
            (confidence, hit)
            for confidence, hit in zip(confidences, correct, strict=True)
            if index < confidence * bins <= index + 1 or (index == 0 and confidence == 0)
        ]
        if members:
            accuracy = sum(hit for _, hit in members) / len(members)
            confidence = sum(confidence for confidence, _ in members) / len(members)
            total += len(members) / len(confidences) * abs(accuracy - confidence)
    return 100 * total


@given(GUESSES)
def test_equation_3(guesses):
    confidences = np.array([confidence for confidence, _ in guesses], np.float32)
    correct = np.array([hit for _, hit in guesses])
    expected = by_definition(confidences.astype(float).tolist(), correct.tolist())
    assert expected_calibration_error(confidences, correct) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("confidences", "correct", "percent"),
    [
        ([1.0, 1.0], [True, True], 0),
        ([1.0, 1.0], [False, False], 100),
        ([0.75] * 4, [True, True, True, False], 0),
        ([0.9, 0.3], [True, False], 20),  # two bins, 0.1 and 0.3 off
    ],
)
def test_by_hand(confidences, correct, percent):
    found = expected_calibration_error(np.array(confidences), np.array(correct))
    assert found == pytest.approx(percent, abs=1e-9)


def test_each_class_by_itself():
    predictions = Predictions(
        images=["b/1", "b/2", "z/1"],
        targets=np.array([4, 4, 9], np.int32),
        top5=np.array([[4, 9], [9, 4], [9, 4]]),
        scores=np.array([[0.9, 0.1]] * 3),
        losses=np.array([0.1, 2.3, 0.1]),
    )
    found = class_accuracies(predictions, {4: "b", 7: "without images", 9: "z"})
    assert {name: (each.images, each.top1_percent) for name, each in found.items()} == {
        "b": (2, 50.0),
        "z": (1, 100.0),
    }
    assert predictions.nll == pytest.approx(2.5 / 3)
