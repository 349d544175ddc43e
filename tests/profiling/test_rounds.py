"""The order in which a pair is timed, and when it ends."""

from collections.abc import Iterator

import pytest

from dcanet.config_sections import ProfileSettings
from dcanet.profiling.rounds import Block, interleave, joined, ratios


class Scripted:
    """Blocks of given durations, the last again and again; remembers who was asked when."""

    def __init__(self, name: str, seconds: list[float], asked: list[str]) -> None:
        self.name, self.asked = name, asked
        self._seconds: Iterator[float] = iter([*seconds, *seconds[-1:] * 1000])

    def block(self) -> Block:
        self.asked.append(self.name)
        return Block(images=2, seconds=next(self._seconds))


def settings(**values: float) -> ProfileSettings:
    return ProfileSettings(**({"block_seconds": 0.01, "budget_seconds": 60} | values))


def test_a_pair_is_timed_baseline_connected_connected_baseline():
    asked: list[str] = []
    found = interleave([Scripted("a", [1.0], asked), Scripted("b", [1.5], asked)], settings(), "")
    assert "".join(asked) == "abba" * 3
    assert found.settled
    assert ratios(found.blocks) == [1.5, 1.5, 1.5]


def test_a_steady_drift_cancels():
    """The machine slows down by a tenth of a second from block to block."""
    a, b = [1.0, 1.3, 1.4, 1.7, 1.8, 2.1], [1.1, 1.2, 1.5, 1.6, 1.9, 2.0]
    found = interleave([Scripted("a", a, []), Scripted("b", b, [])], settings(), "")
    assert ratios(found.blocks) == pytest.approx([1, 1, 1])


def test_rounds_go_on_until_two_agree():
    b = [1.0, 1.0, 1.1, 1.1, 1.2, 1.2, 1.21, 1.21]
    found = interleave([Scripted("a", [1.0], []), Scripted("b", b, [])], settings(), "")
    assert found.settled
    assert ratios(found.blocks) == pytest.approx([1.0, 1.1, 1.2, 1.21])


def test_the_budget_ends_rounds_that_never_agree():
    b = [float(2**number) for number in range(900)]
    found = interleave([Scripted("a", [1.0], []), Scripted("b", b, [])], settings(budget_seconds=1e-9), "")
    assert not found.settled
    assert [len(of_one) for of_one in found.blocks] == [2, 2]


def test_one_network_settles_by_its_own_time():
    found = interleave([Scripted("a", [3.0, 3.0, 2.0, 2.0, 2.0], [])], settings(), "")
    assert found.settled
    assert ratios(found.blocks) == [1.5, 1.0, 1.0]


def test_joined_blocks_add_up():
    whole = joined([Block(4, 1.0, [0.1], 8.0), Block(2, 1.0, [0.2], 4.0)])
    assert whole == Block(6, 2.0, [0.1, 0.2], 12.0)
    assert joined([Block(4, 1.0, (), 8.0), Block(2, 1.0)]).joules is None
