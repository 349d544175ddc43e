"""A copy of what the workflow needs, in which tests run snakemake as a user does."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]

RECIPE = {
    "epochs": 1,
    "batch_size": 4,
    "optimizer": {"name": "sgd", "learning_rate": 0.05},
    "schedule": {"name": "one_cycle"},
    "preprocessing": {"resize": 32, "crop": 32},
}


def copy_workflow(root: Path) -> None:
    """Write Snakefile, rules and config to `root` as they are."""
    root.mkdir(parents=True)
    for name in ("Snakefile", "workflow", "config", "profiles"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)


def working_copy(root: Path, recipe: dict[str, Any] = RECIPE, **changes: Any) -> Path:
    """The same with a config of which `changes` are made."""
    copy_workflow(root)
    (root / "config/recipes/tiny.yaml").write_text(yaml.safe_dump(recipe))
    config = yaml.safe_load((root / "config/config.yaml").read_text())
    config |= {
        "experiment": "tiny",
        "recipes": dict.fromkeys(config["recipes"], "config/recipes/tiny.yaml"),
        "profile": {"image_size": 32, "block_seconds": 0.01, "budget_seconds": 0.1},
        "detection": None,
        "device": "cpu",
    }
    (root / "config/config.yaml").write_text(yaml.safe_dump(config | changes))
    return root


def keep_pairs(root: Path, *pairs: str) -> None:
    """Leave these alone in the sheet: the audit, which counts the networks of all, takes half a minute."""
    sheet = root / "config/pairs.tsv"
    head, *rows = sheet.read_text().splitlines()
    kept = [row for row in rows if row.split("\t")[1] in pairs]
    sheet.write_text("\n".join([head, *kept]) + "\n")


def snakemake(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it with two cores; `variables` are of the environment."""
    environment = {key: value for key, value in os.environ.items() if not re.search("_proxy$", key, re.I)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=root,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=600,
    )


def planned(root: Path, *arguments: str) -> dict[str, int]:
    """Rule -> number of jobs that a dry run plans."""
    result = snakemake(root, "--dry-run", *arguments)
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    return job_counts(text)


def job_counts(text: str) -> dict[str, int]:
    """Rule -> number of jobs, by the table that Snakemake begins with."""
    if "Nothing to be done" in text:
        return {}
    table = text.split("job ", 1)[1].split("total")[0].splitlines()[2:]
    return {line.split()[0]: int(line.split()[1]) for line in table if line.split()}
