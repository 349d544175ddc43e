"""Rows with weights that were not trained here, or of a variant and what the report says."""

from pathlib import Path

import pytest
from made_up import (
    detector,
    plain_pair,
    provenance,
    run_folder,
    se_pair,
    write_costs,
    write_run,
)

from dcanet.models import default_options
from dcanet.report import render
from dcanet.report.remarks import remarks
from dcanet.report.stored import load
from dcanet.report.table import Missing, Value
from dcanet.report.table1 import table1

BASELINE, CONNECTED = "se_resnet50", "dca_se_resnet50"
PARAMETERS = {BASELINE: 28_088_024, CONNECTED: 28_650_000}
ONE_LAYER = default_options(CONNECTED) | {"matching": "one_layer"}
SOURCE = "weights not trained here: published (drive:made-up-model)"


def page(results: Path, **values: object) -> str:
    out = results.parent / "out"
    index = render(
        results, [plain_pair(), se_pair()], [detector("plain", None, 36.2)], out, "x", "y", "z", **values
    )  # type: ignore[arg-type]
    return index.read_text()


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def test_trained_in_the_printed_form_needs_no_remark(results: Path) -> None:
    write_run(results, BASELINE)
    write_run(results, CONNECTED)
    write_costs(results, PARAMETERS)
    assert remarks(se_pair(), load(results, [se_pair()], None)) == ()


def test_source_and_variant_are_told(results: Path) -> None:
    write_run(results, BASELINE, seed=None)
    write_run(results, CONNECTED, options=ONE_LAYER)
    write_costs(results, PARAMETERS)
    of_baseline, of_connected = remarks(se_pair(), load(results, [se_pair()], None))
    assert of_baseline == f"{BASELINE}: {SOURCE}."
    assert of_connected == (
        f"{CONNECTED}: accuracy of the variant with matching=one_layer, "
        "but parameters and MACs of the printed form."
    )
    html = page(results)
    markdown = (results.parent / "out" / "tables.md").read_text()
    table = (results.parent / "out" / "table1.csv").read_text()
    for text in (html, markdown, table):
        assert of_baseline in text
        assert of_connected in text
    assert 'href="#table1-note-1"' in html
    assert 'id="table1-note-1"' in html
    assert "| SE-ResNet50 (1) (2) |" in markdown
    assert f"- (1) {of_baseline}" in markdown.replace("\\", "")


@pytest.mark.parametrize("evaluated", [True, False])
def test_a_variant_in_all_columns(results: Path, evaluated: bool) -> None:
    write_costs(results, PARAMETERS, options={CONNECTED: ONE_LAYER})
    if evaluated:
        write_run(results, CONNECTED, options=ONE_LAYER)
    (remark,) = remarks(se_pair(), load(results, [se_pair()], None))
    variant = "the variant with matching=one_layer instead of the form of the printed costs"
    assert remark == f"{CONNECTED}: {variant}."


def test_pretrained_weights_have_no_seed(results: Path) -> None:
    write_run(results, BASELINE, seed=None, top1=77.0)
    table = table1([se_pair()], load(results, [se_pair()], None), "y")
    assert next(table.under("baseline", "top1"))[1].ours == Value(77.0)
    assert any("without a seed" in note for note in table.notes)
    assert not any("seed None" in text for text in (page(results), *table.notes))


def test_trained_and_pretrained_are_never_averaged(results: Path) -> None:
    write_run(results, BASELINE, seed=0, top1=90.0)
    write_run(results, BASELINE, seed=None, top1=77.0)
    write_run(results, CONNECTED, seed=None, top1=78.0)

    def top1(*pretrained: str) -> list[object]:
        runs = load(results, [se_pair()], None, pretrained).runs
        return [[run.metrics.top1_percent for run in of] for of in runs.values()]  # type: ignore[union-attr]

    assert top1() == [[90.0], [78.0]]
    assert top1(BASELINE, CONNECTED) == [[77.0], [78.0]]
    warnings = load(results, [se_pair()], None).warnings
    assert f"{BASELINE}: one network of the pair was trained here, the other was not" in warnings


def test_wanted_but_not_there_is_not_run_yet(results: Path) -> None:
    write_run(results, BASELINE, seed=0)
    table = table1([se_pair()], load(results, [se_pair()], None, [BASELINE]), "y")
    assert next(table.under("baseline", "top1"))[1].ours == Missing("not run yet")


@pytest.mark.parametrize("stage", ["fetch", "train", "evaluate"])
def test_a_failure_on_the_way_names_its_log(results: Path, stage: str) -> None:
    log = results.parent / "logs" / stage / f"{BASELINE}-pretrained.log"
    log.parent.mkdir(parents=True)
    log.touch()
    table = table1([se_pair()], load(results, [se_pair()], results.parent / "logs"), "y")
    found = next(table.under("baseline", "top1"))[1].ours
    assert found == Missing("failed or unfinished", f"see {log}")


def test_the_page_tells_how_it_was_converted(results: Path) -> None:
    write_run(results, BASELINE, seed=None)
    facts = {"weights_source": "published (drive:made-up-model)", "source_sha256": "e" * 64}
    provenance("weights convert", BASELINE, None, **facts).save(
        run_folder(results, BASELINE, None) / "train" / "provenance.json"
    )
    text = page(results)
    assert "conversion command" in text
    assert "e" * 64 in text
    assert f"classification/{BASELINE}/pretrained/eval/metrics.json" in text


def test_a_broken_history_is_a_warning(results: Path) -> None:
    write_run(results, BASELINE)
    (run_folder(results, BASELINE, 0) / "train" / "history.jsonl").write_text("{}\n")
    stored = load(results, [se_pair()], None)
    assert any("history.jsonl" in warning for warning in stored.warnings)
