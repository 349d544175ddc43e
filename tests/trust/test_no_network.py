"""Once it is installed nothing comes from the network: training, evaluation and report without sockets."""

import subprocess
import sys
from pathlib import Path

import yaml
from working_copy import RECIPE, ROOT

#: Runs `dcanet` in a process that ends when it asks for a socket, an address or another program.
WITHOUT_NETWORK = """
import os, sys
def refuse(event, arguments):
    if event.startswith("socket.") and event != "socket.gethostname" or event == "webbrowser.open":
        os.write(2, f"asked for {event}{arguments!r}\\n".encode())
        os._exit(99)
sys.addaudithook(refuse)
from dcanet.cli import main
sys.exit(main(sys.argv[1:]))
"""
MODEL = "dca_se_mobilenet_v2"


def run(folder: Path, *arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NETWORK, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_a_run_asks_for_no_socket(image_folder, tmp_path):
    data, results = image_folder(per_class=6), tmp_path / "results/tiny"
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    place = results / "classification" / MODEL / "seed0"
    given = ("--data", data, "--recipe", "recipe.yaml", "--device", "cpu", "--threads", "1")
    run(
        tmp_path, "train", "--model", MODEL, *given, "--seed", "0", "--workers", "0", "--out", place / "train"
    )
    run(
        *(tmp_path, "evaluate", "--weights", place / "train/model.safetensors", *given, "--workers", "0"),
        *("--out", place / "eval"),
    )
    sheets = ("--pairs", ROOT / "config/pairs.tsv", "--detectors", ROOT / "config/detectors.tsv")
    run(tmp_path, "report", results, *sheets, "--data-note", "noise", "--out", "report")
    assert "noise" in (tmp_path / "report/index.html").read_text()


def test_the_guard_is_one(tmp_path):
    """Else nothing would be shown by its silence."""
    asks = WITHOUT_NETWORK.split("from dcanet")[0] + "import socket; socket.getaddrinfo('localhost', 80)"
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True)
    assert done.returncode == 99
    assert "asked for socket." in done.stderr
