"""An edited number in a document is noticed, nearly everywhere even where the checksum was made to fit."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from making import PAIR
from tampering import Steps, another, changed, edited, numbers_of, put, sealed, verified

from dcanet.comparison_documents import FlippedPictures, TableStatistics
from dcanet.data.coco_dataset import CocoDataset
from dcanet.detection_documents import ApBootstrap, DetectionMetrics, DetectionPictures
from dcanet.documents import Dataset, Document, Metrics, Provenance
from dcanet.focus_documents import Focus
from dcanet.plan_documents import Estimate
from dcanet.profile_documents import Costs, Throughput
from dcanet.structure_documents import Structures
from dcanet.verification.files import Files
from dcanet.verification.findings import Findings
from dcanet.verification.reading import read_experiment
from dcanet.verification.runs import runs_below
from dcanet.verification.statistics import check_statistics

KINDS: dict[str, type[Document]] = {
    "classification/.*/metrics.json": Metrics,
    "detection/.*/metrics.json": DetectionMetrics,
    "provenance.json": Provenance,
    "bootstrap.json": ApBootstrap,
    "pictures.json": DetectionPictures,
    "flips.json": FlippedPictures,
    "statistics.json": TableStatistics,
    "dataset.json": Dataset,
    "coco.json": CocoDataset,
    "focus/": Focus,
    "plan.json": Estimate,
    "costs.json": Costs,
    "structures.json": Structures,
    "profile/cpu/": Throughput,
}
#: Numbers that nothing else tells, and why: their file's checksum is all that guards them (docs/verify.md).
ONLY_SEALED = {
    "what a machine is and did": r"machine\.|threads|\.(before|after)\.|peak_memory_bytes",
    "settings of a timing, and clocks": r"profile/cpu/.*(: height|: width|: seconds|batch_size)",
    "MACs, which are counted by running the network": r"macs\..*(attention|connection|uncounted_ops)",
    "sizes that were counted at": r"costs\.json: models\.\w+\.(height|width|classes|options\..*)$",
    "a detector is counted as published": r"costs\.json: models\.retinanet_\w+\.parameters\.attention",
    "shapes of a drawn block": r"structures\.json: ",
    "estimates of what a config costs": r"plan\.json: (devices|networks|total)\.",
    "settings that decide no number of a table": r"plan\.json: config\.",
    "broken images, where no document tells of them": r"test-extra/metrics\.json: bad_images_skipped",
    "recall, without the annotations": r"detection/.*metrics\.json: numbers\.ar",
    "options of a detector, without its weights": r"detection/.*metrics\.json: options\.",
    "a check that was made when evaluating": r"metrics\.json: oracle_",
    "pictures, and the answers that stand under them": r"(focus/.*(pictures|stages)\.)|pictures\.json",
    "a tail of what was rounded": r"focus/.*p_value",
    "objects of a training split, and their sizes": r"coco\.json: splits\.",
}


def numbers(root: Path) -> Iterator[tuple[str, Path, Steps]]:
    """One of each kind in the first training of each network: those of lists, pairs and classes are alike."""
    results, seen = root / "results/tiny", set()
    for path in sorted(results.rglob("*.json")):
        name = path.relative_to(results).as_posix()
        if "seed1" in name or "state" in name:
            continue
        for steps, _ in numbers_of(json.loads(path.read_text())):
            inside = ".".join("#" if isinstance(step, int) else str(step) for step in steps)
            kind = re.sub(r"dca_|class\d|(?<=retinanet_)se_", "", f"{name}: {inside}")
            if kind not in seen:
                seen.add(kind)
                yield kind, path, steps


def with_another(path: Path, steps: Steps) -> dict:
    content = json.loads(path.read_text())
    return edited(content, steps, another(dict(numbers_of(content))[steps]))


def unnoticed(root: Path, every: int, first: int = 0) -> list[str]:
    """Kinds of numbers that were edited, with the checksum made to fit, and are not told of."""
    listed = [number for number in numbers(root) if not number[0].startswith("statistics.json")]
    found = []
    for kind, path, steps in listed[first::every]:
        with changed(path):
            put(path, sealed(with_another(path, steps)))
            if not verified(root).problems:
                found.append(kind)
    return found


def expected(kind: str) -> bool:
    return any(re.search(pattern, kind) for pattern in ONLY_SEALED.values())


def test_a_run_that_was_not_touched_has_no_problem(made):
    found = verified(made, "report", ("images", "boxes"))
    assert not found.problems
    assert not found.notes
    assert len(found.files) > 60
    assert found.numbers > 1400


def test_every_number_of_every_document_is_sealed(made):
    told = 0
    for kind, path, steps in numbers(made):
        form = next(form for pattern, form in KINDS.items() if re.search(pattern, kind))
        findings = Findings()
        with changed(path):
            put(path, json.dumps(with_another(path, steps)))
            Files(path.parent, "results", findings).document(path.name, form)
        assert findings.problems, kind
        told += 1
    assert told > 500


def test_statistics_are_found_anew_whatever_their_checksum(made):
    """Each kind of number in statistics.json, with the checksum made to fit."""
    results = made / "results/tiny"
    files = Files(results, "results/tiny", Findings())
    found = read_experiment([*runs_below(files, "classification"), *runs_below(files, "detection")], None)
    path, pairs = results / "statistics.json", {PAIR[0]: PAIR}
    silent = []
    for kind, _, steps in [number for number in numbers(made) if number[1] == path]:
        findings = Findings()
        with changed(path):
            put(path, sealed(with_another(path, steps)))
            check_statistics(Files(results, "results/tiny", findings), found, pairs)
        if not findings.problems:
            silent.append(kind)
    assert [kind for kind in silent if not expected(kind)] == []
    assert not files.findings.problems


def test_numbers_are_found_anew_whatever_their_checksum(made):
    """Some kinds of numbers in all other documents."""
    assert [kind for kind in unnoticed(made, every=20) if not expected(kind)] == []


@pytest.mark.slow
@pytest.mark.lengthy
def test_all_numbers_are_found_anew_whatever_their_checksum(made):
    """Each kind."""
    silent = unnoticed(made, every=1)
    assert "\n".join(kind for kind in silent if not expected(kind)) == ""


@pytest.mark.parametrize("number", ["ar1", "ar_small", "ap", "ap75"])
def test_ap_and_recall_are_found_anew_from_annotations(made, number):
    path = made / "results/tiny/detection/retinanet_resnet50/seed0/eval/metrics.json"
    with changed(path):
        put(path, sealed(with_another(path, ("numbers", number))))
        found = verified(made, data=("boxes",))
    assert any(f"numbers.{number}" in problem.field for problem in found.problems)
