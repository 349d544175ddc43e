"""The checked config and the paths that the rules share."""

from pathlib import Path

from snakemake.exceptions import WorkflowError

from dcanet.config import parse_config
from dcanet.errors import UserError
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
    device="cpu|cuda",


def classification(file):
    """A file of every model and seed."""
    return expand(
        f"{RESULTS}/classification/{{model}}/seed{{seed}}/{file}",
        model=PLAN.models,
        seed=CONFIG.seeds,
    )


def costs():
    return expand(f"{RESULTS}/profile/costs/{{pair}}.json", pair=PLAN.pairs)


def throughputs():
    return expand(f"{RESULTS}/profile/{PLAN.device}/{{pair}}.json", pair=PLAN.pairs)
