"""The rendered report against the results that it is of."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from ..sheets import Detector, Pair
from .csv_table import check_csv
from .files import Files
from .pages import check_latex, check_markdown, check_page
from .tables import Results, table1, table2

PAGE = "index.html"


def check_report(
    report: Files, files: Files, pairs: Sequence[Pair], detectors: Sequence[Detector], results: Results
) -> None:
    """All its files: the two tables as CSV, LaTeX, Markdown and HTML.

    The page tells hashes of the files that it was made of; a file that was made again since has another.
    """
    tables = [table1(pairs, results), table2(detectors, results)]
    for table in tables:
        check_csv(report, f"{table.key}.csv", table)
        check_latex(report, f"{table.key}.tex", table)
        check_markdown(report, "tables.md", table)
    told = check_page(report, PAGE, tables)
    report.findings.same(report.at(PAGE), "files that it tells of", True, bool(told))
    for path, digest in told.items():
        inside = _inside(path, files)
        if inside is None:
            report.findings.problem(report.at(PAGE), path, f"a file of {files.name}", "another")
        elif files.there(inside) or not inside.endswith("model.safetensors"):
            files.is_recorded(inside, digest, report.at(PAGE), "files")


def is_of(report: Files, experiment: str) -> bool:
    """Whether there is a report, and it is of this experiment."""
    if not report.there(PAGE):
        return False
    with open(report.root / PAGE, "rb") as file:
        return f"<title>DCANet-bench: {experiment}</title>".encode() in file.read(1 << 20)


def _inside(path: str, files: Files) -> str | None:
    """The path below the experiment's folder, wherever that was when the report was made."""
    parts = PurePosixPath(path).parts
    name = files.root.resolve().name
    places = [place for place, part in enumerate(parts) if part == name]
    if not places or ".." in parts:
        return None
    return "/".join(parts[places[-1] + 1 :]) or None
