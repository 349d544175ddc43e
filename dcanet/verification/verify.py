"""Everything of one experiment held against everything else of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..comparison_documents import FlippedPictures, PairComparison, TableStatistics
from ..data.coco_dataset import CocoDataset
from ..detection_documents import DetectionPictures
from ..documents import Dataset, Metrics
from ..sheets import Detector, Pair
from .classification import check_dataset
from .costs import check_audit, check_costs, check_structures
from .datasets import annotations_in, check_coco, check_images
from .experiment import Experiment
from .files import Files
from .findings import Findings
from .focus import check_focus
from .mixing import check_distinct, check_mixing
from .plan import check_config, check_plan
from .reading import read_experiment
from .report import check_report, is_of
from .runs import check_training, place_of, runs_below
from .speeds import check_speeds
from .statistics import check_statistics
from .tables import Results


@dataclass(frozen=True)
class Beside:
    """What results are held against, as far as it is at hand."""

    pairs: Sequence[Pair] = ()
    detectors: Sequence[Detector] = ()
    report: Path | None = None
    data: Sequence[Path] = ()
    """Folders of data sets: images by class, or COCO's."""
    base: Path = Path()
    """The folder that the config's paths start from."""
    without_weights: bool = False


def verify(root: Path, name: str, beside: Beside, findings: Findings) -> None:
    """Check the results of an experiment in the folder `root`, which findings call `name`."""
    files = Files(root, name, findings)
    runs = [*runs_below(files, "classification"), *runs_below(files, "detection")]
    if not runs:
        findings.problem(name, "", "results of an experiment", "none")
        return
    for run in runs:
        check_training(run, beside.without_weights)
    found = read_experiment(runs, annotations_in(beside.data))
    pairs = {pair.id: (pair.baseline.id, pair.connected.id) for pair in beside.pairs if pair.connected}
    check_distinct(files, runs)
    check_mixing(files, found, pairs, beside.detectors)
    _check_data(files, found, beside.data)
    sheet = {model.id: model for pair in beside.pairs for model in pair.models}
    costs = check_costs(files, runs, sheet)
    check_audit(files, sheet, costs)
    check_structures(files)
    speeds = check_speeds(files)
    statistics = check_statistics(files, found, pairs)
    _check_pictures(files, found, statistics)
    check_focus(files, found)
    plan = check_plan(files, costs)
    if plan is not None:
        check_config(files, plan, runs, statistics, beside.base)
    if beside.report is not None:
        report = Files(beside.report, beside.report.name, findings)
        if is_of(report, root.resolve().name):
            results = Results(
                found, statistics, costs, speeds, _pretrained(plan.config if plan else {}, found)
            )
            check_report(report, files, beside.pairs, beside.detectors, results)
        else:
            findings.note(f"{beside.report.name}: has no report of {name}, so no table was checked")


def _pretrained(config: Mapping[str, Any], found: Experiment) -> list[str]:
    """Networks whose weights the config takes from elsewhere."""
    sources = config.get("weights") or {}
    names = {*found.metrics, *found.detected}
    return [name for name in names if sources.get(name, sources.get("default", "train")) != "train"]


def _check_data(files: Files, found: Experiment, data: Sequence[Path]) -> None:
    """Documents of the data, among the results or beside the images, and images that are at hand."""
    results: dict[str, Metrics] = {
        files.at(place_of("classification", name, seed)): metrics
        for name, runs in found.metrics.items()
        for seed, metrics in runs.items()
    }
    if (dataset := files.document("dataset.json", Dataset, required=False)) is not None:
        check_dataset(files, files.at("dataset.json"), dataset, results)
    if (coco := files.document("coco.json", CocoDataset, required=False)) is not None:
        check_coco(files, files.at("coco.json"), coco, found)
    for folder in data:
        beside = Files(folder, str(folder), files.findings)
        if annotations_in([folder]):
            if (coco := beside.document("dataset.json", CocoDataset, required=False)) is not None:
                check_coco(files, beside.at("dataset.json"), coco, found)
            continue
        if (dataset := beside.document("dataset.json", Dataset, required=False)) is not None:
            check_dataset(files, beside.at("dataset.json"), dataset, results)
        check_images(files, folder, results)


def _check_pictures(files: Files, found: Experiment, statistics: TableStatistics | None) -> None:
    """Pictures are of images that the statistics name, and of detectors whose folders they are in."""
    flips = files.document("flips.json", FlippedPictures, required=False)
    if flips is not None and statistics is not None:
        compared = [pair for pair in statistics.pairs.values() if isinstance(pair, PairComparison)]
        named = {flip.image for pair in compared for flip in (*pair.surest_gained, *pair.surest_lost)}
        strangers = sorted(set(flips.pictures) - named)
        files.findings.same(files.at("flips.json"), "pictures of images that did not flip", [], strangers)
    for path in sorted((files.root / "detection").glob("*/pictures.json")):
        name = path.relative_to(files.root).as_posix()
        if (pictures := files.document(name, DetectionPictures)) is not None:
            files.findings.same(files.at(name), "detector", path.parent.name, pictures.detector)
