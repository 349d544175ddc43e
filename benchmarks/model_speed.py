"""Time the classifiers beside the authors' formulation, in inference and training, and what attention costs.

    OMP_NUM_THREADS=1 python -m benchmarks model_speed --models dca_se_resnet50

Theirs is `as_released`: float32, contiguous memory, eager, norms and activations apart. Ours is in
channels_last memory with freed memory kept, as `dcanet train` and `dcanet evaluate` run it, and for
inference in their fast form. A connected network is also timed with its attention baseline and its plain
backbone. Networks that are in the JSON already and are not timed again stay, if they were timed on the
same machine. With `--device cuda` everything is timed on the GPU; `--launch graphed compiled` times ours
in those forms too, and what attention costs in them instead. On a CPU `--launch compiled` times what
attention costs in compiled networks too, which takes a C++ compiler and a minute for each.
"""

import argparse
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional as F

from dcanet.device import choose_device, choose_precision
from dcanet.errors import UserError
from dcanet.models import TRIPLES, model_id

from .outcome import Figure, Outcome, Stopwatch
from .side_by_side import Launch, Settings, Side, interleaved, noise, settled

WORKS = ("inference", "training_step")
KINDS = ("formulation", "overhead")


def formulations(name: str, work: str, device: torch.device, launches: Sequence[Launch] = ()) -> list[Side]:
    """Theirs, on a CPU with freed memory kept and not, and ours, all of the released form."""
    memory = (False, True) if device.type == "cpu" else (True,)
    sides = [Side(name, work, ours=False, form="released", keeps_memory=kept) for kept in memory]
    sides.append(Side(name, work, form="released"))
    if (fastest := choose_precision("auto", device)) != "float32":
        sides += [
            Side(name, work, form="released", precision=fastest, launch=launch)
            for launch in ("eager", *launches)
        ]
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


def formulation_figures(name: str, work: str, measured: dict[str, Any]) -> Iterator[Figure]:
    """Theirs over each of ours."""
    labels = list(measured["seconds"])
    on_gpu = measured["device"] == "cuda"
    for label in labels[labels.index("ours") :]:
        short = "inference" if work == "inference" else "step"
        target = f"{short}_gpu" if on_gpu else f"{short}_bfloat16" if "bfloat16" in label else short
        sides = {
            f"{side}, images/s": measured["batch_size"]
            / statistics.median(measured["seconds"][side]["processor"])
            for side in ("theirs", label)
            if side in labels
        }
        case = f"{name}, {label.removeprefix('ours, ').replace('ours', 'float32')}" if on_gpu else name
        theirs = labels[0]
        note = ""
        if not on_gpu and label == "ours":
            kept = statistics.median(ratios(measured, labels[1], label))
            note = f"{kept:.2f} with freed memory kept by theirs too"
        yield Figure.of(target, case, ratios(measured, theirs, label), sides=sides, note=note)


def overhead_figures(name: str, work: str, measured: dict[str, Any]) -> Iterator[Figure]:
    """What attention adds, and what the connection does, in percent."""
    plain, baseline, connected = relatives(name)
    suffix = "_gpu" if measured["device"] == "cuda" else ""
    training = "" if work == "inference" else "_step"
    for target, above, below in (("attention", baseline, plain), ("connection", connected, baseline)):
        percents = [100 * (ratio - 1) for ratio in ratios(measured, above, below)]
        yield Figure.of(f"{target}{training}{suffix}", f"{name}, {measured['form']}", percents)


def figures(networks: dict[str, Any]) -> list[Figure]:
    """Of everything that was measured, in the order of the targets' tables."""
    found = []
    for work in WORKS:
        for name in TRIPLES:
            measured = networks.get(name, {}).get(work, {})
            if "formulation" in measured:
                found += formulation_figures(name, work, measured["formulation"])
            for each in measured.get("overhead", []):
                found += overhead_figures(name, work, each)
    return found


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", nargs="+", choices=TRIPLES, default=[*TRIPLES], metavar="ID")
    parser.add_argument("--works", nargs="+", choices=WORKS, default=WORKS)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="one round with 2 images of 64 x 64 pixels")
    parser.add_argument("--batch-size", type=int, default=8, help="default: %(default)s")
    parser.add_argument("--image-size", type=int, default=224, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="default: %(default)s")
    parser.add_argument(
        "--launch",
        nargs="+",
        choices=("graphed", "compiled"),
        default=[],
        help="time ours in these forms too",
    )


def measure(options: argparse.Namespace) -> Outcome:
    device, threads = choose_device(options.device), options.threads
    if "graphed" in options.launch and device.type == "cpu":
        raise UserError("--launch graphed: CUDA graphs are timed on a GPU; add --device cuda")
    settings = Settings(options.rounds, options.batch_size, options.image_size, threads, device.type)
    if options.quick:
        settings = Settings(1, 2, 64, threads, device.type)
    precision = choose_precision("auto", device)
    on_cpu = device.type == "cpu"
    launches_of_ours = [] if on_cpu else options.launch
    launches_of_pairs = ["eager", *options.launch] if on_cpu else options.launch or ["eager"]
    watch = Stopwatch("model_speed", device.type)
    networks: dict[str, Any] = {}
    if options.out.exists():
        before = Outcome.load(options.out)
        if same_machine(before.machine, watch.machine):
            networks = before.details["networks"]

    for name in options.models:
        check_sameness(name)
        for work in options.works:
            done = networks.setdefault(name, {}).setdefault(work, {})
            if "formulation" in options.kinds:
                sides = formulations(name, work, device, launches_of_ours)
                done["formulation"] = interleaved(sides, settings)
            if "overhead" in options.kinds and TRIPLES[name][2]:
                done["overhead"] = [
                    interleaved(
                        [Side(each, work, precision=precision, launch=launch) for each in relatives(name)],
                        settings,
                    )
                    | {"form": ", ".join([precision, *([] if launch == "eager" else [launch])])}
                    for launch in launches_of_pairs
                ]
            outcome = watch.done(figures(networks), {"networks": networks})
            outcome.save(options.out)
    return outcome


def same_machine(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one.get(fact) == other.get(fact) for fact in ("processor", "cores", "gpu"))
