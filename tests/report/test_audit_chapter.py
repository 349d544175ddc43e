"""The audit and the costs of the report: what was counted, what is unequal, or why nothing is known."""

from pathlib import Path

import pytest
import yaml
from made_up import detector, se_pair, write_costs, write_run

from dcanet.files import write_text
from dcanet.models import default_options, resolve_options
from dcanet.profile_documents import Audit, AuditedCell, DeadParameters
from dcanet.report import render
from dcanet.report.audit import audit_chapter
from dcanet.report.caveats import caveats
from dcanet.report.chapter import Chapter, Listing
from dcanet.report.costs import costs_chapter
from dcanet.report.findings import FINDINGS
from dcanet.report.remarks import remarks
from dcanet.report.stored import load
from dcanet.report.table import Missing, Value
from dcanet.report.table1 import table1
from dcanet.sheets import Pair, read_pairs

SHEET = Path(__file__).parents[2] / "config" / "pairs.tsv"
PAIRS = {pair.id: pair for pair in read_pairs(SHEET)}
BASELINE, CONNECTED = "se_resnet50", "dca_se_resnet50"


def cells(model: str, found: tuple[int, int], released: tuple[int, int]) -> list[AuditedCell]:
    pair = next(pair for pair in PAIRS.values() if model in [row.id for row in pair.models])
    row = next(row for row in pair.models if row.id == model)
    printed = {"params": row.published_params_mega, "macs": row.published_macs_giga}
    return [
        AuditedCell(
            row=pair.row,
            model=model,
            column=column,
            published=f"{printed[column]:.2f}",
            found=found[index],
            released=released[index],
            options={"matching": "two_layer"} if found != released else {},
        )
        for index, column in enumerate(("params", "macs"))
    ]


def made_up_audit() -> Audit:
    dead = {"model": "dca_cbam_resnet50", "steps": 4, "blocks": 16}
    return Audit(
        cells=[
            *cells(BASELINE, (28_088_024, 4_130_000_000), (28_088_024, 4_130_000_000)),
            *cells(CONNECTED, (28_651_736, 4_130_500_000), (30_898_696, 4_132_800_000)),
        ],
        spatial_attention=[
            DeadParameters(
                **dead,
                options={"spatial_join_init": "zeros"},
                dead_blocks=15,
                parameters=["conv.weight", "norm.weight"],
            ),
            DeadParameters(**dead, options={"spatial_join_init": "ones"}, dead_blocks=0, parameters=[]),
        ],
    )


def listing(chapter: Chapter, key: str) -> Listing:
    return next(listing for listing in chapter.listings if listing.key == key)


def test_every_cell_has_its_verdict_and_the_option_that_does_it() -> None:
    chapter = audit_chapter([se_pair()], made_up_audit())
    assert chapter.paragraphs[0].startswith("4 of 4 printed costs")
    assert "the released code alone gives 3." in chapter.paragraphs[0]
    plain, connected = listing(chapter, "audit-costs").rows
    assert plain[1:4] == ("28.09", "28.09 (28,088,024)", "reproduced")
    assert plain[7:] == ("as released", "the same digits")
    assert connected[1:4] == ("28.65", "28.65 (28,651,736)", "reproduced")
    assert connected[6:] == ("reproduced", "matching=two_layer", "30.90 M")


def test_what_is_not_reproduced_is_named() -> None:
    audit = made_up_audit().model_copy(
        update={"cells": cells(BASELINE, (1, 4_130_000_000), (1, 4_130_000_000))}
    )
    chapter = audit_chapter([se_pair()], audit)
    assert chapter.paragraphs[0].startswith("1 of 2 ")
    assert chapter.paragraphs[0].endswith(f"Not reproduced: {BASELINE} (params).")
    assert listing(chapter, "audit-costs").rows[0][3] == "not reproduced"


def test_without_an_audit_there_is_the_reason_and_all_findings() -> None:
    chapter = audit_chapter(list(PAIRS.values()), Missing("not run yet"))
    assert chapter.paragraphs == ("The published costs were not counted: not run yet.",)
    first, *others = listing(chapter, "audit-findings").rows
    assert "Not measured yet." in first[1]
    assert [row[0] for row in others] == [finding.title for finding in FINDINGS]
    assert "audit-costs" not in [found.key for found in chapter.listings]


