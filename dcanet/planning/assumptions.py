"""Everything of a plan that was not measured, in words with the numbers that were used."""

from collections.abc import Iterator, Sequence

from ..workflow import Plan
from .devices import Device
from .disk import DETECTION, GENERATIONS, PREDICTION
from .measured import PASSES
from .networks import Network
from .speed import ATTENTION, LAUNCH, Speeds, loading_seconds

#: Seconds of one device that a job takes to start: Python, imports, the network.
START_SECONDS = 5

_TIMM = "timm's training benchmark on an RTX 3090"


def assumptions(
    plan: Plan, device: Device, count: int, networks: Sequence[Network], speeds: Speeds, all_measured: bool
) -> list[str]:
    """One entry for each thing that is assumed: the data, the speed, the devices, the bytes."""
    found = list(dict.fromkeys(network.images.known for network in networks if network.images.known))
    if speeds.used:
        found.append(
            f"Measured speeds are of profile/ ({', '.join(speeds.used)}), by the image's area where it was "
            "timed at another size."
        )
    found += speeds.notes
    if not all_measured:
        found += _of_speed(device, networks)
    found += _of_devices(plan, device, count, networks)
    return [*found, *_of_bytes(networks)]


def _of_speed(device: Device, networks: Sequence[Network]) -> Iterator[str]:
    yield "Assumed speeds may be off by a factor of two; `snakemake profile` measures them."
    if not all(network.cost.counted for network in networks):
        yield "MACs and parameters are the paper's, by the image's area where it is not 224 x 224 pixels."
        if any(network.kind.detector for network in networks):
            yield (
                "A detector's neck and heads are counted by their shapes for COCO's 80 categories, at the "
                "largest image that its options allow; most images are smaller."
            )
    peaks = " and ".join(f"{flops:g} TFLOPS in {kind}" for kind, flops in device.teraflops.items())
    shares = " and ".join(f"{share:g}" for share in device.utilisation.values())
    yield (
        f"{device.title}: dense peak of {peaks}, of which training a ResNet-50 uses {shares}. "
        f"From: {device.source}."
    )
    yield f"A training step computes {PASSES} times what the forward pass does."
    if any(network.kind.mobile for network in networks):
        yield f"Depthwise networks use {device.mobile_share:g} of what a ResNet-50 does. From: " + (
            f"{_TIMM} (MobileNetV2 2,313, MnasNet 2,929, ResNet-50 1,218 images/s)."
            if device.is_gpu
            else "benchmarks/evaluation.md."
        )
    if any(network.kind.attention for network in networks):
        yield (
            f"Networks with attention take {ATTENTION:g} times as long as their MACs tell. From: {_TIMM} "
            "(SE-ResNet50 972, ResNet-50 1,218 images/s)."
        )
    plain, attention, detector = (
        f"{1000 * LAUNCH[kind]:g} ms" for kind in ("plain", "attention", "detector")
    )
    yield (
        f"However few images, a forward pass takes {plain} to be started from Python, {attention} with "
        f"attention, {detector} in a detector; small micro-batches on quick GPUs wait for that. From: "
        "NVIDIA's Deep Learning Examples have 10 to 13 ms for ResNet-50 beside a V100; newer processors take "
        "less."
    )


def _of_devices(plan: Plan, device: Device, count: int, networks: Sequence[Network]) -> Iterator[str]:
    settings, unit = plan.config.training, device.unit
    beside = device.is_gpu and settings.workers
    for seconds in dict.fromkeys(loading_seconds(network.images) for network in networks):
        yield f"A core loads an image in {1000 * seconds:g} ms, " + (
            f"in {settings.workers} workers beside each GPU." if beside else "between the computations."
        )
    yield f"A job takes {START_SECONDS} s to start; a timing takes its whole budget."
    yield "Work is shared without loss and nothing waits, so wall time is the least possible." + (
        " NVIDIA's eight A100s lose 4 % in TF32 and 16 % in mixed precision." if device.is_gpu else ""
    )
    if device.is_gpu and settings.processes > count:
        yield (
            f"training.processes is {settings.processes}: on {count} {unit} set it to {count}, which takes "
            "the same batches one after the other."
        )
    yield (
        f"Where no energy was measured: {device.watts:g} W for each {unit} at full power, which one that "
        "waits does not take; without the rest of the machine and without cooling."
    )


def _of_bytes(networks: Sequence[Network]) -> Iterator[str]:
    boxes = f" and {DETECTION} a detected box" if any(network.kind.detector for network in networks) else ""
    yield (
        f"Disk: weights of 4 bytes a parameter, {PREDICTION} bytes an evaluated image{boxes}; states are "
        f"{GENERATIONS} generations of weights and optimizer, gone when a training ends. Data sets are not "
        "counted and never fetched."
    )
    yield "Left out: describing the data, counting MACs, converting weights, drawing and the report."
