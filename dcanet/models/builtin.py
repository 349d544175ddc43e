"""The attention blocks and backbones of the package, by name; their classes are loaded when they are used."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from .options import Form
from .registration import AttentionEntry, BackboneEntry, declare
from .table1 import FORMS


def _lazily(module: str, name: str) -> Callable[[], Any]:
    """The attribute of a module in this package, imported when it is asked for."""
    return lambda: getattr(import_module(f"{__package__}.{module}"), name)


def _of_paper(attention: str, block: str) -> AttentionEntry:
    """With the forms of Table 1; other backbones have the options of ResNet-50's printed form."""
    resnet = FORMS["resnet50", attention]
    elsewhere = Form(always=resnet.options(False, "printed"))
    connected = resnet.options(True, "printed")
    for key in connected.keys() - elsewhere.always.keys() - {"spatial_join_init"}:
        elsewhere.connected[key] = connected[key]
    forms = {backbone: form for (backbone, of), form in FORMS.items() if of == attention}
    return AttentionEntry(attention, _lazily(f"attention.{attention}", block), form=elsewhere, forms=forms)


declare(
    _of_paper("se", "SqueezeExcitation"),
    _of_paper("sk", "SelectiveKernel"),
    _of_paper("ge", "GatherExcite"),
    _of_paper("gc", "GlobalContext"),
    _of_paper("cbam", "CBAM"),
    BackboneEntry("resnet50", _lazily("backbones", "ResNet")),
    BackboneEntry("mnasnet1_0", _lazily("backbones", "MnasNet")),
    BackboneEntry("mobilenet_v2", _lazily("backbones", "MobileNetV2")),
    BackboneEntry("resnet18", _lazily("backbones", "ResNet18"), like="resnet50"),
    BackboneEntry("resnet34", _lazily("backbones", "ResNet34"), like="resnet50"),
    BackboneEntry("resnet101", _lazily("backbones", "ResNet101"), like="resnet50"),
)
