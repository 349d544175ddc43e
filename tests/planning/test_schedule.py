"""Wall time of jobs that share devices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcanet.planning.schedule import Chain, wall_hours

chains = st.lists(
    st.lists(st.tuples(st.floats(0.001, 1000), st.integers(1, 16)), min_size=1, max_size=3).map(
        lambda jobs: Chain(tuple(jobs))
    ),
    min_size=1,
    max_size=8,
)


def test_by_hand() -> None:
    """A training of 16 device-hours on up to 8, then an evaluation of 1 on one; three of them."""
    one = Chain(((16, 8), (1, 1)))
    assert wall_hours([one] * 3, 1) == 51
    assert wall_hours([one] * 3, 8) == pytest.approx(51 / 8)
    # So many devices that one chain is what is waited for: 16 / 8 + 1.
    assert wall_hours([one] * 3, 100) == 3
    # Another that waits for it is longer, and is no more work.
    assert wall_hours([one] * 3, 100, [one + one]) == 6
    assert wall_hours([one] * 3, 1, [one + one]) == 51


@given(chains, st.integers(1, 64), st.integers(1, 64))
def test_more_devices_never_take_longer(found: list[Chain], few: int, more: int) -> None:
    more += few
    assert wall_hours(found, more) <= wall_hours(found, few)
    assert wall_hours(found, few) >= sum(chain.device_hours for chain in found) / few * (1 - 1e-12)


@given(chains, st.integers(1, 64))
def test_more_jobs_never_take_less(found: list[Chain], count: int) -> None:
    assert wall_hours(found[1:] or found, count) <= wall_hours(found, count) * (1 + 1e-12)
