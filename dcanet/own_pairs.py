"""Pairs that have no row in the sheet: made from the ids of registered models."""

from collections.abc import Iterable, Sequence

from .errors import UserError, nearest
from .models.forms import base_of, default_options, is_model, known, model_id, triple_of
from .sheets import Classifier, Pair, pairs_of
from .titles import model_title
from .weights import networks


def with_registered(pairs: Sequence[Pair], names: Iterable[str]) -> list[Pair]:
    """The pairs of a sheet, and after those of the same backbone the pairs of these names that are not in it.

    Args:
        names: of baselines, which bring their connected partner; or of connected models, variants of one
            among them, which bring their baseline.

    Raises:
        UserError: a name is no registered model's.
    """
    found = list(pairs)
    for name in names:
        if any(is_named(pair, name) for pair in found):
            continue
        pair = registered_pair(name, [known.id for known in pairs])
        places = [place for place, other in enumerate(found) if _backbone(other) == _backbone(pair)]
        found.insert(places[-1] + 1 if places else len(found), pair)
    return found


def is_named(pair: Pair, name: str) -> bool:
    """Whether a name means this pair: its own; a baseline's means all of its pairs, a partner's that one."""
    return name == pair.id or any(name == model.id for model in pair.models)


def registered_pair(name: str, others: Sequence[str] = ()) -> Pair:
    """A row without published values for a model and its partner.

    Raises:
        UserError: the name is no registered model's; `others` are names that could have been meant too.
    """
    if not is_model(name):
        if is_model(base_of(name)):
            raise UserError(networks.unknown(name))
        raise UserError(f"unknown pair {name!r}{nearest(name, list(dict.fromkeys([*others, *known()])))}")
    baseline = _baseline_of(name) if triple_of(name)[2] else name
    _, attention, _ = triple_of(baseline)
    partner = name if name != baseline else f"dca_{name}"
    if attention == "none":
        return pairs_of(_row(baseline, baseline), [])[0]
    if not is_model(partner):
        raise UserError(f"pair {name!r}: its connected partner would be {partner}, which is no model")
    return pairs_of(_row(baseline, baseline), [_row(partner, baseline)])[0]


def _baseline_of(name: str) -> str:
    """Of a connected model, with those options of a variant that a baseline has too."""
    backbone, attention, _ = triple_of(name)
    baseline = model_id(backbone, attention, connected=False)
    own = default_options(baseline)
    for part in name.removeprefix(base_of(name)).split("__")[1:]:
        if any(part.startswith(f"{option}_") for option in own):
            baseline += f"__{part}"
    return baseline


def _row(name: str, baseline: str) -> Classifier:
    backbone, attention, connected = triple_of(name)
    return Classifier(
        id=name,
        pair=baseline,
        row=model_title(name),
        backbone=backbone,
        attention=attention,
        connected=connected,
        published_top1_percent=None,
        published_top5_percent=None,
        published_macs_giga=None,
        published_params_mega=None,
        model_drive_id=None,
        log_drive_id=None,
    )


def _backbone(pair: Pair) -> str:
    return pair.baseline.backbone
