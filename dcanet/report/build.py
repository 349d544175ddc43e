"""The report of one experiment, made from its files and the sheets alone."""

from collections.abc import Collection, Sequence
from pathlib import Path

from ..files import write_text
from ..sheets import Detector, Pair
from .answer import answer
from .as_csv import as_csv
from .as_html import Page, as_html
from .audit import audit_chapter
from .costs import costs_chapter
from .curves import curves
from .environment import environments
from .galleries import galleries
from .markdown_page import markdown_page
from .noise import noise_chapter
from .plan import load_plan, plan_chapter
from .progress import progress
from .reproduction import detector_recipes, recipes
from .speed import speed_chapter
from .stored import load
from .stored_detection import load_detection
from .table1 import table1
from .table2 import table2


def render(
    results: Path,
    pairs: list[Pair],
    detectors: list[Detector],
    out: Path,
    experiment: str,
    data_note: str,
    detection_note: str,
    logs: Path | None = None,
    notes: Sequence[str] = (),
    pretrained: Collection[str] = (),
) -> Path:
    """Write index.html, tables.md, table1.csv and table2.csv into `out`; returns the path of index.html.

    `results` is the experiment's folder, `data_note` and `detection_note` say what our accuracies and our AP
    are measured on, and `logs` is where the log of an absent result is looked for. Models in `pretrained` are
    shown with the weights that were not trained here. What is absent or broken is shown so, with a reason.
    """
    out = Path(out)
    stored = load(results, pairs, logs, pretrained)
    classifiers = table1(pairs, stored, data_note)
    detection = load_detection(results, detectors, logs, pretrained)
    tables = [classifiers, table2(detectors, detection, detection_note, stored.statistics)]
    plan, plan_warnings = load_plan(results)
    page = Page(
        experiment=experiment,
        answer=answer(classifiers, stored.statistics),
        progress=progress(pairs, detectors, stored, detection),
        warnings=[*stored.warnings, *detection.warnings, *plan_warnings],
        tables=tables,
        environments=environments([*stored.provenances, *detection.provenances]),
        recipes=[*recipes(pairs, stored), *detector_recipes(detectors, detection)],
        pictures=galleries(detectors, detection),
        curves=curves(pairs, stored),
        notes=notes,
        chapters=[
            noise_chapter(pairs, detectors, stored),
            costs_chapter(pairs, stored.costs),
            speed_chapter(pairs, stored),
            audit_chapter(pairs, stored.audit),
            plan_chapter(plan, stored, detection),
        ],
    )
    for table in tables:
        write_text(out / f"{table.key}.csv", as_csv(table))
    write_text(out / "tables.md", markdown_page(page))
    write_text(out / "index.html", as_html(page))
    return out / "index.html"