def test_dead_parameters_are_told_as_measured() -> None:
    found = listing(audit_chapter([], made_up_audit()), "audit-findings").rows[0]
    assert (
        "With spatial_join_init=zeros no gradient reaches, in 15 of 16 blocks and 4 steps, conv.weight, "
        "norm.weight. With spatial_join_init=ones gradients reach the convolution of all 16 blocks."
    ) in found[1]
    assert "options: {dca_cbam_resnet50: {spatial_join_init: ones}}" in found[3]
    assert "profile/audit.json" in found[4]


@pytest.mark.parametrize(
    ("pair", "difference", "line"),
    [
        ("se_mnasnet1_0", "first_reduction 16 against 8", "{se_mnasnet1_0: {first_reduction: 8}}"),
        (
            "cbam_mnasnet1_0",
            "reduction 16 against 8, spatial_momentum 0.0003 against 0.01",
            "{cbam_mnasnet1_0: {reduction: 8, spatial_momentum: 0.01}}",
        ),
        ("sk_mobilenet_v2", "in the released code", "{dca_sk_mobilenet_v2: {hand_on: gates}}"),
        ("cbam_mobilenet_v2", "the whole map", "{dca_cbam_mobilenet_v2: {hand_on: vector}}"),
        ("cbam_resnet50", "cannot learn", "{dca_cbam_resnet50: {spatial_join_init: ones}}"),
    ],
)
def test_unequal_rows_say_which_line_mends_them(pair: str, difference: str, line: str) -> None:
    (sentence,) = caveats(PAIRS[pair])
    assert difference.lower() in sentence.lower()
    assert f"options: {line}" in sentence
    ((model, options),) = yaml.safe_load(line).items()
    assert resolve_options(model, **options) != default_options(model)


def test_all_other_rows_are_fair() -> None:
    unequal = [name for name, pair in PAIRS.items() if list(caveats(pair))]
    assert unequal == [
        "cbam_resnet50", "se_mnasnet1_0", "cbam_mnasnet1_0", "sk_mobilenet_v2", "cbam_mobilenet_v2"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pair", "changed", "expected"),
    [
        ("se_mnasnet1_0", {"se_mnasnet1_0": {"first_reduction": 8}}, ["The paper's se_mnasnet1_0 and"]),
        ("cbam_mobilenet_v2", {"dca_cbam_mobilenet_v2": {"hand_on": "vector"}}, []),
        (
            "sk_mobilenet_v2",
            {"dca_sk_mobilenet_v2": {"hand_on": "gates"}},
            ["dca_sk_mobilenet_v2 hands on the gates alone and dca_sk_resnet50 the pooled branches;"],
        ),
        ("cbam_resnet50", {"dca_cbam_resnet50": {"spatial_join_init": "ones"}}, []),
    ],
)
def test_the_mended_variant_is_not_reproached(
    tmp_path: Path, pair: str, changed: dict[str, dict[str, object]], expected: list[str]
) -> None:
    (model, options), *_ = changed.items()
    write_run(tmp_path, model, options=default_options(model) | options)
    said = remarks(PAIRS[pair], load(tmp_path, [PAIRS[pair]], None))
    of_the_variant, *of_the_pair = said
    assert of_the_variant.endswith("instead of the form of the printed costs.")
    assert len(of_the_pair) == len(expected)
    assert all(sentence.startswith(start) for sentence, start in zip(of_the_pair, expected, strict=True))


def test_a_result_older_than_an_option_is_of_the_printed_form(tmp_path: Path) -> None:
    old = {"reduction": 16}
    assert default_options("se_mnasnet1_0") == old | {"first_reduction": 16}
    write_run(tmp_path, "se_mnasnet1_0", options=old)
    (said,) = remarks(PAIRS["se_mnasnet1_0"], load(tmp_path, [PAIRS["se_mnasnet1_0"]], None))
    assert "first_reduction 16 against 8" in said


