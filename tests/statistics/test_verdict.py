"""What is told from noise, in words."""

import pytest

from dcanet.comparison_documents import Estimate
from dcanet.statistics.verdict import SIGNS, verdict


@pytest.mark.parametrize(
    ("low", "high", "p", "higher", "lower"),
    [
        (0.1, 0.9, 0.01, "better", "worse"),
        (-0.9, -0.1, 0.01, "worse", "better"),
        (0.1, 0.9, 0.06, "not distinguishable", "not distinguishable"),
        (0.0, 0.9, 0.01, "not distinguishable", "not distinguishable"),
        (-0.1, 0.9, 0.5, "not distinguishable", "not distinguishable"),
    ],
)
def test_both_must_rule_out_nothing(low, high, p, higher, lower):
    difference = Estimate(value=(low + high) / 2, low=low, high=high)
    assert verdict(difference, p) == higher
    assert verdict(difference, p, lower_is_better=True) == lower


def test_alpha_decides():
    difference = Estimate(value=1, low=0.1, high=2)
    assert verdict(difference, 0.04) == "better"
    assert verdict(difference, 0.04, alpha=0.01) == "not distinguishable"


def test_every_verdict_has_a_sign_of_its_own():
    assert len(set(SIGNS.values())) == len(SIGNS) == 3
