"""dcanet profile: parameters and MACs, or throughput, of a pair of models."""

import argparse
from pathlib import Path

from .options import add_device, add_options, options_of, use_threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    costs = kinds.add_parser("costs", help="parameters, and MACs by fvcore")
    throughput = kinds.add_parser("throughput", help="images per second, the models timed interleaved")
    for kind in (costs, throughput):
        kind.add_argument(
            "models", nargs="+", metavar="MODEL", help="one model, or a baseline and its partner"
        )
        kind.add_argument("--out", type=Path, required=True, help="JSON file to write")
        kind.add_argument("--image-size", type=int, default=224, help="side in pixels (default: %(default)s)")
        add_options(kind)
        add_device(kind)
    throughput.add_argument("--batch-size", type=int, default=8, help="default: %(default)s")
    throughput.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    throughput.add_argument("--contiguous", action="store_true", help="NCHW memory instead of channels last")
    throughput.add_argument("--blocks", type=int, default=4, help="timed rounds (default: %(default)s)")
    throughput.add_argument("--block-seconds", type=float, default=0.5, help="default: %(default)s")


def run(arguments: argparse.Namespace) -> None:
    models = {model: options_of(model, arguments.option) for model in arguments.models}
    pair = arguments.models[0]
    use_threads(arguments)
    if arguments.kind == "costs":
        from ..profiling.costs import measure_costs

        costs = measure_costs(pair, models, arguments.image_size)
        costs.save(arguments.out)
        for name, cost in costs.models.items():
            print(f"{name}: {cost.parameters / 1e6:.2f} M parameters, {cost.macs / 1e9:.2f} G MACs (fvcore)")
        return

    from ..config_sections import ProfileSettings
    from ..profiling.throughput import measure_throughput

    settings = ProfileSettings(
        image_size=arguments.image_size,
        batch_size=arguments.batch_size,
        precision=arguments.precision,
        channels_last=not arguments.contiguous,
        blocks=arguments.blocks,
        block_seconds=arguments.block_seconds,
    )
    throughput = measure_throughput(pair, models, settings, arguments.device)
    throughput.save(arguments.out)
    for name, speed in throughput.models.items():
        low, high = speed.interval
        print(f"{name}: {speed.images_per_second:.1f} images/s [{low:.1f}, {high:.1f}]")
