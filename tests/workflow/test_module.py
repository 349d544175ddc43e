"""The workflow as a module of another one, which works elsewhere and consumes what the rules make."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from working_copy import ROOT, planned, snakemake, working_copy

pytestmark = pytest.mark.e2e

#: Another workflow: its own rule asks for a result of a module, under a prefix and under new names.
OTHER = """
configfile: "config.yaml"

module dcanet:
    snakefile: "{clone}/workflow/Snakefile"
    config: config["dcanet"]
    prefix: "benchmark"

use rule * from dcanet as dcanet_*

rule summary:
    default_target: True
    input:
        "benchmark/{result}",
    output:
        "summary.txt",
    shell:
        "head -c 5000 {{input}} > {{output}}"
"""

MODEL = "mobilenet_v2"
METRICS = f"results/tiny/classification/{MODEL}/seed0/eval/metrics.json"
TRAINED = {"dcanet_describe_folder": 1, "dcanet_train": 1, "dcanet_evaluate": 1, "summary": 1}


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """The workflow's files somewhere; a tiny recipe is one of them."""
    return working_copy(tmp_path_factory.mktemp("module") / "clone")


def other_workflow(root: Path, clone: Path, result: str, **changes) -> Path:
    """A folder with another workflow, its config and some images; nothing of this workflow's files."""
    for split in ("train", "val"):
        for label in range(2):
            folder = root / "images" / split / str(label)
            folder.mkdir(parents=True)
            for index in range(6):
                pixels = np.random.default_rng(index).integers(0, 80, (32, 32, 3)) + 170 * label
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
    config = yaml.safe_load((clone / "config/config.yaml").read_text())
    config |= {"pairs": [MODEL], "data": {"name": "folder", "path": "images"}} | changes
    (root / "config.yaml").write_text(yaml.safe_dump({"dcanet": config}))
    (root / "Snakefile").write_text(OTHER.format(clone=clone, result=result))
    return root


@pytest.fixture(scope="module")
def done(tmp_path_factory, clone):
    root = other_workflow(tmp_path_factory.mktemp("other"), clone, METRICS)
    assert planned(root) == TRAINED
    result = snakemake(root)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    assert "not present in the Snakefile" not in result.stderr
    return root


def test_another_workflow_takes_a_result(done):
    metrics = json.loads((done / "summary.txt").read_text())
    assert (metrics["model"], metrics["images"]) == (MODEL, 12)


def test_nothing_is_written_outside_the_prefix(done):
    names = {path.name for path in done.iterdir() if not path.name.startswith(".")}
    assert names == {"Snakefile", "config.yaml", "images", "benchmark", "summary.txt"}
    assert (done / "benchmark/logs/tiny/evaluate" / f"{MODEL}-seed0.log").is_file()


def test_it_is_not_done_again(done):
    assert planned(done) == {}


def test_every_rule_can_be_planned(done):
    """Of detectors, embedded data, an extra test set and weights of the user's own too."""
    (done / "my.safetensors").touch()
    (done / "sketch").mkdir()
    scenes = {
        "detectors": ["retinanet_resnet50"],
        "data": {"name": "scenes", "image_size": 64},
        "recipes": {"retinanet": "config/recipes/scenes_retinanet.yaml"},
    }
    change = {
        "pairs": ["resnet50", "se_mobilenet_v2"],
        "data": {"name": "folder", "path": "images", "tests": {"sketch": "sketch"}},
        "weights": {"se_mobilenet_v2": {"file": "my.safetensors"}},
        "detection": scenes,
    }
    plan = planned(done, "dcanet_all", "--config", f"dcanet={json.dumps(change)}")
    assert plan["dcanet_train"] == 2
    rules = {"scenes", "train_detector", "convert_weights", "evaluate_test", "focus", "plan", "report"}
    assert {f"dcanet_{rule}" for rule in rules} <= plan.keys()


def test_what_snakedeploy_writes_works(tmp_path, clone):
    """A copy of config/, and a workflow/Snakefile with a module of the same config; here by a path."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/Snakefile").write_text(
        'configfile: "config/config.yaml"\n\n'
        "module dcanet_bench:\n"
        f'    snakefile: "{clone}/workflow/Snakefile"\n'
        "    config: config\n\n"
        "use rule * from dcanet_bench\n"
    )
    plan = planned(tmp_path, "--config", "scope=quick")
    assert plan["digits"] == 1
    assert plan["train"] == 6


@pytest.mark.slow
@pytest.mark.lengthy
def test_another_workflow_takes_the_report(tmp_path, clone):
    """Of embedded data, which the prefix moves; with Snakemake's own report of it."""
    change = {
        "pairs": ["se_mobilenet_v2"],
        "data": {"name": "digits", "image_size": 32},
        "recipes": {"mobilenet_v2": "config/recipes/digits_mobilenet.yaml"},
        "focus": {"number": 2},
    }
    root = other_workflow(tmp_path, clone, "report/tables.md", **change)
    result = snakemake(root)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    assert "dca_se_mobilenet_v2" in (root / "benchmark/report/index.html").read_text()
    assert "connected network has the higher" in (root / "summary.txt").read_text()
    assert planned(root) == {}
    assert snakemake(root, "--report", "report.zip").returncode == 0
