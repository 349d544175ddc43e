"""Which of the printed gains could be noise: what two accuracies and the number of images allow to say."""

from collections.abc import Iterator, Sequence

from ..comparison_documents import ApComparison, Estimate, TableStatistics
from ..sheets import Detector, Pair
from .chapter import Heading, Listing
from .formatting import signed, with_interval

IMAGENET_IMAGES = 50_000
COCO_IMAGES = 5_000
#: Share of images that just one network of a pair has right. Nothing printed says it; it is assumed.
ASSUMED_DISCORDANCE = 0.10


def claims(pairs: Sequence[Pair], alpha: float = 0.05) -> Iterator[Listing]:
    """Of the pairs of Table 1."""
    from ..statistics.published import published_claim

    rows = []
    noise = 0
    for pair in pairs:
        if pair.connected is None:
            continue
        before, after = (model.published_top1_percent for model in pair.models)
        if before is None or after is None:
            continue
        claim = published_claim(before, after, IMAGENET_IMAGES, ASSUMED_DISCORDANCE, alpha)
        noise += _could_be_noise(claim.unpaired)
        assert claim.assumed is not None
        rows.append(
            (
                pair.row,
                with_interval(claim.unpaired),
                _verdict(claim.unpaired),
                _ends(claim.assumed),
                _verdict(claim.assumed),
                _ends(claim.best),
                _ends(claim.worst),
                "any" if claim.discordance_limit == 1 else f"{100 * claim.discordance_limit:.2f} %",
            )
        )
    if rows:
        assumed = f"{100 * ASSUMED_DISCORDANCE:.0f} %"
        yield Listing(
            "claims",
            f"The paper's printed top-1 gains on n = {IMAGENET_IMAGES:,} images, in points: {noise} of "
            f"{len(rows)} could be noise by the unpaired {100 * (1 - alpha):g} % interval, as if each "
            "network had images of its own. Both saw the same, which tells more; how much depends on the "
            "share of images that just one of them has right, which is not printed. Columns marked * assume "
            f"it: {assumed}, the least, or the most that the accuracies allow. The last column assumes "
            "nothing: below that share the gain is told from noise. All of single trainings.",
            (
                Heading("Pair", words=True),
                Heading("Gain, unpaired"),
                Heading("Unpaired", words=True),
                Heading(f"* paired at {assumed}"),
                Heading(f"* at {assumed}", words=True),
                Heading("* at the least"),
                Heading("* at the most"),
                Heading("Told below"),
            ),
            tuple(rows),
        )


def claimed_ap(detectors: Sequence[Detector], statistics: TableStatistics | None) -> Iterator[Listing]:
    """Of the detectors of Table 2, beside what our images can tell apart."""
    printed = {row.id: row.published_ap for row in detectors}
    rows = []
    for row in detectors:
        before, after = printed.get(row.baseline or ""), row.published_ap
        if before is None or after is None:
            continue
        found = statistics.detectors.get(row.id) if statistics else None
        gain, resolved, judged = after - before, "not evaluated", "not known"
        if isinstance(found, ApComparison):
            ap = found.numbers["ap"]
            half = (ap.high - ap.low) / 2
            of_mean = f", mean of {found.split.seeds} seeds" if found.split else ""
            resolved = f"± {half:.2f} on {found.images:,} images{of_mean}"
            # Printed gains are of single trainings.
            if found.images == COCO_IMAGES and not found.split:
                judged = _verdict(Estimate(value=gain, low=gain - half, high=gain + half))
        rows.append((row.id, signed(gain, 1), resolved, judged))
    if rows:
        yield Listing(
            "claims-ap",
            "The paper's printed AP gains over each row's baseline, in points. AP is no share of images, so "
            "printed numbers alone give no interval. Where our detectors, of one training each, were "
            f"evaluated on as many images as val2017 has ({COCO_IMAGES:,}), the column marked * assumes our "
            "paired interval's half-width.",
            (
                Heading("Detector", words=True),
                Heading("Gain"),
                Heading("Our paired interval", words=True),
                Heading("* printed gain", words=True),
            ),
            tuple(rows),
        )


def _ends(interval: Estimate) -> str:
    return f"[{signed(interval.low, 2)}, {signed(interval.high, 2)}]"


def _could_be_noise(interval: Estimate) -> bool:
    return interval.low <= 0 <= interval.high


def _verdict(interval: Estimate) -> str:
    return "≈ could be noise" if _could_be_noise(interval) else "beyond noise"
