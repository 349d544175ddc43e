"""Which options each model of Table 1 has, in the released code and as its printed costs need.

The authors' blocks differ from backbone to backbone (reduction, width matching, what is handed on),
and for six rows the released code does not give the figures printed in the paper. Those rows have a
`printed` form here that does; everywhere else both forms are the same. Derivation: docs/forms.md.
"""

from dataclasses import dataclass, field
from typing import Any

Options = dict[str, Any]

#: Alternatives of the options that are words: size matching, SK's hand-on, CBAM's hand-on, where the norm of
#: CBAM's spatial connection starts.
CHOICES = (("one_layer", "two_layer"), ("pooled", "gates"), ("map", "vector"), ("zeros", "ones"))


@dataclass(frozen=True)
class Form:
    """Options of one (backbone, attention): always, when connected, and in the printed form only."""

    always: Options = field(default_factory=dict)
    connected: Options = field(default_factory=dict)
    printed: Options = field(default_factory=dict)
    printed_connected: Options = field(default_factory=dict)

    def options(self, connected: bool, form: str) -> Options:
        result = dict(self.always)
        if connected:
            result |= self.connected
        if form == "printed":
            result |= self.printed_connected if connected else self.printed
        return result


FORMS: dict[tuple[str, str], Form] = {
    ("resnet50", "none"): Form(),
    ("resnet50", "se"): Form(
        always={"reduction": 16},
        connected={"matching": "one_layer", "join_bias": True},
        printed_connected={"matching": "two_layer"},
    ),
    ("resnet50", "sk"): Form(
        always={"reduction": 16}, connected={"matching": "one_layer", "hand_on": "pooled"}
    ),
    ("resnet50", "ge"): Form(
        connected={"matching": "one_layer", "reduction": 16}, printed_connected={"matching": "two_layer"}
    ),
    ("resnet50", "gc"): Form(always={"reduction": 16}),
    ("resnet50", "cbam"): Form(
        always={"reduction": 16, "spatial_momentum": 0.01},
        connected={"hand_on": "map", "matching_bias": True, "spatial_join_init": "zeros"},
        printed_connected={"hand_on": "vector"},
    ),
    ("mnasnet1_0", "none"): Form(),
    ("mnasnet1_0", "se"): Form(
        always={"reduction": 16, "first_reduction": 16},
        connected={"first_reduction": 8, "matching": "two_layer", "join_bias": True},
    ),
    ("mnasnet1_0", "ge"): Form(connected={"matching": "one_layer", "reduction": 16}),
    ("mnasnet1_0", "cbam"): Form(
        always={"reduction": 8, "spatial_momentum": 1 - 0.9997},
        connected={"spatial_momentum": 0.01, "hand_on": "map", "matching_bias": False},
        printed={"reduction": 16},
        printed_connected={"hand_on": "vector"},
    ),
    ("mobilenet_v2", "none"): Form(),
    ("mobilenet_v2", "se"): Form(
        always={"reduction": 8}, connected={"matching": "one_layer", "join_bias": False}
    ),
    ("mobilenet_v2", "sk"): Form(
        always={"reduction": 8},
        connected={"matching": "two_layer", "hand_on": "gates"},
        printed_connected={"hand_on": "pooled"},
    ),
    ("mobilenet_v2", "ge"): Form(connected={"matching": "one_layer", "reduction": 16}),
    ("mobilenet_v2", "cbam"): Form(
        always={"reduction": 8, "spatial_momentum": 0.01},
        connected={"hand_on": "map", "matching_bias": False},
    ),
}


def model_id(backbone: str, attention: str, connected: bool) -> str:
    """The id of a (backbone, attention, connected) triple: `resnet50`, `se_resnet50`, `dca_se_resnet50`."""
    if attention == "none":
        return backbone
    return f"{'dca_' if connected else ''}{attention}_{backbone}"


TRIPLES: dict[str, tuple[str, str, bool]] = {
    model_id(backbone, attention, connected): (backbone, attention, connected)
    for backbone, attention in FORMS
    for connected in ((False,) if attention == "none" else (False, True))
}


def names() -> list[str]:
    """Ids of the 27 models of Table 1, in the table's order."""
    return list(TRIPLES)


def default_options(name: str, form: str = "printed") -> dict[str, Any]:
    """Options that `create(name, form=form)` builds with. Raises ValueError for unknown names."""
    if name not in TRIPLES:
        raise ValueError(f"unknown model {name!r}; models are {', '.join(TRIPLES)}")
    if form not in ("printed", "released"):
        raise ValueError(f"form must be 'printed' or 'released', not {form!r}")
    backbone, attention, connected = TRIPLES[name]
    return FORMS[backbone, attention].options(connected, form)


def variant_of(name: str, options: Options) -> Options:
    """Options that differ from the model's printed form."""
    printed, variant = default_options(name, "printed"), with_defaults(name, options)
    return {key: variant[key] for key in sorted(variant) if variant[key] != printed.get(key)}


def with_defaults(name: str, options: Options) -> Options:
    """A file's options with those that are younger than the file; nothing is checked."""
    return _changed(default_options(name, "printed"), options)


def options_text(options: Options) -> str:
    """Options on one line."""
    return ", ".join(f"no {key}" if value is None else f"{key}={value}" for key, value in options.items())


def resolve_options(name: str, form: str = "printed", **changes: Any) -> dict[str, Any]:
    """`default_options` with `changes`; ValueError names an option that the model does not have."""
    options = default_options(name, form)
    for key, value in changes.items():
        if key not in options:
            known = ", ".join(options) or "none"
            raise ValueError(f"model {name} has no option {key!r}; its options are: {known}")
        _check_value(name, key, value, options[key])
    return _changed(options, changes)


def check_image_size(name: str, size: int) -> None:
    """ValueError for a side (pixels) that the model cannot take.

    Connected CBAM pools each map onto the next one's size, so every stride must divide the image evenly.
    """
    _, attention, connected = TRIPLES[name]
    if connected and attention == "cbam" and size % 32:
        raise ValueError(f"{name} takes images whose sides are multiples of 32 pixels; {size} is none")


def _changed(options: Options, changes: Options) -> Options:
    """`options` with `changes`; a changed reduction is that of first blocks too."""
    if "reduction" in changes and "first_reduction" in options:
        options = options | {"first_reduction": changes["reduction"]}
    return options | changes


def _check_value(name: str, key: str, value: Any, default: Any) -> None:
    choices = next((group for group in CHOICES if default in group), None)
    if choices is not None and value not in choices:
        raise ValueError(f"option {key} of {name} must be one of {', '.join(choices)}, not {value!r}")
    if type(value) is not type(default):
        raise ValueError(f"option {key} of {name} must be a {type(default).__name__}, not {value!r}")
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
        raise ValueError(f"option {key} of {name} must be positive, not {value!r}")
