"""The focus of pairs of networks on the same images: numbers, and pictures of some."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.describe import fingerprint, usable
from ..data.loader import Images
from ..data.locate import list_split
from ..data.preprocessing import evaluation_transform
from ..data.settings import Preprocessing
from ..documents import Dataset
from ..errors import UserError
from ..evaluation.classes import outputs_of
from ..files import sha256
from ..focus_documents import Focus, NetworkFocus, PairFocus, Stage
from ..weights.store import load_model
from .album import Album, names_of, place_of
from .choice import places_of, spread
from .compare import RESAMPLES, drifts
from .partners import Partners, same_classes
from .watch import Watched, watch


@dataclass(frozen=True)
class Wanted:
    """What is looked at: `number` images for the numbers, and those in pictures."""

    number: int = 100
    pictures: int = 4
    images: Sequence[str] = ()
    """Ids of those in pictures; without any, `pictures` of the split, evenly spread."""
    of_answers: bool = False
    """Heat of the network's own answers instead of the true classes."""


def focus_of(
    pairs: Sequence[Partners],
    data: Path,
    preprocessing: Preprocessing,
    wanted: Wanted,
    device: torch.device,
    dataset: Path | None = None,
) -> Focus:
    """Grad-CAM of every network of the pairs on images of the val split.

    Args:
        dataset: a dataset.json whose bad images are left out.

    Raises:
        UserError: weights, data or images that cannot be read or do not fit one another.
    """
    outputs_wanted = same_classes(pairs)
    split = list_split(data, "val")
    split = usable(split, Dataset.load(dataset)) if dataset else split
    if len(split.images) < 2:
        raise UserError(f"{data}: val has fewer than two images; drifts are means over several")
    try:
        outputs = outputs_of(split.classes, outputs_wanted)
    except UserError as error:
        raise UserError(f"{pairs[0].baseline.path} on {data}: {error}") from error
    counted = spread(len(split.images), wanted.number)
    drawn = places_of(split, wanted.images) or spread(len(split.images), wanted.pictures)
    labelled = replace(split, targets=[outputs[target] for target in split.targets])
    images = Images(labelled, evaluation_transform(preprocessing))
    album = Album(images, split, drawn, names_of(outputs, split.classes, outputs_wanted))
    # Those of the numbers first, so that theirs are the first rows of what is found.
    places = list(dict.fromkeys([*counted, *drawn]))

    # A baseline may be in several pairs, one after the other.
    @functools.lru_cache(maxsize=2)
    def watched(weights: Path) -> Watched:
        return watch(load_model(weights), images, places, drawn, device, wanted.of_answers)  # type: ignore[arg-type]

    return Focus(
        dataset=data.name,
        split=split.name,
        preprocessing=preprocessing.id,
        score="answer" if wanted.of_answers else "true class",
        data_fingerprint=fingerprint(split),
        images=[split.images[place] for place in counted],
        resamples=RESAMPLES,
        originals=album.originals(),
        pairs={pair.id: _pair(pair, watched, album, places, len(counted)) for pair in pairs},
    )


def _pair(
    pair: Partners, watched: Callable[[Path], Watched], album: Album, places: Sequence[int], counted: int
) -> PairFocus:
    sides = [watched(side.path) for side in (pair.baseline, pair.connected)]
    of_numbers = [_first(side, counted) for side in sides]
    steps, overall = drifts(*of_numbers)
    stages = zip(sides[0].blocks, sides[0].sizes, strict=True)
    networks = [
        NetworkFocus(
            model=weights.metadata.model,
            origin=weights.origin,
            weights_sha256=sha256(weights.path),
            centres=[[place_of(centre) for centre in stage] for stage in found.centres],
            shifts=_numbers(found.shifts),
            overlaps=_numbers(found.overlaps),
        )
        for weights, found in zip((pair.baseline, pair.connected), of_numbers, strict=True)
    ]
    return PairFocus(
        baseline=networks[0],
        connected=networks[1],
        stages=[Stage(block=block, height=height, width=width) for block, (height, width) in stages],
        steps=steps,
        overall=overall,
        pictures=[album.seen(place, sides, places.index(place)) for place in album.places],
    )


def _first(watched: Watched, number: int) -> Watched:
    """Of the first images alone."""
    return replace(
        watched, centres=watched.centres[:, :number], overlaps=watched.overlaps[:, :number], heat={}
    )


def _numbers(values: NDArray[np.float64]) -> list[list[float | None]]:
    return [[None if np.isnan(value) else round(float(value), 4) for value in row] for row in values]
