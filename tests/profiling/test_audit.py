"""All published costs of Table 1 are what the networks built here have."""

import contextlib
import io
from collections import Counter
from pathlib import Path

import pytest
from oracle import FORMS

from dcanet.cli import main
from dcanet.models import names
from dcanet.profile_documents import Audit, AuditedCell

SHEET = Path(__file__).parents[2] / "config" / "pairs.tsv"
#: The cells that the released code does not give, and what it gives instead.
DEPARTING = {
    ("dca_se_resnet50", "params"): "30.90",
    ("dca_ge_resnet50", "params"): "28.37",
    ("dca_cbam_resnet50", "macs"): "5.40",
    ("cbam_mnasnet1_0", "params"): "4.46",
    ("dca_cbam_mnasnet1_0", "macs"): "0.35",
    ("dca_sk_mobilenet_v2", "macs"): "0.35",
}


def run(sheet: Path, out: Path) -> tuple[int, list[str]]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(["profile", "audit", "--pairs", str(sheet), "--out", str(out)])
    return code, printed.getvalue().splitlines()


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Audit]:
    out = tmp_path_factory.mktemp("audit") / "audit.json"
    code, lines = run(SHEET, out)
    assert code == 0
    return lines, Audit.load(out)


def test_all_54_cells_are_reproduced(outcome: tuple[list[str], Audit]) -> None:
    lines, audit = outcome
    assert lines[0] == "54 of 54 printed costs reproduced"
    assert Counter(cell.model for cell in audit.cells) == dict.fromkeys(names(), 2)
    assert all(cell.reproduced for cell in audit.cells)


def test_options_stand_where_the_released_code_departs(outcome: tuple[list[str], Audit]) -> None:
    _, audit = outcome
    departing = {
        (cell.model, cell.column): cell.digits(cell.released)
        for cell in audit.cells
        if not cell.released_reproduces
    }
    assert departing == DEPARTING
    assert {cell.model for cell in audit.cells if cell.options} == {model for model, _ in DEPARTING}


def test_parameters_are_the_oracles(outcome: tuple[list[str], Audit]) -> None:
    _, audit = outcome
    found = {cell.model: cell for cell in audit.cells if cell.column == "params"}
    for form in FORMS:
        if not form.options:
            cell = found[form.model]
            assert form.facts["parameters"] == (cell.released if form.variant == "released" else cell.found)


def test_spatial_attention_is_measured(outcome: tuple[list[str], Audit]) -> None:
    lines, audit = outcome
    starts = [found.options["spatial_join_init"] for found in audit.spatial_attention]
    assert dict(zip(starts, [found.dead_blocks for found in audit.spatial_attention], strict=True)) == {
        "zeros": 15,
        "ones": 0,
    }
    assert lines[1].endswith("with spatial_join_init=zeros: spatial attention dead in 15 of 16 blocks")


def test_a_cell_that_is_not_reproduced_is_named(tmp_path: Path) -> None:
    heading, *rows = SHEET.read_text().splitlines()
    row = next(row for row in rows if row.startswith("mobilenet_v2\t"))
    sheet = tmp_path / "pairs.tsv"
    sheet.write_text(f"{heading}\n{row.replace('0.32', '0.33')}\n")
    code, lines = run(sheet, tmp_path / "audit.json")
    assert code == 0
    assert lines[0] == "1 of 2 printed costs reproduced"
    assert lines[1].startswith("mobilenet_v2: macs is printed as 0.33, found 320,")


def test_a_row_that_is_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "pairs.tsv"
    sheet.write_text(SHEET.read_text().replace("mobilenet_v2\tmobilenet_v2\tM", "mobilenet\tmobilenet\tM"))
    out = tmp_path / "audit.json"
    assert main(["profile", "audit", "--pairs", str(sheet), "--out", str(out)]) == 1
    assert f"{sheet}: unknown model 'mobilenet'" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("column", "count", "digits"),
    [("params", 28_651_736, "28.65"), ("params", 4_375_001, "4.38"), ("macs", 4_145_000_001, "4.15")],
)
def test_counts_are_rounded_as_they_are_printed(column: str, count: int, digits: str) -> None:
    cell = AuditedCell(
        row="x", model="x", column=column, published=digits, found=count, released=0, options={}
    )  # type: ignore[arg-type]
    assert (cell.digits(count), cell.reproduced, cell.released_reproduces) == (digits, True, False)
