"""The report of one experiment, made from its files and the sheets alone."""

from collections.abc import Collection, Sequence
from pathlib import Path

from ..files import write_text
from ..sheets import Detector, Pair
from .answer import answer
from .as_csv import as_csv
from .as_html import Page, as_html
from .curves import curves
from .environment import environments
from .markdown_page import markdown_page
from .progress import progress
from .reproduction import recipes
from .stored import load
from .table1 import table1
from .table2 import table2


def render(
    results: Path,
    pairs: list[Pair],
    detectors: list[Detector],
    out: Path,
    experiment: str,
    data_note: str,
    logs: Path | None = None,
    notes: Sequence[str] = (),
    pretrained: Collection[str] = (),
) -> Path:
    """Write index.html, tables.md, table1.csv and table2.csv into `out`; returns the path of index.html.

    `results` is the experiment's folder, `data_note` says what our accuracies are measured on, and `logs` is
    where the log of an absent result is looked for. Models in `pretrained` are shown with the weights that
    were not trained here. What is absent or broken is shown as such, with a reason.
    """
    out = Path(out)
    stored = load(results, pairs, logs, pretrained)
    classifiers = table1(pairs, stored, data_note)
    tables = [classifiers, table2(detectors)]
    page = Page(
        experiment=experiment,
        answer=answer(classifiers),
        progress=progress(pairs, detectors, stored),
        warnings=stored.warnings,
        tables=tables,
        environments=environments(stored.provenances),
        recipes=recipes(pairs, stored),
        curves=curves(pairs, stored),
        notes=notes,
    )
    for table in tables:
        write_text(out / f"{table.key}.csv", as_csv(table))
    write_text(out / "tables.md", markdown_page(page))
    write_text(out / "index.html", as_html(page))
    return out / "index.html"
