"""What is asked of models by their ids: their options, in two forms, and the sizes of images they take.

`printed` is the form that the costs printed in Table 1 need, `released` the authors' code; they differ for
six rows of the table (`table1.py`) and nowhere else.
"""

from typing import Any

from .ids import base_of, changes_of, known, triple_of, variant_id
from .options import CONNECTION, Choices, Form, Options, changed, check_value, options_text
from .registration import attention_entry, backbone_entry
from .table1 import TRIPLES, model_id, names

__all__ = [
    "TRIPLES",
    "Options",
    "base_of",
    "check_image_size",
    "default_options",
    "family_of",
    "is_model",
    "known",
    "model_id",
    "names",
    "options_text",
    "resolve_options",
    "triple_of",
    "variant_id",
    "variant_of",
    "with_defaults",
]


def is_model(name: str) -> bool:
    """Whether this is the id of a model, of Table 1 or registered, or of a variant of one."""
    try:
        default_options(name)
    except ValueError:
        return False
    return True


def default_options(name: str, form: str = "printed") -> Options:
    """Options that `create(name, form=form)` builds with; ValueError for unknown names and variants."""
    if form not in ("printed", "released"):
        raise ValueError(f"form must be 'printed' or 'released', not {form!r}")
    backbone, attention, connected = triple_of(name)
    options = form_of(backbone, attention).options(connected, form)
    return _changed(name, options, changes_of(name, options | _defaults_of_connection(connected)))


def form_of(backbone: str, attention: str) -> Form:
    """The options of an attention on a backbone."""
    entry = attention_entry(attention)
    return Form() if entry is None else entry.forms.get(family_of(backbone), entry.form)


def family_of(backbone: str) -> str:
    """The backbone that this one is another depth of, or itself."""
    entry = backbone_entry(backbone)
    return (entry and entry.like) or backbone


def variant_of(name: str, options: Options) -> Options:
    """Options that differ from the model's printed form."""
    printed, variant = default_options(name, "printed"), with_defaults(name, options)
    return {key: variant[key] for key in sorted(variant) if variant[key] != printed.get(key)}


def with_defaults(name: str, options: Options) -> Options:
    """A file's options with those that are younger than the file; nothing is checked."""
    return changed(default_options(name, "printed"), options)


def resolve_options(name: str, form: str = "printed", /, **changes: Any) -> Options:
    """`default_options` with `changes`; ValueError names an option that the model does not have."""
    return _changed(name, default_options(name, form), changes)


def check_image_size(name: str, size: int) -> None:
    """ValueError for a side (pixels) that the model cannot take.

    Connected CBAM pools each map onto the next one's size, so every stride must divide the image evenly.
    """
    backbone, attention, connected = triple_of(name)
    if connected and attention == "cbam" and size % 32:
        raise ValueError(f"{name} takes images whose sides are multiples of 32 pixels; {size} is none")
    entry = backbone_entry(backbone)
    if entry and entry.check_side:
        entry.check_side(size)


def _changed(name: str, options: Options, changes: Options) -> Options:
    """`options` with `changes`, each checked."""
    _, attention, connected = triple_of(name)
    entry = attention_entry(attention)
    choices: Choices = {**CONNECTION, **(entry.choices if entry else {})}
    known = _defaults_of_connection(connected)
    has = options | {key: value for key, value in known.items() if key not in options}
    for key, value in changes.items():
        if key not in has:
            raise ValueError(
                f"model {name} has no option {key!r}; its options are: {', '.join(has) or 'none'}"
            )
        check_value(name, key, value, has[key], choices)
    result = changed(options, changes)
    return {key: value for key, value in result.items() if key not in known or value != known[key]}


def _defaults_of_connection(connected: bool) -> Options:
    return {key: words[0] for key, words in CONNECTION.items()} if connected else {}
