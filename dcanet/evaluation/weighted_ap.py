"""AP of one category where each image counts a number of times, as in resamples of the images.

A detection's precision is the weighted number of hits over that of all detections up to it. The interpolated
precision at a recall is the highest at any hit from there on, so only hits have to be looked at; repeating a
hit changes neither, since precision only rises from one copy to the next.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .box_matches import CategoryMatches
from .coco_engine import RECALL_THRESHOLDS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Hits:
    """The hits of one IoU threshold, H of them."""

    columns: NDArray[np.intp]
    """(H,) the column of weights that each one counts with."""
    counted: csr_array
    """(H, columns) right and wrong detections after the hit before, up to and with this one."""


class WeightedAp:
    """A category's AP as a function of the images' weights."""

    def __init__(self, matches: CategoryMatches, most: int) -> None:
        """Prepare for whole weights up to `most`."""
        order, copies = _repeated(matches, most)
        columns = matches.images[order]
        self._objects = matches.objects.astype(np.float64)
        # Columns of weights: whole images, then single copies of those that are ranked copy by copy.
        single = copies >= 0
        self._parts, places = np.unique(
            np.column_stack([columns, copies])[single], axis=0, return_inverse=True
        )
        columns[single] = len(self._objects) + places.ravel()
        width = len(self._objects) + len(self._parts)
        self._thresholds = [
            _hits(np.flatnonzero(hit[order]), np.flatnonzero(~apart[order]), columns, width)
            for hit, apart in zip(matches.hits, matches.ignored, strict=True)
        ]

    def __call__(self, weights: Floats) -> Floats:
        """AP (thresholds, B), from 0 to 1, for weights (I, B); NaN where no image has an object."""
        objects = self._objects @ weights
        if len(self._parts):
            images, copies = self._parts.T
            weights = np.concatenate([weights, np.clip(weights[images] - copies[:, None], 0, 1)])
        ap = np.stack([_at(hits, weights, np.maximum(objects, 1)) for hits in self._thresholds])
        return np.where(objects > 0, ap, np.nan)


def _hits(
    places: NDArray[np.intp], counted: NDArray[np.intp], columns: NDArray[np.intp], width: int
) -> _Hits:
    rows = np.searchsorted(places, counted)
    before = rows < len(places)
    where = (rows[before], columns[counted[before]])
    return _Hits(columns[places], csr_array((np.ones(len(where[0])), where), shape=(len(places), width)))


def _at(hits: _Hits, weights: Floats, objects: Floats) -> Floats:
    right = np.cumsum(weights[hits.columns], axis=0)
    # Nothing counted yet means nothing right yet.
    precision = right / np.maximum(np.cumsum(hits.counted @ weights, axis=0), 1)
    highest = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    steps = np.diff(recalls_reached(right, objects), axis=0, prepend=0)
    total: Floats = np.einsum("hb,hb->b", highest, steps)
    return total / len(RECALL_THRESHOLDS)


def recalls_reached(right: Floats, objects: Floats) -> Floats:
    """How many of COCO's 101 recalls are reached; recall 0 counts from the first hit.

    The quotients are compared as they are rounded, since COCO's evaluation does: 0.57 is not 57 / 100 there.
    """
    recall = right / objects
    nearest = np.rint(recall * (len(RECALL_THRESHOLDS) - 1))
    above = RECALL_THRESHOLDS[nearest.astype(np.intp)] > recall
    return np.where(right > 0, nearest + 1 - above, 0)


def _repeated(matches: CategoryMatches, most: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """The ranking with single copies of some images: places, and each one's copy or -1 for all of them.

    Copies of an image are ranked one after the other. So of a hit and a miss in one image, with equal
    scores, the ranking is hit, miss, hit, miss, which is not hit, hit, miss, miss.
    """
    images, scores, hits = matches.images, matches.scores, matches.hits
    places = np.arange(len(images))
    copies = np.full(len(images), -1)
    same = (images[1:] == images[:-1]) & (scores[1:] == scores[:-1])
    if most < 2 or not same.any():
        return places, copies
    edges = np.flatnonzero(np.concatenate([[True], ~same, [True]]))
    parts, of_copies, done = [], [], 0
    for start, end in pairwise(edges.tolist()):
        if end - start < 2 or not hits[:, start:end].any():
            continue
        parts += [places[done:start], np.tile(places[start:end], most)]
        of_copies += [copies[done:start], np.repeat(np.arange(most), end - start)]
        done = end
    parts.append(places[done:])
    of_copies.append(copies[done:])
    return np.concatenate(parts), np.concatenate(of_copies)
