"""The notes below Table 2: what the baselines, the intervals and the variants are."""

from collections.abc import Iterator, Sequence

from ..comparison_documents import TableStatistics
from ..detection.forms import is_detector, variant_of
from ..detection_documents import DetectionMetrics
from ..models.forms import options_text
from ..sheets import Detector
from .stored_detection import StoredDetection
from .table import Missing
from .wording import level


def detection_notes(
    detectors: Sequence[Detector], stored: StoredDetection, statistics: TableStatistics | Missing
) -> Iterator[str]:
    """Of the rows as they were evaluated."""
    yield (
        "A row's baseline is the same detector on the backbone without the last addition: attention is "
        "compared with the plain network, the connection with unconnected attention."
    )
    found = [metrics for row in detectors for metrics in stored.evaluated(row.id)]
    if found:
        yield from _interval_notes(found, _seeds_of(detectors, stored), statistics)
        images = max(metrics.oracle_images for metrics in found)
        worst = max(metrics.oracle_difference for metrics in found)
        yield (
            f"All numbers are hotcoco's; on {images:,} of the images pycocotools gives the same "
            f"(largest difference {worst:.1g} points)."
        )
    variants: dict[str, list[str]] = {}
    for row in detectors:
        for metrics in stored.evaluated(row.id)[:1]:
            changed = variant_of(row.id, metrics.options) if is_detector(row.id) else {}
            if changed:
                variants.setdefault(options_text(changed), []).append(row.id)
    for text, names in variants.items():
        yield f"Options that are not the published ones: {text} ({', '.join(names)})."


def _seeds_of(detectors: Sequence[Detector], stored: StoredDetection) -> list[tuple[int, ...]]:
    """Of each detector that has several trainings."""
    evaluated = (stored.evaluated(row.id) for row in detectors)
    seeds = (tuple(metrics.seed for metrics in of_it if metrics.seed is not None) for of_it in evaluated)
    return [of_it for of_it in seeds if len(of_it) > 1]


def _interval_notes(
    found: Sequence[DetectionMetrics],
    several: Sequence[tuple[int, ...]],
    statistics: TableStatistics | Missing,
) -> Iterator[str]:
    resamples = {run.resamples for metrics in found for run in metrics.intervals.values()}
    drawn = f"by {' or '.join(f'{number:,}' for number in sorted(resamples))} resamples of"
    paired = "of a difference, both detectors on the same resamples"
    if len(several) < len({metrics.model for metrics in found}):
        single = "of a single training " if several else ""
        yield (
            f"In brackets the 95 % interval {single}over images, {drawn} them; {paired}. It says nothing of "
            "another training's outcome."
        )
    if not several:
        return
    seeds = " or ".join(", ".join(map(str, of_it)) for of_it in sorted(set(several)))
    brackets = (
        f"No interval: statistics.json is {statistics}."
        if isinstance(statistics, Missing)
        else f"In brackets the {level(statistics)} interval over seeds and images, {drawn} the images; "
        f"{paired}, seed by seed."
    )
    yield f"Of several trainings the mean ± the sample standard deviation over seeds {seeds}. {brackets}"
