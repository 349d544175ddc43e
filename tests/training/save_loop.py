"""For every line on standard input, forks a process that saves states to a folder until it is killed.

Prints the process's id, "saved STEP" whenever a save has returned, and "ended" after the process.
"""

import os
import sys
from pathlib import Path

import torch

from dcanet.training.state import StateFolder


def save_until_killed(folder: Path) -> None:
    states = StateFolder(folder, {"seed": 0})
    found = states.load()
    step = found[0] if found else 0
    while True:
        step += 1
        states.save(step, {"step": step, "tensor": torch.full((20_000,), step)})
        os.write(1, f"saved {step}\n".encode())


for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        save_until_killed(Path(sys.argv[1]))
    os.write(1, f"{child}\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"ended\n")
