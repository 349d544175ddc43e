"""Reading every evaluation of an experiment, checked by itself."""

from collections.abc import Iterable
from pathlib import Path

from .classification import check_evaluation, check_relabelled
from .detection import check_detections
from .experiment import Experiment
from .runs import Run
from .tables import REAL


def read_experiment(runs: Iterable[Run], annotations: Path | None) -> Experiment:
    """What was evaluated, of which each file is held against what it follows from.

    Args:
        annotations: of the detectors' val split, where they are at hand.
    """
    found = Experiment()
    for run in runs:
        if run.task == "classification":
            _read_classifier(run, found)
        else:
            _read_detector(run, found, annotations)
    return found


def _read_classifier(run: Run, found: Experiment) -> None:
    there = sorted(path.name for path in (run.files.root / run.folder).glob("*/") if path.is_dir())
    if "eval" in there:
        metrics, answers = check_evaluation(run)
        if metrics is not None:
            found.metrics.setdefault(run.model, {})[run.seed] = metrics
        if answers is not None:
            found.answers.setdefault(run.model, {})[run.seed] = answers
    else:
        run.files.findings.note(f"{run.files.at(run.folder)}: has not been evaluated")
    for stage in there:
        if not stage.startswith("test-"):
            continue
        test = stage.removeprefix("test-")
        tested, graded = check_relabelled(run, stage) if test == REAL else check_evaluation(run, stage)
        if tested is not None:
            found.tested.setdefault(test, {}).setdefault(run.model, {})[run.seed] = tested
        if graded is not None:
            found.graded.setdefault(test, {}).setdefault(run.model, {})[run.seed] = graded


def _read_detector(run: Run, found: Experiment, annotations: Path | None) -> None:
    if not (run.files.root / run.folder / "eval").is_dir():
        run.files.findings.note(f"{run.files.at(run.folder)}: has not been evaluated")
        return
    metrics, bootstrap = check_detections(run, annotations)
    if metrics is not None:
        found.detected.setdefault(run.model, {})[run.seed] = metrics
    if bootstrap is not None:
        found.bootstraps.setdefault(run.model, {})[run.seed] = bootstrap
