"""Classifiers and detectors alike: what is known of a network by its id, without torch until one is built."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from .. import models
from ..detection import forms as detectors
from ..errors import nearest
from ..models import forms as classifiers
from ..plugins.loading import code_hashes

if TYPE_CHECKING:
    from ..detection import Detector
    from ..models.backbones import Classifier

Network: TypeAlias = "Classifier | Detector"


def assemble(name: str, num_classes: int, **options: Any) -> Network:
    """The network without initial weights; ValueError for an unknown id or option."""
    if detectors.is_detector(name):
        # torchvision's operations take their time to import.
        from .. import detection

        return detection.assemble(name, num_classes, **options)
    return models.assemble(name, num_classes, **options)


def is_network(name: str) -> bool:
    """Whether this is the id of a classifier or of a detector on one."""
    return classifiers.is_model(name) or detectors.is_detector(name)


def names() -> list[str]:
    """Ids of all classifiers, Table 1's first, and of Table 2's detectors; without timm's and variants."""
    return [*classifiers.known(), *detectors.names()]


def unknown(name: str) -> str:
    """Why this is no id of a network, on one line: what is wrong with a variant, or which id was meant."""
    if is_network(classifiers.base_of(name)):
        try:
            resolve_options(name)
        except ValueError as error:
            return str(error)
    return f"unknown model {name!r}{nearest(name, names())}"


def resolve_options(name: str, form: str | None = None, /, **changes: Any) -> dict[str, Any]:
    """All options of the network in this form, with `changes`; ValueError for what it does not have.

    Without `form`, the one that `create` builds.
    """
    forms = () if form is None else (form,)
    if detectors.is_detector(name):
        return detectors.resolve_options(name, *forms, **changes)
    return classifiers.resolve_options(name, *forms, **changes)


def variant_of(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Options that differ from a classifier's printed form, or from the published detector."""
    if detectors.is_detector(name):
        return detectors.variant_of(name, options)
    return classifiers.variant_of(name, options)


def split_id(name: str) -> tuple[str | None, str]:
    """The detector, None for a classifier, and the id of the classifier that is its backbone or itself."""
    return detectors.split_name(name) if detectors.is_detector(name) else (None, name)


def plugin_code(names: Iterable[str]) -> list[str]:
    """Hashes of the code of the plug-ins that have a part in any of these networks."""
    triples = [classifiers.triple_of(split_id(name)[1]) for name in names]
    parts = {
        part
        for backbone, attention, _ in triples
        for part in (("backbone", backbone), ("attention", attention))
    }
    return code_hashes(parts)


def num_classes_of(model: Network) -> int:
    """Classes that a network tells apart, a detector's without background."""
    from ..models.backbones import Classifier

    return model.head.out_features if isinstance(model, Classifier) else model.num_classes