def test_costs_by_part_and_by_convention(tmp_path: Path) -> None:
    pairs = [PAIRS["se_resnet50"], PAIRS["gc_resnet50"]]
    write_costs(
        tmp_path,
        {CONNECTED: 30_000_000, BASELINE: 28_000_000},
        macs=4_000_000_000,
        uncounted={"gc_resnet50": "made-up reason"},
    )
    stored = load(tmp_path, pairs, None)
    chapter = costs_chapter(pairs, stored.costs)
    names = [row[0] for row in listing(chapter, "costs-parameters").rows]
    assert names == [BASELINE, CONNECTED]
    assert listing(chapter, "costs-parameters").rows[1][1:] == (
        "29.40", "0.30", "0.30", "0", "30.00", "1 %"
    )  # fmt: skip
    assert listing(chapter, "costs-conventions").rows[1][1:] == (
        "4,000.00", "3,990.00", "4,010.00", "224 × 224", "1,000"
    )  # fmt: skip
    assert "fvcore" in listing(chapter, "costs-macs").caption
    assert chapter.paragraphs[0] == (
        "In 2 connected classifiers the connection has 1 % of the parameters and 1 % of the MACs (fvcore)."
    )
    assert "gc_resnet50 could not be counted: made-up reason." in chapter.paragraphs
    assert "Not counted by fvcore: aten::mul." in chapter.notes
    assert stored.cost_of("gc_resnet50") == Missing("cannot be counted", "made-up reason")
    assert stored.cost_of("dca_gc_resnet50") == Missing("not counted yet")


def test_nothing_counted_says_why(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "profile" / "costs.log"
    log.parent.mkdir(parents=True)
    log.touch()
    stored = load(tmp_path, [se_pair()], tmp_path / "logs")
    assert costs_chapter([se_pair()], stored.costs).paragraphs == (
        f"Nothing was counted: failed or unfinished: see {log}.",
    )


def test_macs_by_the_authors_counter_stand_beside_the_papers(tmp_path: Path) -> None:
    write_costs(tmp_path, {BASELINE: 28_088_024, CONNECTED: 28_650_000}, macs=4_119_000_000)
    table = table1([se_pair()], load(tmp_path, [se_pair()], None), "made-up data")
    (_, ours) = next(table.under("baseline", "macs_published"))
    (_, fvcore) = next(table.under("baseline", "macs"))
    assert isinstance(ours.ours, Value)
    assert (ours.ours.number, ours.paper) == (4_129_000_000, fvcore.paper)
    assert isinstance(fvcore.ours, Value)
    assert fvcore.ours.number == 4_119_000_000
    qualifiers = [column.qualifier for _, column in table.columns if column.metric.label == "MACs"]
    assert qualifiers[:2] == ["fvcore", "authors' counter"]


def test_the_page_shows_both_in_every_form(tmp_path: Path) -> None:
    results = tmp_path / "results"
    write_costs(results, {BASELINE: 28_088_024, CONNECTED: 28_650_000})
    made_up_audit().save(results / "profile" / "audit.json")
    index = page(results, [PAIRS["se_resnet50"], PAIRS["se_mnasnet1_0"]])
    html, markdown = index.read_text(), (index.parent / "tables.md").read_text()
    for text in (html, markdown.replace("\\", "")):
        assert "4 of 4 printed costs of Table 1 are reproduced" in text
        assert "28.65 (28,651,736)" in text
        assert "MACs in three conventions" in text
        assert "Validation images counted twice" in text
        assert "options: {se_mnasnet1_0: {first_reduction: 8}}" in text
    assert '<a href="#audit">Audit of the published costs</a>' in html
    assert '<a href="#costs">Where the costs are</a>' in html


def test_a_broken_audit_is_a_warning_and_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "profile" / "audit.json"
    write_text(path, "{")
    stored = load(tmp_path, [se_pair()], None)
    assert isinstance(stored.audit, Missing)
    assert stored.audit.reason == "unreadable"
    assert any("audit again: delete the file" in warning for warning in stored.warnings)


def page(results: Path, pairs: list[Pair]) -> Path:
    out = results.parent / "out"
    return render(results, pairs, [detector("plain", None, 36.2)], out, "made_up", "made-up data", "scenes")
