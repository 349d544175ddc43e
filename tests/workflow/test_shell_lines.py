"""No rule puts into a shell line, unquoted, what a config, a sheet or a path may say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from working_copy import ROOT

RULES = sorted((ROOT / "workflow/rules").glob("*.smk"))

_ID = "an id of [a-z0-9_] alone: sheets and registries take no other, and wildcards are constrained to those"
_WHOLE = "a whole number by its wildcard's constraint, or as the config's models check it"
_ENUM = "one of the words that the config's models, or the rule itself, allow"
#: What stands unquoted, and why it can.
UNQUOTED = {
    "DCANET": "quoted by shlex when it is made, in common.smk",
    **dict.fromkeys(["wildcards.model", "wildcards.detector", "wildcards.pair"], _ID),
    **dict.fromkeys(["wildcards.name", "wildcards.recipe", "params.models", "params.baseline"], _ID),
    **dict.fromkeys(["wildcards.seed", "wildcards.digits_seed", "wildcards.scenes_seed"], _WHOLE),
    **dict.fromkeys(["wildcards.size", "wildcards.images_train", "wildcards.images_val"], _WHOLE),
    **dict.fromkeys(["threads", "params.workers", "params.image_size"], _WHOLE),
    **dict.fromkeys(["resources.nodes", "resources.ranks", "resources.rank_threads"], _WHOLE),
    **dict.fromkeys(["resources.loaders", "resources.save_minutes"], _WHOLE),
    **dict.fromkeys(["params.device", "wildcards.device", "params.splits", "params.how"], _ENUM),
    **dict.fromkeys(["resources.on_warning", "resources.network"], _ENUM),
}


def shell_lines(text: str) -> Iterator[ast.expr]:
    """The expressions behind `shell:` in a rule file."""
    for found in re.finditer(r"^( +)shell:(.*(?:\n(?:\1 +.*|[ \t]*))*)", text, re.M):
        yield ast.parse(f"({found[2].strip()})", mode="eval").body


def fields(shell: ast.expr) -> Iterator[tuple[str, str]]:
    """(name, how it is formatted) of everything that is put into a shell line."""
    parts = shell.values if isinstance(shell, ast.JoinedStr) else [shell]
    for part in parts:
        if isinstance(part, ast.FormattedValue):
            yield ast.unparse(part.value), ""
        elif isinstance(part, ast.Constant):
            yield from ((name, how or "") for _, name, how, _ in Formatter().parse(part.value) if name)
        else:
            yield ast.unparse(part), ""  # made in a way that nobody can check here


def unquoted(text: str) -> set[str]:
    return {name for shell in shell_lines(text) for name, how in fields(shell) if how != "q"}


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_all_that_is_put_into_shell_lines_is_quoted(path: Path) -> None:
    text = path.read_text()
    assert len(list(shell_lines(text))) == len(re.findall(r"^ +shell:", text, re.M)) > 0
    assert unquoted(text) <= UNQUOTED.keys()
    assert not re.search(r"^ +(run|script|notebook|wrapper):", text, re.M), (
        "what runs goes through a shell line"
    )


def test_no_exception_is_left_over() -> None:
    assert set().union(*(unquoted(path.read_text()) for path in RULES)) == UNQUOTED.keys()


@pytest.mark.parametrize(
    ("shell", "name"),
    [
        ('"dcanet x {params.folder} {log:q}"', "params.folder"),
        ('f"{DATA} {{input.a:q}}"', "DATA"),
        ('"dcanet x " + FOLDER', "'dcanet x ' + FOLDER"),
        ('\n        "a {input.a:q} "\n        "{output}"', "output"),
    ],
)
def test_what_is_not_quoted_is_found(shell: str, name: str) -> None:
    assert name in unquoted(f"rule x:\n    shell:\n        {shell}\n")


def test_commands_are_quoted_where_they_are_made() -> None:
    text = (ROOT / "workflow/common.smk").read_text()
    assert "DCANET = shlex.join(" in text
    for wildcard in ("model", "detector", "pair", "backbone", "seed", "run", "device"):
        assert re.search(rf"^    {wildcard}=", text.split("wildcard_constraints:")[1], re.M)
