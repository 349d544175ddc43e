"""The closed counts of a detector's neck and heads are those of the detector that is built."""

import math
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from dcanet.detection import assemble
from dcanet.detection.cascade import CascadeRCNN
from dcanet.detection.forms import resolve_options
from dcanet.detection.retinanet import RetinaNet
from dcanet.planning.detector_layers import WIDTHS, Layer, detector_layers

#: Odd maps at the coarse levels; a width that is no multiple of 32.
HEIGHT, WIDTH = 160, 230
SMALL: dict[str, Any] = {"short_side": HEIGHT, "long_side": WIDTH, "channels": 32}


def built(name: str, classes: int, options: dict[str, Any]) -> Any:
    with torch.device("meta"):
        return assemble(name, classes, **options)


def counted(run: Any) -> int:
    """Multiply-adds of the convolutions and linear layers that `run` computes."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops() // 2


def feature_maps(first: int) -> list[torch.Tensor]:
    padded = [math.ceil(side / 32) * 32 for side in (HEIGHT, WIDTH)]
    return [
        torch.empty(1, width, padded[0] // stride, padded[1] // stride, device="meta")
        for width, stride in list(zip(WIDTHS, (4, 8, 16, 32), strict=True))[first:]
    ]


def parameters(*modules: torch.nn.Module) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def test_retinanet() -> None:
    options = resolve_options("retinanet_resnet50", **SMALL, head_depth=3)
    model = built("retinanet_resnet50", 7, options)
    assert isinstance(model, RetinaNet)
    layers = detector_layers("retinanet_resnet50", options, 7, HEIGHT, WIDTH)
    assert sum(layer.parameters for layer in layers) == parameters(model.neck, model.head)
    assert sum(layer.macs for layer in layers) == counted(lambda: model.head(model.neck(feature_maps(1))))


@pytest.mark.parametrize(("training", "boxes"), [(False, 40), (True, 24)])
def test_cascade_rcnn(training: bool, boxes: int) -> None:
    options = resolve_options(
        "cascade_rcnn_gc_resnet50", **SMALL, proposals=40, sampled_rois=24, head_width=64
    )
    model = built("cascade_rcnn_gc_resnet50", 7, options)
    assert isinstance(model, CascadeRCNN)
    layers = detector_layers("cascade_rcnn_gc_resnet50", options, 7, HEIGHT, WIDTH, training)
    assert sum(layer.parameters for layer in layers) == parameters(model.neck, model.rpn, model.heads)

    def run() -> None:
        model.rpn(model.neck(feature_maps(0)))
        for head in model.heads:
            head(torch.empty(boxes, 32, 7, 7, device="meta"))

    assert sum(layer.macs for layer in layers) == counted(run)


def test_a_layer_by_hand() -> None:
    """Of 2 channels to 3 by 3 x 3 with bias at 10 positions."""
    layer = Layer(2, 3, 3, 10)
    assert layer.parameters == 2 * 9 * 3 + 3
    assert layer.macs == 2 * 9 * 3 * 10
