"""What runs on this machine: Snakemake in a folder, and jobs of its own."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process that works in the folder, by its arguments."""

    pid: int
    arguments: tuple[str, ...]

    @property
    def is_snakemake(self) -> bool:
        """Whether it is a run of the workflow: no query, and not the Snakemake within a SLURM job."""
        names = [Path(part).name for part in self.arguments[:3]]
        others = {"-n", "--dry-run", "--dryrun", "--unlock", "--lint", "--mode"}
        return "snakemake" in names and not others & set(self.arguments)

    @property
    def ignores_interrupts(self) -> bool:
        """Whether SIGINT does nothing to it, as to what a shell script started in the background."""
        try:
            status = (_PROC / str(self.pid) / "status").read_text()
        except OSError:
            return False
        found = re.search(r"^SigIgn:\s*([0-9a-f]+)$", status, flags=re.M)
        return found is not None and bool(int(found[1], 16) >> (signal.SIGINT - 1) & 1)

    @property
    def is_job(self) -> bool:
        """Whether it is a `dcanet` command of a job."""
        return any(Path(part).name in ("dcanet", "dcanet.cli") for part in self.arguments[:4])

    def writes(self, path: str, model: str | None) -> bool:
        """Whether it was told to write this file, or this model's in the folder that it is in."""
        named, folder = {argument.rstrip("/") for argument in self.arguments}, Path(path).parent
        whole = str(folder) in named and (model is None or model in {*named, *folder.parts})
        return self.is_job and (path in named or whole)


def processes_in(folder: Path) -> list[Process]:
    """All but this one that work there; by their arguments alone where the system does not tell."""
    here, mine = os.path.realpath(folder), os.getpid()
    found = []
    for process in _from_proc() if _PROC.is_dir() else _from_ps():
        try:
            there = os.readlink(_PROC / str(process.pid) / "cwd") if _PROC.is_dir() else here
        except OSError:  # ended since, or another user's
            continue
        if there == here and process.pid != mine:
            found.append(process)
    return found


def _from_proc() -> Iterator[Process]:
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            try:
                arguments = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            yield Process(int(entry.name), tuple(arguments.rstrip("\0").split("\0")))


def _from_ps() -> Iterator[Process]:
    try:
        command = ["ps", "-axww", "-o", "pid=,args="]
        listed = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return
    for line in listed.splitlines():
        pid, *arguments = line.split()
        yield Process(int(pid), tuple(arguments))
