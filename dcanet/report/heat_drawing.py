"""Drawing heat over an image, small enough for a page."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

#: Rising lightness from no heat to most: "inferno" (Smith and van der Walt, CC0) at ten places.
HEAT = (
    "#000004",
    "#1b0c41",
    "#4a0c6b",
    "#781c6d",
    "#a52c60",
    "#cf4446",
    "#ed6925",
    "#fb9b06",
    "#f7d13d",
    "#fcffa4",
)
#: Share of the heat's colour over the image.
OPACITY = 0.6
#: Side of a picture, and what is between two of them, in pixels.
SIDE, GAP = 96, 2
BETWEEN = (128, 128, 128)
RING = 5


def heat_strip(
    image: Image.Image,
    maps: Sequence[NDArray[np.float32] | None],
    centres: Sequence[tuple[float, float] | None],
) -> Image.Image:
    """The image once for each map, side by side, in grey under the map's colours, a ring at its centre.

    Args:
        maps: (h, w) from 0 to 1; None leaves the image in grey without any colour.
        centres: (x, y) in shares of the sides; None draws no ring.
    """
    strip = Image.new("RGB", (len(maps) * (SIDE + GAP) - GAP, SIDE), BETWEEN)
    grey = small(image).convert("L").convert("RGB")
    for number, (heat, centre) in enumerate(zip(maps, centres, strict=True)):
        panel = grey if heat is None else Image.blend(grey, coloured(heat), OPACITY)
        if centre is not None:
            panel = panel.copy()
            _ring(panel, centre)
        strip.paste(panel, (number * (SIDE + GAP), 0))
    return strip


def small(image: Image.Image) -> Image.Image:
    """The image as a square of `SIDE`."""
    return image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def coloured(heat: NDArray[np.float32]) -> Image.Image:
    """The colours of a map, upsampled bilinearly."""
    smooth = Image.fromarray(np.asarray(heat, np.float32)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return Image.fromarray(_colours(np.clip(np.asarray(smooth), 0, 1)))


def _colours(shares: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W) from 0 to 1 -> (H, W, 3), linear between the places of `HEAT`."""
    table = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in HEAT])
    places = np.linspace(0, 1, len(HEAT))
    channels = [np.interp(shares, places, table[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=2).round().astype(np.uint8)


def _ring(panel: Image.Image, centre: tuple[float, float]) -> None:
    x, y = (share * SIDE for share in centre)
    draw = ImageDraw.Draw(panel)
    for grown, colour, width in ((1, "#000000", 4), (0, "#FFFFFF", 2)):
        radius = RING + grown
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=width)
