"""Drawing one attention block with its connection: three columns, from top to bottom.

On the left comes what the block before handed on, in the middle stands the block, on the right is what it
hands on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ..structure_documents import BlockStructure, Gate
from .block_words import size, summary, told
from .figure import Figure, Label, Shape

COLUMN, BETWEEN = 138, 24
WIDTH = 3 * COLUMN + 2 * BETWEEN
LINE, PAD, DOWN = 14, 8, 22
#: Where the line of the features, which passes by the connection, leaves their box.
BYPASS = 12


@dataclass(frozen=True)
class Box:
    """A part of the block: its name, the operations in it, and the shape of what it gives."""

    title: str
    lines: tuple[str, ...]
    column: int
    top: float
    added: bool = False

    @property
    def left(self) -> float:
        return self.column * (COLUMN + BETWEEN)

    @property
    def middle(self) -> float:
        return self.left + COLUMN / 2

    @property
    def height(self) -> float:
        return LINE * (1 + len(self.lines)) + 2 * PAD

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def level(self) -> float:
        """Half its height."""
        return self.top + self.height / 2

    @property
    def shape(self) -> Shape:
        outline = f"M{self.left:.1f} {self.top:.1f}h{COLUMN}v{self.height:.1f}h{-COLUMN}z"
        return Shape("box added" if self.added else "box", outline)

    def labels(self) -> Iterator[Label]:
        for number, text in enumerate((self.title, *self.lines)):
            y = self.top + PAD + LINE * (number + 0.8)
            yield Label(self.middle, y, text, "middle", "strong" if number == 0 else "")


def block_figure(key: str, heading: str, block: BlockStructure, gate: Gate) -> Figure:
    """A gate of a block."""
    boxes = _boxes(block, gate)
    edges = [*_main_edges(boxes), *_added_edges(boxes, gate)]
    return Figure(
        key,
        heading,
        summary(block, gate),
        WIDTH,
        round(max(box.bottom for box in boxes.values()) + 1),
        (*(shape for edge in edges for shape in edge), *(box.shape for box in boxes.values())),
        tuple(label for box in boxes.values() for label in box.labels()),
    )


def _boxes(block: BlockStructure, gate: Gate) -> dict[str, Box]:
    matching = told(gate.matching) or ["none: widths agree"]
    twice = [f"{gate.connections} alike, one a branch"] if gate.connections > 1 else []
    middle = {
        "features": ("Features", [size(gate.features)], False),
        "extraction": ("Extraction", [*told(gate.extraction), f"→ {size(gate.extracted)}"], False),
        "merge": ("Merge", [*told(gate.merge), *twice], True),
        "attention": ("Transformation", [*told(gate.transformation), f"→ {size(gate.attention)}"], False),
        "refined": ("Fusion", [*told(gate.fusion), f"→ {size(gate.refined)}"], False),
    }
    boxes: dict[str, Box] = {}
    top = 1.0
    for name, (title, lines, added) in middle.items():
        boxes[name] = Box(title, tuple(lines), 1, top, added)
        top = boxes[name].bottom + DOWN
    before = (f"Block {block.number - 1} hands on", (size(gate.handed),))
    boxes["handed"] = Box(*before, 0, 1.0, added=True)
    boxes["matching"] = Box("Matching", (*matching, *twice), 0, boxes["handed"].bottom + DOWN, added=True)
    made = told(gate.hand_on) or [f"{' and '.join(gate.hand_on_origins)} as it is"]
    hand_on = Box("Hand on", (*made, f"→ {size(gate.handed_on)}"), 2, 0.0, added=True)
    # At the level of the lowest box that it comes from.
    level = max(boxes[origin].level for origin in gate.hand_on_origins)
    boxes["hand_on"] = replace(hand_on, top=level - hand_on.height / 2)
    return boxes


def _main_edges(boxes: dict[str, Box]) -> Iterator[tuple[Shape, ...]]:
    chain = [boxes[name] for name in ("features", "extraction", "merge", "attention", "refined")]
    for above, below in pairwise(chain):
        yield _arrow([(above.middle, above.bottom), (below.middle, below.top)])
    features, fusion = boxes["features"], boxes["refined"]
    beside = features.left - BYPASS
    yield _arrow(
        [
            (features.left, features.level),
            (beside, features.level),
            (beside, fusion.level),
            (fusion.left, fusion.level),
        ]
    )


def _added_edges(boxes: dict[str, Box], gate: Gate) -> Iterator[tuple[Shape, ...]]:
    handed, matching, merge, hand_on = (boxes[name] for name in ("handed", "matching", "merge", "hand_on"))
    yield _arrow([(handed.middle, handed.bottom), (matching.middle, matching.top)], added=True)
    beside = min(merge.level, matching.bottom - PAD)
    if beside > merge.top + PAD:
        yield _arrow([(matching.left + COLUMN, beside), (merge.left, beside)], added=True)
    else:
        corner, goal = (matching.middle, merge.level), (merge.left, merge.level)
        yield _arrow([(matching.middle, matching.bottom), corner, goal], added=True)
    for origin in gate.hand_on_origins:
        box = boxes[origin]
        if box.level >= hand_on.top:
            yield _arrow([(box.left + COLUMN, box.level), (hand_on.left, box.level)], added=True)
        else:
            corner = (hand_on.middle, box.level)
            yield _arrow([(box.left + COLUMN, box.level), corner, (hand_on.middle, hand_on.top)], added=True)


def _arrow(points: Sequence[tuple[float, float]], added: bool = False) -> tuple[Shape, Shape]:
    """A line through points, along the axes, and its head."""
    kind = " added" if added else ""
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    (x0, y0), (x1, y1) = points[-2:]
    if x0 == x1:
        step = 6 if y1 > y0 else -6
        head = f"M{x1:.1f} {y1:.1f}l-4 {-step}h8z"
    else:
        step = 6 if x1 > x0 else -6
        head = f"M{x1:.1f} {y1:.1f}l{-step} -4v8z"
    return Shape(f"edge{kind}", path), Shape(f"head{kind}", head)
