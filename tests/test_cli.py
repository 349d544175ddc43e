"""The command line as a user meets it."""

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
