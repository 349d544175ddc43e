"""Everything that the stored predictions of a table allow to say."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..comparison_documents import (
    Agreement,
    ApComparison,
    NotCompared,
    PairComparison,
    TableStatistics,
)
from ..errors import UserError
from .agreement import consistency, same_answers
from .compare import compare_pair, p_value_of
from .many import adjusted, level_left
from .models import model_statistics
from .pairs import Pair
from .pooled import pool
from .resampled import Resampled, resampled
from .scores import Scores, check_alone, read_scores
from .settings import Settings

Files = Sequence[tuple[Path, int | None]]
"""predictions.parquet of each training of a model, with its seed."""


def gather(
    files: Mapping[str, Files], pairs: Mapping[str, tuple[str, str]]
) -> tuple[dict[str, list[Scores] | NotCompared], dict[str, Pair | NotCompared]]:
    """Models' trainings and pairs of them, baseline first; what is absent or broken becomes a reason.

    Args:
        files: by the model's name; a model that was not evaluated has none.
        pairs: names of models, by the pair's name.
    """
    models = {name: _read(name, of_model) for name, of_model in files.items()}
    return models, {name: _paired(models, *members) for name, members in pairs.items()}


def table_statistics(
    models: Mapping[str, Sequence[Scores] | NotCompared],
    pairs: Mapping[str, Pair | NotCompared],
    settings: Settings,
    detectors: Mapping[str, ApComparison | NotCompared] | None = None,
) -> TableStatistics:
    """Of models and of the pairs among them, as `gather` gives them.

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
        models={
            name: found
            if isinstance(found, NotCompared)
            else model_statistics(found, draws.get(name), settings)
            for name, found in models.items()
        },
        pairs=compared,
        pooled=pool(whole, verdicts, settings),
        agreement=_agreement(runs),
        detectors=dict(detectors or {}),
    )


def _read(name: str, files: Files) -> list[Scores] | NotCompared:
    if not files:
        return NotCompared(reason=f"{name} has not been evaluated")
    try:
        runs = read_scores(files)
        for run in runs:
            check_alone(run)
    except UserError as error:
        return NotCompared(reason=error.line())
    return runs


def _paired(
    models: Mapping[str, list[Scores] | NotCompared], baseline: str, other: str
) -> Pair | NotCompared:
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
    pairs: Mapping[str, Pair | NotCompared], draws: Mapping[str, Resampled], settings: Settings
) -> dict[str, PairComparison | NotCompared]:
    whole = {name: pair for name, pair in pairs.items() if isinstance(pair, Pair)}
    p_adjusted = adjusted([p_value_of(pair) for pair in whole.values()], settings.adjustment)
    level = level_left(p_adjusted, settings.alpha, settings.adjustment) if whole else settings.alpha
    found: dict[str, PairComparison | NotCompared] = {}
    for (name, pair), p in zip(whole.items(), p_adjusted, strict=True):
        both = (draws[pair.baseline], draws[pair.other]) if pair.single else None
        found[name] = compare_pair(pair, both, settings, float(p), level)
    return {name: pair if isinstance(pair, NotCompared) else found[name] for name, pair in pairs.items()}


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
