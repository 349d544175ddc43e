"""dcanet check: whether a plug-in keeps the contracts of what it registers."""

import argparse

from ..plugins.loading import load_plugin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "plugins", nargs="+", metavar="FILE", help="Python files, or installed modules (docs/extending.md)"
    )


def run(arguments: argparse.Namespace) -> int:
    from ..contracts.plugin import contracts_of

    counts = {"kept": 0, "broken": 0, "skipped": 0}
    for name in arguments.plugins:
        plugin = load_plugin(name)
        for thing, outcomes in contracts_of(plugin):
            print(f"{thing} ({plugin.name})")
            for outcome in outcomes:
                counts[outcome.state] += 1
                print(f"  {outcome}", flush=True)
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
    return 1 if counts["broken"] else 0
