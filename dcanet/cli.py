"""The command line: `dcanet <verb>`. Every rule of the workflow is one call of it."""

import argparse
import contextlib
import importlib
import os
import sys
import warnings
from collections.abc import Container, Sequence

from .errors import UserError
from .exhaustion import what_is_lacking
from .signals import CONTINUE, Interrupted

VERBS = {
    "config": "check a config file, or print its JSON Schema",
    "plan": "what a config will cost, before anything runs",
    "check": "whether a plug-in keeps the contracts of what it registers",
    "data": "make, describe or check a data set",
    "weights": "fetch, inspect, convert and list weights that were not trained here",
    "recipe": "print or write a training recipe that a plug-in registers",
    "train": "train a classifier or a detector by a recipe",
    "evaluate": "what stored weights are worth, and their predictions image by image",
    "draw": "what a detector and its baseline find in some images",
    "focus": "where the networks of a pair look after each stage, and how far that drifts",
    "profile": "parameters, MACs and speed of networks, and the published costs audited",
    "statistics": "whether an experiment's networks differ by more than noise",
    "thumbnails": "small pictures of the images on which networks differ most surely",
    "compare": "two runs, commits or machines, tested image by image",
    "doctor": "why jobs of a run failed, and what to change",
    "report": "tables and the HTML page from stored results",
    "verify": "whether results are what they say they are, recomputed by code of its own",
    "export": "an experiment as one file, for others to check",
}


def build_parser(words: Container[str] = VERBS) -> argparse.ArgumentParser:
    """The parser with all verbs; nothing heavy is imported.

    Only verbs among `words` have their arguments: importing the modules of all takes several times as long
    as that of one.
    """
    parser = argparse.ArgumentParser(
        prog="dcanet",
        description="Benchmark and report of Deep Connected Attention Networks (arXiv 2007.05099).",
        epilog="Each verb is one stage of the workflow (see the Snakefile) and works by hand too.",
    )
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        metavar="FILE",
        help="a Python file or an installed module that registers something of your own (docs/extending.md); "
        "stands before the verb, may be repeated",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, summary in VERBS.items():
        verb_parser = verbs.add_parser(verb, help=summary, description=summary)
        if verb not in words:
            continue
        module = importlib.import_module(f".commands.{verb}", __package__)
        module.add_arguments(verb_parser)
        verb_parser.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; users' errors are one line on standard error and exit code 1, "continue me" is 75."""
    command_line = list(sys.argv[1:] if argv is None else argv)
    arguments = build_parser(command_line).parse_args(command_line)
    arguments.command_line = command_line
    # fvcore imports TorchScript, which newer torch versions announce the end of on every import.
    warnings.filterwarnings("ignore", message="`torch.jit", category=FutureWarning)
    # A first step that float16's loss scaling skips looks to torch like calls in the wrong order.
    warnings.filterwarnings("ignore", message="Detected call of `lr_scheduler.step", category=UserWarning)
    # Torch writes the strides of a 1 x 1 kernel in two ways, which are the same memory.
    warnings.filterwarnings("ignore", message="Grad strides do not match bucket view", category=UserWarning)
    try:
        if arguments.plugin:
            from .plugins.loading import load_plugins

            load_plugins(arguments.plugin)
        code: int = arguments.run(arguments) or 0
        sys.stdout.flush()  # not first when Python ends, where an error can only be shown as one
        return code
    except Interrupted:
        print("dcanet: stopped as asked, the state is saved; the same command continues", file=sys.stderr)
        return CONTINUE
    except UserError as error:
        print(f"dcanet: {error.line()}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        _drop_output()
        return 1
    except Exception as error:
        if not (told := what_is_lacking(error)):
            raise
        print(f"dcanet: {told}", file=sys.stderr)
        _drop_output()
        return 1
    except KeyboardInterrupt:
        print("dcanet: interrupted", file=sys.stderr)
        return 130


def _drop_output() -> None:
    """What could not be written would be tried again when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
