"""What connecting adds to a block: the paper's Figure 2 for each connected network, as it was built."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from ..sheets import Pair
from ..structure_documents import BlockStructure, Structures
from .block_drawing import block_figure
from .block_words import origins
from .chapter import Chapter
from .figure import Figure
from .reading import Reader
from .table import Missing

TITLE = "A block and its connection"


def load_structures(results: Path, logs: Path | None) -> tuple[Structures | Missing, list[str]]:
    """What was noted of the networks, or why nothing was; and warnings."""
    reader = Reader(Path(results), logs)
    path = reader.root / "profile" / "structures.json"
    return reader.read(Structures, path, reader.absent("profile/costs.log")), reader.warnings


def structure_figures(pairs: Sequence[Pair], found: Structures | Missing) -> dict[str, tuple[Figure, ...]]:
    """By the pair's id: a drawing for each gate of a block of its connected network."""
    if isinstance(found, Missing):
        return {}
    return {
        pair.id: tuple(_figures(pair, found.models[pair.connected.id]))
        for pair in pairs
        if pair.connected and pair.connected.id in found.models
    }


def _figures(pair: Pair, block: BlockStructure) -> Iterator[Figure]:
    for gate in block.gates:
        key = f"structure-{pair.id}{f'-{gate.name}' if gate.name else ''}"
        which = f", {gate.name} gate" if gate.name else ""
        yield block_figure(key, f"{pair.row}: block {block.number} of {block.blocks}{which}", block, gate)


def structure_chapter(pairs: Sequence[Pair], found: Structures | Missing) -> Chapter:
    """One network of each attention; the others' drawings stand with their pairs."""
    if isinstance(found, Missing):
        return Chapter("structure", TITLE, (f"No block was looked into: {found}.",))
    figures = structure_figures(pairs, found)
    shown: dict[str, list[Figure]] = {}
    for pair in pairs:
        if pair.id in figures:
            # Keys of their own: a pair's drawings may stand on the same page.
            drawn = [replace(figure, key=f"structure-of-{figure.key}") for figure in figures[pair.id]]
            shown.setdefault(pair.baseline.attention, drawn)
    paragraphs = (
        "Before an attention block transforms what it extracts, connecting merges it with what the block "
        "before handed on, matched to its width. Drawn from the networks as they were built: the first block "
        "of each in which a width has to be matched, every layer with the widths that it takes and gives, "
        f"shapes for images of {found.image_size} pixels. Thick lines are what connecting adds.",
        *_ranges(found.models),
    )
    return Chapter("structure", TITLE, paragraphs, figures=tuple(chain.from_iterable(shown.values())))


def _ranges(blocks: Mapping[str, BlockStructure]) -> Iterator[str]:
    """Which kinds of matching and hand-on there are."""
    handed: dict[str, list[str]] = {}
    for name, block in blocks.items():
        for gate in block.gates:
            handed.setdefault(origins(gate), []).append(name)
    if len(handed) > 1:
        told = "; ".join(f"{what} in {len(dict.fromkeys(names))}" for what, names in handed.items())
        yield f"What a block hands on differs between the {len(blocks)} networks: {told}."
