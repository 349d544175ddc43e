"""The audit of the published costs, and what else a reader of the paper's tables must know."""

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from ..models.forms import options_text
from ..profile_documents import Audit, AuditedCell
from ..sheets import Pair
from .caveats import caveats
from .chapter import Chapter, Heading, Listing
from .findings import FINDINGS, Finding, spatial_finding
from .table import Missing

UNITS: dict[Literal["params", "macs"], str] = {"params": "M", "macs": "G"}
FINDING = ("Finding", "What was found", "What it does to the numbers", "Here", "How it is known")


def audit_chapter(pairs: Sequence[Pair], audit: Audit | Missing) -> Chapter:
    """Every published cost cell, comparisons that are unequal, and findings."""
    counted: tuple[Listing, ...] = ()
    if isinstance(audit, Missing):
        paragraphs = [f"The published costs were not counted: {audit}."]
    else:
        paragraphs = _summary(audit)
        counted = (_costs(audit.cells),) if audit.cells else ()
    measured = [] if isinstance(audit, Missing) else audit.spatial_attention
    listings = (*counted, *_unequal(pairs), _findings([spatial_finding(measured), *FINDINGS]))
    return Chapter("audit", "Audit of the published costs", tuple(paragraphs), listings)


def _summary(audit: Audit) -> list[str]:
    cells = audit.cells
    reproduced, released = sum(c.reproduced for c in cells), sum(c.released_reproduces for c in cells)
    failed = [f"{cell.model} ({cell.column})" for cell in cells if not cell.reproduced]
    if not cells:
        return ["The paper prints no costs of these networks."]
    return [
        f"{reproduced} of {len(cells)} printed costs of Table 1 are reproduced to the printed digits by the "
        f"networks that this project builds; the released code alone gives {released}."
        + (f" Not reproduced: {', '.join(failed)}." if failed else ""),
        "Counted at 224 × 224 px and 1,000 classes. MACs are multiply-adds by the rules of the authors' own "
        "counter: a bias counts 1 for each output of a convolution, normalisation 2 and activation and "
        "pooling 1 for each input element.",
    ]


def _costs(cells: Sequence[AuditedCell]) -> Listing:
    return Listing(
        "audit-costs",
        "Published costs of Table 1, ours in the authors' convention, and the option by which a network has "
        "them where the released code does not.",
        (
            Heading("Network", words=True),
            Heading("Params (M), paper"),
            Heading("ours"),
            Heading("result", words=True),
            Heading("MACs (G), paper"),
            Heading("ours"),
            Heading("result", words=True),
            Heading("By the option", words=True),
            Heading("Released code", words=True),
        ),
        tuple(_row(model, list(of_model)) for model, of_model in groupby(cells, lambda cell: cell.model)),
    )


def _row(model: str, cells: Sequence[AuditedCell]) -> tuple[str, ...]:
    by_column = {cell.column: cell for cell in cells}
    numbers = [text for column in UNITS for text in _checked(by_column.get(column))]
    departing = [cell for cell in cells if not cell.released_reproduces]
    released = ", ".join(f"{cell.digits(cell.released)} {UNITS[cell.column]}" for cell in departing)
    options = options_text(cells[0].options) if departing else ""
    return (model, *numbers, options or "as released", released or "the same digits")


def _checked(cell: AuditedCell | None) -> tuple[str, str, str]:
    if cell is None:
        return "", "", "not printed"
    verdict = "reproduced" if cell.reproduced else "not reproduced"
    return cell.published, f"{cell.digits(cell.found)} ({cell.found:,})", verdict


def _unequal(pairs: Sequence[Pair]) -> tuple[Listing, ...]:
    rows = tuple((pair.row, sentence) for pair in pairs for sentence in caveats(pair))
    columns = (Heading("Row", words=True), Heading("What differs, and how to mend it", words=True))
    caption = (
        "Rows in which more than the connection differs, or part of it cannot work; read off the options."
    )
    return (Listing("audit-unequal", caption, columns, rows),) if rows else ()


def _findings(findings: Sequence[Finding]) -> Listing:
    return Listing(
        "audit-findings",
        "What else stands behind the published numbers.",
        tuple(Heading(label, words=True) for label in FINDING),
        tuple((each.title, each.found, each.effect, each.here, each.evidence) for each in findings),
    )
