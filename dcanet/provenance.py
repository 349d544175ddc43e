"""How a result came to be: command, commit, versions, machine."""

import functools
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from .detection_documents import DetectionMetrics
from .documents import Metrics, Provenance
from .plugins.loading import loaded

#: In the environment of the jobs of a workflow: the hash of its config, which decides none of their results.
CONFIG_HASH = "DCANET_CONFIG_HASH"

PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "pillow",
    "fvcore",
    "hotcoco",
    "pycocotools",
    "snakemake",
    "dcanet-bench",
)


def now() -> datetime:
    return datetime.now(UTC)


def evaluation_provenance(started: datetime, device: str, metrics: Metrics | DetectionMetrics) -> Provenance:
    """As `provenance`, of what these metrics were found with."""
    return provenance(
        started,
        device,
        seed=metrics.seed,
        recipe_hash=metrics.recipe_hash,
        data_fingerprint=metrics.data_fingerprint,
        weights_sha256=metrics.weights_sha256,
    )


def provenance(started: datetime, device: str, **facts: Any) -> Provenance:
    """Everything about this process and machine, with the given facts of the job."""
    commit, dirty = git_state()
    return Provenance(
        command=["dcanet", *sys.argv[1:]],
        started=started,
        ended=now(),
        git_commit=commit,
        git_dirty=dirty,
        versions=versions(),
        machine=machine(),
        device=device,
        threads=_threads(),
        plugins={plugin.name: plugin.code_hash for plugin in loaded()} or None,
        config_hash=os.environ.get(CONFIG_HASH),
        **facts,
    )


def _threads() -> int:
    """That torch computes with; where nothing needed torch, it is not imported for this."""
    torch = sys.modules.get("torch")
    return torch.get_num_threads() if torch else 1


def versions() -> dict[str, str]:
    """Versions of Python and the packages that can move a number."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """System, processor, cores and memory."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": platform.platform(),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(pages / 2**30, 1),
    }


def processor() -> str:
    """The processor's model name."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


@functools.cache
def git_state() -> tuple[str | None, bool | None]:
    """(commit, has uncommitted changes) of the checkout that is worked in; (None, None) outside git."""
    try:
        commit = _git("rev-parse", "HEAD")
        return commit, bool(_git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], capture_output=True, text=True, check=True, timeout=20
    ).stdout.strip()
