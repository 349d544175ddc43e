"""Texts of files in the report: on every page they are texts, whatever they look like."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

import hostile
import pytest
from experiments import small
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dcanet.report.answer import Sentence
from dcanet.report.as_csv import as_csv, cell_text
from dcanet.report.as_html import Page, as_html
from dcanet.report.as_latex import as_latex
from dcanet.report.as_markdown import as_markdown, escape, escape_inside
from dcanet.report.chapter import Chapter
from dcanet.report.environment import Environment
from dcanet.report.inline import data
from dcanet.report.latex_text import WRITTEN, latex
from dcanet.report.ledger import Ledger
from dcanet.report.markdown_page import markdown_page
from dcanet.report.progress import Progress
from dcanet.report.reproduction import Recipe, Steps
from dcanet.report.stored import load
from dcanet.report.table import Cell, Missing, Table
from dcanet.report.table1 import table1

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
#: Nine that differ, as names of rows do, and of which something is to be seen.
NAMES = st.lists(
    hostile.texts()
    .map(lambda text: text.replace(hostile.SURROGATE, "?"))
    .filter(lambda text: text.strip("\x00 ").split()),
    min_size=9,
    max_size=9,
    unique_by=lambda text: " ".join(text.split()),
)
PARAGRAPH = ["paragraph_open", "inline", "paragraph_close"]
HARMLESS = [f"name{number}" for number in range(9)]


@pytest.fixture
def table(tmp_path):
    """Of two pairs."""
    pairs, _ = small(tmp_path / "made_up")
    return table1(pairs[:2], load(tmp_path / "made_up", pairs[:2], None), "made-up data")


def called(table: Table, names: Sequence[str]) -> Table:
    """The same table with other words in every place that files or sheets fill."""
    first, last, section, ours, paper, remark, note, reason, detail = names
    missing = Cell(Missing(reason, detail), Missing(reason))
    sections = []
    for each in table.sections:
        rows = [
            replace(row, name=name, remarks=(remark,), cells=(*row.cells[:-1], missing))
            for row, name in zip(each.rows, (first, last), strict=False)
        ]
        sections.append(replace(each, name=section, rows=tuple(rows)))
    return replace(table, ours_on=ours, paper_on=paper, notes=(note,), sections=tuple(sections))


def page_of(table: Table, names: Sequence[str]) -> Page:
    return Page(
        experiment="experiment",
        answer=[Sentence(names[0], names[1])],
        ran=names[2],
        progress=[Progress(names[3], 1, 0, 2)],
        warnings=names[4:6],
        tables=[called(table, names)],
        environments=[Environment({names[6]: names[7]}, 1, "2025-01-01", "2025-01-01")],
        recipes=[Recipe("key", names[8], names[0], [Steps(names[1], [(names[2], names[3])])])],
        pictures=[],
        notes=names[5:7],
        chapters=[Chapter("chapter", names[7], (names[8],), notes=(names[0],))],
        pages=[],
        ledger=Ledger([]),
    )


class Skeleton(HTMLParser):
    """Elements with their attributes' names, and the text between them but for scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.links: list[str | None] = []
        self.texts: list[str] = []
        self._script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(name for name, _ in attributes)))
        self.links += [
            value for name, value in attributes if name in ("href", "src", "action", "style", "http-equiv")
        ]
        self._script = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}",))
        self._script = False

    def handle_comment(self, comment: str) -> None:
        self.elements.append(("comment",))

    def handle_data(self, text: str) -> None:
        if not self._script:
            self.texts.append(text)


@fuzz(50)
@given(names=NAMES)
def test_pages(cases, table, names):
    page = cases.run(as_html, page_of(table, names))
    found, expected = Skeleton(page), Skeleton(as_html(page_of(table, HARMLESS)))
    assert found.elements == expected.elements
    assert found.links == expected.links
    text = "".join(found.texts)
    for name in names[:6]:
        assert name.replace("\x00", "\ufffd") in text.replace("\x00", "\ufffd")


