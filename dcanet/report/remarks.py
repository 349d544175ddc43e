"""What a row of Table 1 must say of itself: weights of others, variants, and what makes its sides unequal."""

from collections.abc import Iterator, Sequence

from ..documents import Metrics
from ..models.forms import Options, default_options, is_model, options_text, variant_of, with_defaults
from ..profile_documents import ModelCosts
from ..sheets import Pair
from .caveats import caveats
from .stored import Run, Stored, evaluated
from .table import Missing


def remarks(pair: Pair, stored: Stored) -> tuple[str, ...]:
    """One sentence for each model of the pair that needs one, and one for each caveat of the pair."""
    sentences = []
    for model in pair.models:
        parts = list(_parts(model.id, stored.runs[model.id], stored.cost_of(model.id)))
        if parts:
            sentences.append(f"{model.id}: {'; '.join(parts)}.")
    return (*sentences, *caveats(pair, lambda model: options_here(model, stored)))


def options_here(model: str, stored: Stored) -> Options:
    """The options that its results have; of the printed form where there is none."""
    if found := evaluated(stored.runs.get(model, ())):
        return with_defaults(model, found[0].options)
    costs = stored.cost_of(model)
    return default_options(model) if isinstance(costs, Missing) else with_defaults(model, costs.options)


def _parts(model: str, runs: Sequence[Run], costs: ModelCosts | Missing) -> Iterator[str]:
    found = evaluated(runs)
    sources = {metrics.weights_source for metrics in found} - {"trained"}
    if sources:
        yield f"weights not trained here: {' and '.join(sorted(sources))}"
    for metrics in found:
        whose = f"{metrics.origin}: " if len(found) > 1 else ""
        yield from (whose + fact for fact in _facts(metrics))
    accuracies = {_variant(model, metrics.options) for metrics in found}
    costs_of = {_variant(model, costs.options)} if isinstance(costs, ModelCosts) else set()
    if len(accuracies | costs_of) > 1:
        yield f"accuracy of {_listed(accuracies)}, but parameters and MACs of {_listed(costs_of)}"
    elif accuracies | costs_of not in (set(), {""}):
        yield f"{_listed(accuracies | costs_of)} instead of the form of the printed costs"


def _facts(metrics: Metrics) -> Iterator[str]:
    """Which epoch was evaluated, where the training knew of a better one, and what was left out."""
    last, best = metrics.last_epoch, metrics.best_epoch
    if metrics.selected and last and best:
        if last.epoch == best.epoch:
            yield f"last epoch, also the best on val ({best.top1_percent:.1f} %)"
        elif metrics.selected == "last":
            yield f"last epoch; best on val was epoch {best.epoch}: {best.top1_percent:.1f} %"
        else:
            yield (
                f"epoch {best.epoch}, the best on val: {best.top1_percent:.1f} %; "
                f"last was epoch {last.epoch}: {last.top1_percent:.1f} %"
            )
    if metrics.bad_images_skipped:
        yield f"{metrics.bad_images_skipped:,} broken images left out"


def _variant(model: str, options: Options) -> str:
    return options_text(variant_of(model, options)) if is_model(model) else ""


def _listed(variants: set[str]) -> str:
    return " and ".join(
        f"the variant with {text}" if text else "the printed form" for text in sorted(variants)
    )
