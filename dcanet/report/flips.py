"""Where the networks of a pair differ: by class, image by image, and how alike all networks answer."""

from collections.abc import Iterator, Mapping

from ..comparison_documents import Agreement, FlippedImage, PairComparison, TableStatistics
from ..statistics.verdict import SIGNS, verdict
from .chapter import Album, Heading, Listing, Thumbnail
from .formatting import p_text, with_interval
from .stored import Stored, evaluated

#: Classes and images of each pair that are listed.
LISTED_CLASSES = 10
LISTED_IMAGES = 5
#: Networks that a matrix of all with all is shown for; statistics.json has it of any number.
LISTED_NETWORKS = 60


def outcomes(compared: Mapping[str, PairComparison]) -> Iterator[Listing]:
    """What becomes of the images, over all trainings."""
    rows = tuple(
        (
            name,
            *(
                f"{sum(getattr(run, field) for run in pair.runs):,}"
                for field in ("both_right", "gained", "lost", "same_mistake", "other_mistake")
            ),
        )
        for name, pair in compared.items()
    )
    if rows:
        yield Listing(
            "noise-outcomes",
            "What becomes of the images: right and wrong by the first guess of both networks",
            (
                Heading("Pair", words=True),
                Heading("Both right"),
                Heading("Only DCANet right"),
                Heading("Only baseline right"),
                Heading("Same mistake"),
                Heading("Different mistakes"),
            ),
            rows,
            folded=True,
        )


def classes(compared: Mapping[str, PairComparison], alpha: float) -> Iterator[Listing]:
    """Those whose accuracy changes most surely."""
    rows = []
    for name, pair in compared.items():
        surest = sorted(pair.per_class.items(), key=lambda item: item[1].p_adjusted)[:LISTED_CLASSES]
        for label, delta in surest:
            judged = verdict(delta.difference, delta.p_adjusted, alpha)
            rows.append(
                (
                    f"{name}: {label}",
                    f"{delta.images:,}",
                    f"{delta.gained:,}",
                    f"{delta.lost:,}",
                    with_interval(delta.difference, 1),
                    p_text(delta.p_adjusted),
                    f"{SIGNS[judged]} {judged}",
                )
            )
    if rows:
        yield Listing(
            "noise-classes",
            f"Accuracy of single classes, DCANet − baseline, p adjusted over the classes; at most "
            f"{LISTED_CLASSES} of each pair, the surest first (statistics.json has all)",
            (
                Heading("Pair and class", words=True),
                *map(Heading, ("Images", "Gained", "Lost", "Difference, points", "Adjusted p")),
                Heading("Verdict", words=True),
            ),
            tuple(rows),
            folded=True,
        )


def flipped(compared: Mapping[str, PairComparison], stored: Stored) -> Iterator[Listing]:
    """The images on which the networks differ most surely, by their ids."""
    rows = []
    for name, pair in compared.items():
        names = _class_names(pair.other, stored)
        for way, images in (("gained", pair.surest_gained), ("lost", pair.surest_lost)):
            rows += [(f"{name}: {way}", *_answers(image, names)) for image in images[:LISTED_IMAGES]]
    if rows:
        yield Listing(
            "noise-flips",
            f"Images that flipped most surely, at most {LISTED_IMAGES} each way of a pair, with what either "
            "network takes them for and its probability",
            tuple(Heading(label, words=True) for label in ("Pair", "Image", "Baseline", "DCANet")),
            tuple(rows),
            folded=True,
        )


def albums(compared: Mapping[str, PairComparison], stored: Stored) -> Iterator[Album]:
    """The same images as far as they were drawn."""
    for name, pair in compared.items():
        names = _class_names(pair.other, stored)
        ways = (("gained", pair.surest_gained), ("lost", pair.surest_lost))
        drawn = tuple(
            Thumbnail(image.image, stored.pictures[image.image], f"{way}: {before} → {after}")
            for way, images in ways
            for image in images[:LISTED_IMAGES]
            if image.image in stored.pictures
            for _, before, after in [_answers(image, names)]
        )
        if drawn:
            yield Album(f"{name}: images that flipped most surely, baseline → DCANet", drawn)


def _class_names(model: str, stored: Stored) -> list[str]:
    """By the index of an answer; none where the images are of some of the network's classes only."""
    found = evaluated(stored.runs.get(model, ()))
    if not found or found[0].of_classes != len(found[0].per_class):
        return []
    return list(found[0].per_class)


def _answers(image: FlippedImage, names: list[str]) -> tuple[str, str, str]:
    def named(answer: int) -> str:
        return names[answer] if answer < len(names) else f"class {answer}"

    return (
        image.image,
        f"{named(image.baseline_answer)} ({image.baseline_confidence:.2f})",
        f"{named(image.other_answer)} ({image.other_confidence:.2f})",
    )


def agreement(statistics: TableStatistics) -> Iterator[Listing]:
    """All networks with all others, two matrices in one."""
    found = statistics.agreement
    if not isinstance(found, Agreement) or not 2 <= len(found.models) <= LISTED_NETWORKS:
        return
    rows = tuple(
        (
            f"{place + 1} {model}",
            *(
                f"{found.kappa[place][column]:.2f}"
                if column < place
                else ""
                if column == place
                else f"{100 * found.same_answer[place][column]:.0f} %"
                for column in range(len(found.models))
            ),
        )
        for place, model in enumerate(found.models)
    )
    yield Listing(
        "noise-agreement",
        "How alike the networks answer: above the diagonal the share of images with the same first guess, "
        "below it Cohen's kappa of being right (0 is chance, 1 is right on the same images)",
        (Heading("Network", words=True), *(Heading(str(place + 1)) for place in range(len(found.models)))),
        rows,
        folded=True,
    )
