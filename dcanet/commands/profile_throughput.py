"""dcanet profile throughput: speeds of a network or a pair, timed interleaved under chosen settings."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..config_sections import MeasurementSettings, ProfileSettings
from ..errors import UserError, first_problem
from ..profile_documents import Measurement
from ..profiling.setting import from_argument, in_words
from .options import add_device, add_options, options_of, use_threads

DEFAULTS = ProfileSettings()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "models", nargs="+", metavar="MODEL", help="a classifier or a detector, or a baseline and its partner"
    )
    parser.add_argument("--pair", metavar="NAME", help="id of the pair (default: the first network's)")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument(
        "--measure",
        action="append",
        default=[],
        metavar="KEY=VALUE,...",
        help="what is timed, e.g. work=training_step,batch_size=32,precision=bfloat16,channels_last=true,"
        "compiled=false; may be repeated; what is not named is as in work=inference,batch_size=8,"
        "precision=float32,channels_last=true,compiled=false",
    )
    numbers: dict[str, Any] = {
        "image_size": (int, "side of a classifier's images, pixels"),
        "detector_height": (int, "of a detector's images, pixels"),
        "detector_width": (int, "of a detector's images, pixels"),
        "block_seconds": (float, "least duration of a timed block"),
        "budget_seconds": (float, "for the rounds of one measurement"),
        "agreement_percent": (float, "within which two rounds in a row end a measurement"),
    }
    for name, (kind, meaning) in numbers.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=getattr(DEFAULTS, name),
            help=f"{meaning} (default: %(default)s)",
        )
    add_options(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    models = {model: options_of(model, arguments.option, detectors_too=True) for model in arguments.models}
    settings = settings_of(arguments)
    use_threads(arguments)
    from ..profiling.throughput import measure_throughput
    from ..provenance import now, provenance

    started = now()
    found = measure_throughput(
        arguments.pair or arguments.models[0],
        models,
        settings,
        arguments.device,
        lambda found: print(*_lines(found), sep="\n"),
    )
    made = provenance(started, found.device)
    found.model_copy(update={"provenance": made}).save(arguments.out)


def settings_of(arguments: argparse.Namespace) -> ProfileSettings:
    """What the arguments ask for; UserError names the one that cannot be."""
    asked = [from_argument(text) for text in arguments.measure]
    values = {
        name: getattr(arguments, name) for name in ProfileSettings.model_fields if name != "measurements"
    }
    try:
        return ProfileSettings(
            **values,
            measurements=[MeasurementSettings(**setting.model_dump()) for setting in asked]
            or DEFAULTS.measurements,
        )
    except ValidationError as error:
        _, where, message = first_problem(error)
        raise UserError(f"--{where.replace('_', '-')}: {message}" if where else message) from error


def _lines(found: Measurement) -> Iterator[str]:
    """What was found, and what to know before believing it."""
    parts = []
    for name, speed in found.models.items():
        low, high = speed.interval
        text = f"{name} {speed.images_per_second:.1f} images/s [{low:.1f}, {high:.1f}]"
        if taken := speed.latency:
            text += f" (p50 {taken.p50_ms:.1f}, p90 {taken.p90_ms:.1f}, p99 {taken.p99_ms:.1f} ms)"
        parts.append(text)
    if found.overhead_percent is not None and found.overhead_interval:
        low, high = found.overhead_interval
        parts.append(f"overhead {found.overhead_percent:+.1f} % [{low:.1f}, {high:.1f}]")
    yield f"{in_words(found.setting)}: {'; '.join(parts)}"
    if found.loaded:
        yield "  warning: something else ran beside this timing; time again on an idle machine"
    if not found.settled:
        yield "  warning: no two rounds in a row agreed within the budget; give it more seconds"
