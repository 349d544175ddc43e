"""The workflow, run as a user does, on a copy of the repository with a small data set."""

import json
import re
import shutil
import zipfile

import numpy as np
import pytest
import yaml
from made_once import made_once
from PIL import Image
from working_copy import RECIPE, planned, snakemake, working_copy

from dcanet.cli import main

#: What every result that is evaluated anew leads to.
SHOWN = {"statistics": 1, "thumbnails": 1, "report": 1, "all": 1}
MEASURED = {"costs", "audit", "throughput"}
REPORTED = MEASURED | {
    "describe_folder",
    "train",
    "evaluate",
    "plan",
    "statistics",
    "thumbnails",
    "focus",
    "report",
}

PAIR = "se_mobilenet_v2"

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def done(tmp_path_factory, worker_id):
    """A working copy whose config trains one pair on a folder of a few images, after a whole run."""
    return made_once(tmp_path_factory, worker_id, "workflow", make)


def make(root):
    working_copy(root, pairs=[PAIR], data={"name": "folder", "path": "images"})
    for split in ("train", "val"):
        for label in range(2):
            folder = root / "images" / split / f"class {label}"
            folder.mkdir(parents=True)
            for index in range(6):
                pixels = np.random.default_rng(index).integers(0, 80, (32, 32, 3)) + 170 * label
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
    result = snakemake(root)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]


@pytest.fixture
def again(done, tmp_path):
    """A copy of the finished run that a test may change; times stay as they are."""
    root = tmp_path / "again"
    shutil.copytree(done, root)
    return root


def test_everything_is_there_and_agrees(done):
    for model in (PAIR, f"dca_{PAIR}"):
        folder = done / f"results/tiny/classification/{model}/seed0"
        metrics = json.loads((folder / "eval/metrics.json").read_text())
        assert metrics["images"] == 12
        assert metrics["model"] == model
        percent = f"{metrics['top1_percent']:.2f}"
        assert percent in (done / "report/tables.md").read_text()
        assert percent in (done / "report/index.html").read_text()
    focus = json.loads((done / "results/tiny/focus/mobilenet_v2.json").read_text())
    assert (list(focus["pairs"]), len(focus["images"]), len(focus["originals"])) == ([PAIR], 12, 4)
    costs = json.loads((done / "results/tiny/profile/costs.json").read_text())
    assert sum(costs["models"][f"dca_{PAIR}"]["parameters"].values()) == 3_645_086
    audit = (done / "logs/tiny/profile/audit.log").read_text()
    assert "54 of 54 printed costs reproduced" in audit
    assert (done / "report/table1.csv").read_text().count("\n") == 16
    assert "not run yet" in (done / "report/tables.md").read_text()


def test_every_file_tells_the_command_and_the_config_that_made_it(done):
    results = done / "results/tiny"
    made = [json.loads(file.read_text()) for file in results.rglob("provenance.json")]
    others = ["profile/costs.json", f"profile/cpu/{PAIR}.json", "statistics.json"]
    made += [json.loads((results / file).read_text())["provenance"] for file in others]
    assert len(made) == 7
    (config,) = {each["config_hash"] for each in made}
    assert re.fullmatch("[0-9a-f]{16}", config)
    assert {each["command"][1] for each in made} == {"train", "evaluate", "profile", "statistics"}


def test_the_results_stand_up_to_a_check(done, monkeypatch, capsys):
    monkeypatch.chdir(done)
    assert main(["verify", "results", "--data", "images"]) == 0
    assert capsys.readouterr().out.endswith(" recomputed, 0 problems\n")


def test_second_run_has_nothing_to_do(done):
    assert planned(done) == {}


def test_snakemakes_own_report_has_tables_labels_and_captions(again):
    result = snakemake(again, "--report", "report.zip")
    assert result.returncode == 0, result.stdout + result.stderr
    with zipfile.ZipFile(again / "report.zip") as file:
        names = [name.rsplit("/", 1)[-1] for name in file.namelist()]
        texts = "".join(
            file.read(name).decode() for name in file.namelist() if name.endswith((".html", ".js"))
        )
    assert {"index.html", "tables.md", "table1.csv", "table2.csv", "table1.tex", "table2.tex"} <= set(names)
    for shown in ("Tables", "LaTeX", "Classifiers: each baseline"):
        assert shown in texts


def test_comments_do_not_retrain(again):
    for file in ("config/recipes/tiny.yaml", "config/config.yaml"):
        path = again / file
        path.write_text(path.read_text() + "# a comment\n")
    assert not {"train", "evaluate", "throughput", "costs"} & planned(again).keys()


def test_a_changed_recipe_retrains(again):
    path = again / "config/recipes/tiny.yaml"
    path.write_text(yaml.safe_dump(RECIPE | {"epochs": 2}))
    assert planned(again) == SHOWN | {"train": 2, "evaluate": 2, "focus": 1, "plan": 1}


