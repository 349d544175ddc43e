"""The jobs behind the numbers: each once, under the key that the cells of tables name."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

from ..comparison_documents import TableStatistics
from ..documents import Provenance
from ..files import sha256
from ..profile_documents import Costs, Throughput
from ..profiling.setting import in_words
from .environment import facts
from .stored import Run, Stored
from .stored_detection import DetectorRun, StoredDetection
from .table import Missing

COSTS, STATISTICS = "profile/costs.json", "statistics.json"
NOT_RECORDED = "command, commit and time are not in this file, which an older version made"
Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Job:
    """How some numbers were made; files are paths with their SHA-256, where it is known."""

    key: str
    title: str
    facts: Facts
    environment: Facts = ()
    files: Facts = ()


def of_runs(task: str, model: str, runs: Sequence[Run | DetectorRun], stage: str = "eval") -> tuple[str, ...]:
    """Keys of the trainings of a model, each followed by that of its evaluation."""
    folders = (f"{task}/{model}/{run.name}" for run in runs)
    return tuple(f"{folder}/{part}" for folder in folders for part in ("train", stage))


def timing(device: str, pair: str) -> str:
    """Key of the job that timed a pair."""
    return f"profile/{device}/{pair}.json"


def jobs(stored: Stored, detection: StoredDetection) -> list[Job]:
    """All that left something, or a reason why not."""
    return [*_classification(stored), *_detection(detection), *_profiles(stored), *_statistics(stored)]


def _classification(stored: Stored) -> Iterator[Job]:
    for model, runs in stored.runs.items():
        for run in runs:
            tests = {f"test-{test}": tested.evaluation for test, tested in run.tests.items()}
            yield from _stages(stored.root, f"classification/{model}/{run.name}", run, model)
            for stage, evaluation in tests.items():
                yield _job(
                    stored.root, f"classification/{model}/{run.name}/{stage}", evaluation, f"{stage}, {model}"
                )


def _detection(stored: StoredDetection) -> Iterator[Job]:
    for model, runs in stored.runs.items():
        for run in runs:
            yield from _stages(stored.root, f"detection/{model}/{run.name}", run, model)


def _stages(root: Path, folder: str, run: Run | DetectorRun, model: str) -> Iterator[Job]:
    made = "Conversion" if run.name == "pretrained" else "Training"
    yield _job(root, f"{folder}/train", run.training, f"{made} of {model}, {run.title}")
    yield _job(root, f"{folder}/eval", run.evaluation, f"Evaluation of {model}, {run.title}")


def _job(root: Path, key: str, found: Provenance | Missing, title: str) -> Job:
    if isinstance(found, Missing):
        return Job(key, title, (("result", str(found)),), files=_files(root / key))
    files = _files(root / key)
    if key.endswith("/train") and found.weights_sha256:
        files = ((str(root / key / "model.safetensors"), found.weights_sha256), *files)
    return Job(key, title, tuple(_made(found)), tuple(facts(found).items()), files)


def _made(found: Provenance) -> Iterator[tuple[str, str]]:
    """What is told of a job beside the machine that it ran on."""
    started, ended = (when.astimezone(UTC) for when in (found.started, found.ended))
    yield "command", shlex.join(found.command)
    yield "time", f"{started:%Y-%m-%d %H:%M:%S} to {ended:%H:%M:%S} UTC ({_lasted(ended - started)})"
    plugins = (found.plugins or {}).items()
    named = {
        "seed": found.seed,
        "plug-ins": ", ".join(f"{name}, code {code}" for name, code in plugins) or None,
        "config hash": found.config_hash,
        "recipe hash": found.recipe_hash,
        "data fingerprint": found.data_fingerprint,
        "weights from": found.weights_source,
        "their SHA-256": found.source_sha256,
    }
    yield from ((name, str(value)) for name, value in named.items() if value is not None)


def _lasted(time: timedelta) -> str:
    """To the second, below a minute to the tenth."""
    seconds = time.total_seconds()
    return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))


def _files(folder: Path) -> Facts:
    """What a job left that is small enough to be hashed in passing; weights have theirs recorded."""
    kinds = (".json", ".jsonl", ".parquet")
    found = sorted(path for path in folder.glob("*") if path.suffix in kinds)
    return tuple((str(path), sha256(path)) for path in found)


def _profiles(stored: Stored) -> Iterator[Job]:
    yield _file(stored.root, COSTS, "Parameters and MACs, counted", stored.costs)
    for device, speeds in stored.speeds.items():
        for pair, found in speeds.items():
            yield _file(stored.root, timing(device, pair), f"Timing of {pair} on {device}", found)


def _statistics(stored: Stored) -> Iterator[Job]:
    yield _file(stored.root, STATISTICS, "Intervals, tests and verdicts", stored.statistics)


def _file(root: Path, key: str, title: str, found: Costs | Throughput | TableStatistics | Missing) -> Job:
    """Of a job that leaves one file."""
    path = root / key
    again = ("made again by", shlex.join(["snakemake", "--cores", "all", "--force", str(path)]))
    if isinstance(found, Missing):
        return Job(key, title, (("result", str(found)), again))
    made = found.provenance
    return Job(
        key,
        title,
        (*(_made(made) if made else [("not recorded", NOT_RECORDED)]), *_settings(found), again),
        tuple(facts(made).items()) if made else (),
        ((str(path), sha256(path)),),
    )


def _settings(found: Costs | Throughput | TableStatistics) -> Iterator[tuple[str, str]]:
    if isinstance(found, Throughput):
        yield "device", f"{found.device_name}, {found.threads} threads"
        yield "image", f"{found.height} × {found.width} px"
        for measured in found.measurements:
            beside = "; something else ran beside it" if measured.loaded else ""
            yield "setting", f"{in_words(measured.setting)}{beside}"
        yield "took", f"{found.seconds:.1f} s"
    elif isinstance(found, TableStatistics):
        yield "level", f"{100 * (1 - found.alpha):g} %"
        yield "adjustment", found.adjustment
        yield "resamples", f"{found.resamples:,}"