@fuzz(200)
@given(names=NAMES)
def test_markdown_pages(cases, table, names):
    text = cases.run(markdown_page, page_of(table, names))
    assert kinds(text) == kinds(markdown_page(page_of(table, HARMLESS)))


def kinds(text: str) -> list[str]:
    """Of all tokens but texts, of which one may be several."""
    tokens = [inner for token in MARKDOWN.parse(text) for inner in (token, *(token.children or ()))]
    return [token.type for token in tokens if token.type not in ("text", "text_special")]


@fuzz(2000)
@given(text=hostile.texts())
def test_markdown(cases, text):
    """A line of text is a line of text."""
    shown = " ".join(text.split()).replace("\x00", "\ufffd")
    for start, written in (("", cases.run(escape, text)), ("x", f"x{cases.run(escape_inside, text)}")):
        tokens = MARKDOWN.parse(written)
        assert [token.type for token in tokens] == (PARAGRAPH if written.strip() else [])
        inside = [inner for token in tokens for inner in token.children or ()]
        assert {inner.type for inner in inside} <= {"text", "text_special"}
        assert "".join(inner.content for inner in inside) == start + shown


@fuzz(250)
@given(names=NAMES)
def test_markdown_tables(cases, table, names):
    text = cases.run(as_markdown, called(table, names))
    assert kinds(text) == kinds(as_markdown(called(table, HARMLESS)))


PIECES = re.compile(
    r"\{\[\}U\+([0-9A-F]{4,6})\{\]\}|("
    + "|".join(re.escape(each) for each in sorted(WRITTEN.values(), key=len, reverse=True))
    + r")|\{\}|([^\\{}%&$#_^~])"
)
#: TeX shows both apostrophes alike.
READ = {written: character for character, written in WRITTEN.items()} | {"'": "'"}


def read_latex(text: str) -> str:
    """What LaTeX shows of a text that has nothing but the project's ways to write characters."""
    found, place = "", 0
    while place < len(text):
        piece = PIECES.match(text, place)
        assert piece, f"{text[place:]!r} is read as something else"
        found += chr(int(piece[1], 16)) if piece[1] else READ[piece[2]] if piece[2] else piece[3] or ""
        place = piece.end()
    return found


@fuzz(2400)
@given(text=hostile.texts())
def test_latex(cases, text):
    assert read_latex(cases.run(latex, text)) == " ".join(text.split()).replace("’", "'")


@fuzz(250)
@given(names=NAMES)
def test_latex_tables(cases, table, names):
    written = cases.run(as_latex, called(table, names))
    expected = as_latex(called(table, HARMLESS))
    for line, harmless in zip(written.splitlines(), expected.splitlines(), strict=True):
        assert re.findall(r"\\(?:begin|end|\w*rule|input|write|multicolumn)", line) == re.findall(
            r"\\(?:begin|end|\w*rule|input|write|multicolumn)", harmless
        ) or line.startswith("%")


FORMULA = re.compile(r"[\s\x00-\x1f\u200b\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")


@fuzz(2400)
@given(text=hostile.texts())
def test_cells_of_spreadsheets(cases, text):
    assert not FORMULA.match(cases.run(cell_text, text))


@fuzz(250)
@given(names=NAMES)
def test_csv(cases, table, names):
    written = cases.run(as_csv, called(table, names))
    rows = list(csv.reader(io.StringIO(written, newline="")))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) == len(list(csv.reader(io.StringIO(as_csv(called(table, HARMLESS))))))
    for row in rows[1:]:
        for cell in row:
            assert not FORMULA.match(cell) or re.fullmatch(r"-?[\d.]+(e[-+]?\d+)?", cell)


@fuzz(1500)
@given(value=st.dictionaries(hostile.texts(), hostile.texts(), max_size=3))
def test_data_in_scripts(cases, value):
    """Nothing in them ends their element."""
    written = str(cases.run(data, value))
    assert not re.search("[<>&\u2028\u2029]", written)
