"""Time the classifiers beside the authors' formulation, in inference and training, and what attention costs.

    OMP_NUM_THREADS=1 python benchmarks/model_speed.py --models dca_se_resnet50 --out model_speed.json

Theirs is `as_released`: float32, contiguous memory, eager, norms and activations apart. Ours is in
channels_last memory with freed memory kept, as `dcanet train` and `dcanet evaluate` run it, and for inference
in their fast form. A connected network is also timed with its attention baseline and its plain backbone.
What is in the JSON already and is not timed again stays; the tables show all of it. With `--device cuda`
everything is timed on the GPU; `--compile` adds our network through torch.compile.
"""

import argparse
import json
import os
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from side_by_side import Settings, Side, interleaved, noise, settled
from torch.nn import functional as F

from dcanet.device import choose_precision, device_name
from dcanet.files import write_text
from dcanet.models import TRIPLES, model_id
from dcanet.provenance import processor, versions

WORKS = ("inference", "training_step")


def formulations(name: str, work: str, device: torch.device, compiled: bool = False) -> list[Side]:
    """Theirs, on a CPU with freed memory kept and not, and ours, all of the released form."""
    memory = (False, True) if device.type == "cpu" else (True,)
    sides = [Side(name, work, ours=False, form="released", keeps_memory=kept) for kept in memory]
    sides.append(Side(name, work, form="released"))
    if (fastest := choose_precision("auto", device)) != "float32":
        sides.append(Side(name, work, form="released", precision=fastest))
        if compiled:
            sides.append(Side(name, work, form="released", precision=fastest, compiled=True))
    return sides


def relatives(name: str) -> tuple[str, str, str]:
    """The plain backbone, the attention baseline and the connected network."""
    backbone, attention, _ = TRIPLES[name]
    return backbone, model_id(backbone, attention, False), name


def check_sameness(name: str) -> None:
    """Theirs and ours are the same function with the same gradient, in float64 and training mode."""
    found = []
    for side in formulations(name, "training_step", torch.device("cpu"))[1:3]:
        model, images = settled(side).double(), noise(4, 64).double().requires_grad_()
        loss = F.cross_entropy(model(images), torch.arange(4))
        loss.backward()
        assert images.grad is not None
        found.append((loss.detach(), images.grad))
    for theirs, ours in zip(*found, strict=True):
        if (ours - theirs).norm() > 1e-6 * theirs.norm():
            raise SystemExit(f"{name}: the two formulations are not the same function")


def ratios(measured: dict[str, Any], above: str, below: str) -> list[float]:
    """Processor time of one side over another's, in each round."""
    times = [measured["seconds"][label]["processor"] for label in (above, below)]
    return [a / b for a, b in zip(*times, strict=True)]


def spread(values: Sequence[float], percent: bool = False) -> str:
    """The median, and the smallest and largest."""
    three = [statistics.median(values), min(values), max(values)]
    if percent:
        return "{:+.1f} % ({:+.1f} to {:+.1f})".format(*(100 * (value - 1) for value in three))
    return "{:.2f} ({:.2f} to {:.2f})".format(*three)


def formulation_row(name: str, measured: dict[str, Any]) -> list[str]:
    """Images per second of both, and theirs over each of ours."""
    labels = list(measured["seconds"])
    theirs, ours = labels[0], "ours"
    kept, bfloat16 = labels[labels.index(ours) - 1], labels[labels.index(ours) + 1 :]
    speeds = [
        measured["batch_size"] / statistics.median(measured["seconds"][label]["processor"])
        for label in (theirs, ours)
    ]
    found = [spread(ratios(measured, *pair)) for pair in ((theirs, ours), (kept, ours))]
    lower = "; ".join(
        f"{label.removeprefix('ours, ')} {spread(ratios(measured, theirs, label))}" for label in bfloat16
    )
    return [f"`{name}`", *(f"{speed:.1f}" for speed in speeds), *found, lower or "not timed"]


def overhead_row(name: str, measured: dict[str, Any]) -> list[str]:
    """What attention costs, what attention and connection cost, and what the connection does."""
    plain, baseline, connected = relatives(name)
    pairs = [(baseline, plain), (connected, plain), (connected, baseline)]
    return [f"`{name}`", *(spread(ratios(measured, *pair), percent=True) for pair in pairs)]


TABLES: dict[str, tuple[list[str], Callable[[str, dict[str, Any]], list[str]]]] = {
    "formulation": (
        [
            "theirs, images/s",
            "ours, images/s",
            "theirs / ours",
            "with memory kept by both",
            "in lower precision",
        ],
        formulation_row,
    ),
    "overhead": (
        ["attention over backbone", "connected over backbone", "connection over attention"],
        overhead_row,
    ),
}


def tables(networks: dict[str, Any]) -> str:
    """Markdown of everything that was measured."""
    lines = []
    for work in WORKS:
        for kind, (header, row) in TABLES.items():
            lines += [f"\n{work.replace('_', ' ').capitalize()}:\n", f"| network | {' | '.join(header)} |"]
            lines += [f"| --- |{' ---: |' * len(header)}"]
            for name in TRIPLES:
                if measured := networks.get(name, {}).get(work, {}).get(kind):
                    lines.append(f"| {' | '.join(row(name, measured))} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=TRIPLES, default=[*TRIPLES], metavar="ID")
    parser.add_argument("--works", nargs="+", choices=WORKS, default=WORKS)
    parser.add_argument("--kinds", nargs="+", choices=TABLES, default=[*TABLES])
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="one round with 2 images of 64 x 64 pixels")
    parser.add_argument("--batch-size", type=int, default=8, help="default: %(default)s")
    parser.add_argument("--image-size", type=int, default=224, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="default: %(default)s")
    parser.add_argument("--compile", action="store_true", help="time our network compiled too")
    parser.add_argument("--out", type=Path, help="JSON that is added to, of one device")
    options = parser.parse_args()
    device, threads = torch.device(options.device), options.threads
    settings = Settings(options.rounds, options.batch_size, options.image_size, threads, device.type)
    if options.quick:
        settings = Settings(1, 2, 64, threads, device.type)
    precision = choose_precision("auto", device)

    results: dict[str, Any] = {"machine": {}, "networks": {}}
    if options.out and options.out.exists():
        results = json.loads(options.out.read_text())
    results["machine"] = {"processor": processor(), "cores": os.cpu_count()}
    if device.type == "cuda":
        results["machine"]["gpu"] = device_name(device)
    if precision == "float32":
        results["machine"]["bfloat16"] = "not timed: the processor emulates it (no AVX-512 BF16, no AMX)"
    results["versions"] = versions()
    for name in options.models:
        check_sameness(name)
        for work in options.works:
            done = results["networks"].setdefault(name, {}).setdefault(work, {})
            if "formulation" in options.kinds:
                done["formulation"] = interleaved(formulations(name, work, device, options.compile), settings)
            if "overhead" in options.kinds and TRIPLES[name][2]:
                sides = [Side(each, work, precision=precision) for each in relatives(name)]
                done["overhead"] = interleaved(sides, settings)
            if options.out:
                write_text(options.out, json.dumps(results, indent=2) + "\n")
    for facts in (results["machine"], results["versions"]):
        print(", ".join(f"{name} {fact}" for name, fact in facts.items()))
    print(tables(results["networks"]))


if __name__ == "__main__":
    main()
