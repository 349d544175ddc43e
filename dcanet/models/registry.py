"""The one function that builds models."""

from typing import Any

from .attention import ATTENTIONS, AttentionBuilder
from .backbones import Classifier, MnasNet, MobileNetV2, ResNet
from .forms import TRIPLES, resolve_options
from .initialisation import initialise

#: Options that no block is built with: one stands in another's place, one is of the initialisation.
NOT_OF_BLOCKS = ("first_reduction", "spatial_join_init")
BACKBONES: dict[str, Any] = {"resnet50": ResNet, "mnasnet1_0": MnasNet, "mobilenet_v2": MobileNetV2}


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
    model = assemble(name, num_classes, form, **options)
    initialise(model, TRIPLES[name][1], model.model_options.get("spatial_join_init", "zeros"))
    return model


def assemble(name: str, num_classes: int = 1000, form: str = "printed", **options: Any) -> Classifier:
    """As `create`, without the authors' initialisation: for weights that are loaded or do not matter."""
    resolved = resolve_options(name, form, **options)
    backbone, attention, connected = TRIPLES[name]
    first_reduction = resolved.get("first_reduction")
    block_options = {key: value for key, value in resolved.items() if key not in NOT_OF_BLOCKS}
    builder = AttentionBuilder(ATTENTIONS[attention], connected, block_options, first_reduction)
    model = BACKBONES[backbone](builder, num_classes)
    model.model_name, model.model_options = name, resolved
    return model
