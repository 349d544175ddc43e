"""The one function that builds models."""

from typing import Any

from torch import nn

from .attention import AttentionBuilder
from .backbones import Classifier
from .forms import form_of, resolve_options, triple_of
from .initialisation import initialise
from .options import Options
from .registration import attention_entry, backbone_entry


def create(name: str, num_classes: int = 1000, form: str = "printed", **options: Any) -> Classifier:
    """Build a model, initialised as the authors do.

    Args:
        name: an id of `known()`, timm's or a variant of one, as `dca_se_resnet50__merge_addition`.
        num_classes: width of the logits.
        form: "printed" reproduces the paper's printed costs, "released" the authors' code; they
            differ for six rows only (docs/forms.md).
        options: single options on top of the form, for example `matching="one_layer"`,
            `reduction=16`, `hand_on="map"`; `default_options(name)` lists those of a model.

    Returns:
        A module from images (N, 3, H, W) to logits (N, num_classes).

    Raises:
        ValueError: unknown name, form or option, or a block or backbone that cannot be made.
    """
    model = assemble(name, num_classes, form, **options)
    initialise(model, triple_of(name)[1], model.model_options.get("spatial_join_init", "zeros"))
    return model


def assemble(name: str, num_classes: int = 1000, form: str = "printed", **options: Any) -> Classifier:
    """As `create`, without the authors' initialisation: for weights that are loaded or do not matter."""
    resolved = resolve_options(name, form, **options)
    backbone, attention, connected = triple_of(name)
    entry = backbone_entry(backbone)
    assert entry is not None
    factory = entry.load()
    if entry.takes_attention:
        model = factory(_builder(backbone, attention, connected, resolved), num_classes)
    else:
        model = factory(num_classes)
    if not isinstance(model, Classifier) or not isinstance(getattr(model, "head", None), nn.Linear):
        raise ValueError(
            f"backbone {backbone!r}, registered by {entry.registrant}, makes no Classifier with a linear head"
        )
    model.model_name, model.model_options = name, resolved
    return model


def _builder(backbone: str, attention: str, connected: bool, options: Options) -> AttentionBuilder:
    """What makes the attention blocks of a network; the options of the blocks are those of plain ones too."""
    entry = attention_entry(attention)
    if entry is None:
        return AttentionBuilder()
    own = form_of(backbone, attention).always
    # What is left is neither an argument of a block nor of its connection.
    apart = ("first_reduction", "spatial_join_init", "scope")
    return AttentionBuilder(
        entry.load(),
        {key: value for key, value in options.items() if key in own and key not in apart},
        {key: value for key, value in options.items() if key not in own and key not in apart}
        if connected
        else None,
        options.get("scope", "everywhere"),
        options.get("first_reduction"),
    )
