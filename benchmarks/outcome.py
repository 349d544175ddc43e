"""What a benchmark found, as JSON: figures with what they are held against, and the machine."""

import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from dcanet.documents import Document
from dcanet.provenance import git_state, machine, now, versions

#: Where references are, and where a benchmark writes unless told otherwise.
RESULTS = Path(__file__).parent / "results"


class Figure(BaseModel):
    """One number of a target's, with the spread of its rounds."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    target: str = Field(description="the key of targets.py's that it answers")
    case: str = Field(description="which network, setting or size it is of")
    value: float
    low: float | None = Field(default=None, description="smallest of the rounds")
    high: float | None = Field(default=None, description="largest of the rounds")
    sides: dict[str, float] = Field(
        default={}, description="what was measured of each side, unit in the name"
    )
    limit: str = Field(default="", description="what bounds it, and what the machine could do at best")
    note: str = ""

    @classmethod
    def of(cls, target: str, case: str, rounds: Sequence[float], **facts: Any) -> Self:
        """The median of the rounds' ratios, with the smallest and the largest."""
        return cls(
            target=target,
            case=case,
            value=statistics.median(rounds),
            low=min(rounds),
            high=max(rounds),
            **facts,
        )


class Outcome(Document):
    """One run of a benchmark on one machine."""

    benchmark: str
    command: list[str]
    started: datetime
    ended: datetime
    git_commit: str | None
    machine: dict[str, Any] = Field(
        description="system, processor, cores, memory; the GPU; load at the start"
    )
    versions: dict[str, str] = Field(
        description="of Python, of our packages, and of those it is held against"
    )
    figures: list[Figure]
    details: dict[str, Any] = Field(default={}, description="all that was measured, per round")


def described_machine(device: str = "cpu") -> dict[str, Any]:
    """This machine, with its load and, for work on a GPU, its name and driver."""
    found = machine() | {"load_average": round(os.getloadavg()[0], 2)}
    found["omp_num_threads"] = os.environ.get("OMP_NUM_THREADS", "not set")
    found["vector_units"] = vector_units()
    if device == "cuda":
        import torch

        found["gpu"] = torch.cuda.get_device_name()
        found["cuda"] = torch.version.cuda
    return found


def vector_units() -> str:
    """Of those that decide how fast a processor multiplies."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split("flags", 1)[1].split("\n", 1)[0].split())
    except (OSError, IndexError):
        return "not known"
    return ", ".join(name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in flags)


class Stopwatch:
    """Begins an outcome; `done` ends it."""

    def __init__(self, benchmark: str, device: str = "cpu") -> None:
        self._benchmark, self._started, self.machine = benchmark, now(), described_machine(device)

    def done(
        self,
        figures: Sequence[Figure],
        details: Mapping[str, Any],
        others: Mapping[str, str] = MappingProxyType({}),
    ) -> Outcome:
        """With the versions of the `others` that it was held against."""
        return Outcome(
            benchmark=self._benchmark,
            command=["python", "-m", "benchmarks", *map(without_folder, sys.argv[1:])],
            started=self._started,
            ended=now(),
            git_commit=git_state()[0],
            machine=self.machine,
            versions=versions() | dict(others),
            figures=list(figures),
            details=dict(details),
        )


def without_folder(argument: str) -> str:
    """An absolute path by its last part: where somebody keeps their data is nobody else's to know."""
    return Path(argument).name if argument.startswith("/") else argument
