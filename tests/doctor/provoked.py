"""Real commands that fail for a known reason, their logs where the workflow puts them."""

import contextlib
import io
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from dcanet.cli import main

MODEL = "se_mobilenet_v2"
RESULTS, LOGS = Path("results/tiny"), Path("logs/tiny")
RUN = RESULTS / "classification" / MODEL / "seed0"
TRAINING_LOG = LOGS / "train" / f"{MODEL}-seed0.log"
RECIPE: dict[str, Any] = {
    "epochs": 2,
    "batch_size": 4,
    "optimizer": {"name": "sgd", "learning_rate": 0.01},
    "schedule": {"name": "one_cycle"},
    "preprocessing": {"resize": 32, "crop": 32},
}


def training(root: Path, data: Path, **recipe: Any) -> list[str]:
    """Arguments of the workflow's training of MODEL in folder `root`, by RECIPE with changes."""
    (root / "recipe.yaml").write_text(yaml.safe_dump(RECIPE | recipe))
    (root / TRAINING_LOG).parent.mkdir(parents=True, exist_ok=True)
    (root / RESULTS).mkdir(parents=True, exist_ok=True)
    where = ["--data", str(data), "--recipe", "recipe.yaml", "--state", str(RUN / "state")]
    return ["train", "--model", MODEL, "--device", "cpu", *where, "--out", str(RUN / "train")]


class Log(io.StringIO):
    """What a command says; SIGTERM comes to this process when it says `ends`."""

    def __init__(self, ends: str | None = None) -> None:
        super().__init__()
        self.ends = ends

    def write(self, text: str) -> int:
        if self.ends and self.ends in text:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().write(text)


def run_logged(root: Path, arguments: Sequence[str], ends: str | None = None) -> int:
    """Run a command in folder `root` as its rule does, with its output in the training's log."""
    log = Log(ends)
    with contextlib.chdir(root), contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        code = main(arguments)
    (root / TRAINING_LOG).write_text(log.getvalue())
    return code
