"""Starts jobs of several ranks for the tests."""

import subprocess
import sys
import time
from pathlib import Path

LAUNCH = """
import sys
from dcanet.distributed.launch import launch
sys.exit(launch([sys.executable, *sys.argv[2:]], int(sys.argv[1])))
"""

EXAMPLE = str(Path(__file__).with_name("example_rank.py"))


def start(*arguments, processes=2, stderr=subprocess.PIPE):
    """The launcher of `python ARGUMENTS` as a process."""
    command = [sys.executable, "-c", LAUNCH, str(processes), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)


def run(*arguments, processes=2):
    """Exit code, standard output and standard error of a job, which must end within a minute."""
    with start(*arguments, processes=processes) as launcher:
        stdout, stderr = launcher.communicate(timeout=60)
    return launcher.returncode, stdout, stderr


def wait_for(condition, seconds=60):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
