"""The report as one HTML file that asks nothing of the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from .answer import Sentence
from .chapter import Chapter
from .chart_scripts import chart_scripts
from .environment import MAY_DIFFER, compare
from .environment import Environment as MadeIn
from .formatting import ARROWS, plain, shown
from .galleries import Gallery
from .inline import data, policy, script
from .latex_text import LIGATURES, PACKAGES, WRITTEN
from .ledger import Ledger
from .pair_page import PairPage, page_key
from .progress import Progress
from .reproduction import Recipe
from .table import Column, Missing, Table, spans

#: What the page does with JavaScript, in this order; without it everything is there to be read.
SCRIPTS = ("pages.js", "copying.js", "results.js", "controls.js", "provenance.js")


@dataclass(frozen=True)
class Page:
    """Everything that the report shows."""

    experiment: str
    answer: list[Sentence]
    ran: str
    progress: list[Progress]
    warnings: Sequence[str]
    tables: list[Table]
    environments: list[MadeIn]
    recipes: list[Recipe]
    pictures: list[Gallery]
    notes: Sequence[str]
    chapters: Sequence[Chapter]
    pages: list[PairPage]
    ledger: Ledger


def as_html(page: Page) -> str:
    """The whole page; whatever comes from files or sheets is escaped."""
    environment = Environment(
        loader=PackageLoader("dcanet.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        shown=shown,
        plain=plain,
        arrows=ARROWS,
        spans=spans,
        explained=explained,
        footnotes=footnotes,
        compare=compare,
        may_differ=MAY_DIFFER,
        page_key=page_key,
        job_numbers=page.ledger.numbers,
    )
    environment.tests["missing"] = lambda content: isinstance(content, Missing)
    templates = resources.files("dcanet.report") / "templates"
    scripts = [script((templates / name).read_text(encoding="utf-8")) for name in SCRIPTS]
    of_charts = [script(text) for text in chart_scripts()]
    return environment.get_template("index.html").render(
        page=page,
        scripts=scripts,
        chart_scripts=of_charts,
        policy=policy([*scripts, *of_charts]),
        ledger=data(page.ledger.as_data()),
        latex=data({"written": WRITTEN, "ligatures": LIGATURES, "packages": PACKAGES}),
    )


def explained(table: Table) -> list[Column]:
    """The first column of each metric, device and test set."""
    found: dict[str, Column] = {}
    for _, column in table.columns:
        found.setdefault(column.key, column)
    return list(found.values())


def footnotes(table: Table) -> list[str]:
    """Remarks on rows, then where to look for the missing numbers; each text once, in the table's order."""
    whys = (str(absent) for absent in table.absent if absent.detail)
    return list(dict.fromkeys([*table.remarks, *whys]))
