"""Every kind of file that a stage reads, cut, empty or with a flipped bit."""

import html
import json
from pathlib import Path

import pytest
from children import dcanet
from crash_points import At
from damages import damages
from fault_counting import EDIT, REFUSED, TOLD, UNMOVED, Faults
from laboratory import PAIR, RESULTS, STAGES, TARGET, by_stage, forget, run_of
from outcomes import stopped_in_one_line

pytestmark = pytest.mark.faults

RUN, BASELINE = run_of(TARGET), run_of(PAIR[0])
DATASET, RECIPE = f"{RESULTS}/dataset.json", "config/recipes/tiny.yaml"
SHEETS = ("config/pairs.tsv", "config/detectors.tsv")
#: What a stage reads.
READ = {
    "check": ("images/train/class0/0.png", "images/val/class1/0.jpg"),
    "train": (DATASET, RECIPE, "images/train/class0/0.png", "images/train/class1/0.jpg"),
    "evaluate": (f"{RUN}/train/model.safetensors", DATASET, RECIPE, "images/val/class0/0.png"),
    "focus": (f"{BASELINE}/train/model.safetensors", DATASET, RECIPE, "images/val/class1/0.jpg"),
    "statistics": (f"{RUN}/eval/predictions.parquet", f"{RUN}/eval/metrics.json", *SHEETS),
    "thumbnails": (f"{RESULTS}/statistics.json", "images/val/class0/0.png"),
    "plan": ("config/config.yaml", RECIPE, SHEETS[0], f"{RESULTS}/profile/cpu/{PAIR[0]}.json"),
    "report": (
        *(f"{RUN}/{name}" for name in ("eval/metrics.json", "eval/provenance.json")),
        *(f"{RUN}/train/{name}" for name in ("history.jsonl", "provenance.json")),
        *(f"{RESULTS}/profile/{name}.json" for name in ("costs", "structures", "audit", f"cpu/{PAIR[0]}")),
        *(f"{RESULTS}/{name}.json" for name in ("statistics", "flips", "focus/mobilenet_v2", "plan")),
        SHEETS[0],
    ),
    "convert": (f"weights/{TARGET}.checkpoint",),
}
#: Without a checksum, since people write them. What comes of another one says that it is of another.
OF_THE_USER = ("config/", "images/")


@pytest.mark.parametrize(
    ("name", "file"), [by_stage(name, file) for name, files in READ.items() for file in files]
)
def test_a_damaged_file(name, file, run, same, faults: Faults):
    stage, path = STAGES[name], run / file
    content = path.read_bytes()
    refused = False
    for kind, damaged in damages(content, f"{name} {file}"):
        path.write_bytes(damaged)
        forget(run, stage)
        ended = dcanet(run, *stage.command)
        said = f"{kind}, {len(damaged)} of {len(content)} bytes: {ended.text}"
        if stopped_in_one_line(ended):
            assert not any((run / each).exists() for each in stage.files), said
            end, refused = REFUSED, True
        else:
            assert ended.code == 0, said
            if same(run, stage):
                end = UNMOVED
            elif told(run, file, name, ended.text):
                end = TOLD
            else:
                assert file.startswith(OF_THE_USER), f"accepted: {said}"
                end = EDIT
        faults.count(kind, f"{name}: {kind_of(file)}", end)
    path.write_bytes(content)
    if refused:
        ended = dcanet(run, *stage.command)
        assert ended.code == 0, ended.text
        assert same(run, stage)


def kind_of(file: str) -> str:
    """The file's name, or what kind of image it is."""
    return Path(file).suffix if file.startswith("images/") else Path(file).name


def told(run: Path, file: str, name: str, text: str) -> bool:
    """Whether the results of a stage that goes on without what it cannot use name the file."""
    if name == "report":
        return html.escape(file) in (run / "report/index.html").read_text()
    return name in ("plan", "statistics") and file in text


@pytest.mark.parametrize(
    "damaged",
    [
        "newest .pt",
        *(
            pytest.param(each, marks=pytest.mark.lengthy)
            for each in ("newest .json", "both .pt", "both .json")
        ),
    ],
)
def test_a_damaged_state(damaged, run, same, faults: Faults):
    """A training goes on from the state before, or from the beginning, to the same weights."""
    stage = STAGES["train"]
    forget(run, stage)
    # Each of them is two files: killed when the fourth is begun.
    assert dcanet(run, *stage.command, fault=At("begun", 6, run)).killed
    state = run / run_of(TARGET) / "state"
    whole = {path: path.read_bytes() for path in state.glob("state-*")}
    assert len(whole) == 4
    which, suffix = damaged.split()
    steps = sorted((path for path in whole if path.suffix == suffix), key=lambda path: path.stem)
    chosen = steps[-1:] if which == "newest" else steps
    for each in zip(*(damages(whole[path], path.name) for path in chosen), strict=True):
        forget(run, stage)
        state.mkdir(exist_ok=True)
        for path, content in whole.items():
            path.write_bytes(content)
        for path, (_, changed) in zip(chosen, each, strict=True):
            path.write_bytes(changed)
        ended = dcanet(run, *stage.command)
        assert ended.code == 0, ended.text
        assert "Traceback" not in ended.text
        assert same(run, stage)
        assert not state.exists()
        faults.count(each[0][0], f"train: state, {damaged}", UNMOVED)


def test_results_that_were_edited_are_noticed(run, faults: Faults):
    """A number changed by hand, in every JSON that the report is made of."""
    for file in (file for file in READ["report"] if file.endswith(".json")):
        path = run / file
        content = path.read_text()
        values = json.loads(content)
        path.write_text(json.dumps(values | {"checksum": values["checksum"][::-1]}))
        ended = dcanet(run, "verify", RESULTS, "--report", "none")
        assert ended.code == 1
        assert file in ended.text
        path.write_text(content)
        faults.count("edited", "verify", REFUSED)
