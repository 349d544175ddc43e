"""Small pictures of the images on which networks differ most surely."""

from PIL import Image
from tqdm import tqdm

from ..comparison_documents import FlippedPictures, PairComparison, TableStatistics
from ..data.decoding import decode_rgb
from ..data.split import Split
from ..errors import UserError
from .box_drawing import data_uri
from .flips import LISTED_IMAGES

#: Most of the longer side, in pixels; smaller images are left as they are.
SIDE = 112


def thumbnails(statistics: TableStatistics, split: Split) -> FlippedPictures:
    """Of every image that the report names.

    Raises:
        UserError: an image is not in the split, or cannot be read.
    """
    pairs = [pair for pair in statistics.pairs.values() if isinstance(pair, PairComparison)]
    wanted = {
        flipped.image
        for pair in pairs
        for way in (pair.surest_gained, pair.surest_lost)
        for flipped in way[:LISTED_IMAGES]
    }
    places = {image: place for place, image in enumerate(split.images) if image in wanted}
    if absent := sorted(wanted - places.keys()):
        raise UserError(
            f"{len(absent)} of the compared images, as {absent[0]!r}, are not in the {split.name} split; "
            "name the data set that was evaluated"
        )
    pictures = {}
    for image, place in tqdm(sorted(places.items()), desc="thumbnails", leave=False, disable=None):
        pixels = decode_rgb(split.read(place), split.where(place), (SIDE, SIDE))
        pixels.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        pictures[image] = data_uri(pixels)
    return FlippedPictures(pictures=pictures)
