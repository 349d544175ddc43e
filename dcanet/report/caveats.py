"""Why a row's two sides may differ by more than the connection, and the line of the config that mends it."""

from collections.abc import Callable, Iterator
from typing import Any

from ..models.fairness import beyond_connection, fair_options, hand_ons
from ..models.forms import Options, default_options, is_model, triple_of
from ..sheets import Pair

OptionsOf = Callable[[str], Options]

HANDED_ON = {
    "pooled": "the pooled branches",
    "gates": "the gates alone",
    "map": "the whole map",
    "vector": "one pooled vector",
}


def caveats(pair: Pair, options_of: OptionsOf = default_options) -> Iterator[str]:
    """A sentence for each; `options_of` gives the options that a model has here, of its printed form if none.

    What the options say is what is built: nothing here is a list of known cases.
    """
    if pair.connected is None or not _known(pair):
        return
    baseline, connected = pair.baseline.id, pair.connected.id
    yield from _other_attention(baseline, connected, options_of)
    yield from _other_hand_on(connected, options_of)
    if options_of(connected).get("spatial_join_init") == "zeros":
        mended = config_line(connected, {"spatial_join_init": "ones"})
        yield (
            f"{connected}: its spatial attention cannot learn from the authors' initialisation (see the "
            f"audit); it can with {mended}."
        )


def unequal(pair: Pair, options_of: OptionsOf = default_options) -> bool:
    """Whether its sides differ in more than the connection, by the options that they have here."""
    if pair.connected is None or not _known(pair):
        return False
    return bool(beyond_connection(options_of(pair.baseline.id), options_of(pair.connected.id)))


def config_line(model: str, options: Options) -> str:
    """What to write into the config for a model to have these options."""
    inner = ", ".join(f"{key}: {_text(value)}" for key, value in options.items())
    return f"options: {{{model}: {{{inner}}}}}"


def _known(pair: Pair) -> bool:
    return all(is_model(model.id) for model in pair.models)


def _other_attention(baseline: str, connected: str, options_of: OptionsOf) -> Iterator[str]:
    ours, theirs = options_of(baseline), options_of(connected)
    if here := beyond_connection(ours, theirs):
        yield (
            f"{baseline} and {connected} differ in more than the connection: {_listed(here)}; the baseline "
            f"has the same attention with {config_line(baseline, fair_options(ours, theirs))}."
        )
    elif printed := beyond_connection(default_options(baseline), default_options(connected)):
        yield (
            f"The paper's {baseline} and {connected} differ in more than the connection: {_listed(printed)}; "
            "ours do not."
        )


def _other_hand_on(connected: str, options_of: OptionsOf) -> Iterator[str]:
    """Against the connected model of the first backbone that has this attention."""
    attention = triple_of(connected)[1]
    released = hand_ons(attention, "released")
    if connected not in released:
        return
    first = next(iter(released))
    ours, firsts = (options_of(name)["hand_on"] for name in (connected, first))
    if ours != firsts:
        yield (
            f"{connected} hands on {HANDED_ON[ours]} and {first} {HANDED_ON[firsts]}; it does the same with "
            f"{config_line(connected, {'hand_on': firsts})}."
        )
    elif released[connected] != released[first]:
        as_released = config_line(connected, {"hand_on": released[connected]})
        yield (
            f"In the released code {connected} hands on {HANDED_ON[released[connected]]} and {first} "
            f"{HANDED_ON[released[first]]}; here both hand on {HANDED_ON[ours]}, as the printed costs need "
            f"(as released with {as_released})."
        )


def _listed(differences: dict[str, tuple[Any, Any]]) -> str:
    return ", ".join(
        f"{key} {_text(ours)} against {_text(theirs)}" for key, (ours, theirs) in differences.items()
    )


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
