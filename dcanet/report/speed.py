"""Every speed that was measured: each network under each setting, with latency, memory and energy."""

from collections.abc import Iterator, Mapping, Sequence

from ..profile_documents import MachineState, Measurement, Setting, Throughput
from ..profiling.setting import in_words
from ..sheets import Pair
from .chapter import Chapter, Heading, Listing
from .formatting import MINUS, signed
from .stored import Stored
from .table import Missing

COLUMNS = (
    Heading("Network", words=True),
    Heading("Images/s"),
    Heading("95 % interval"),
    Heading("Overhead in time ↓"),
    Heading("p50, ms"),
    Heading("p90, ms"),
    Heading("p99, ms"),
    Heading("Peak memory, MiB"),
    Heading("Energy, J/image"),
    Heading("Rounds"),
    Heading("Remarks", words=True),
)
#: How each is called, and its decimals.
SENSORS = {
    "load_average": ("load average per core", 2),
    "clock_mhz": ("clock in MHz", 0),
    "temperature_celsius": ("temperature in °C", 0),
    "power_watts": ("power in W", 0),
}


def speed_chapter(pairs: Sequence[Pair], stored: Stored) -> Chapter:
    """One table for each device, size and setting; pairs in the sheet's order, then detectors."""
    of_devices = {device: list(_timings(device, pairs, stored)) for device in stored.speeds}
    timings = [timing for of_one in of_devices.values() for timing in of_one]
    if not timings:
        return Chapter("speed", "Speed", ("Nothing was timed yet.",))
    return Chapter(
        "speed",
        "Speed",
        (
            "Both networks of a pair are timed interleaved (baseline, connected, connected, baseline) until "
            "the overhead of two rounds in a row agrees, or the time for it is over. A speed is the median "
            "over the rounds. The overhead is the connected network's additional time per image, from the "
            "ratio within each round; a drift of the machine moves the speeds and not the overhead.",
            "At batch 1 each call is waited for, and p50, p90 and p99 are percentiles of the calls. Peak "
            "memory is what weights, batch and working memory take: on a GPU of torch's allocator, on a CPU "
            "of the process's resident memory. Energy is a GPU board's, from blocks of a second or more. "
            "What was not measured has no column.",
        ),
        tuple(speed_listings("speed", of_devices)),
        tuple(_machines(of_devices)),
    )


def _timings(device: str, pairs: Sequence[Pair], stored: Stored) -> Iterator[Throughput]:
    for pair in pairs:
        timing = stored.speeds[device][pair.id]
        if not isinstance(timing, Missing):
            yield timing
    yield from stored.detector_speeds[device]


def speed_listings(key: str, of_devices: Mapping[str, Sequence[Throughput]]) -> Iterator[Listing]:
    """One for each device, size and setting; `key` starts the names of all."""
    for device, timings in of_devices.items():
        rows: dict[tuple[str, str], list[tuple[str, ...]]] = {}
        for timing in timings:
            place = f"{timing.device_name}, threads {timing.threads}, {timing.height} × {timing.width} px"
            for found in timing.measurements:
                rows.setdefault((place, in_words(_wanted(found))), []).extend(_rows(found))
        for number, ((place, setting), of_setting) in enumerate(rows.items(), start=1):
            caption = f"{setting} ({place})"
            yield Listing(f"{key}-{device}-{number}", caption, COLUMNS, tuple(of_setting)).without_empty()


def _wanted(found: Measurement) -> Setting:
    return found.setting.model_copy(update={"batch_size": found.wanted_batch_size})


def _rows(found: Measurement) -> Iterator[tuple[str, ...]]:
    remarks = ", ".join(_remarks(found))
    for place, (name, speed) in enumerate(found.models.items()):
        low, high = speed.interval
        latency = speed.latency
        calls = (latency.p50_ms, latency.p90_ms, latency.p99_ms) if latency else (None,) * 3
        memory = speed.peak_memory_bytes
        yield (
            name,
            f"{speed.images_per_second:,.1f}",
            f"[{low:,.1f}, {high:,.1f}]",
            overhead(found) if place else "",
            *(_number(milliseconds, 2) for milliseconds in calls),
            _number(memory and memory / 2**20, 0),
            _number(speed.joules_per_image, 3),
            str(len(speed.rounds)),
            remarks,
        )


def overhead(found: Measurement) -> str:
    """For example "+3.1 % [2.4, 3.9]"; empty for a network alone."""
    if found.overhead_percent is None or found.overhead_interval is None:
        return ""
    low, high = found.overhead_interval
    return f"{signed(found.overhead_percent, 1)} % [{low:.1f}, {high:.1f}]".replace("-", MINUS)


def _remarks(found: Measurement) -> Iterator[str]:
    if found.setting.batch_size < found.wanted_batch_size:
        yield f"batch {found.setting.batch_size}: {found.wanted_batch_size} did not fit into the memory"
    if found.loaded:
        yield "something else ran beside it"
    if not found.settled:
        yield "rounds did not agree in time"


def _number(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:,.{decimals}f}"


def _machines(of_devices: dict[str, list[Throughput]]) -> Iterator[str]:
    """What the sensors said around the measurements, from the lowest to the highest."""
    for device, timings in of_devices.items():
        found = [measured for timing in timings for measured in timing.measurements]
        for when, states in (
            ("before", [measured.before for measured in found]),
            ("after", [measured.after for measured in found]),
        ):
            ranges = list(_ranges(states))
            if ranges:
                yield f"{device}, {when} the measurements: {'; '.join(ranges)}."


def _ranges(states: Sequence[MachineState]) -> Iterator[str]:
    for field, (meaning, decimals) in SENSORS.items():
        values = [value for state in states if (value := getattr(state, field)) is not None]
        ends = dict.fromkeys(_number(end, decimals) for end in (min(values), max(values))) if values else ()
        if ends:
            yield f"{meaning} {' to '.join(ends)}"
