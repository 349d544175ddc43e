"""The attention blocks and backbones of the package, by name; their classes are loaded when they are used."""

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from .options import Form
from .registration import AttentionEntry, BackboneEntry, declare, declare_families
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


def _beyond(attention: str, module: str, block: str, **options: Any) -> AttentionEntry:
    """A block that is not the paper's."""
    form = Form(always=options, connected={"matching": "two_layer"})
    return AttentionEntry(attention, _lazily(f"attention.{module}", block), form=form)


def _timm_attention(kind: str) -> AttentionEntry:
    make = _lazily("attention.timm_block", "timm_attention")
    form = Form(connected={"matching": "two_layer"})
    return AttentionEntry(f"timm_{kind}", lambda: make()(kind), form=form)


def _timm_network(name: str) -> BackboneEntry:
    make, check = (_lazily("backbones.timm_network", what) for what in ("TimmNetwork", "check_side"))

    def check_side(side: int) -> None:
        # A dry run has no torch and stays quick; the job says it before it begins.
        if "torch" in sys.modules:
            check()(name, side)

    return BackboneEntry(
        f"timmnet_{name}", lambda: partial(make(), name), takes_attention=False, check_side=check_side
    )


declare(
    _of_paper("se", "SqueezeExcitation"),
    _of_paper("sk", "SelectiveKernel"),
    _of_paper("ge", "GatherExcite"),
    _of_paper("gc", "GlobalContext"),
    _of_paper("cbam", "CBAM"),
    _beyond("eca", "eca", "EfficientChannelAttention"),
    _beyond("simam", "simam", "SimAM"),
    _beyond("coord", "coordinate", "CoordinateAttention", reduction=32),
    BackboneEntry("resnet50", _lazily("backbones", "ResNet")),
    BackboneEntry("mnasnet1_0", _lazily("backbones", "MnasNet")),
    BackboneEntry("mobilenet_v2", _lazily("backbones", "MobileNetV2")),
    BackboneEntry("resnet18", _lazily("backbones", "ResNet18"), like="resnet50"),
    BackboneEntry("resnet34", _lazily("backbones", "ResNet34"), like="resnet50"),
    BackboneEntry("resnet101", _lazily("backbones", "ResNet101"), like="resnet50"),
)
declare_families({"timm": _timm_attention}, {"timmnet": _timm_network})
