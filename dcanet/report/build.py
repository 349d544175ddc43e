"""The report of one experiment, made from its files and the sheets alone."""

from collections.abc import Collection, Sequence
from pathlib import Path

from ..files import write_text
from ..sheets import Detector, Pair
from .alerts import alerts
from .answer import answer
from .as_csv import as_csv
from .as_html import Page, as_html
from .as_latex import as_latex
from .audit import audit_chapter
from .charts.of_pairs import pair_charts
from .costs import costs_chapter
from .environment import environments
from .focus import focus_chapter, focus_views
from .galleries import galleries
from .jobs import jobs
from .ledger import Ledger
from .markdown_page import markdown_page
from .noise import noise_chapter
from .pair_page import Drawn, detector_pages, pair_pages
from .plan import load_plan, plan_chapter
from .progress import progress, ran, where_to_ask
from .reproduction import detector_recipes, recipes
from .speed import speed_chapter
from .stored import load
from .stored_detection import load_detection
from .stored_focus import load_focus
from .structure import load_structures, structure_chapter, structure_figures
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
    """Write index.html, tables.md, and each table as CSV and LaTeX into `out`; returns index.html's path.

    `results` is the experiment's folder, `data_note` and `detection_note` say what our accuracies and our AP
    are measured on, and `logs` is where the log of an absent result is looked for. Models in `pretrained` are
    shown with the weights that were not trained here. What is absent or broken is shown so, with a reason.
    """
    out = Path(out)
    stored = load(results, pairs, logs, pretrained)
    detection = load_detection(results, detectors, logs, pretrained)
    of_classifiers = table1(pairs, stored, data_note)
    of_detectors = table2(detectors, detection, detection_note, stored.statistics)
    tables = [of_classifiers, of_detectors]
    of_pairs, of_rows = recipes(pairs, stored), detector_recipes(detectors, detection)
    made_in = environments([*stored.provenances, *detection.provenances])
    plan, plan_warnings = load_plan(results)
    focus = load_focus(results, pairs, logs, stored.runs)
    structures, structure_warnings = load_structures(results, logs)
    drawn = Drawn(pair_charts(pairs, stored), structure_figures(pairs, structures), focus_views(pairs, focus))
    so_far = progress(pairs, detectors, stored, detection)
    page = Page(
        experiment=experiment,
        answer=answer(of_classifiers, stored.statistics),
        ran=ran(tables, made_in),
        progress=so_far,
        warnings=[
            *alerts(pairs, stored, detection, tables),
            *where_to_ask(so_far),
            *stored.warnings,
            *detection.warnings,
            *plan_warnings,
            *focus.warnings,
            *structure_warnings,
        ],
        tables=tables,
        environments=made_in,
        recipes=[*of_pairs, *of_rows],
        pictures=galleries(detectors, detection),
        notes=notes,
        chapters=[
            noise_chapter(pairs, detectors, stored),
            costs_chapter(pairs, stored.costs),
            speed_chapter(pairs, stored),
            focus_chapter(pairs, focus),
            structure_chapter(pairs, structures),
            audit_chapter(pairs, stored.audit),
            plan_chapter(plan, stored, detection),
        ],
        pages=[
            *pair_pages(pairs, of_classifiers, stored, of_pairs, drawn),
            *detector_pages(detectors, of_detectors, detection, of_rows, stored.detector_speeds),
        ],
        ledger=Ledger(jobs(stored, detection)),
    )
    for table in tables:
        write_text(out / f"{table.key}.csv", as_csv(table))
        write_text(out / f"{table.key}.tex", as_latex(table))
    write_text(out / "tables.md", markdown_page(page))
    write_text(out / "index.html", as_html(page))
    return out / "index.html"
