"""The checked config and the paths that the rules share."""

import os
import shlex
from pathlib import Path

from snakemake.exceptions import WorkflowError

from dcanet.comparison_documents import FlippedPictures, TableStatistics
from dcanet.config import parse_config
from dcanet.config_sections import ScenesData
from dcanet.data.coco_dataset import CocoDataset
from dcanet.detection_documents import DetectionMetrics, DetectionPictures
from dcanet.documents import Dataset, Metrics, RealMetrics
from dcanet.errors import UserError
from dcanet.focus_documents import Focus
from dcanet.plan_documents import Estimate
from dcanet.profile_documents import Audit, Costs, Throughput
from dcanet.provenance import CONFIG_HASH
from dcanet.structure_documents import Structures
from dcanet.weights.places import checkpoint_path
from dcanet.weights.networks import plugin_code
from dcanet.weights.translation import CONVERSION_VERSION
from dcanet.workflow import Plan
from dcanet.workflow_attempts import let_grow

# This workflow's own folder: the one that is worked in, unless another workflow uses this one as a module.
ROOT = Path(str(workflow.current_basedir)).parent


def named_or_shipped(path):
    """A recipe or sheet that the config names; this workflow's own where the folder that is worked in has none."""
    named_here = os.path.exists(path) or not (ROOT / path).exists()
    return path if named_here else str(ROOT / path)


try:
    PLAN = Plan(parse_config(config, find=named_or_shipped))
except UserError as error:
    raise WorkflowError(str(error)) from None

CONFIG = PLAN.config
os.environ[CONFIG_HASH] = PLAN.config_hash
# Every command begins so, and knows what the config's plug-ins register.
DCANET = shlex.join(PLAN.own.command).replace("{", "{{").replace("}", "}}")
# A cluster has no number of cores; its profile says how many these jobs get.
ALL_CORES = workflow.resource_settings.cores or 1
# For envs/dcanet.post-deploy.sh, which snakemake runs elsewhere.
os.environ.update(DCANET_WORKFLOW=str(ROOT))
RESULTS = f"results/{CONFIG.experiment}"
LOGS = f"logs/{CONFIG.experiment}"


wildcard_constraints:
    model=PLAN.any_of([*PLAN.networks, *PLAN.detectors]),
    detector=PLAN.any_of(PLAN.detectors),
    pair=PLAN.any_of(list(PLAN.timed)),
    backbone=PLAN.any_of(list(PLAN.watched)),
    seed=r"\d+",
    run=r"seed\d+|pretrained",
    device="cpu|cuda",


def slurm_logs():
    """The folder of SLURM's logs, where it runs the jobs; known once the rules are read."""
    return getattr(workflow.executor_settings, "logdir", None)


# Where another workflow uses this one as a module with a prefix, Snakemake puts the prefix before inputs, outputs and
# logs. So params are made from those, and what the user has named is `local`, which keeps it as it is.


def recipe(path):
    """A recipe as an input, a user's or a plug-in's. Its content as read counts (`training_hash`), not its time."""
    return ancient(path) if path.startswith(f"{RESULTS}/") else local(ancient(path))


def images(plan, input):
    """The data set's folder: with its description where it was made here, else as it was named."""
    made_here = plan.dataset == f"{plan.folder}/dataset.json"
    return os.path.dirname(input.dataset) if made_here else plan.folder


def state_of(weights):
    """The folder that a training's state is kept in, beside that of its results."""
    return str(Path(weights).parents[1] / "state")


def checkpoint_of(model):
    """What a model's weights are converted from: fetched here, or the user's file."""
    path = PLAN.checkpoint_of(model)
    return path if path == str(checkpoint_path(model)) else local(path)


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


def test_answers():
    """What was answered on the extra test sets, image by image: right or wrong by other labels, or the guesses."""
    names = {test: "correct" for test in PLAN.label_tests}
    names |= {test: "predictions" for test in PLAN.image_tests}
    return [
        path
        for test, name in names.items()
        for path in classification(f"test-{test}/{name}.parquet")
    ]


def costs():
    """Sizes, arithmetic and structure of all networks, and the published costs checked."""
    return [
        f"{RESULTS}/profile/{name}.json" for name in ("costs", "structures", "audit")
    ]


def watched_weights(backbone, side):
    """Weights of the first run of a backbone's baselines, or of their connected partners."""
    models = [getattr(pair, side).id for pair in PLAN.watched[backbone]]
    return [
        f"{RESULTS}/classification/{model}/{PLAN.runs_of(model)[0]}/train/model.safetensors"
        for model in models
    ]


def focuses():
    """Where the networks of all pairs look."""
    return [f"{RESULTS}/focus/{backbone}.json" for backbone in PLAN.watched]


def throughputs():
    """Speeds of all pairs, and of the networks that are in none."""
    return [f"{RESULTS}/profile/{PLAN.device}/{pair}.json" for pair in PLAN.timed]
