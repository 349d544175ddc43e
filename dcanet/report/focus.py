"""Where the networks look after each stage: the paper's Figure 1 for every pair, with numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..focus_documents import Focus, PairFocus, SeenBy, SeenImage, Stage
from ..sheets import Pair
from .chapter import Chapter, Listing
from .focus_numbers import Judged, judged, pairs_listing, reasons, steps_listing, summary
from .stored_focus import Looked, StoredFocus
from .table import Missing

TITLE = "Where the networks look"


@dataclass(frozen=True)
class Strip:
    """One network on one image: its heat after each stage, side by side."""

    side: str
    answer: str
    source: str
    alt: str


@dataclass(frozen=True)
class Seen:
    """An image, and how both networks look at it, baseline first."""

    image: str
    label: str
    source: str
    strips: tuple[Strip, Strip]


@dataclass(frozen=True)
class StageHeading:
    """What stands over a part of the strips."""

    name: str
    size: str


@dataclass(frozen=True)
class FocusView:
    """What is shown of a pair."""

    row: str
    about: str
    stages: tuple[StageHeading, ...]
    images: tuple[Seen, ...]
    numbers: Listing
    reasons: tuple[str, ...]


def focus_views(pairs: Sequence[Pair], stored: StoredFocus) -> dict[str, FocusView]:
    """By the pair's id, of the pairs that were looked at."""
    rows = {pair.id: pair.row for pair in pairs}
    return {name: _view(name, rows[name], looked) for name, looked in stored.found.items()}


def focus_chapter(pairs: Sequence[Pair], stored: StoredFocus) -> Chapter:
    """Whether the focus of connected networks drifts otherwise; the pictures stand with the pairs."""
    names = {pair.id: pair.row for pair in pairs}
    notes = [f"{names[name]}: {found}." for name, found in stored.pairs.items() if isinstance(found, Missing)]
    looked = {name: found.pair for name, found in stored.found.items()}
    if not looked:
        nothing = "Nothing was looked at; `dcanet focus` does it."
        return Chapter("focus", TITLE, (nothing,), notes=tuple(notes))
    numbers = judged(looked)
    return Chapter(
        "focus",
        TITLE,
        tuple(_paragraphs(numbers, next(iter(stored.found.values())).file)),
        (pairs_listing(numbers, names),) if numbers else (),
        (*notes, *_without_numbers(looked, names)),
    )


def _without_numbers(looked: Mapping[str, PairFocus], names: Mapping[str, str]) -> Iterator[str]:
    """Each reason once, with the rows that have it."""
    rows: dict[str, list[str]] = {}
    for key, pair in looked.items():
        for reason in reasons(pair):
            rows.setdefault(reason, []).append(names[key])
    yield from (f"{', '.join(having)}: {reason}." for reason, having in rows.items())


def _paragraphs(numbers: Mapping[str, Judged], file: Focus) -> Iterator[str]:
    if numbers:
        yield summary(numbers)
    yield (
        "The paper's Figure 1 shows in pictures that connected networks adjust their focus progressively. If "
        "they do, the focus shifts less from stage to stage, and the heat of one stage and the next overlaps "
        "more."
    )
    yield (
        f"{_heat(file.score)} The shift is the way of the heat's centre of mass, in percent of the image's "
        "side; the overlap is the share of the heat that two stages have in the same places. A coarse map is "
        "smooth: compare the networks of a row, not stages with one another. Of one training each nothing is "
        "said of another training's outcome."
    )
    yield (
        f"Numbers are of {len(file.images):,} images of {file.dataset}, spread evenly over its {file.split} "
        "split, as far as both networks have heat at every stage; p-values are adjusted over all differences "
        "of the table by Holm's method."
    )


def _view(key: str, row: str, looked: Looked) -> FocusView:
    file, pair = looked.file, looked.pair
    return FocusView(
        row=row,
        about=f"{_heat(file.score)} The numbers are of {len(file.images):,} images of {file.dataset}.",
        stages=tuple(
            StageHeading(f"Stage {number}", stage.size) for number, stage in enumerate(pair.stages, start=1)
        ),
        images=tuple(
            Seen(seen.image, seen.label, file.originals[seen.image], _strips(row, pair.stages, seen))
            for seen in pair.pictures
            if seen.image in file.originals
        ),
        numbers=steps_listing(f"focus-{key}", pair),
        reasons=tuple(reasons(pair)),
    )


def _heat(score: str) -> str:
    of = "the true class" if score == "true class" else "the network's own answer"
    return (
        f"Grad-CAM after each stage: lighter is more evidence for {of}. A ring is at its centre of mass; "
        "where there is none, nothing speaks for the class, or the map is too small to tell where."
    )


def _strips(row: str, stages: Sequence[Stage], seen: SeenImage) -> tuple[Strip, Strip]:
    baseline, connected = (
        Strip(
            side,
            f"{by.answer} ({100 * by.confidence:.0f} %)",
            by.strip,
            f"{side}, {row}, on {seen.image}: {'; '.join(_in_words(stages, by))}",
        )
        for side, by in (("Baseline", seen.baseline), ("DCANet", seen.connected))
    )
    return baseline, connected


def _in_words(stages: Sequence[Stage], by: SeenBy) -> Iterator[str]:
    """Where the centre is after each stage."""
    for number, (stage, centre) in enumerate(zip(stages, by.centres, strict=True), start=1):
        if not stage.has_focus:
            yield f"after stage {number} a map of {stage.size}, no focus to locate"
        elif centre is None:
            yield f"after stage {number} no heat"
        else:
            x, y = (round(100 * share) for share in centre)
            yield f"after stage {number} the centre is {x} % from the left, {y} % from the top"
