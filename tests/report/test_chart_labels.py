"""Names beside marks, the Pareto front, and families of pairs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import classifier, plain_pair, se_pair

from dcanet.report.charts.families import by_backbone
from dcanet.report.charts.labels import Label, apart, between, sides
from dcanet.report.charts.places import Family, Move, Place
from dcanet.sheets import Pair


def test_a_name_stands_to_the_right_where_there_is_room() -> None:
    assert sides([Label("SE", 50, 50)], [(50, 50)], 300, 150) == ["right"]


def test_a_name_keeps_inside_the_plot() -> None:
    assert sides([Label("MobileNetV2", 295, 75)], [(295, 75)], 300, 150) == ["left"]


def test_names_give_way_to_marks_and_to_each_other() -> None:
    right, other = sides([Label("SE", 50, 50), Label("GE", 52, 50)], [(50, 50), (52, 50)], 300, 150)
    assert right == "right"
    assert other != "right"
    line = between([(50, 50), (90, 50)])
    assert sides([Label("SE", 50, 50)], line, 300, 150) != ["right"]


def test_a_name_without_room_is_left_out() -> None:
    found = sides([Label("SE", 50, 50)] * 12, [(50, 50)], 300, 150)
    placed = [side for side in found if side]
    assert found[0] == "right"
    assert None in found
    assert len(placed) == len(set(placed))


def test_places_along_a_line_are_close() -> None:
    line = sorted(between([(0, 0), (60, 0)]))
    assert line[0] == (0, 0)
    assert line[-1] == (60, 0)
    assert max(b[0] - a[0] for a, b in pairwise(line)) <= 6


@given(st.lists(st.floats(0, 200), min_size=1, max_size=6))
def test_heights_are_apart_and_in_order(heights: list[float]) -> None:
    moved = apart(heights, 13)
    ordered = sorted(moved)
    assert all(b - a >= 13 - 1e-9 for a, b in pairwise(ordered))
    assert all(new >= old for new, old in zip(moved, heights, strict=True))
    assert sorted(range(len(heights)), key=heights.__getitem__) == sorted(
        range(len(moved)), key=moved.__getitem__
    )


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=12))
def test_nothing_beats_the_front(numbers: list[tuple[int, int]]) -> None:
    places = [Place(f"m{n}", cost, top1) for n, (cost, top1) in enumerate(numbers)]
    front = Family("f", tuple(Move(place.model, place, None) for place in places)).front

    def beaten(one: Place) -> bool:
        return any(
            (other.cost <= one.cost and other.top1_percent > one.top1_percent)
            or (other.cost < one.cost and other.top1_percent >= one.top1_percent)
            for other in places
        )

    assert {place.model for place in front} == {place.model for place in places if not beaten(place)}
    assert [place.cost for place in front] == sorted(place.cost for place in front)


@pytest.mark.parametrize("twice", [False, True])
def test_short_names_leave_out_the_family(twice: bool) -> None:
    other = classifier("se_other", "SE-ResNet50", "se")
    more = [Pair(id=other.id, row=other.row, baseline=other, connected=None)] if twice else []
    (family,) = by_backbone([plain_pair(), se_pair(), *more])
    assert family.name == "ResNet50"
    assert [*family.pairs] == ["plain", *(["SE (se_resnet50)", "SE (se_other)"] if twice else ["SE"])]


def test_a_family_without_a_plain_network_is_named_after_its_backbone() -> None:
    (family,) = by_backbone([se_pair()])
    assert (family.name, [*family.pairs]) == ("resnet50", ["SE-ResNet50"])


def test_families_of_the_same_name_are_told_apart() -> None:
    other = classifier("other", "ResNet50", "none", backbone="other")
    pair = Pair(id=other.id, row=other.row, baseline=other, connected=None)
    assert [family.name for family in by_backbone([plain_pair(), pair])] == [
        "ResNet50 (resnet50)",
        "ResNet50 (other)",
    ]


def test_backbones_are_families_of_their_own() -> None:
    small = classifier("se_small", "SE-Small", "se", backbone="small")
    pair = Pair(id=small.id, row=small.row, baseline=small, connected=None)
    assert [family.name for family in by_backbone([plain_pair(), pair, se_pair()])] == ["ResNet50", "small"]
