"""dcanet profile audit: every published cost of Table 1 against the networks that are built here."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from ..errors import UserError, nearest
from ..models.forms import is_model, known
from ..profile_documents import Audit
from ..sheets import Pair, read_pairs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pairs", type=Path, default=Path("config/pairs.tsv"), help="sheet (default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")


def run(arguments: argparse.Namespace) -> None:
    pairs = read_pairs(arguments.pairs)
    _check_models(arguments.pairs, pairs)
    from ..profiling.audit import audit_costs

    audit = audit_costs(pairs)
    audit.save(arguments.out)
    print(*_lines(audit), sep="\n")


def _check_models(sheet: Path, pairs: list[Pair]) -> None:
    for model in (model.id for pair in pairs for model in pair.models):
        if not is_model(model):
            raise UserError(f"{sheet}: unknown model {model!r}{nearest(model, known())}")


def _lines(audit: Audit) -> Iterator[str]:
    """How many cells are reproduced, every one that is not, and what of the spatial gates is dead."""
    yield f"{sum(cell.reproduced for cell in audit.cells)} of {len(audit.cells)} printed costs reproduced"
    for cell in audit.cells:
        if not cell.reproduced:
            yield f"{cell.model}: {cell.column} is printed as {cell.published}, found {cell.found:,}"
    for found in audit.spatial_attention:
        start = found.options.get("spatial_join_init")
        yield (
            f"{found.model} with spatial_join_init={start}: spatial attention dead in {found.dead_blocks} of "
            f"{found.blocks} blocks"
        )
