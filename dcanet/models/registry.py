"""Model ids and the one function that builds them."""

from typing import Any

from .attention import ATTENTIONS, AttentionBuilder
from .backbones import Classifier, MnasNet, MobileNetV2, ResNet
from .forms import FORMS
from .initialisation import initialise

BACKBONES: dict[str, Any] = {"resnet50": ResNet, "mnasnet1_0": MnasNet, "mobilenet_v2": MobileNetV2}


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


def resolve_options(name: str, form: str = "printed", **changes: Any) -> dict[str, Any]:
    """`default_options` with `changes`; ValueError names an option that the model does not have."""
    options = default_options(name, form)
    for key in changes:
        if key not in options:
            known = ", ".join(options) or "none"
            raise ValueError(f"model {name} has no option {key!r}; its options are: {known}")
    if "reduction" in changes and "first_reduction" not in changes:
        options.pop("first_reduction", None)
    return options | changes


def create(name: str, num_classes: int = 1000, form: str = "printed", **options: Any) -> Classifier:
    """Build a model of Table 1, initialised as the authors do.

    Args:
        name: an id of `names()`.
        num_classes: width of the logits.
        form: "printed" reproduces the paper's printed costs, "released" the authors' code; they
            differ for six rows only (docs/forms.md).
        options: single options on top of the form, for example `matching="one_layer"`,
            `reduction=16`, `hand_on="map"`; `default_options(name)` lists those of a model.

    Returns:
        A module from images (N, 3, H, W) to logits (N, num_classes).

    Raises:
        ValueError: unknown name, form or option.
    """
    resolved = resolve_options(name, form, **options)
    backbone, attention, connected = TRIPLES[name]
    first_reduction = resolved.get("first_reduction")
    block_options = {key: value for key, value in resolved.items() if key != "first_reduction"}
    builder = AttentionBuilder(ATTENTIONS[attention], connected, block_options, first_reduction)
    model = BACKBONES[backbone](builder, num_classes)
    initialise(model, attention)
    model.model_name, model.model_options = name, resolved
    return model
