"""dcanet profile: what networks weigh, count and take in time."""

import argparse

from . import profile_audit, profile_costs, profile_throughput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    profile_costs.add_arguments(
        kinds.add_parser("costs", help="parameters by part, and MACs by three conventions")
    )
    profile_throughput.add_arguments(
        kinds.add_parser("throughput", help="images per second, the models timed interleaved")
    )
    profile_audit.add_arguments(kinds.add_parser("audit", help="every published cost, against our networks"))


def run(arguments: argparse.Namespace) -> None:
    if arguments.kind == "throughput":
        profile_throughput.run(arguments)
        return
    if arguments.kind == "audit":
        profile_audit.run(arguments)
        return
    profile_costs.run(arguments)
