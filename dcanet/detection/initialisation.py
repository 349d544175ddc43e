"""Initial weights of necks and heads as the authors' code leaves them."""

import math

from torch import nn

from .cascade import CascadeRCNN
from .detector import Detector
from .retinanet import RetinaNet

#: Share of anchors that a new RetinaNet takes for an object of a class (arXiv 1708.02002, section 4.1).
PRIOR = 0.01


def initialise(model: Detector) -> None:
    """Overwrite the framework's defaults in place; all biases start at 0 but RetinaNet's of the classes."""
    for layer in _layers(model.neck):
        nn.init.xavier_uniform_(layer.weight)
    if isinstance(model, RetinaNet):
        _normal(model.head, 0.01)
        assert model.head.classes.bias is not None
        nn.init.constant_(model.head.classes.bias, -math.log((1 - PRIOR) / PRIOR))
    elif isinstance(model, CascadeRCNN):
        _normal(model.rpn, 0.01)
        for head in model.heads:
            for layer in _layers(head):
                nn.init.xavier_uniform_(layer.weight)
            _normal(head.get_submodule("classes"), 0.01)
            _normal(head.get_submodule("offsets"), 0.001)


def _layers(module: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    """Every layer with weights, its bias set to 0."""
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    for layer in layers:
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return layers


def _normal(module: nn.Module, std: float) -> None:
    for layer in _layers(module):
        nn.init.normal_(layer.weight, std=std)
