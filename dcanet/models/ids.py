"""Ids of models: `[dca_][ATTENTION_]BACKBONE[__OPTION_VALUE]...`, read without a list of them.

`dca_se_resnet50__matching_one_layer` is `dca_se_resnet50` with another width matching: a variant, which any
command takes as it takes the model, and whose results lie beside the model's.
"""

from typing import Any

from .options import Options
from .registration import attention_entry, attention_names, backbone_entry, backbone_names, split_attention
from .table1 import TRIPLES, model_id, names

SEPARATOR = "__"
Triple = tuple[str, str, bool]


def triple_of(name: str) -> Triple:
    """(backbone, attention, connected) of a model or a variant of it; ValueError for unknown names."""
    triple = _read(base_of(name))
    if triple is None:
        raise ValueError(
            f"unknown model {name!r}; models are BACKBONE, ATTENTION_BACKBONE and dca_ATTENTION_BACKBONE of "
            f"the backbones {', '.join(backbone_names())} and the attentions {', '.join(attention_names())}"
        )
    return triple


def base_of(name: str) -> str:
    """The id of the model that this is a variant of, or itself."""
    return name.partition(SEPARATOR)[0]


def known() -> list[str]:
    """Ids of all models, Table 1's first; without variants and timm's, of which there is no end."""
    others = [
        model_id(backbone, attention, connected)
        for backbone in backbone_names()
        for attention in ("none", *(attention_names() if _takes_attention(backbone) else ()))
        for connected in ((False,) if attention == "none" else (False, True))
    ]
    return [*names(), *(name for name in others if name not in TRIPLES)]


def variant_id(name: str, options: Options) -> str:
    """The id of a model with other values of some options; ValueError for one that is no word or number."""
    for key, value in options.items():
        text = _written(value)
        if text is None:
            raise ValueError(f"option {key} of {name}: {value!r} cannot stand in an id")
        name += f"{SEPARATOR}{key}_{text}"
    return name


def changes_of(name: str, options: Options) -> Options:
    """What the id of a variant says of the model's options, of which the defaults are given.

    Raises:
        ValueError: an option that the model does not have, or that stands twice, or a value of another type.
    """
    changes: Options = {}
    for part in name.split(SEPARATOR)[1:]:
        keys = [key for key in options if part.startswith(f"{key}_")]
        if not keys:
            raise ValueError(
                f"unknown variant {name!r}: {part!r} is no option of {base_of(name)} with a value; "
                f"its options are: {', '.join(options) or 'none'}"
            )
        key = max(keys, key=len)
        if key in changes:
            raise ValueError(f"unknown variant {name!r}: {key} stands twice")
        changes[key] = _value(name, key, part.removeprefix(f"{key}_"), options[key])
    return changes


def _written(value: Any) -> str | None:
    if isinstance(value, bool | int):
        return str(value).lower()
    return value if isinstance(value, str) else None


def _value(name: str, key: str, text: str, default: Any) -> Any:
    """The text as a value of the default's type, as `_written` writes it."""
    if isinstance(default, bool) and text in ("true", "false"):
        return text == "true"
    if isinstance(default, int) and not isinstance(default, bool) and text.isdecimal() and text.isascii():
        return int(text)
    if isinstance(default, str):
        return text
    wanted = {bool: "true or false", int: "a whole number"}.get(type(default), "given by --option")
    raise ValueError(f"unknown variant {name!r}: {key} must be {wanted}, not {text!r}")


def _read(name: str) -> Triple | None:
    connected = name.startswith("dca_")
    rest = name.removeprefix("dca_")
    attention, backbone = split_attention(rest)
    if attention_entry(attention) and _takes_attention(backbone):
        return backbone, attention, connected
    if not connected and backbone_entry(rest):
        return rest, "none", False
    return None


def _takes_attention(backbone: str) -> bool:
    entry = backbone_entry(backbone)
    return entry is not None and entry.takes_attention
