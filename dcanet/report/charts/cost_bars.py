"""Parameters and MACs of every network by part, and beside them what connecting adds."""

from collections.abc import Iterator, Mapping, Sequence

from ...profile_documents import Costs, ModelCosts, Parts
from ...sheets import Classifier, Pair
from ..chart import Chart
from ..counting import BY_PART
from ..table import Missing
from .bar_plot import Bar, bar_plots
from .families import by_backbone

#: Networks of a backbone that are drawn at most; the CSV has all.
DRAWN = 50

Bars = Mapping[str, Sequence[Bar]]


def cost_bars(pairs: Sequence[Pair], costs: Costs | Missing) -> tuple[Chart, ...]:
    """A chart of parameters and one of MACs; none where nothing was counted."""
    counted = {} if isinstance(costs, Missing) else costs.models
    found = {name: model for name, model in counted.items() if isinstance(model, ModelCosts)}
    parameters = _bars(pairs, {name: model.parameters for name, model in found.items()})
    macs = _bars(pairs, {name: model.macs[BY_PART].parts for name, model in found.items()})
    if not parameters:
        return ()
    return (
        _chart("parameters", "Parameters by part", "Parameters", parameters),
        _chart("macs", "MACs by part", f"MACs of one image ({BY_PART})", macs),
    )


def _bars(pairs: Sequence[Pair], counted: Mapping[str, Parts]) -> Bars:
    """By backbone, in the sheet's order."""

    def of(name: str, model: Classifier | None) -> Iterator[Bar]:
        if model and model.id in counted:
            yield Bar(f"DCA-{name}" if model.connected else name, model.id, counted[model.id])

    def once(pair: Pair) -> list[Classifier]:
        """Its models, without a baseline that an earlier partner was drawn beside."""
        models = [model for model in pair.models if model.id not in beside]
        beside.update({pair.baseline.id} if pair.connected else ())
        return models

    beside: set[str] = set()
    families = {
        family.name: [
            bar for name, pair in family.pairs.items() for model in once(pair) for bar in of(name, model)
        ]
        for family in by_backbone(pairs)
    }
    return {family: bars for family, bars in families.items() if bars}


def _chart(key: str, heading: str, axis: str, families: Bars) -> Chart:
    told = (
        f"{family}: " + ", ".join(f"{bar.name} {bar.parts.total:,}{bar.told}" for bar in bars[:DRAWN])
        for family, bars in families.items()
    )
    most = max(map(len, families.values()))
    return Chart(
        key=f"costs-by-part-{key}",
        heading=heading + (f", the first {DRAWN} networks of each backbone" if most > DRAWN else ""),
        summary=f"{axis} of each network, with the connection's share. {'; '.join(told)}",
        spec=bar_plots({family: bars[:DRAWN] for family, bars in families.items()}, axis),
        rows=tuple(
            {
                "backbone": family,
                "network": bar.name,
                "model": bar.model,
                **bar.parts.model_dump(),
                "all": bar.parts.total,
            }
            for family, bars in families.items()
            for bar in bars
        ),
    )
