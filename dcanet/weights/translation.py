"""Names of the authors' checkpoints in this package's terms; the rules are data (translation.toml)."""

import functools
import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from typing import Any

from ..models.forms import family_of

#: Goes up whenever the same file would be converted to something else.
CONVERSION_VERSION = 1

#: What precedes every key: nothing, DDP, apex's half-precision wrapper, both.
PREFIXES = ("module.1.", "module.", "1.", "")

#: What precedes the keys of a detector's backbone, the authors' and ours.
BACKBONE = "backbone."

#: The ResNets by whether they have bottlenecks, and by how many blocks their third stage has.
_RESNETS = {
    (False, 2): "resnet18",
    (False, 6): "resnet34",
    (True, 6): "resnet50",
    (True, 23): "resnet101",
}

#: How keys start that only this detector has.
_DETECTOR_MARKS = {"retinanet": "bbox_head.retina_", "cascade_rcnn": "bbox_head.0."}


@functools.cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files("dcanet.weights").joinpath("translation.toml").read_text())


def authors_forms() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """The authors' 35 form names -> (model id, "released" or "printed", changed options)."""
    return {name: (model, form, changes) for name, (model, form, changes) in _data()["forms"].items()}


@functools.cache
def _rules(*names: str) -> list[tuple[re.Pattern[str], str, int]]:
    chosen = [rule for name in names for rule in _data()["rules"].get(name, [])]
    return [(re.compile(rule[0]), rule[1], rule[2] if len(rule) > 2 else 0) for rule in chosen]


def translate(key: str, backbone: str, attention: str, detector: str | None = None) -> str:
    """One of the authors' keys (without prefix) -> ours; a key that no rule knows comes back as it is."""
    if detector is None:
        family = family_of(backbone)
        return _apply(_rules(f"{family}.{attention}", family, attention), key)
    if key.startswith(BACKBONE):
        return BACKBONE + translate(key.removeprefix(BACKBONE), backbone, attention)
    return _apply(_rules(detector), key)


def _apply(rules: list[tuple[re.Pattern[str], str, int]], key: str) -> str:
    for pattern, replacement, offset in rules:
        if "{}" in replacement:
            key = pattern.sub(lambda m: replacement.format(int(m[1]) + offset), key)  # noqa: B023
        else:
            key = pattern.sub(replacement, key)
    return key


def split_prefix(keys: Iterable[str]) -> str:
    """The prefix that all keys share, of those an authors' checkpoint can have."""
    keys = list(keys)
    return next(prefix for prefix in PREFIXES if all(key.startswith(prefix) for key in keys))


def detector_of(keys: Iterable[str]) -> str | None:
    """The detector that keys (without prefix) of mmdetection belong to, None for a classifier's.

    Raises:
        ValueError: the keys are of a detector that is not in Table 2.
    """
    keys = sorted(keys)
    others = [key for key in keys if not key.startswith(BACKBONE)]
    if len(others) == len(keys):
        return None
    for detector, mark in _DETECTOR_MARKS.items():
        if any(key.startswith(mark) for key in others):
            return detector
    raise ValueError(
        "not a state dict of RetinaNet or Cascade R-CNN: besides its backbone's keys it has "
        f"{others[:3] or 'none'}, none of which starts with {' or '.join(_DETECTOR_MARKS.values())}"
    )


def triple_of(keys: Iterable[str]) -> tuple[str, str, bool]:
    """(backbone, attention, connected) that the authors' keys (without prefix) belong to.

    A parameter-free attention (plain GE) leaves no key and is seen as a plain network.

    Raises:
        ValueError: the keys are of none of the three backbones.
    """
    text = "\n".join(sorted(keys))
    if re.search(r"^layer1\.0\.conv1\.", text, re.M):
        third_stage = set(re.findall(r"^layer3\.(\d+)\.", text, re.M))
        has_bottlenecks = re.search(r"^layer\d\.0\.conv3\.", text, re.M) is not None
        backbone = _RESNETS.get((has_bottlenecks, len(third_stage)), "resnet50")
    elif re.search(r"^features", text, re.M):
        backbone = "mobilenet_v2"
    elif re.search(r"^layers1?\.0\.weight", text, re.M):
        backbone = "mnasnet1_0"
    else:
        first = text.split("\n")[:3]
        raise ValueError(f"not a state dict of a ResNet, MobileNetV2 or MnasNet: its keys start {first}")
    marks = {"cbam": r"\.cbam\.", "gc": r"\.r?gc\.", "se": r"\.se\.", "ge": r"\.ge\.", "sk": r"\.conv_fc1\."}
    attention = next((name for name, mark in marks.items() if re.search(mark, text)), "none")
    connected = re.search(r"\.att_fc|\.att_conv|\.alpha\.|\.rgc\.|\.[sg]e\.conv\.", text) is not None
    return backbone, attention, connected
