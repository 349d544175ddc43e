"""What a real cluster left and its tools said (recorded/), put where the doctor looks for it."""

import shutil
from pathlib import Path

import pytest

RECORDED = Path(__file__).parent / "recorded"
#: The folder of the runs in what was recorded.
THERE = "/cluster/tiny"


def recorded_run(name: str, root: Path) -> Path:
    """Copy a recorded run's logs, as if it had run in `root`."""
    shutil.copytree(RECORDED / name, root)
    (root / "snakemake").rename(root / ".snakemake")
    for log in root.rglob("*.log"):
        log.write_text(log.read_text().replace(THERE, str(root)))
    return root


def put_tool(folder: Path, name: str, script: str) -> None:
    """Write an executable of one line of shell; programs in it need their whole path."""
    folder.mkdir(parents=True, exist_ok=True)
    tool = folder / name
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


def only_tools(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no other SLURM be found than the tools in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("PATH", str(folder))
