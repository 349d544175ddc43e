"""Stand-ins for SLURM's tools, which say what the real ones said on a real cluster (recorded/)."""

from pathlib import Path

import pytest

RECORDED = Path(__file__).parent / "recorded"


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
