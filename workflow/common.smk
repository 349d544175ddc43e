"""The checked config and the paths that the rules share."""

from pathlib import Path

from snakemake.exceptions import WorkflowError

from dcanet.config import parse_config
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
    model="|".join(PLAN.models),
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
