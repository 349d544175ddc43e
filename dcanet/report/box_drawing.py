"""Drawing boxes with their names onto an image, small enough for a page."""

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from PIL import Image, ImageDraw, ImageFont

Box = tuple[float, float, float, float]

#: Okabe and Ito's colours, which colour-blind readers can tell apart; black is kept for outlines.
COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
DARK, LIGHT = "#000000", "#FFFFFF"
#: Of the longer side, in pixels; text is made for it.
SIDE = 480
#: To which small images are enlarged: the text would hide everything in them.
LEAST_SIDE = 320
FONT_SIZE = 13
DASH = 6
QUALITY = 72


@dataclass(frozen=True)
class Drawn:
    """A box (x1, y1, x2, y2) in pixels of the original image, what is written at it, and its colour."""

    box: Box
    text: str
    colour: str


def colours_of(names: Sequence[str]) -> dict[str, str]:
    """One for each different name, in their order; beyond seven they come again."""
    return dict(zip(dict.fromkeys(names), cycle(COLOURS), strict=False))


def draw_boxes(image: Image.Image, annotated: Sequence[Box], found: Sequence[Drawn]) -> Image.Image:
    """A copy with the longer side from `LEAST_SIDE` to `SIDE`: annotated boxes dashed, those found on top.

    Of the boxes found the first is the most important: it is drawn last, and its text is placed first.
    """
    longer = max(image.size)
    scale = min(max(longer, LEAST_SIDE), SIDE) / longer
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    canvas = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(canvas)
    placed = [_within(tuple(side * scale for side in drawn.box), size) for drawn in found]
    for box, drawn in reversed(list(zip(placed, found, strict=True))):
        # A dark edge on both sides of the line, so that it shows on any photograph.
        draw.rectangle(_grown(box, 1), outline=DARK, width=5)
        draw.rectangle(box, outline=drawn.colour, width=3)
    for box in annotated:
        _dashed(draw, _within(tuple(side * scale for side in box), size))
    font = ImageFont.load_default(FONT_SIZE)
    taken: list[Box] = []
    for box, drawn in zip(placed, found, strict=True):
        _write(draw, font, drawn, box, size, taken)
    return canvas


def data_uri(image: Image.Image) -> str:
    """The image as a JPEG within a link."""
    buffer = io.BytesIO()
    # Colours at full resolution: thin lines and text would blur into one another.
    image.save(buffer, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _within(box: Sequence[float], size: tuple[int, int]) -> Box:
    """Cut to the canvas, with the first corner before the second."""
    width, height = size
    x1, x2 = (min(max(x, 0), width - 1) for x in (box[0], box[2]))
    y1, y2 = (min(max(y, 0), height - 1) for y in (box[1], box[3]))
    return x1, y1, max(x1, x2), max(y1, y2)


def _grown(box: Box, by: float) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def _dashed(draw: ImageDraw.ImageDraw, box: Box) -> None:
    x1, y1, x2, y2 = box
    for start, end in (
        ((x1, y1), (x2, y1)),
        ((x2, y1), (x2, y2)),
        ((x2, y2), (x1, y2)),
        ((x1, y2), (x1, y1)),
    ):
        length = abs(end[0] - start[0]) + abs(end[1] - start[1])
        draw.line([start, end], fill=DARK, width=1)
        for at in range(0, int(length), 2 * DASH):
            ends = [
                tuple(a + (b - a) * min(place / length, 1) for a, b in zip(start, end, strict=True))
                for place in (at, at + DASH)
            ]
            draw.line(ends, fill=LIGHT, width=1)


def _write(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    drawn: Drawn,
    box: Box,
    size: tuple[int, int],
    taken: list[Box],
) -> None:
    """The text on a ground of the box's colour, where it covers least of other texts."""
    left, top, right, bottom = font.getbbox(drawn.text)
    width, height = right - left + 6, bottom - top + 6
    places = [_moved_inside((x, y, x + width, y + height), size) for x, y in _corners(box, width, height)]
    ground = min(places, key=lambda place: sum(_shared(place, other) for other in taken))
    taken.append(ground)
    draw.rectangle(ground, fill=drawn.colour, outline=DARK)
    draw.text((ground[0] + 3 - left, ground[1] + 3 - top), drawn.text, fill=_ink(drawn.colour), font=font)


def _corners(box: Box, width: float, height: float) -> Iterator[tuple[float, float]]:
    """Where a text may begin, best place first: above the box, within it, below it, further up or down."""
    x1, y1, x2, y2 = box
    for x in (x1, x2 - width):
        for y in (y1 - height, y1, y2 - height, y2, y1 - 2 * height, y2 + height):
            yield x, y


def _moved_inside(place: Box, size: tuple[int, int]) -> Box:
    x = max(0, min(place[0], size[0] - 1 - (place[2] - place[0])))
    y = max(0, min(place[1], size[1] - 1 - (place[3] - place[1])))
    return x, y, x + place[2] - place[0], y + place[3] - place[1]


def _shared(a: Box, b: Box) -> float:
    """Area in both."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _ink(colour: str) -> str:
    """Black or white, whichever contrasts more (WCAG 2.2, relative luminance)."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return DARK if (luminance + 0.05) ** 2 > 0.05 * 1.05 else LIGHT
