"""`dcanet weights` as a user meets it, against a server that behaves like Google Drive."""

import os
import pty
import subprocess
import sys
import termios
import warnings
from pathlib import Path

import pytest
import torch
from oracle import FORMS
from oracle.detectors import DETECTOR_FORMS

from dcanet.cli import main
from dcanet.documents import Provenance, read_history
from dcanet.files import sha256
from dcanet.sheets import read_detectors, read_pairs
from dcanet.weights.store import read_metadata

CONFIG = Path(__file__).parents[2] / "config"
CLASSIFIERS = {row.id: row for pair in read_pairs(CONFIG / "pairs.tsv") for row in pair.models}
DETECTORS = {row.id: row for row in read_detectors(CONFIG / "detectors.tsv")}
ROWS = CLASSIFIERS | DETECTORS
MODEL, OTHER, THIRD = "se_mobilenet_v2", "dca_se_mobilenet_v2", "cbam_mobilenet_v2"
LOG = (
    b"Learning Rate\tTrain Loss\tValid Loss\tTrain Acc.\tValid Acc.\tValid Top5.\n"
    b"0.1\t6.1\t5.2\t4.0\t11.0\t27.0\n"
)


def checkpoint(path, name, changes=None):
    form = next(form for form in FORMS if form.name == name)
    tensors = {key: torch.zeros_like(value, device="cpu") for key, value in form.empty("module.").items()}
    content = {"epoch": 150, "arch": name, "state_dict": tensors | (changes or {})}
    torch.save(content | {"best_prec1": torch.tensor(71.5)}, path)
    return path


@pytest.fixture
def here(tmp_path, server, monkeypatch):
    """A folder with the sheets, in which Drive is the server on loopback."""
    folder = tmp_path / "work"
    (folder / "config").mkdir(parents=True)
    for sheet in ("pairs.tsv", "detectors.tsv"):
        (folder / "config" / sheet).write_text((CONFIG / sheet).read_text())
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DCANET_DRIVE_URL", server.url)
    return folder


@pytest.fixture
def served(here, server, tmp_path):
    """The published files of two models."""
    files = {name: checkpoint(tmp_path / name, name) for name in (MODEL, THIRD)}
    for name, path in files.items():
        server.serve(ROWS[name].model_drive_id, path.read_bytes(), asks=True)
        server.serve(ROWS[name].log_drive_id, LOG)
    return files


