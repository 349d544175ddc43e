"""Where the focus is and how far it moves, on maps whose answer is known."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dcanet.comparison_documents import NotCompared
from dcanet.focus.compare import drifts
from dcanet.focus.drift import centres, overlaps, upsampled
from dcanet.focus.watch import Watched
from dcanet.focus_documents import Drift

MAPS = arrays.arrays(
    np.float64, (2, 5, 7), elements=st.floats(0, 1).map(lambda value: value if value > 1e-6 else 0.0)
).map(torch.from_numpy)


def spot(row, column, height=4, width=8):
    heat = torch.zeros(1, height, width, dtype=torch.float64)
    heat[0, row, column] = 1
    return heat


def test_centre_of_one_place():
    # The middle of the second of eight columns, of the fourth of four rows.
    assert centres(spot(3, 1)).tolist() == [[1.5 / 8, 3.5 / 4]]


def test_centre_between_two_places():
    assert centres(spot(0, 0) + 3 * spot(0, 4)).tolist() == [[0.25 * 0.5 / 8 + 0.75 * 4.5 / 8, 0.125]]


def test_centre_of_an_even_map():
    assert centres(torch.ones(1, 5, 3)).tolist() == [[0.5, 0.5]]


def test_overlaps():
    assert overlaps(spot(0, 0), spot(0, 1)).tolist() == [0]
    assert overlaps(spot(0, 0), spot(0, 0) * 0.25).tolist() == [1]
    assert overlaps(spot(0, 0) + spot(0, 1), spot(0, 1) + spot(0, 2)).tolist() == [0.5]
    # A quarter of what is everywhere is in the one row.
    assert overlaps(torch.ones(1, 4, 8), torch.ones(1, 4, 8) * torch.eye(4)[:1].T).tolist() == [0.25]


def test_no_heat():
    nothing = torch.zeros(1, 4, 8)
    assert centres(nothing).isnan().all()
    assert overlaps(nothing, torch.ones(1, 4, 8)).isnan().all()


def test_upsampling_keeps_the_centre_of_a_symmetric_map():
    heat = torch.tensor([[[0.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 0.0]]], dtype=torch.float64)
    large = upsampled(heat, (30, 60))
    assert large.shape == (1, 30, 60)
    torch.testing.assert_close(centres(large), torch.full((1, 2), 0.5, dtype=torch.float64))


@given(MAPS)
def test_equal_maps(maps):
    told = maps.sum(dim=(1, 2)) > 0
    torch.testing.assert_close(overlaps(maps, maps)[told], torch.ones(int(told.sum()), dtype=torch.float64))
    assert torch.equal(centres(maps)[told], centres(maps.clone())[told])


@given(MAPS, MAPS)
def test_bounds(one, other):
    told = (one.sum(dim=(1, 2)) > 0) & (other.sum(dim=(1, 2)) > 0)
    for maps in (one, other):
        inside = centres(maps)[told]
        assert ((inside > 0) & (inside < 1)).all()
    found = overlaps(one, other)[told]
    assert ((found >= 0) & (found <= 1 + 1e-9)).all()
    torch.testing.assert_close(found, overlaps(other, one)[told])


@given(MAPS, st.floats(0.01, 100))
def test_brightness_does_not_matter(maps, factor):
    told = maps.sum(dim=(1, 2)) > 0
    torch.testing.assert_close(centres(maps * factor)[told], centres(maps)[told])
    torch.testing.assert_close(overlaps(maps * factor, maps)[told], torch.ones(2, dtype=torch.float64)[told])


def watched(centres, overlaps, sizes=((4, 4), (2, 2))):
    """Of (stages, N, 2) and (stages - 1, N)."""
    number = np.shape(centres)[1]
    return Watched(
        blocks=[f"block {stage}" for stage in range(len(sizes))],
        sizes=list(sizes),
        centres=np.array(centres, float),
        overlaps=np.array(overlaps, float),
        answers=np.zeros(number, np.int64),
        confidences=np.ones(number, np.float32),
        heat={},
    )


def made_up(step, overlap, number=50):
    """Every image's centre moves by about `step` to the right."""
    random = np.random.default_rng(0)
    first = np.full((number, 2), 0.3)
    second = first + np.stack([step + random.uniform(-0.01, 0.01, number), np.zeros(number)], axis=1)
    return watched([first, second], [overlap + random.uniform(-0.01, 0.01, number)])


def test_shifts_are_ways():
    assert watched([[[0.1, 0.2]], [[0.4, 0.6]]], [[0.5]]).shifts == pytest.approx(0.5)


def test_a_difference_is_found():
    (step,), overall = drifts(made_up(0.2, 0.5), made_up(0.1, 0.6))
    assert step == overall
    assert isinstance(step, Drift)
    assert step.images == 50
    assert step.shift.baseline.value == pytest.approx(0.2, abs=0.01)
    assert step.shift.difference.value == pytest.approx(-0.1, abs=1e-6)
    assert step.overlap.difference.value == pytest.approx(0.1, abs=1e-6)
    assert step.shift.difference.high < 0 < step.overlap.difference.low
    assert step.shift.p_value < 1e-6
    assert step.shift.baseline.low < step.shift.baseline.value < step.shift.baseline.high


def test_none_where_there_is_none():
    same = made_up(0.2, 0.5)
    (step,), _ = drifts(same, same)
    assert isinstance(step, Drift)
    assert (step.shift.difference.value, step.shift.p_value, step.overlap.p_value) == (0, 1, 1)


def test_images_without_heat_are_left_out_of_both():
    one, other = made_up(0.2, 0.5), made_up(0.1, 0.6)
    one.centres[0, :3] = np.nan
    other.overlaps[0, 2:5] = np.nan
    (step,), _ = drifts(one, other)
    assert isinstance(step, Drift)
    assert step.images == 45
    one.centres[1, :49] = np.nan
    (step,), overall = drifts(one, other)
    assert step == overall == NotCompared(reason="fewer than two images have heat in both networks' maps")


def test_maps_of_one_place():
    centres = [[[0.2, 0.5]] * 3, [[0.3, 0.5]] * 3, [[np.nan, np.nan]] * 3]
    side = watched(centres, [[0.5] * 3, [np.nan] * 3], sizes=((4, 4), (2, 2), (1, 1)))
    (first, second), overall = drifts(side, side)
    assert second == NotCompared(reason="stage 3 has a map of 1 × 1: no focus to locate")
    assert isinstance(first, Drift)
    assert overall == first
    alone = watched(centres[1:], [[np.nan] * 3], sizes=((1, 1), (1, 1)))
    (step,), overall = drifts(alone, alone)
    assert step == NotCompared(reason="stage 1 has a map of 1 × 1: no focus to locate")
    assert overall == NotCompared(reason="no two stages have maps larger than 1 × 1")
