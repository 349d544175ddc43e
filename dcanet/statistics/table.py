"""Everything that the stored predictions of a table allow to say."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from ..comparison_documents import (
    Agreement,
    ApComparison,
    ApStatistics,
    ExtraTestSet,
    MeasuredMetric,
    NotCompared,
    PairComparison,
    TableStatistics,
)
from ..errors import UserError
from .agreement import consistency, same_answers
from .compare import compare_pair
from .graded import Graded, check_alone
from .models import model_statistics
from .pairs import Pair
from .pooled import pool
from .resampled import Resampled, resampled
from .scores import Scores
from .settings import Settings
from .top1 import judged_together

Files = Sequence[tuple[Path, int | None]]
"""The answers of each training of a model, with its seed."""
Run = TypeVar("Run", bound=Graded)


def gather(
    files: Mapping[str, Files],
    pairs: Mapping[str, tuple[str, str]],
    read: Callable[[Files], list[Run]],
    where: str = "",
) -> tuple[dict[str, list[Run] | NotCompared], dict[str, Pair[Run] | NotCompared]]:
    """Models' trainings and pairs of them, baseline first; what is absent or broken becomes a reason.

    Args:
        files: by the model's name; a model that was not evaluated has none.
        pairs: names of models, by the pair's name.
        read: makes trainings of files, `read_scores` or `read_graded`.
        where: what they were evaluated on, where it is not the val split.
    """
    models = {name: _read(name, of_model, read, where) for name, of_model in files.items()}
    return models, {name: _paired(models, *members) for name, members in pairs.items()}


def table_statistics(
    models: Mapping[str, Sequence[Scores] | NotCompared],
    pairs: Mapping[str, Pair[Scores] | NotCompared],
    settings: Settings,
    tests: Mapping[str, ExtraTestSet] | None = None,
    average_precision: Mapping[str, ApStatistics | NotCompared] | None = None,
    detectors: Mapping[str, ApComparison | NotCompared] | None = None,
    metrics: Mapping[str, MeasuredMetric] | None = None,
) -> TableStatistics:
    """Of models and of the pairs among them, as `gather` gives them; the rest is put beside.

    p-values are adjusted over the pairs that can be compared, and so is the difference that was detectable.
    """
    runs = {name: list(found) for name, found in models.items() if not isinstance(found, NotCompared)}
    draws = resampled({name: found[0] for name, found in runs.items() if len(found) == 1}, settings)
    compared = _compare_all(pairs, draws, settings)
    verdicts = [pair.verdict for pair in compared.values() if isinstance(pair, PairComparison)]
    whole = [pair for pair in pairs.values() if isinstance(pair, Pair)]
    return TableStatistics(
        alpha=settings.alpha,
        adjustment=settings.adjustment,
        resamples=settings.resamples,
        seed=settings.seed,
        models={
            name: found
            if isinstance(found, NotCompared)
            else model_statistics(found, draws.get(name), settings)
            for name, found in models.items()
        },
        pairs=compared,
        pooled=pool(whole, verdicts, settings),
        agreement=_agreement(runs),
        tests=dict(tests or {}),
        metrics=dict(metrics or {}),
        average_precision=dict(average_precision or {}),
        detectors=dict(detectors or {}),
    )


def _read(name: str, files: Files, read: Callable[[Files], list[Run]], where: str) -> list[Run] | NotCompared:
    if not files:
        return NotCompared(reason=" ".join(filter(None, (name, "has not been evaluated", where))))
    try:
        runs = read(files)
        for run in runs:
            check_alone(run)
    except UserError as error:
        return NotCompared(reason=error.line())
    return runs


def _paired(
    models: Mapping[str, list[Run] | NotCompared], baseline: str, other: str
) -> Pair[Run] | NotCompared:
    base, rest = models[baseline], models[other]
    if isinstance(base, NotCompared):
        return base
    if isinstance(rest, NotCompared):
        return rest
    try:
        return Pair.of((baseline, base), (other, rest))
    except UserError as error:
        return NotCompared(reason=error.line())


def _compare_all(
    pairs: Mapping[str, Pair[Scores] | NotCompared], draws: Mapping[str, Resampled], settings: Settings
) -> dict[str, PairComparison | NotCompared]:
    def compare(pair: Pair[Scores], p_adjusted: float, level: float) -> PairComparison:
        both = (draws[pair.baseline], draws[pair.other]) if pair.single else None
        return compare_pair(pair, both, settings, p_adjusted, level)

    return judged_together(pairs, settings, compare)


def _agreement(models: Mapping[str, Sequence[Scores]]) -> Agreement | NotCompared:
    """Of each model's first training."""
    first = [runs[0] for runs in models.values()]
    if not first:
        return NotCompared(reason="no network has been evaluated")
    if len({run.images for run in first}) > 1:
        return NotCompared(reason="the networks were evaluated on different images")
    return Agreement(
        models=list(models), same_answer=same_answers(first).tolist(), kappa=consistency(first).tolist()
    )
