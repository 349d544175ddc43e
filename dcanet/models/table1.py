"""The networks of Table 1 and their options, as released and as the printed costs need.

The authors' blocks differ from backbone to backbone (reduction, width matching, what is handed on),
and for six rows the released code does not give the figures printed in the paper. Those rows have a
`printed` form here that does; everywhere else both forms are the same. Derivation: docs/forms.md.
"""

from .options import Form

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


#: Their attention blocks, without "none".
ATTENTIONS = tuple(dict.fromkeys(attention for _, attention in FORMS if attention != "none"))

#: id -> (backbone, attention, connected), in the table's order.
TRIPLES: dict[str, tuple[str, str, bool]] = {
    model_id(backbone, attention, connected): (backbone, attention, connected)
    for backbone, attention in FORMS
    for connected in ((False,) if attention == "none" else (False, True))
}


def names() -> list[str]:
    """Ids of the 27 models of Table 1, in the table's order."""
    return list(TRIPLES)
