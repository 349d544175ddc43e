"""profile/<device>/<pair>.json: speeds, overheads and their intervals from the timed rounds."""

import math
from statistics import mean, median, stdev

from scipy import stats

from ..profile_documents import Measurement, Throughput
from .files import Files


def check_speeds(files: Files) -> dict[str, dict[str, Throughput]]:
    """Timings by device and pair: every speed and its interval from the rounds."""
    found: dict[str, dict[str, Throughput]] = {}
    for path in sorted((files.root / "profile").glob("*/*.json")):
        place = path.relative_to(files.root).as_posix()
        timing = files.document(place, Throughput)
        if timing is None:
            continue
        files.findings.same(files.at(place), "pair", path.stem, timing.pair)
        files.findings.same(files.at(place), "device", path.parent.name, timing.device)
        for number, measured in enumerate(timing.measurements):
            _check_measurement(files, files.at(place), f"measurements[{number}]", measured)
        found.setdefault(path.parent.name, {})[path.stem] = timing
    return found


def _check_measurement(files: Files, name: str, field: str, measured: Measurement) -> None:
    findings = files.findings
    times = []
    for model, speed in measured.models.items():
        here = f"{field}.models.{model}"
        if len(speed.rounds) < 2 or min(speed.rounds) <= 0:
            findings.problem(name, f"{here}.rounds", "two or more above 0", speed.rounds)
            return
        times.append([1 / number for number in speed.rounds])
        findings.close(name, f"{here}.images_per_second", median(speed.rounds), speed.images_per_second)
        fields = [f"{here}.interval[{end}]" for end in (0, 1)]
        findings.all_close(name, fields, median_interval(speed.rounds), speed.interval, 1e-6)
    if not findings.same(
        name, f"{field}.overhead_percent, of a pair", len(times) == 2, measured.overhead_percent is not None
    ):
        return
    if len(times) == 2 and len(times[0]) == len(times[1]):
        ratios = [second / first for first, second in zip(*times, strict=True)]
        findings.close(
            name, f"{field}.overhead_percent", 100 * (median(ratios) - 1), measured.overhead_percent
        )
        ends = [100 * (end - 1) for end in median_interval(ratios)]
        fields = [f"{field}.overhead_interval[{end}]" for end in (0, 1)]
        findings.all_close(name, fields, ends, measured.overhead_interval or (math.nan, math.nan), 1e-6)


def median_interval(values: list[float]) -> tuple[float, float]:
    """At 95 %: order statistics of six values or more, of fewer Student's t on the logarithms."""
    ordered, count = sorted(values), len(values)
    if count < 6:
        logs = [math.log(value) for value in ordered]
        half = float(stats.t.isf(0.025, count - 1)) * stdev(logs) / math.sqrt(count)
        ends = math.exp(mean(logs) - half), math.exp(mean(logs) + half)
        return min(ends[0], median(ordered)), max(ends[1], median(ordered))
    # The largest rank below which, and above its mirror image, a fair coin puts no more than 5 %.
    rank = max(k for k in range(count // 2) if 2 * stats.binom.cdf(k, count, 0.5) <= 0.05)
    return ordered[rank], ordered[-1 - rank]
