"""Weights that are looked at side by side: a baseline's and its connected partner's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..models.forms import check_image_size, is_model, model_id, triple_of
from ..sheets import pair_id
from ..weights.store import WeightsMetadata, read_metadata


@dataclass(frozen=True)
class Weights:
    """A weight file and what it says of itself."""

    path: Path
    metadata: WeightsMetadata

    @property
    def origin(self) -> str:
        """The seed of a training here, or where the weights come from."""
        seed = self.metadata.notes.get("seed")
        return self.metadata.source if seed is None else f"seed {seed}"


@dataclass(frozen=True)
class Partners:
    """A baseline and its connected partner with weights."""

    baseline: Weights
    connected: Weights

    @property
    def id(self) -> str:
        """The pair's."""
        return pair_id(self.baseline.metadata.model, self.connected.metadata.model)


def partners(baseline: Path, connected: Path, crop: int) -> Partners:
    """Two weight files as a pair.

    Args:
        crop: side of the images, in pixels.

    Raises:
        UserError: a file cannot be read, or they are not of a pair, or were made for different data.
    """
    first, second = (Weights(path, read_metadata(path)) for path in (baseline, connected))
    for weights in (first, second):
        model = weights.metadata.model
        if not is_model(model):
            raise UserError(f"{weights.path}: is a {model}; focus takes classifiers")
        try:
            check_image_size(model, crop)
        except ValueError as error:
            raise UserError(f"{weights.path}: {error}; choose another crop") from error
    backbone, attention, is_connected = triple_of(first.metadata.model)
    if is_connected or attention == "none":
        raise UserError(
            f"{baseline}: is a {first.metadata.model}, which is no baseline of a connected network; "
            f"name weights as of se_resnet50"
        )
    if triple_of(second.metadata.model) != (backbone, attention, True):
        wanted = model_id(backbone, attention, connected=True)
        raise UserError(
            f"{connected}: is a {second.metadata.model}; the connected partner of {baseline} is {wanted}"
        )
    one, other = (weights.metadata for weights in (first, second))
    fingerprints = [metadata.notes.get("data_fingerprint") for metadata in (one, other)]
    if one.num_classes != other.num_classes or (all(fingerprints) and fingerprints[0] != fingerprints[1]):
        raise UserError(
            f"{baseline} and {connected} were trained on different data sets ({_data(one)}, {_data(other)}); "
            "name weights of the same"
        )
    return Partners(first, second)


def same_classes(pairs: Sequence[Partners]) -> int:
    """How many classes all networks have; UserError where they differ, or a pair stands twice."""
    first = pairs[0].baseline
    for number, pair in enumerate(pairs):
        if pair.baseline.metadata.num_classes != first.metadata.num_classes:
            raise UserError(
                f"{first.path} and {pair.baseline.path} were trained on different data sets "
                f"({_data(first.metadata)}, {_data(pair.baseline.metadata)}); look at them one by one"
            )
        if pair.id in [other.id for other in pairs[:number]]:
            raise UserError(f"{pair.baseline.path}: is another {pair.id}; name one of each")
    return first.metadata.num_classes


def _data(metadata: WeightsMetadata) -> str:
    return f"{metadata.notes.get('data', metadata.source)} of {metadata.num_classes:,} classes"
