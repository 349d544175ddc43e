"""Results in COCO's format, a list of boxes in JSON: what other programs write and its server takes."""

import json
import math
from collections.abc import Collection
from operator import index
from pathlib import Path
from typing import Any

from ..errors import UserError
from .detections import Detections

_EXPECTED = "each needs whole numbers image_id and category_id, bbox (x, y, width, height) and score"


def read_results(path: Path, images: Collection[int], categories: Collection[int]) -> Detections:
    """Read a results file for these images and categories (ids).

    Raises:
        UserError: not whole JSON, not a list, or the first entry that cannot be scored, counted from 1.
    """
    entries = _parsed(path)
    if not isinstance(entries, list):
        raise UserError(f"{path}: is not a list of results; {_EXPECTED}")
    known_images, known_categories = frozenset(images), frozenset(categories)
    rows = []
    for number, entry in enumerate(entries, start=1):
        try:
            image, category = index(entry["image_id"]), index(entry["category_id"])
            x, y, width, height = map(float, entry["bbox"])
            score = float(entry["score"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UserError(f"{path}: result {number:,} is malformed; {_EXPECTED}") from error
        if image not in known_images:
            fault = f"is of image {image}, which is not in the annotations"
        elif category not in known_categories:
            fault = f"is of category {category}, which is not in the annotations"
        elif not all(map(math.isfinite, (x, y, width, height, score))):
            fault = f"(image {image}) has a box or score that is not finite"
        elif width < 0 or height < 0:
            fault = f"(image {image}) has a box with a negative side"
        else:
            rows.append((image, category, (x, y, width, height), score))
            continue
        raise UserError(f"{path}: result {number:,} {fault}; write the file again")
    image_ids, category_ids, boxes, scores = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Detections.of(list(known_images), image_ids, category_ids, boxes, scores)


def _parsed(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}: not whole JSON at character {error.pos:,} of {len(text):,} ({error.msg}); write it anew"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not a readable JSON file ({error}); write it anew") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
