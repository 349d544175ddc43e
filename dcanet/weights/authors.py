"""Models from the authors' state dicts, recognised by keys and shapes and loaded completely or not at all."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..detection.forms import is_detector
from ..models import is_model, model_id
from ..models import triple_of as parts_of
from .mismatch import StateDictMismatch, difference, fits
from .networks import Network, resolve_options, split_id
from .store import empty_model
from .translation import BACKBONE, authors_forms, detector_of, split_prefix, translate, triple_of

#: Released width matching, reduction and their alternatives: what else a file's shapes may say.
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"matching": "one_layer"},
    {"matching": "two_layer"},
    {"reduction": 16},
    {"reduction": 8},
)

#: By detector (None: classifier): what gives the classes, its outputs for each and those for background, and
#: how many classes there usually are. RetinaNet has 9 anchors at every place.
CLASS_LAYERS: dict[str | None, tuple[str, int, int, int]] = {
    None: ("head.weight", 1, 0, 1000),
    "retinanet": ("head.classes.weight", 9, 0, 80),
    "cascade_rcnn": ("heads.0.classes.weight", 1, 1, 80),
}


def from_authors(state_dict: Mapping[str, Tensor], form: str | None = None) -> Network:
    """Build the model that a state dict in the authors' key names belongs to, with these weights.

    Args:
        state_dict: tensors of a classifier or a detector under the authors' names, with any of the
            prefixes '', 'module.', '1.', 'module.1.'; half precision is widened to float32.
        form: "printed" or "released" where keys and shapes fit both (DCA-CBAM on ResNet-50 and Mnas,
            DCA-SK on MobileNetV2); without it the released form is taken, with a warning. Plain GE
            has no tensors of its own: pass the model id or the authors' name, as "ge_resnet50" or
            "getheta_resnet50", for it not to be taken for the plain network.

    Returns:
        The classifier or detector on the CPU in float32, in training mode.

    Raises:
        ValueError: not a state dict of the 35 forms or of the two detectors on one of them, or an unknown
            `form`.
        StateDictMismatch: missing, unexpected or mis-shaped keys; nothing is ever loaded partially.
    """
    _check_tensors(state_dict)
    prefix = split_prefix(state_dict)
    name, form, variants = _wanted({key.removeprefix(prefix) for key in state_dict}, form)
    tensors = in_our_names(state_dict, name)

    model = _fitting(name, _num_classes(tensors, name), form, variants, tensors)
    copies = {
        key: value.to(torch.float32 if value.is_floating_point() else torch.int64, copy=True).contiguous()
        for key, value in tensors.items()
    }
    model.load_state_dict(copies, assign=True)
    return model


def _check_tensors(state_dict: Mapping[str, Tensor]) -> None:
    """ValueError unless this is a mapping from names to real tensors, integers only as counters."""
    for key, value in state_dict.items():
        counts = isinstance(key, str) and key.endswith("num_batches_tracked")
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise ValueError(f"not a state dict: {key!r} is a {type(value).__name__}, not a named tensor")
        if not value.is_floating_point() and not counts:
            raise ValueError(f"not a state dict of weights: {key} is of type {value.dtype}")


def in_our_names(state_dict: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors of the authors' state dict of model `name` under our names.

    Raises:
        StateDictMismatch: a key that no rule knows would take another one's place.
    """
    detector, classifier = split_id(name)
    backbone, attention, _ = parts_of(classifier)
    prefix = split_prefix(state_dict)
    renamed: dict[str, Tensor] = {}
    for key, value in state_dict.items():
        theirs = key.removeprefix(prefix)
        ours = translate(theirs, backbone, attention, detector)
        if ours in renamed:
            twice = f"{theirs} (stands twice)"
            raise StateDictMismatch(f"the state dict does not fit {name}", unexpected=(twice,))
        renamed[ours] = value
    return renamed


def _num_classes(tensors: Mapping[str, Tensor], name: str) -> int:
    """As many as the last layer has outputs for; the usual number where that layer is not as it should be."""
    layer, per_class, background, usual = CLASS_LAYERS[split_id(name)[0]]
    outputs = len(tensors[layer]) if layer in tensors and tensors[layer].dim() > 0 else 0
    classes = outputs // per_class - background
    return classes if classes > 0 else usual


def _wanted(keys: Iterable[str], form: str | None) -> tuple[str, str | None, Sequence[dict[str, Any]]]:
    """Model id, form (None: undecided) and the variants to try, from the keys and the caller."""
    keys = list(keys)
    detector = detector_of(keys)
    start = "" if detector is None else BACKBONE
    backbone, attention, connected = triple_of(
        key.removeprefix(start) for key in keys if key.startswith(start)
    )
    name, twin = model_id(backbone, attention, connected), model_id(backbone, "ge", False)
    if detector is not None:
        name, twin = f"{detector}_{name}", f"{detector}_{twin}"
    if form in (None, "printed", "released"):
        # No published detector has plain GE.
        if attention == "none" and form is None and detector is None:
            warnings.warn(
                f"these tensors fit ge_{backbone} (no parameters of its own) as well as {name}; "
                f"taken for {name}, pass form='ge_{backbone}' for the other",
                stacklevel=3,
            )
        return name, form, VARIANTS
    if form in authors_forms():
        wanted, form, changes = authors_forms()[form]
        variants: Sequence[dict[str, Any]] = (changes,)
    elif is_model(form) or is_detector(form):
        wanted, form, variants = form, None, VARIANTS
    else:
        raise ValueError(
            f"form must be 'printed', 'released', a model id or one of the authors' names, not {form!r}"
        )
    if wanted not in (name, twin if attention == "none" else name):
        raise StateDictMismatch(f"these are the tensors of {name}, not of {wanted}")
    return wanted, form, variants


def _fitting(
    name: str,
    num_classes: int,
    form: str | None,
    variants: Sequence[dict[str, Any]],
    tensors: Mapping[str, Tensor],
) -> Network:
    """The model (without memory, on the meta device) whose keys and shapes are exactly these."""
    misfits = []
    known = resolve_options(name, form or "released")
    for variant in variants:
        if not all(key in known for key in variant):
            continue
        options = resolve_options(name, form or "released", **variant)
        model = empty_model(name, num_classes, options)
        if fits(model, tensors):
            if form is None:
                _warn_if_ambiguous(name, options, model, num_classes)
            return model
        misfits.append(difference(model, tensors))
    nearest = min(misfits, key=lambda misfit: sum(map(len, misfit.values())))
    raise StateDictMismatch(f"the state dict does not fit {name}", **nearest)


def _warn_if_ambiguous(name: str, options: dict[str, Any], model: Network, num_classes: int) -> None:
    """Say so when the printed form has the same tensors and another computation."""
    printed = resolve_options(name, "printed")
    other = options | {"hand_on": printed["hand_on"]} if "hand_on" in printed else options
    if other != options and fits(empty_model(name, num_classes, other), model.state_dict()):
        warnings.warn(
            f"these tensors fit the released and the printed form of {name}; the released one is "
            "taken, pass form='printed' or form='released' to decide",
            stacklevel=4,
        )
