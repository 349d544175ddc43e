"""Commands as people start them, in a folder of their own: what each takes."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dcanet.errors import UserError

ROOT = Path(__file__).parents[1]
#: What the workflow needs to run somewhere else.
WORKFLOW = ("Snakefile", "workflow", "config", "profiles")


@dataclass(frozen=True)
class Used:
    """By a command and all that it started."""

    seconds: float
    processor_seconds: float
    memory_gib: float
    """Of its largest process."""


def beside_python(program: str) -> str:
    """A program of the environment that this runs in."""
    return str(Path(sys.executable).with_name(program))


def used_by(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    stdin: Path | None = None,
) -> Used:
    """What it takes; UserError with the end of what it said where it fails."""
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)} | dict(environment or {})
    with tempfile.TemporaryFile() as said, open(stdin or os.devnull, "rb") as source:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=surroundings, stdin=source, stdout=said, stderr=subprocess.STDOUT
        )
        # Not wait(): only this says what the process used, its children included.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            end = said.read().decode(errors="replace").strip()[-1000:]
            raise UserError(f"{' '.join(command)[:300]}: exit code {process.returncode}: {end}")
    return Used(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20)


def workflow_in(folder: Path) -> Path:
    """The workflow in a folder of its own, where nothing has run."""
    for name in WORKFLOW:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def used_in_a_fork(name: str, work: Callable[[], object]) -> Used:
    """What work takes in a process that has imported already what this one has; UserError where it fails."""
    begin = time.perf_counter()
    if not (child := os.fork()):
        code = 1
        try:
            with open(os.devnull, "r+b") as nowhere:
                os.dup2(nowhere.fileno(), 1)
            code = int(bool(work()))
            sys.stdout.flush()
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - begin
    if status:
        raise UserError(f"{name}: exit code {os.waitstatus_to_exitcode(status)}")
    return Used(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20)
