"""The detectors of Table 2: their names and options, known without torch."""

from typing import Any

from ..errors import nearest
from ..models import forms as classifiers
from ..models.forms import Options, family_of
from ..models.options import CONNECTION

DETECTORS = ("retinanet", "cascade_rcnn")

#: The backbones of Table 2's rows; a detector takes any other ResNet as well.
ROWS = {
    "retinanet": ("resnet50", "se_resnet50", "dca_se_resnet50"),
    "cascade_rcnn": ("resnet50", "gc_resnet50", "dca_gc_resnet50"),
}

#: The published values; sides are in pixels after resizing.
SHARED: Options = {
    "short_side": 800,
    "long_side": 1333,
    "frozen_stages": 1,  # with the stem; 0 freezes nothing
    "channels": 256,
    "score_threshold": 0.05,
    "nms_threshold": 0.5,
    "detections_per_image": 100,
}
OWN: dict[str, Options] = {
    "retinanet": {"anchor_scale": 4, "head_depth": 4, "candidates": 1000},
    "cascade_rcnn": {
        "anchor_scale": 8,
        "proposals": 2000,
        "sampled_anchors": 256,
        "sampled_rois": 512,
        "head_width": 1024,
    },
}


def names() -> list[str]:
    """Ids of the six detectors of Table 2, in the table's order."""
    return [f"{detector}_{backbone}" for detector in DETECTORS for backbone in ROWS[detector]]


def is_detector(name: str) -> bool:
    """Whether this is the id of a detector on some ResNet."""
    detector, backbone = _parts(name)
    return bool(detector) and classifiers.is_model(backbone) and _is_resnet(backbone)


def split_name(name: str) -> tuple[str, str]:
    """("retinanet" or "cascade_rcnn", id of the backbone); ValueError for other names."""
    if not is_detector(name):
        known = [
            f"{detector}_{backbone}"
            for detector in DETECTORS
            for backbone in filter(_is_resnet, classifiers.known())
        ]
        raise ValueError(f"unknown detector {name!r}{nearest(name, known)}")
    return _parts(name)


def default_options(name: str, form: str = "released") -> Options:
    """The backbone's and the detector's options; ValueError for unknown names."""
    detector, backbone = split_name(name)
    return classifiers.default_options(backbone, form) | SHARED | OWN[detector]


def resolve_options(name: str, form: str = "released", /, **changes: Any) -> Options:
    """`default_options` with `changes`; ValueError names the option or value that cannot be.

    `form` chooses between the backbone's: "released" is what the published detectors have.
    """
    detector, backbone = split_name(name)
    options = default_options(name, form)
    for key in changes:
        if key not in options and key not in CONNECTION:
            raise ValueError(f"{name} has no option {key!r}{nearest(key, list(options))}")
    own = SHARED | OWN[detector]
    of_backbone = {key: value for key, value in changes.items() if key not in own}
    options = classifiers.resolve_options(backbone, form, **of_backbone)
    options |= own | {key: value for key, value in changes.items() if key in own}
    for key, default in own.items():
        _check_value(name, key, options[key], default)
    if options["long_side"] < options["short_side"]:
        raise ValueError(
            f"option long_side of {name} must be at least short_side ({options['short_side']}), "
            f"not {options['long_side']}"
        )
    return options


def variant_of(name: str, options: Options) -> Options:
    """Options that differ from the published detector's; None for one that this variant does not have."""
    published = default_options(name)
    keys = sorted({*published, *options})
    return {key: options.get(key) for key in keys if options.get(key) != published.get(key)}


def backbone_options(name: str, options: Options) -> Options:
    """Those of a detector's options that are its backbone's."""
    own = SHARED | OWN[split_name(name)[0]]
    return {key: value for key, value in options.items() if key not in own}


def _parts(name: str) -> tuple[str, str]:
    for detector in DETECTORS:
        if name.startswith(f"{detector}_"):
            return detector, name.removeprefix(f"{detector}_")
    return "", name


def _is_resnet(name: str) -> bool:
    return family_of(classifiers.triple_of(name)[0]) == "resnet50"


def _check_value(name: str, key: str, value: Any, default: Any) -> None:
    """Counts and sides are positive integers; thresholds are shares; stages are those of a ResNet."""
    wanted = None
    whole = isinstance(value, int) and not isinstance(value, bool)
    if key == "frozen_stages":
        if not whole or not 0 <= value <= 4:
            wanted = "from 0 to 4"
    elif key in ("score_threshold", "nms_threshold"):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            wanted = "a number from 0 to 1"
    elif not whole or value < 1:
        wanted = "a positive integer"
    if wanted:
        raise ValueError(f"option {key} of {name} must be {wanted}, not {value!r}")
