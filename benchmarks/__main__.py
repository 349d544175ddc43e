"""The command line: python -m benchmarks NAME."""

import argparse
import importlib
import sys
from pathlib import Path

from dcanet.errors import UserError

from .outcome import RESULTS, Outcome
from .targets import TARGETS

#: Name -> what it times. Each module has add_options(parser) and measure(options), which makes an Outcome.
BENCHMARKS = {
    "evaluation": "dcanet evaluate on a CPU beside timm's validate.py",
    "training": "training epochs from JPEGs beside timm's and torchvision's train.py, on a CPU or a GPU",
    "input_pipeline": "JPEGs to training batches beside torchvision's loader",
    "model_speed": "the classifiers beside the authors' formulation, and what attention costs",
    "depthwise": "training of depthwise convolutions beside oneDNN's",
    "detection_evaluation": "COCO's numbers beside pycocotools, and the bootstrap of AP",
    "detection_speed": "RetinaNet's inference and training step beside torchvision's",
    "statistics_speed": "the statistics of a whole table",
    "statistics_coverage": "how often the intervals hold the truth (hours)",
    "startup": "dcanet --help and snakemake -n",
    "orchestration": "the default run beside the work of its stages",
    "growth": "plan, tables and report of 10, 100 and 1,000 models",
    "disk": "what a finished model of ImageNet's size leaves on the disk",
}
HELP = "\n".join(["benchmarks:", *(f"  {name:22}{about}" for name, about in BENCHMARKS.items())])


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Times a part of the project beside what else does the same, as ratios within one run.",
        epilog=f"{HELP}\n\n`python -m benchmarks NAME --help` has the options of one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=BENCHMARKS, metavar="NAME")
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        parser.print_help()
        return
    name = parser.parse_args(sys.argv[1:2]).name
    module = importlib.import_module(f"benchmarks.{name}")
    options_of = argparse.ArgumentParser(
        prog=f"python -m benchmarks {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_options(options_of)
    options_of.add_argument(
        "--out",
        type=Path,
        default=RESULTS / f"{name}.json",
        help=f"JSON to write (default: {name}.json in benchmarks/results)",
    )
    options = options_of.parse_args(sys.argv[2:])
    try:
        outcome = module.measure(options)
    except UserError as error:
        raise SystemExit(f"benchmarks {name}: {error.line()}") from error
    outcome.save(options.out)
    print("\n".join(["", *lines(outcome), "", f"written to {options.out}"]))


def lines(outcome: Outcome) -> list[str]:
    """Markdown of the figures."""
    found = ["| what | case | figure | smallest to largest | asked |", "| --- | --- | ---: | --- | --- |"]
    for figure in outcome.figures:
        target = TARGETS[figure.target]
        spread = "" if figure.low is None else f"{figure.low:.3g} to {figure.high:.3g}"
        asked = ": ".join(filter(None, (target.asked, target.verdict(figure.value))))
        value = target.with_unit(figure.value)
        found.append(f"| {target.what} | {figure.case} | {value} | {spread} | {asked} |")
    return found


if __name__ == "__main__":
    main()
