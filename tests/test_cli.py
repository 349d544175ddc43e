"""The command line as a user meets it."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from dcanet.cli import VERBS, build_parser, main

ROOT = Path(__file__).parents[1]


def dcanet(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "dcanet.cli", *arguments], capture_output=True, text=True, timeout=120
    )


def test_help_lists_every_verb():
    shown = dcanet("--help")
    assert shown.returncode == 0
    assert all(verb in shown.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        build_parser().parse_args([verb, "--help"])
    assert stopped.value.code == 0
    assert "usage: dcanet" in capsys.readouterr().out


@pytest.mark.parametrize(
    "code",
    [
        "from dcanet.cli import build_parser; build_parser()",
        "from dcanet.config import parse_config; from dcanet.workflow import Plan; "
        "import yaml; Plan(parse_config(yaml.safe_load(open('config/config.yaml')))).pretrained",
    ],
    ids=["help", "plan"],
)
def test_nothing_heavy_is_imported(code):
    code = f"import sys; {code}; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {"torch", "pandas", "snakemake", "requests", "gdown"} & set(shown.stdout.split())


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "out of memory; run less"),
        (
            MemoryError("Caught MemoryError in DataLoader worker process 0.\nOriginal Traceback"),
            "process 0); run",
        ),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes."),
            "9 bytes",
        ),
        (
            RuntimeError("CUDA out of memory. Tried to allocate 9 GiB"),
            "out of memory (CUDA out of memory. Tried",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "output: cannot be used (No space left on device)",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "d/a.png"),
            "d/a.png: cannot be used (Permission",
        ),
    ],
)
def test_what_the_machine_lacks_is_one_line(error, told, monkeypatch, capsys):
    def fail(arguments):
        raise error

    monkeypatch.setattr("dcanet.commands.plan.run", fail)
    assert main(["plan"]) == 1
    shown = capsys.readouterr().err
    assert told in shown
    assert (shown.count("\n"), shown[:8]) == (1, "dcanet: ")


@pytest.mark.parametrize(
    "error", [RuntimeError("a bug"), OSError(errno.ENOENT, "No such file", "x"), OSError()]
)
def test_errors_of_ours_keep_their_traceback(error, monkeypatch):
    def fail(arguments):
        raise error

    monkeypatch.setattr("dcanet.commands.plan.run", fail)
    with pytest.raises(type(error)):
        main(["plan"])


TRAIN = ["train", "--data", "d", "--out", "o", "--model"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*TRAIN, "se_resnet", "--recipe", "r"], "unknown model"),
        ([*TRAIN, "se_resnet50", "--recipe", "no.yaml"], "no.yaml: cannot be read"),
        (
            [
                "train",
                "--model",
                "se_resnet50",
                "--option",
                "reduction",
                "--data",
                "d",
                "--recipe",
                "r",
                "--out",
                "o",
            ],
            "expected KEY=VALUE",
        ),
        (["evaluate", "--weights", "no.safetensors", "--data", "d", "--out", "o"], "no.safetensors"),
        (["profile", "costs", "resnet5", "--out", "o"], "unknown model"),
        (
            ["profile", "throughput", "resnet50", "--threads", "0", "--out", "o"],
            "--threads: must be at least 1",
        ),
        (["config", "no.yaml"], "no.yaml: cannot be read"),
        (["report", "results/none", "--pairs", "no.tsv"], "no.tsv: cannot be read"),
    ],
)
def test_users_errors_are_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.startswith("dcanet: ")
    assert shown.err.count("\n") == 1
    assert not list(tmp_path.iterdir())
