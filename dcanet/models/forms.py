"""Which options each model of Table 1 has, in the released code and as its printed costs need.

The authors' blocks differ from backbone to backbone (reduction, width matching, what is handed on),
and for six rows the released code does not give the figures printed in the paper. Those rows have a
`printed` form here that does; everywhere else both forms are the same. Derivation: docs/forms.md.
"""

from dataclasses import dataclass, field
from typing import Any

Options = dict[str, Any]


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
        connected={"hand_on": "map", "matching_bias": True},
        printed_connected={"hand_on": "vector"},
    ),
    ("mnasnet1_0", "none"): Form(),
    ("mnasnet1_0", "se"): Form(
        always={"reduction": 16},
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
