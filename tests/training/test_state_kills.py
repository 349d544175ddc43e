"""No kill, at whatever moment of a save, costs a training state that was saved."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

from dcanet.training.state import StateFolder


def test_kills_at_any_moment(tmp_path, capfd):
    """After SIGKILL during saves the folder has a whole state, as new as the last that was announced."""
    folder = tmp_path / "states"
    command = [sys.executable, str(Path(__file__).with_name("save_loop.py")), str(folder)]
    choice = random.Random(0)
    announced, interrupted = 0, 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as loop:
        for round_number in range(40):
            loop.stdin.write("go\n")
            loop.stdin.flush()
            lines: list[str] = []
            while not any(line.strip().isdigit() for line in lines) or (
                # Every other time something has been saved, however slow the machine is.
                round_number % 2 and not any(line.startswith("saved") for line in lines)
            ):
                lines.append(loop.stdout.readline())
            time.sleep(choice.uniform(0, 0.06))
            os.kill(next(int(line) for line in lines if line.strip().isdigit()), signal.SIGKILL)
            while lines[-1] != "ended\n":
                lines.append(loop.stdout.readline())
            saved = [int(line.split()[1]) for line in lines if line.startswith("saved")]
            announced = saved[-1] if saved else announced
            interrupted += folder.exists() and any(path.name.startswith(".") for path in folder.iterdir())

            found = StateFolder(folder, {"seed": 0}).load()
            step, payload = found or (0, {"step": 0, "tensor": torch.zeros(1, dtype=torch.int64)})
            assert step >= announced
            assert payload["step"] == step
            assert (payload["tensor"] == step).all()
        loop.stdin.close()
    assert interrupted > 0
    StateFolder(folder, {"seed": 0}).save(step + 1, {})
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(f"state-{n}.{kind}" for n in (step, step + 1) for kind in ("json", "pt"))
    assert capfd.readouterr().err == ""
