"""The commands of a page: which blocks it has, and what is done with each.

A fenced block of `sh` is run. Of `console`, the `$` lines are run, and each must print the lines below it,
in their order, with or without others between. A block of another language whose first line is a comment with
a file's name is written to that file. An HTML comment before a block of commands says otherwise:

    <!-- slow -->             run by the slow tests only
    <!-- planned: REASON -->  not run: arguments are parsed, and the slow tests let `snakemake` plan it
    <!-- parsed: REASON -->   not run: arguments are parsed
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
#: Mark -> whether it needs a reason.
MARKS = {"slow": False, "planned": True, "parsed": True}


@dataclass(frozen=True)
class Block:
    """A fenced block, the line that it begins in, and the mark before it."""

    line: int
    language: str
    text: str
    mark: str = ""

    @property
    def is_commands(self) -> bool:
        return self.language in ("sh", "console")

    @property
    def file(self) -> str | None:
        """The file that the block is the content of."""
        named = re.match(r"# ([\w./-]+[./][\w-]+)\n", self.text)
        return named[1] if named and not self.is_commands else None

    @property
    def script(self) -> str:
        """The commands alone."""
        if self.language == "sh":
            return self.text
        return "".join(f"{line[2:]}\n" for line in self.text.splitlines() if line.startswith("$ "))

    @property
    def steps(self) -> list[tuple[str, list[str]]]:
        """Commands to run one by one, with the lines that each must print."""
        if self.language == "sh":
            return [(self.text, [])]
        commands = re.split(r"^\$ ", self.text, flags=re.M)[1:]
        return [(lines[0], lines[1:]) for lines in map(str.splitlines, commands)]


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a page; ValueError for a mark that there is not."""
    for match in BLOCK.finditer(text):
        mark, _, reason = (match["mark"] or "").partition(":")
        if mark and (mark not in MARKS or bool(reason.strip()) != MARKS[mark]):
            raise ValueError(f"<!-- {match['mark']} -->: no such mark")
        line = text.count("\n", 0, match.start()) + 1
        yield Block(line, match["language"], match["text"], mark)


def commands(script: str) -> Iterator[list[str]]:
    """The words of every simple command in a script, without redirections."""
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
        lexer.whitespace_split, lexer.commenters = True, "#"
        words: list[str] = []
        for word in [*lexer, ";"]:
            if not re.fullmatch("[|&;()]+", word):
                words.append(word)
            elif words:
                yield words
                words = []


def missing_line(expected: list[str], printed: str) -> str | None:
    """The first line of what a page shows that is not printed after the ones before it."""
    there = iter(printed.splitlines())
    return next((line for line in expected if line != "..." and line not in there), None)
