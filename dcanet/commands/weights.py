"""dcanet weights: fetch, inspect, convert and list weights that were not trained here."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import UserError, nearest
from ..sheets import Classifier, Detector, read_detectors
from ..weights.places import FOLDER, INCOMING, LOCK, checkpoint_path, log_path
from ..weights.source_text import FORMS, parse_source
from ..weights.sources import Origin, Source, log_origin, origin_of
from .options import add_sheets, pairs_of_sheet

DRIVE = "The environment variable DCANET_DRIVE_URL names a mirror to ask instead of Google Drive."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")

    fetch = kinds.add_parser("fetch", help="bring checkpoints here and verify them", epilog=DRIVE)
    fetch.add_argument(
        "names",
        nargs="+",
        metavar="MODEL",
        help="ids of models or detectors, MODEL.log for a log alone, or all",
    )
    fetch.add_argument(
        "--source",
        action="append",
        metavar="SOURCE",
        help=f"{FORMS} (default: published); repeat for mirrors",
    )
    fetch.add_argument("--sha256", metavar="DIGITS", help="that the file at an address must have, at least 8")
    fetch.add_argument("--out", type=Path, default=FOLDER, help="folder (default: %(default)s)")
    fetch.add_argument("--with-log", action="store_true", help="the published training log too")
    fetch.add_argument(
        "--offline",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="never touch the network",
    )
    fetch.add_argument(
        "--accept-change", action="store_true", help="take a file that is not the one recorded before"
    )

    inspect = kinds.add_parser("inspect", help="say what is in a checkpoint; nothing in it runs")
    inspect.add_argument("file", type=Path)

    convert = kinds.add_parser("convert", help="make a weight file of this project from a checkpoint")
    convert.add_argument("file", type=Path)
    target = convert.add_mutually_exclusive_group(required=True)
    target.add_argument("--out", type=Path, metavar="FILE", help="the .safetensors file to write")
    target.add_argument(
        "--run",
        dest="folder",
        type=Path,
        metavar="FOLDER",
        help="write weights, history and provenance, as `dcanet train` does",
    )
    convert.add_argument("--model", metavar="MODEL", help="id of the model that it must be")
    convert.add_argument("--origin", metavar="TEXT", help="where the file came from (default: its name)")
    convert.add_argument("--log", type=Path, help="published training log, the history of --run")

    for kind in (inspect, convert):
        kind.add_argument("--form", help="printed or released where a checkpoint fits both (docs/forms.md)")

    listing = kinds.add_parser("list", help="the published files, and which of them are here")
    listing.add_argument("--out", type=Path, default=FOLDER, help="where they were fetched to")
    for kind in (fetch, listing):
        kind.add_argument(
            "--incoming",
            type=Path,
            default=INCOMING,
            help="folder of files got by hand (default: %(default)s)",
        )
        kind.add_argument("--lock", type=Path, default=LOCK, help="hashes on record (default: %(default)s)")
        add_sheets(kind)


def run(arguments: argparse.Namespace) -> None:
    {"fetch": _fetch, "inspect": _inspect, "convert": _convert, "list": _list}[arguments.kind](arguments)


class _Job(NamedTuple):
    origin: Origin
    destination: Path
    check: Callable[[Path], object]


def _fetch(arguments: argparse.Namespace) -> None:
    from ..weights.drive import DRIVE_URL
    from ..weights.fetch import fetch
    from ..weights.lock import Lock

    source = parse_source(arguments.source or ["published"], arguments.sha256)
    jobs = list(_jobs(arguments, source))
    lock, failures = Lock(arguments.lock), []
    for origin, destination, check in jobs:
        try:
            path = fetch(
                origin,
                destination,
                lock,
                incoming=arguments.incoming,
                offline=arguments.offline,
                accept_change=arguments.accept_change,
                check=check,
                drive_url=os.environ.get("DCANET_DRIVE_URL", DRIVE_URL),
            )
        except UserError as error:
            failures.append(error)
            continue
        print(f"{origin.name}: {path}, {path.stat().st_size:,} bytes, from {origin.key}", flush=True)
    if len(failures) > 1:
        for failure in failures:
            print(f"dcanet: {failure.line()}", file=sys.stderr)
        raise UserError(f"{len(failures)} of {len(jobs)} files could not be fetched")
    if failures:
        raise failures[0]


def _jobs(arguments: argparse.Namespace, source: Source) -> Iterator[_Job]:
    rows = {row.id: row for row in _rows(arguments)}
    names = list(rows) if arguments.names == ["all"] else arguments.names
    for name in names:
        model = name.removesuffix(".log")
        if model not in rows:
            raise UserError(f"unknown model {model!r}{nearest(model, list(rows))}")
        row = rows[model]
        if name == model:
            yield _Job(origin_of(row, source), checkpoint_path(model, arguments.out), _check_of(row))
        if name != model or arguments.with_log:
            from ..weights.logs import read_log

            yield _Job(log_origin(row), log_path(model, arguments.out), read_log)


def _check_of(row: Classifier | Detector) -> Callable[[Path], object]:
    """What refuses a file before it is put on record."""
    from ..weights.conversion import recognise
    from ..weights.opening import open_checkpoint

    return lambda path: recognise(open_checkpoint(path), expected_model=row.id)


def _inspect(arguments: argparse.Namespace) -> None:
    from ..models.forms import options_text
    from ..weights.inspection import inspect

    found = inspect(arguments.file, arguments.form)
    facts = {
        "file": f"{found.path}, {found.size:,} bytes, {found.container}",
        "SHA-256": found.sha256,
        "tensors": f"{found.tensors:,}, {found.elements:,} numbers, {', '.join(found.types)}",
        "prefix": found.prefix or "none",
        "arch": found.arch or "not said",
        "epoch": "not said" if found.epoch is None else found.epoch,
        "best top-1": "not said" if found.best_top1_percent is None else f"{found.best_top1_percent:.3f} %",
        "model": found.model or "not recognised",
    }
    if found.options is not None:
        facts["options"] = options_text(found.options) or "none"
        facts["variant"] = options_text(found.variant or {}) or "none: the published one"
    for title, text in facts.items():
        print(f"{title:12} {text}")
    for title, keys in (
        ("missing", found.missing),
        ("unexpected", found.unexpected),
        ("mis-shaped", found.mis_shaped),
    ):
        for key in keys:
            print(f"{title:12} {key}")
    for remark in (*found.remarks, *filter(None, [found.problem])):
        print(f"{'remark':12} {remark}")


def _convert(arguments: argparse.Namespace) -> None:
    from ..models.forms import options_text
    from ..weights.conversion import convert
    from ..weights.pretrained import make_run

    asked = (arguments.form, arguments.model, arguments.origin)
    if arguments.folder:
        made, conversion = arguments.folder, make_run(arguments.file, arguments.folder, *asked, arguments.log)
    elif arguments.log:
        raise UserError("--log: is the history of a run; give --run instead of --out")
    elif arguments.out.is_dir():
        raise UserError(f"{arguments.out}: is a folder; give the file to write, or --run")
    else:
        made, conversion = arguments.out, convert(arguments.file, arguments.out, *asked)
    variant = options_text(conversion.variant)
    model = f"{conversion.model} ({variant})" if variant else conversion.model
    print(
        f"{made}: {model}, {conversion.parameters:,} parameters, {conversion.num_classes:,} classes, "
        f"from {conversion.source}, SHA-256 {conversion.source_sha256}"
    )
    for remark in conversion.remarks:
        print(f"remark: {remark}")


def _list(arguments: argparse.Namespace) -> None:
    from ..weights.listing import published_files
    from ..weights.lock import Lock

    files = published_files(_rows(arguments), Lock(arguments.lock), arguments.out, arguments.incoming)
    print(f"{'MODEL':30} {'WEIGHTS':12} {'LOG':12} {'BYTES':>13}  SHA-256")
    for weights, log in files:
        size = "" if weights.size is None else f"{weights.size:,}"
        digits = weights.sha256 or "not on record"
        print(f"{weights.name:30} {weights.state:12} {log.state:12} {size:>13}  {digits}")


def _rows(arguments: argparse.Namespace) -> list[Classifier | Detector]:
    models = [model for pair in pairs_of_sheet(arguments) for model in pair.models]
    return [*models, *read_detectors(arguments.detectors)]
