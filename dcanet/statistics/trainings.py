"""Which trainings of two networks belong together."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from ..errors import UserError


class Training(Protocol):
    """What was found of one training of a network."""

    @property
    def source(self) -> str:
        """Where it was read from, for messages."""

    @property
    def seed(self) -> int | None:
        """None for weights that were not trained here."""


Run = TypeVar("Run", bound=Training)


def matched(baseline: Sequence[Run], other: Sequence[Run]) -> tuple[tuple[Run, Run], ...]:
    """Trainings of two networks side by side in the order of their seeds.

    One training each may be of any seeds; of several, both networks need the same.

    Raises:
        UserError: a seed is there twice, or of one network only; names both files.
    """
    if len(baseline) > 1 or len(other) > 1:
        for some, rest in ((baseline, other), (other, baseline)):
            _check_once(some)
            seeds = {run.seed for run in rest}
            for run in some:
                if run.seed not in seeds:
                    raise UserError(
                        f"{run.source} is of {_seed(run)}, of which there is nothing beside "
                        f"{rest[0].source}; evaluate the same seeds of both"
                    )
    return tuple(zip(_in_order(baseline), _in_order(other), strict=True))


def _in_order(runs: Sequence[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: -1 if run.seed is None else run.seed)


def _check_once(runs: Sequence[Training]) -> None:
    first: dict[int | None, Training] = {}
    for run in runs:
        if run.seed in first:
            raise UserError(f"{first[run.seed].source} and {run.source} are both of {_seed(run)}; give one")
        first[run.seed] = run


def _seed(run: Training) -> str:
    return "weights without a seed" if run.seed is None else f"seed {run.seed}"
