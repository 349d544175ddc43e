"""Which images are looked at: the same for all networks, and not chosen by what any of them makes of them."""

import difflib
from collections.abc import Sequence

from ..data.split import Split
from ..errors import UserError


def spread(total: int, number: int) -> list[int]:
    """`number` places of `total`, evenly spread: the middle of each of as many equal parts.

    Images are in the order of their classes, so the classes have their shares.
    """
    number = min(total, number)
    return [(2 * part + 1) * total // (2 * number) for part in range(number)]


def places_of(split: Split, images: Sequence[str]) -> list[int]:
    """Where images are in a split, each once, in the order in which they are named.

    Raises:
        UserError: an image that is not there.
    """
    places = {image: place for place, image in enumerate(split.images)}
    for image in images:
        if image not in places:
            close = difflib.get_close_matches(image, split.images, n=1, cutoff=0.5)
            meant = f"did you mean {close[0]!r}?" if close else f"ids are as {split.images[0]!r}"
            raise UserError(f"no image {image!r} in the {split.name} split; {meant}")
    return [places[image] for image in dict.fromkeys(images)]
