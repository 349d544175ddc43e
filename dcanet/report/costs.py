"""Where parameters and multiply-adds are: by part of each network, and by three conventions of counting."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ..profile_documents import Costs, ModelCosts, Parts, Uncounted
from ..sheets import Pair
from .chapter import Chapter, Heading, Listing
from .chart import Chart
from .charts.cost_bars import cost_bars
from .counting import BY_PART, CONVENTIONS, PARTS
from .table import Missing

NETWORK = Heading("Network", words=True)


def costs_chapter(pairs: Sequence[Pair], costs: Costs | Missing) -> Chapter:
    """The classifiers in the table's order, then what else was counted."""
    if isinstance(costs, Missing):
        return _chapter([f"Nothing was counted: {costs}."])
    order = {model.id: None for pair in pairs for model in pair.models} | dict.fromkeys(costs.models)
    found = {name: costs.models[name] for name in order if name in costs.models}
    counted = {name: model for name, model in found.items() if isinstance(model, ModelCosts)}
    paragraphs = [
        *_summary([counted[model.id] for pair in pairs for model in pair.models if model.id in counted]),
        "“Attention” is what the baseline's blocks have too, “connection” what connecting adds; the share is "
        "the connection's of its whole network. MACs are multiply-adds of one image.",
    ]
    paragraphs += [
        f"{name} could not be counted: {model.reason}."
        for name, model in found.items()
        if isinstance(model, Uncounted)
    ]
    listings = (
        _by_part("costs-parameters", "Parameters by part, in millions", counted, _parameters),
        _by_part(
            "costs-macs", f"MACs by part, in millions, as {CONVENTIONS[BY_PART]} counts", counted, _macs
        ),
        _by_convention(counted),
    )
    return _chapter(paragraphs, listings if counted else (), _notes(counted), cost_bars(pairs, costs))


def _chapter(
    paragraphs: Sequence[str],
    listings: tuple[Listing, ...] = (),
    notes: Sequence[str] = (),
    charts: tuple[Chart, ...] = (),
) -> Chapter:
    return Chapter("costs", "Where the costs are", tuple(paragraphs), listings, tuple(notes), charts)


def _summary(classifiers: Iterable[ModelCosts]) -> Iterator[str]:
    """What connecting costs, from the network where it is least to that where it is most."""
    connected = [costs for costs in classifiers if costs.parameters.connection]
    if not connected:
        return
    ranges = []
    for parts_of in (_parameters, _macs):
        parts = sorted(map(parts_of, connected), key=lambda found: found.connection / found.total)
        low, high = _share(parts[0]), _share(parts[-1])
        ranges.append(low if low == high else f"from {low} to {high}")
    networks = "classifier" if len(connected) == 1 else "classifiers"
    yield (
        f"In {len(connected)} connected {networks} the connection has {ranges[0]} of the parameters and "
        f"{ranges[1]} of the MACs ({CONVENTIONS[BY_PART]})."
    )


def _parameters(costs: ModelCosts) -> Parts:
    return costs.parameters


def _macs(costs: ModelCosts) -> Parts:
    return costs.macs[BY_PART].parts


def _share(parts: Parts) -> str:
    """The connection's."""
    return f"{100 * parts.connection / parts.total:.2g} %"


def _by_part(
    key: str, caption: str, counted: Mapping[str, ModelCosts], parts_of: Callable[[ModelCosts], Parts]
) -> Listing:
    rows = tuple(_part_row(name, parts_of(costs)) for name, costs in counted.items())
    return Listing(key, caption, (NETWORK, *_part_headings()), rows, folded=True)


def parts_of_pair(key: str, models: Sequence[str], costs: Costs | Missing) -> Iterator[Listing]:
    """Both networks of a pair, so that what the connection adds stands alone."""
    found = {} if isinstance(costs, Missing) else {name: costs.models.get(name) for name in models}
    counted = {name: model for name, model in found.items() if isinstance(model, ModelCosts)}
    rows = [
        _part_row(f"{name}, {what}", parts_of(model))
        for what, parts_of in (("parameters", _parameters), ("MACs", _macs))
        for name, model in counted.items()
    ]
    if rows:
        caption = f"Where the costs are, in millions; MACs as {CONVENTIONS[BY_PART]} counts"
        yield Listing(key, caption, (NETWORK, *_part_headings()), tuple(rows))


def _part_headings() -> Iterable[Heading]:
    return map(Heading, (*PARTS, "all", "connection's share"))


def _part_row(name: str, parts: Parts) -> tuple[str, ...]:
    share = _share(parts) if parts.connection else "none"
    numbers = (getattr(parts, part) for part in PARTS)
    return name, *map(_millions, numbers), _millions(parts.total), share


def _by_convention(counted: Mapping[str, ModelCosts]) -> Listing:
    return Listing(
        "costs-conventions",
        "MACs in three conventions, in millions",
        (NETWORK, *map(Heading, CONVENTIONS.values()), Heading("image, px"), Heading("classes")),
        tuple(
            (
                name,
                *(_millions(costs.macs[convention].total) for convention in CONVENTIONS),
                f"{costs.height} × {costs.width}",
                f"{costs.classes:,}",
            )
            for name, costs in counted.items()
        ),
        folded=True,
    )


def _notes(counted: Mapping[str, ModelCosts]) -> list[str]:
    of_note: dict[str, list[str]] = {}
    for name, costs in counted.items():
        of_note.setdefault(costs.note, []).append(name)
    notes = [f"{', '.join(names)}: {note}." for note, names in of_note.items() if note]
    for convention, title in CONVENTIONS.items():
        left_out = {op for costs in counted.values() for op in costs.macs[convention].uncounted_ops}
        if left_out:
            notes.append(f"Not counted by {title}: {', '.join(sorted(left_out))}.")
    return notes


def _millions(count: int) -> str:
    return f"{count / 10**6:,.2f}" if count else "0"
