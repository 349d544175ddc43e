"""A working copy of the project on the test cluster: the profile as shipped, with values of a small site."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image
from working_copy import working_copy

PROFILE = "profiles/laboratory"


def laboratory(
    root: Path, images: int = 6, rules: dict[str, dict[str, Any]] | None = None, **copy: Any
) -> Path:
    """Write a copy with `images` of each of two classes; `rules` change resources in the profile."""
    working_copy(root, data={"name": "folder", "path": "images"}, **copy)
    for split, number in (("train", images), ("val", 6)):
        for label in range(2):
            folder = root / "images" / split / f"class {label}"
            folder.mkdir(parents=True)
            for index in range(number):
                pixels = np.random.default_rng(index).integers(0, 80, (32, 32, 3)) + 170 * label
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
    profile = yaml.safe_load((root / "profiles/slurm/config.yaml").read_text())
    for resources in (profile["default-resources"], *profile["set-resources"].values()):
        resources |= {"mem_mb": 2000, "runtime": 10}
    profile["set-threads"] = dict.fromkeys(profile["set-threads"], 2)
    # Seconds that suit a cluster of one machine.
    profile |= {"slurm-init-seconds-before-status-checks": 5, "latency-wait": 15}
    (root / PROFILE).mkdir()
    (root / PROFILE / "config.yaml").write_text(yaml.safe_dump(profile))
    return root


class Run:
    """Snakemake on the cluster, in the background; `finish` waits for its end and gives its output."""

    def __init__(self, root: Path, *arguments: str) -> None:
        self._log = root / "run.log"
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", "--profile", PROFILE, *arguments],
                cwd=root,
                env=environment,
                stdout=log,
                stderr=log,
                # The tests may run where SIGINT is ignored.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def finish(self, seconds: float = 900) -> str:
        """All that it said; AssertionError where it failed or did not end."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"snakemake did not end:\n{self.output[-6000:]}") from None
        assert code == 0, self.output[-6000:]
        return self.output


@contextlib.contextmanager
def running(root: Path, *arguments: str) -> Iterator[Run]:
    """A `Run` that does not outlive the block."""
    run = Run(root, *arguments)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()
