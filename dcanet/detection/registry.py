"""The one function that builds detectors."""

from collections.abc import Callable
from typing import Any

from .. import models
from ..models.backbones import Classifier, ResNet
from .cascade import CascadeRCNN
from .detector import Detector
from .forms import backbone_options, resolve_options, split_name
from .initialisation import initialise
from .retinanet import RetinaNet

__all__ = ["Detector", "assemble", "create"]

KINDS: dict[str, type[Detector]] = {"retinanet": RetinaNet, "cascade_rcnn": CascadeRCNN}


def create(name: str, num_classes: int = 80, form: str = "released", **options: Any) -> Detector:
    """Build a detector, initialised as the authors do but for the backbone, which they load.

    Args:
        name: an id of `names()`, or `<detector>_<any ResNet>`.
        num_classes: without background.
        form: the backbone's, as for `dcanet.models.create`.
        options: single options of the backbone or the detector; `default_options(name)` lists them.

    Returns:
        The detector in training mode; see `Detector.forward`.

    Raises:
        ValueError: unknown name, form or option.
    """
    model = _build(models.create, name, num_classes, form, options)
    initialise(model)
    return model


def assemble(name: str, num_classes: int = 80, form: str = "released", **options: Any) -> Detector:
    """As `create`, without the authors' initialisation: for weights that are loaded or do not matter."""
    return _build(models.assemble, name, num_classes, form, options)


def _build(
    build: Callable[..., Classifier], name: str, num_classes: int, form: str, options: dict[str, Any]
) -> Detector:
    resolved = resolve_options(name, form, **options)
    detector, backbone_name = split_name(name)
    # The one class is that of a head which the detector takes off.
    backbone = build(backbone_name, 1, form, **backbone_options(name, resolved))
    assert isinstance(backbone, ResNet)
    return KINDS[detector](backbone, name, num_classes, resolved)
