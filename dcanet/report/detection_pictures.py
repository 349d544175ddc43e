"""Pictures of what two detectors find in the same images, those where they differ."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..data.coco_split import Category, CocoImage
from ..data.decoding import decode_rgb
from ..detection_documents import DetectionPicture
from ..errors import UserError
from ..evaluation.detections import Detections
from .box_drawing import Drawn, colours_of, data_uri, draw_boxes

#: Least score of a box that is drawn.
SCORE = 0.3
PICTURES = 4
#: Most boxes of a picture: with more of them none can be told from the other.
MOST = 12
#: IoU from which two boxes of a category are the same find.
SAME = 0.5


def detection_pictures(
    images: Sequence[CocoImage],
    categories: Sequence[Category],
    baseline: Detections,
    connected: Detections,
    number: int = PICTURES,
    score: float = SCORE,
) -> list[DetectionPicture]:
    """Some images with the boxes of both, found ones from `score` on and annotated ones dashed.

    Chosen are those with most boxes that only one of both found plus annotated categories, of equal ones the
    lowest id; images with more than a dozen boxes only if there are no others.

    Args:
        images: of which both have detections; ground truth labels count the categories from 1.

    Raises:
        UserError: an image's file cannot be read.
    """
    by_id = {image.id: image for image in images}
    names = {category.id: category.name for category in categories}
    sets = [_per_image(detections, score) for detections in (baseline, connected)]

    def rank(image: CocoImage) -> tuple[bool, int, int]:
        ours, theirs = (found.get(image.id, _NOTHING) for found in sets)
        crowded = max(len(ours.scores), len(theirs.scores), len(image.boxes)) > MOST
        return crowded, -_differing(ours, theirs) - len(np.unique(image.labels)), image.id

    chosen = [image.id for image in sorted(images, key=rank)[:number]]
    return [
        _picture(by_id[image], categories, names, *(found.get(image, _NOTHING) for found in sets))
        for image in chosen
    ]


_NOTHING = Detections.of([], [], [], [], [])


def _per_image(detections: Detections, score: float) -> dict[int, Detections]:
    """Of each image that has any of this score, best first."""
    strong = detections.rows(np.flatnonzero(detections.scores >= score))
    ids, starts, counts = np.unique(strong.image_ids, return_index=True, return_counts=True)
    return {
        int(image): strong.rows(np.arange(start, start + count))
        for image, start, count in zip(ids, starts, counts, strict=True)
    }


def _differing(a: Detections, b: Detections) -> int:
    """Boxes of either that the other did not find: none of the category with an IoU of a half."""
    same = (iou(a.boxes, b.boxes) >= SAME) & (a.category_ids[:, None] == b.category_ids)
    return int((~same.any(axis=1)).sum() + (~same.any(axis=0)).sum())


def iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, m) intersection over union of boxes x, y, width, height; 0 where both are empty."""
    low = np.maximum(a[:, None, :2], b[:, :2])
    high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[:, :2] + b[:, 2:])
    inside = np.clip(high - low, 0, None).prod(axis=2)
    union = a[:, None, 2:].prod(axis=2) + b[:, 2:].prod(axis=1) - inside
    found: NDArray[np.float64] = np.divide(inside, union, out=np.zeros_like(inside), where=union > 0)
    return found


def _picture(
    image: CocoImage,
    categories: Sequence[Category],
    names: dict[int, str],
    baseline: Detections,
    connected: Detections,
) -> DetectionPicture:
    try:
        pixels = decode_rgb(image.path.read_bytes(), str(image.path))
    except OSError as error:
        raise UserError(f"{image.path}: cannot be read ({error.strerror})") from error
    annotated = [tuple(box) for box in image.boxes.tolist()]
    present = [categories[label - 1].name for label in image.labels.tolist()]
    of_found = [[names[kind] for kind in found.category_ids.tolist()] for found in (baseline, connected)]
    colours = colours_of(sorted({*present, *of_found[0], *of_found[1]}))
    drawings, texts = [], []
    for found, kinds in zip((baseline, connected), of_found, strict=True):
        corners = np.concatenate([found.boxes[:, :2], found.boxes[:, :2] + found.boxes[:, 2:]], axis=1)
        drawn = [
            Drawn(tuple(box), f"{kind} {value:.2f}", colours[kind])
            for box, kind, value in zip(corners.tolist(), kinds, found.scores.tolist(), strict=True)
        ]
        drawings.append(draw_boxes(pixels, annotated, drawn))
        texts.append(", ".join(item.text for item in drawn) or "nothing")
    return DetectionPicture(
        image_id=image.id,
        width=drawings[0].width,
        height=drawings[0].height,
        baseline=data_uri(drawings[0]),
        connected=data_uri(drawings[1]),
        baseline_text=texts[0],
        connected_text=texts[1],
        annotated_text=", ".join(present) or "nothing",
    )
