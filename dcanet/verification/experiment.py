"""What was read of an experiment, for the checks that need several of its files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ..detection_documents import ApBootstrap, DetectionMetrics
from ..documents import Metrics, Result
from .answers import Answers, Graded

Of = TypeVar("Of")
#: By the seeds of trainings; None of weights that were not trained here.
BySeed = dict[int | None, Of]


@dataclass
class Experiment:
    """Of each network; what is absent or broken is left out."""

    metrics: dict[str, BySeed[Metrics]] = field(default_factory=dict)
    answers: dict[str, BySeed[Answers]] = field(default_factory=dict)
    tested: dict[str, dict[str, BySeed[Result]]] = field(default_factory=dict)
    """By the extra test set's name, then by the network."""
    graded: dict[str, dict[str, BySeed[Graded]]] = field(default_factory=dict)
    detected: dict[str, BySeed[DetectionMetrics]] = field(default_factory=dict)
    bootstraps: dict[str, BySeed[ApBootstrap]] = field(default_factory=dict)


def chosen(found: Mapping[int | None, Of], seeds: list[int]) -> list[Of] | None:
    """Of these trainings, without seeds of the weights that were not trained here; None if one is absent."""
    wanted: list[int | None] = [*seeds] or [None]
    return [found[seed] for seed in wanted] if all(seed in found for seed in wanted) else None
