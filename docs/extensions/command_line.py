"""The directive `command-line`: every verb of `dcanet` with its arguments, from the parsers themselves."""

import argparse
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from dcanet.cli import build_parser


class CommandLine(SphinxDirective):
    """A section for each verb, and within it for each of its kinds."""

    def run(self) -> list[nodes.Node]:
        return list(_sections(build_parser()))


def _sections(parser: argparse.ArgumentParser) -> Iterator[nodes.section]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                yield _section(action.choices[choice.dest], choice.help or "")


def _section(parser: argparse.ArgumentParser, summary: str) -> nodes.section:
    section = nodes.section(ids=[nodes.make_id(parser.prog)])
    section += nodes.title(text=parser.prog)
    section += nodes.paragraph(text=f"{summary[:1].upper()}{summary[1:]}.")
    usage = argparse.HelpFormatter(parser.prog, width=86)
    usage.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups, prefix="")
    section += nodes.literal_block(text=usage.format_help().strip(), language="text")
    for group in parser._action_groups:
        arguments = [action for action in group._group_actions if _is_shown(action)]
        if not arguments:
            continue
        if group.title not in ("positional arguments", "options"):
            section += nodes.rubric(text=group.title or "")
        section += nodes.option_list("", *(_argument(parser, action) for action in arguments))
    if parser.epilog:
        section += nodes.paragraph(text=parser.epilog)
    section += list(_sections(parser))
    return section


def _is_shown(action: argparse.Action) -> bool:
    left_out = isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
    return not left_out and action.help is not argparse.SUPPRESS


def _argument(parser: argparse.ArgumentParser, action: argparse.Action) -> nodes.option_list_item:
    formatter = parser._get_formatter()
    written = formatter._format_action_invocation(action)
    names = nodes.option_group("", nodes.option("", nodes.option_string(text=written)))
    explained = formatter._expand_help(action) if action.help else ""
    return nodes.option_list_item("", names, nodes.description("", nodes.paragraph(text=explained)))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("command-line", CommandLine)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
