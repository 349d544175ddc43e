"""The checked config and the paths that the rules share."""

from pathlib import Path

from snakemake.exceptions import WorkflowError

from dcanet.config import parse_config
from dcanet.data.coco_dataset import CocoDataset
from dcanet.detection_documents import DetectionMetrics, DetectionPictures
from dcanet.documents import Dataset, Metrics, RealMetrics
from dcanet.errors import UserError
from dcanet.weights.translation import CONVERSION_VERSION
from dcanet.workflow import Plan

try:
    PLAN = Plan(parse_config(config))
except UserError as error:
    raise WorkflowError(str(error)) from None

CONFIG = PLAN.config
RESULTS = f"results/{CONFIG.experiment}"
LOGS = f"logs/{CONFIG.experiment}"


wildcard_constraints:
    model=PLAN.any_of([*PLAN.networks, *PLAN.detectors]),
    detector=PLAN.any_of(PLAN.detectors),
    pair="|".join(PLAN.pairs),
    seed=r"\d+",
    run=r"seed\d+|pretrained",
    device="cpu|cuda",


def classification(file):
    """A file of every run of every model."""
    return [
        f"{RESULTS}/classification/{model}/{run}/{file}"
        for model in PLAN.models
        for run in PLAN.runs_of(model)
    ]


def detection(file):
    """A file of every run of every detector."""
    return [
        f"{RESULTS}/detection/{detector}/{run}/{file}"
        for detector in PLAN.detectors
        for run in PLAN.runs_of(detector)
    ]


def detections_of(detector):
    """What a detector found, in its first run."""
    return f"{RESULTS}/detection/{detector}/{PLAN.runs_of(detector)[0]}/eval/detections.parquet"


def pictures():
    """What detectors found beside what their baselines did."""
    compared = PLAN.detection.compared if PLAN.detection else []
    return [f"{RESULTS}/detection/{detector}/pictures.json" for detector in compared]


def tests():
    """Results on the extra test sets."""
    return [
        path
        for test in PLAN.tests
        for path in classification(f"test-{test}/metrics.json")
    ]


def costs():
    return expand(f"{RESULTS}/profile/costs/{{pair}}.json", pair=PLAN.pairs)


def throughputs():
    return expand(f"{RESULTS}/profile/{PLAN.device}/{{pair}}.json", pair=PLAN.pairs)