def dcanet(*arguments, **options):
    command = [sys.executable, "-m", "dcanet.cli", "weights", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def test_from_drive_to_a_run(served, capsys):
    fetched = dcanet("fetch", MODEL, "--with-log")
    assert fetched.returncode == 0, fetched.stderr
    assert fetched.stdout.splitlines() == [
        f"{MODEL}: weights/{MODEL}.checkpoint, {served[MODEL].stat().st_size:,} bytes, "
        f"from drive:{ROWS[MODEL].model_drive_id}",
        f"{MODEL}.log: weights/{MODEL}.log, {len(LOG)} bytes, from drive:{ROWS[MODEL].log_drive_id}",
    ]
    log = ["--log", f"weights/{MODEL}.log"]
    converted = dcanet("convert", f"weights/{MODEL}.checkpoint", "--model", MODEL, *log, "--run", "run")
    assert converted.returncode == 0, converted.stderr
    assert f"run: {MODEL}, " in converted.stdout
    digest = sha256(served[MODEL])
    assert f"1,000 classes, from {MODEL}.checkpoint, SHA-256 {digest}" in converted.stdout
    assert read_metadata(Path("run/model.safetensors")).source_sha256 == digest
    assert Provenance.load(Path("run/provenance.json")).source_sha256 == digest
    assert [epoch.valid_top5_percent for epoch in read_history(Path("run/history.jsonl"))] == [27]

    assert main(["weights", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(ROWS)
    line = next(line for line in lines if line.startswith(f"{MODEL} "))
    assert line.split() == [MODEL, "fetched", "fetched", f"{served[MODEL].stat().st_size:,}", digest]


def test_list_knows_the_drop_folder(here, capsys):
    Path("weights/incoming").mkdir(parents=True)
    Path(f"weights/incoming/{MODEL}.pth.tar").write_bytes(b"x")
    assert main(["weights", "list"]) == 0
    states = [line[31:44].strip() for line in capsys.readouterr().out.splitlines()[1:]]
    assert (len(states), states.count("in incoming"), states.count("not yet")) == (33, 1, 32)


def test_what_is_here_is_not_fetched_again(served, server, capsys):
    assert main(["weights", "fetch", MODEL]) == 0
    asked = len(server.requests)
    assert main(["weights", "fetch", MODEL, "--offline"]) == 0
    assert len(server.requests) == asked


def test_a_terminal_shows_progress(served, server):
    server.files[ROWS[MODEL].model_drive_id].pause_s = 1e-4
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, 80))
    dcanet_fetch = [sys.executable, "-m", "dcanet.cli", "weights", "fetch", MODEL]
    with subprocess.Popen(dcanet_fetch, stdout=subprocess.DEVNULL, stderr=end) as process:
        os.close(end)
        shown = b""
        while True:
            try:
                shown += os.read(terminal, 4096)
            except OSError:
                break
    os.close(terminal)
    assert process.returncode == 0
    assert b"%|" in shown


def test_one_failure_does_not_keep_the_others(served, server, capsys):
    server.serve(ROWS[OTHER].model_drive_id, b"", shows="quota")
    assert main(["weights", "fetch", OTHER, MODEL, THIRD]) == 1
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1
    assert shown.err.startswith("dcanet: ")
    assert "quota page" in shown.err
    assert [line.split(":")[0] for line in shown.out.splitlines()] == [MODEL, THIRD]
    assert main(["weights", "fetch", OTHER, "resnet50"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "dcanet: 2 of 2 files could not be fetched"


def test_a_checkpoint_of_another_model_is_not_put_on_record(served, server, capsys):
    server.serve(ROWS[OTHER].model_drive_id, served[MODEL].read_bytes())
    assert main(["weights", "fetch", OTHER]) == 1
    assert f"is a checkpoint of another model: {MODEL}, not {OTHER}" in capsys.readouterr().err
    assert not Path("config/weights.lock").exists()
    assert not Path(f"weights/{OTHER}.checkpoint").exists()


def test_change_is_shown_and_accepted_by_the_command_that_the_message_names(served, server, tmp_path, capsys):
    assert main(["weights", "fetch", MODEL, f"{MODEL}.log"]) == 0
    server.serve(ROWS[MODEL].log_drive_id, LOG * 2)
    Path(f"weights/{MODEL}.log").unlink()
    assert main(["weights", "fetch", f"{MODEL}.log"]) == 1
    error = capsys.readouterr().err
    assert f"dcanet weights fetch --accept-change {MODEL}.log" in error
    assert main(["weights", "fetch", "--accept-change", f"{MODEL}.log"]) == 0


def test_mirrors_and_hash(served, server, capsys):
    address = server.serve("mine.pth", served[MODEL].read_bytes())
    mirrors = ["--source", f"{server.url}/files/none.pth", "--source", address]
    digest = sha256(served[MODEL])
    assert main(["weights", "fetch", MODEL, *mirrors, "--sha256", digest[:16]]) == 0
    assert main(["weights", "fetch", MODEL, "--source", address, "--sha256", "0" * 16]) == 1
    assert f"has SHA-256 {digest}, but {'0' * 16} is expected" in capsys.readouterr().err


def test_file_of_ones_own(served, tmp_path):
    assert main(["weights", "fetch", MODEL, "--source", str(served[MODEL]), "--out", "mine"]) == 0
    assert Path(f"mine/{MODEL}.checkpoint").read_bytes() == served[MODEL].read_bytes()


def test_inspection_lists_every_key(here, tmp_path, capsys):
    extra = {f"module.extra.{k}": torch.ones(1) for k in range(9)}
    path = checkpoint(tmp_path / "a", MODEL, extra | {"module.classifier.1.bias": torch.ones(7)})
    assert main(["weights", "inspect", str(path)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in shown if line.startswith("unexpected ")] == [
        f"extra.{k}" for k in range(9)
    ]
    assert "mis-shaped   head.bias (7,) for (1000,)" in shown
    assert main(["weights", "convert", str(path), "--out", "x.safetensors"]) == 1
    error = capsys.readouterr().err
    assert "9 unexpected: extra.0" in error
    assert "`dcanet weights inspect" in error
    assert error.count("\n") == 1


def test_inspection_of_a_whole_checkpoint(here, tmp_path, capsys):
    assert main(["weights", "inspect", str(checkpoint(tmp_path / "a", "dca_sk_mobilenet_v2"))]) == 0
    shown = {line[:12].strip(): line[13:] for line in capsys.readouterr().out.splitlines()}
    assert shown["model"] == shown["arch"] == "dca_sk_mobilenet_v2"
    assert (shown["prefix"], shown["epoch"], shown["best top-1"]) == ("module.", "150", "71.500 %")
    assert (shown["options"], shown["variant"]) == (
        "reduction=8, matching=two_layer, hand_on=gates",
        "hand_on=gates",
    )


def test_form_decides_where_tensors_do_not(here, tmp_path):
    form = next(form for form in FORMS if form.name == "dca_sk_mobilenet_v2")
    zeros = {key: torch.zeros_like(value, device="cpu") for key, value in form.empty().items()}
    torch.save(zeros, tmp_path / "a")
    with warnings.catch_warnings(action="error"):
        assert main(["weights", "convert", str(tmp_path / "a"), "--form", "printed", "--out", "x"]) == 0
    assert read_metadata(Path("x")).options["hand_on"] == "pooled"


def test_detectors(here, server, tmp_path, capsys):
    """From Drive to a run; another row's file is not put on record."""
    form = next(form for form in DETECTOR_FORMS if form.model == "retinanet_resnet50")
    content = {"meta": {"epoch": 24}, "state_dict": form.empty(device="cpu")}
    torch.save(content, tmp_path / "epoch_24.pth")
    for name in (form.model, "retinanet_se_resnet50"):
        server.serve(ROWS[name].model_drive_id, (tmp_path / "epoch_24.pth").read_bytes())
    assert main(["weights", "fetch", form.model, "retinanet_se_resnet50"]) == 1
    assert "another model: retinanet_resnet50, not retinanet_se_resnet50" in capsys.readouterr().err
    assert [path.name for path in Path("weights").glob("*.checkpoint")] == [f"{form.model}.checkpoint"]

    file = f"weights/{form.model}.checkpoint"
    assert main(["weights", "inspect", file]) == 0
    shown = capsys.readouterr().out
    assert f"model        {form.model}\n" in shown
    assert "epoch        24\n" in shown
    assert main(["weights", "convert", file, "--model", form.model, "--run", "run"]) == 0
    assert f"run: {form.model}, 37,968,692 parameters, 80 classes, from " in capsys.readouterr().out
    assert read_metadata(Path("run/model.safetensors")).model == form.model
    assert Provenance.load(Path("run/provenance.json")).source_sha256 == sha256(Path(file))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fetch", "se_mobilenet"], "unknown model 'se_mobilenet'; did you mean 'se_mobilenet_v2'?"),
        (["fetch", MODEL, "--offline"], f"save it as weights/incoming/{MODEL}.pth.tar"),
        (["fetch", MODEL, "--source", "publishd"], "publishd: there is no such file"),
        (["fetch", MODEL, "--source", "torchvision:resnet50"], "--source torchvision:resnet50: "),
        (["fetch", MODEL, "--source", "https://x"], "--source https://x: 'https://x' is neither"),
        (["fetch", MODEL, "--sha256", "0" * 8], "--sha256 are for addresses"),
        (
            ["fetch", MODEL, "--source", "torchvision:ResNet50_Weights.V9"],
            "has no weights 'ResNet50_Weights.V9'",
        ),
        (["fetch", MODEL, "--pairs", "none.tsv"], "none.tsv: cannot be read"),
        (["inspect", "none.pth"], "none.pth: cannot be read"),
        (["inspect", "config/pairs.tsv"], "config/pairs.tsv: is not a checkpoint"),
        (["convert", "none.pth", "--out", "x"], "none.pth: cannot be read"),
        (["convert", "none.pth", "--out", "config"], "config: is a folder"),
        (["convert", "none.pth", "--out", "x", "--log", "y"], "give --run instead of --out"),
        (["convert", "none.pth", "--run", "x", "--log", "y"], "y: cannot be read"),
    ],
)
def test_mistakes_are_one_line(here, arguments, message, capsys):
    assert main(["weights", *arguments]) == 1
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.startswith("dcanet: ")
    assert shown.err.count("\n") == 1
    assert not list(here.glob("**/*.checkpoint")) + list(here.glob("x*"))


@pytest.mark.parametrize("kind", ["fetch", "inspect", "convert", "list"])
def test_help(kind, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["weights", kind, "--help"])
    assert stopped.value.code == 0
    assert f"usage: dcanet weights {kind}" in capsys.readouterr().out