def test_an_option_of_one_model_retrains_that_model(again):
    plan = planned(again, "--config", "options={dca_se_mobilenet_v2: {matching: two_layer}}")
    changed = {"train": 1, "evaluate": 1, "focus": 1, "costs": 1, "throughput": 1, "plan": 1}
    assert plan == SHOWN | changed


@pytest.mark.parametrize(
    ("file", "jobs"),
    [
        (f"classification/{PAIR}/seed0/eval/metrics.json", SHOWN | {"evaluate": 1}),
        (f"classification/{PAIR}/seed0/eval/predictions.parquet", SHOWN | {"evaluate": 1}),
        (
            f"classification/{PAIR}/seed0/train/model.safetensors",
            SHOWN | {"train": 1, "evaluate": 1, "focus": 1},
        ),
        ("statistics.json", SHOWN),
        ("profile/costs.json", {"costs": 1, "plan": 1, "report": 1, "all": 1}),
        ("profile/structures.json", {"costs": 1, "plan": 1, "report": 1, "all": 1}),
        ("focus/mobilenet_v2.json", {"focus": 1, "report": 1, "all": 1}),
        ("profile/audit.json", {"audit": 1, "report": 1, "all": 1}),
        (f"profile/cpu/{PAIR}.json", {"throughput": 1, "plan": 1, "report": 1, "all": 1}),
        ("plan.json", {"plan": 1, "report": 1, "all": 1}),
    ],
)
def test_deleting_one_result_makes_only_what_depends_on_it(again, file, jobs):
    (again / "results/tiny" / file).unlink()
    assert planned(again) == jobs


def test_other_pictures_train_nothing(again):
    plan = planned(again, "--config", "focus={images: [class 1/3.png]}")
    assert plan == {"focus": 1, "plan": 1, "report": 1, "all": 1}
    assert planned(again, "--config", "focus={enabled: false}") == {"plan": 1, "report": 1, "all": 1}


def test_another_seed_adds_only_its_own_runs(again):
    plan = planned(again, "--config", "seeds=[0,1]")
    assert plan == SHOWN | {"train": 2, "evaluate": 2, "plan": 1}


@pytest.mark.parametrize(
    ("target", "rules"),
    [
        ("table1", {"table1", "train", "evaluate", "describe_folder"}),
        ("profile", MEASURED | {"profile"}),
        ("report", REPORTED),
        ("all", REPORTED | {"all"}),
    ],
)
def test_targets(done, tmp_path, target, rules):
    fresh = tmp_path / "fresh"
    made = {"results", "report", "logs", ".snakemake"}
    shutil.copytree(done, fresh, ignore=lambda folder, _: made if folder == str(done) else set())
    assert planned(fresh, target).keys() == rules


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pairs": ["se_mobilenet"]}, "unknown pair 'se_mobilenet'; did you mean 'se_mobilenet_v2'?"),
        ({"sedes": [0]}, "unknown key 'sedes'; did you mean 'seeds'?"),
        ({"seeds": []}, "seeds: needs at least one seed"),
        ({"data": {"name": "folder", "path": "nowhere"}}, "data.path: no folder 'nowhere'"),
        (
            {"pairs": ["cbam_mobilenet_v2"], "recipes": {"mobilenet_v2": "config/recipes/odd.yaml"}},
            "config/recipes/odd.yaml: preprocessing.crop: dca_cbam_mobilenet_v2 takes images whose",
        ),
    ],
)
def test_mistakes_in_the_config_are_one_line(again, change, message):
    path = again / "config/config.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | change))
    odd = RECIPE | {"preprocessing": {"resize": 48, "crop": 48}}
    (again / "config/recipes/odd.yaml").write_text(yaml.safe_dump(odd))
    result = snakemake(again)
    assert result.returncode != 0
    assert message in result.stderr + result.stdout
    assert "Traceback" not in result.stderr + result.stdout


@pytest.mark.parametrize(
    ("break_", "message"),
    [
        (
            lambda root: (root / "images/train/class 1/2.png").write_bytes(b"x"),
            "class 1/2.png: not a",
        ),
        (lambda root: (root / "images/train/class 2").mkdir(), "class 2: class folder without images"),
        (
            lambda root: (root / "config/recipes/tiny.yaml").write_text(
                yaml.safe_dump(RECIPE | {"batch_size": 64})
            ),
            "set batch_size to at most 12",
        ),
    ],
)
def test_mistakes_in_the_data_are_told_and_leave_nothing(again, break_, message):
    shutil.rmtree(again / "results")
    shutil.rmtree(again / "logs")
    break_(again)
    result = snakemake(again, "table1")
    shown = result.stdout + result.stderr
    assert result.returncode != 0
    assert message in shown
    assert "Traceback" not in shown
    assert not list((again / "results").glob("**/*.safetensors"))
