"""Verdicts in the tables, and the chapter that says what is more than noise."""

import base64
import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up import detector, plain_pair, se_pair, write_costs, write_detector
from PIL import Image
from prediction_sets import correlated, predictions_of, write_evaluation

from dcanet.cli import main
from dcanet.comparison_documents import NotCompared, PairComparison, SeedSplit, TableStatistics
from dcanet.report import render
from dcanet.report.answer import answer
from dcanet.report.chapter import Chapter, Listing
from dcanet.report.flips import albums
from dcanet.report.formatting import with_interval
from dcanet.report.noise import noise_chapter
from dcanet.report.stored import load
from dcanet.report.stored_detection import load_detection
from dcanet.report.table import Missing, Table, Value
from dcanet.report.table1 import table1
from dcanet.report.table2 import table2
from dcanet.statistics.experiment import experiment_statistics
from dcanet.statistics.settings import Settings

PLAIN, BASELINE, CONNECTED = "resnet50", "se_resnet50", "dca_se_resnet50"
PAIRS = [plain_pair(), se_pair()]
DETECTORS = [detector("plain", None, 36.2), detector("se", "plain", 37.4)]
SETTINGS = Settings(resamples=200)


def evaluate(results: Path, model: str, right: np.ndarray, seed: int | None = 0, **values: object) -> None:
    found = predictions_of(right)
    run = "pretrained" if seed is None else f"seed{seed}"
    write_evaluation(
        results / "classification" / model / run / "eval",
        found,
        model,
        seed,
        top1_percent=100 * float(np.mean(right)),
        **values,
    )


def compare(results: Path, settings: Settings = SETTINGS) -> TableStatistics:
    found = experiment_statistics(results, PAIRS, DETECTORS, settings)
    found.save(results / "statistics.json")
    return found


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The connected network is far better than its baseline; the second detector than the first."""
    folder = tmp_path / "results" / "made_up"
    rights = correlated(np.random.default_rng(0), 400, (0.5, 0.5, 0.8))
    for model, right in zip((PLAIN, BASELINE, CONNECTED), rights, strict=True):
        evaluate(folder, model, right)
    write_costs(folder, {BASELINE: 28_088_024, CONNECTED: 28_650_000})
    write_detector(folder, "plain", [20.0, 18.0, 22.0])
    write_detector(folder, "se", [25.0, 22.9, 27.1])
    return folder


def tables(results: Path) -> tuple[Table, Table]:
    stored = load(results, PAIRS, None)
    detection = load_detection(results, DETECTORS, None)
    return table1(PAIRS, stored, "made-up data"), table2(DETECTORS, detection, "scenes", stored.statistics)


def chapter(results: Path) -> Chapter:
    return noise_chapter(PAIRS, DETECTORS, load(results, PAIRS, None))


def listing(found: Chapter, key: str) -> Listing:
    return next(each for each in found.listings if each.key == key)


def test_cells_have_intervals_and_verdicts(results: Path) -> None:
    statistics = compare(results)
    pair = statistics.pairs[BASELINE]
    assert isinstance(pair, PairComparison)
    first, second = tables(results)
    delta = {row.name: cell.ours for row, cell in first.under("delta", "top1")}["SE-ResNet50"]
    assert isinstance(delta, Value)
    assert delta.interval == pair.top1.interval
    assert delta.judgement
    assert delta.judgement.text == "▲ better"
    for group, model in (("baseline", BASELINE), ("dca", CONNECTED)):
        cells = {row.name: cell.ours for row, cell in first.under(group, "top1")}
        found = statistics.models[model]
        assert not isinstance(found, NotCompared)
        assert cells["SE-ResNet50"].interval == found.top1.interval  # type: ignore[union-attr]
    _, of_detector = (cell.ours for _, cell in second.under("delta", "ap"))
    assert isinstance(of_detector, Value)
    assert of_detector.judgement
    assert of_detector.judgement.verdict == "better"
    assert all(table.tested and "no test of significance" not in table.legend for table in (first, second))


def test_without_statistics_no_verdict_is_given(results: Path) -> None:
    first, second = tables(results)
    assert not first.tested
    assert "no test of significance" in first.legend
    assert any("No difference was tested" in note for note in first.notes)
    assert not second.tested
    found = chapter(results)
    assert "statistics.json is not run yet" in found.paragraphs[0]
    assert [each.key for each in found.listings] == ["claims", "claims-ap"]


def test_statistics_of_other_results_are_refused(results: Path) -> None:
    compare(results)
    evaluate(results, CONNECTED, np.arange(400) % 2 == 0)
    stored = load(results, PAIRS, None)
    assert isinstance(stored.statistics, Missing)
    assert any(f"other results of {CONNECTED}" in warning for warning in stored.warnings)
    assert not tables(results)[0].tested


def test_the_answer_has_the_test(results: Path) -> None:
    statistics = compare(results)
    assert statistics.pooled
    text = " ".join(sentence.text for sentence in answer(tables(results)[0], statistics))
    assert "1 of 1 difference is distinguishable from noise: 1 better, 0 worse" in text
    assert with_interval(statistics.pooled.gain) in text  # type: ignore[union-attr]
    assert "over the images of single trainings" in text
    assert "may be chance" not in text


def test_all_renderers_say_the_same(results: Path) -> None:
    compare(results)
    index = render(results, PAIRS, DETECTORS, results.parent / "out", "made_up", "data", "scenes")
    pair = TableStatistics.load(results / "statistics.json").pairs[BASELINE]
    assert isinstance(pair, PairComparison)
    interval = with_interval(pair.top1)
    html, markdown = index.read_text(), (index.parent / "tables.md").read_text()
    assert re.search(r'<span class="verdict better">▲ better</span>', html)
    assert interval.split(" ", 1)[1] in html
    assert "; detectable " in html
    assert interval.split(" ", 1)[1].strip("[]") in markdown
    assert "▲ better<br>_paper" in markdown
    with open(index.parent / "table1.csv", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["row"] == "SE-ResNet50")
    assert float(row["ours_delta_top1_points_low"]) == pytest.approx(pair.top1.low)
    assert float(row["ours_delta_top1_points_high"]) == pytest.approx(pair.top1.high)
    assert row["ours_delta_top1_verdict"] == "better"
    assert float(row["ours_delta_top1_p_adjusted"]) == pytest.approx(pair.p_adjusted)
    assert float(row["ours_baseline_top1_percent_low"]) < float(row["ours_baseline_top1_percent"])
    assert 'href="#noise"' in html


def test_the_chapter(results: Path) -> None:
    statistics = compare(results)
    pair = statistics.pairs[BASELINE]
    assert isinstance(pair, PairComparison)
    found = chapter(results)
    top1 = listing(found, "noise-top1")
    (row,) = top1.rows
    shown = dict(zip((column.label for column in top1.columns), row, strict=True))
    assert shown["Difference, points"] == with_interval(pair.top1)
    assert (shown["Gained"], shown["Lost"]) == (str(pair.gained), str(pair.lost))
    assert shown["Verdict"] == "▲ better"
    assert "p over seeds" not in shown
    (outcome,) = listing(found, "noise-outcomes").rows
    assert sum(map(int, outcome[1:])) == 400
    (images,) = {len(found.rows) for found in [listing(found, "noise-flips")]}
    assert images == 10
    assert listing(found, "noise-classes").rows
    matrix = listing(found, "noise-agreement").rows
    assert [row[place + 1] for place, row in enumerate(matrix)] == ["", "", ""]
    assert listing(found, "noise-detectors").rows[0][0] == "se − plain"


def test_the_charts_say_what_the_tables_do(results: Path) -> None:
    statistics = compare(results)
    pair = statistics.pairs[BASELINE]
    assert isinstance(pair, PairComparison)
    forest, macs, parameters = chapter(results).charts
    (row,) = forest.spec["datasets"]["rows"]
    assert row["text"] == f"▲ {with_interval(pair.top1)}"
    assert f"{with_interval(pair.top1)}, better" in forest.summary
    assert "Mean of these" not in forest.summary, "one pair has no mean beside it"
    assert [chart.key for chart in (macs, parameters)] == ["trade-macs", "trade-parameters"]
    assert "SE-ResNet50 " in forest.summary


def test_several_trainings_have_a_split(results: Path) -> None:
    rights = correlated(np.random.default_rng(1), 400, (0.5, 0.8))
    for model, right in zip((BASELINE, CONNECTED), rights, strict=True):
        evaluate(results, model, right, seed=1)
    compare(results)
    found = chapter(results)
    (row,) = listing(found, "noise-seeds").rows
    assert row[:2] == ("SE-ResNet50", "2")
    labels = [column.label for column in listing(found, "noise-top1").columns]
    assert "p over seeds" in labels
    assert "Mid-p" not in labels


def test_pairs_of_one_name_are_kept_apart(results: Path) -> None:
    compare(results)
    pairs = [plain_pair().model_copy(update={"row": "SE-ResNet50"}), se_pair()]
    found = noise_chapter(pairs, [], load(results, pairs, None))
    assert listing(found, "noise-top1").rows[0][0] == f"SE-ResNet50 ({BASELINE})"


def test_what_is_broken_is_said(results: Path) -> None:
    (results / "classification" / CONNECTED / "seed0" / "eval" / "predictions.parquet").write_bytes(b"no")
    (results / "detection" / "se" / "seed0" / "eval" / "bootstrap.json").write_text("{")
    statistics = compare(results)
    assert isinstance(statistics.pairs[BASELINE], NotCompared)
    assert isinstance(statistics.detectors["se"], NotCompared)
    notes = chapter(results).notes
    assert any("SE-ResNet50: not compared" in note and "predictions.parquet" in note for note in notes)
    assert any("se: not compared" in note and "bootstrap.json" in note for note in notes)
    assert any("No statement about all pairs" in note for note in notes)


def test_printed_gains_are_judged_without_results(tmp_path: Path) -> None:
    found = listing(noise_chapter(PAIRS, DETECTORS, load(tmp_path, PAIRS, None)), "claims")
    (row,) = found.rows
    # 71.55 - 71.29 at n = 50,000: half the width of two independent proportions is 1.96 * 0.286.
    assert row[1] == "+0.26 [−0.30, +0.82]"
    assert row[2] == "≈ could be noise"
    assert "1 of 1 could be noise" in found.caption


def test_ap_gains_take_our_spread_on_as_many_images_only(results: Path) -> None:
    statistics = compare(results)
    assert listing(chapter(results), "claims-ap").rows == (
        ("se", "+1.2", "± 0.10 on 20 images", "not known"),
    )
    ap = statistics.detectors["se"]
    assert not isinstance(ap, NotCompared)
    whole = statistics.model_copy(update={"detectors": {"se": ap.model_copy(update={"images": 5000})}})
    stored = replace(load(results, PAIRS, None), statistics=whole)
    assert listing(noise_chapter(PAIRS, DETECTORS, stored), "claims-ap").rows[0][3] == "beyond noise"
    # A mean's interval says nothing of the printed gain of one training.
    split = SeedSplit(seeds=3, seed_error=0.1, sampling_error=0.1)
    ap = ap.model_copy(update={"images": 5000, "split": split})
    stored = replace(stored, statistics=statistics.model_copy(update={"detectors": {"se": ap}}))
    (row,) = listing(noise_chapter(PAIRS, DETECTORS, stored), "claims-ap").rows
    assert row[2:] == ("± 0.10 on 5,000 images, mean of 3 seeds", "not known")


def test_detectors_of_several_trainings_have_a_split(results: Path) -> None:
    write_detector(results, "plain", [20.5, 18.4, 22.5], seed=1)
    write_detector(results, "se", [25.1, 23.0, 27.3], seed=1)
    compare(results)
    found = chapter(results)
    rows = listing(found, "noise-detector-seeds").rows
    assert [row[:2] for row in rows] == [("plain", "2"), ("se", "2"), ("se − plain", "2")]
    assert "seed by seed" in listing(found, "noise-detectors").caption


@pytest.fixture
def images(results: Path, tmp_path: Path) -> Path:
    """The images of the predictions, larger than a thumbnail."""
    for place, image in enumerate(predictions_of(np.zeros(400)).images):
        path = tmp_path / "images" / "val" / image
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (200, 100), (place % 256, 90, 40)).save(path)
    return tmp_path / "images"


def test_thumbnails_of_what_flipped(results: Path, images: Path) -> None:
    compare(results)
    arguments = ["thumbnails", str(results / "statistics.json"), "--data", str(images)]
    assert main([*arguments, "--out", str(results / "flips.json")]) == 0
    found = chapter(results)
    compared = TableStatistics.load(results / "statistics.json").pairs[BASELINE]
    assert isinstance(compared, PairComparison)
    (album,) = albums({"SE-ResNet50": compared}, load(results, PAIRS, None))
    named = [row[1] for row in listing(found, "noise-flips").rows]
    assert [thumbnail.image for thumbnail in album.thumbnails] == named
    assert album.thumbnails[0].text.startswith("gained: ")
    drawn = Image.open(io.BytesIO(base64.b64decode(album.thumbnails[0].source.partition(",")[2])))
    assert drawn.size == (112, 56)
    index = render(results, PAIRS, DETECTORS, results.parent / "out", "made_up", "data", "scenes")
    assert index.read_text().count('src="data:image/jpeg') == len(named)


def test_thumbnails_of_another_data_set(
    results: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statistics = compare(results)
    pair = statistics.pairs[BASELINE]
    assert isinstance(pair, PairComparison)
    (images / "val" / pair.surest_gained[0].image).unlink()
    out = results / "flips.json"
    arguments = ["thumbnails", str(results / "statistics.json"), "--data", str(images), "--out", str(out)]
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"1 of the compared images, as {pair.surest_gained[0].image!r}, are not in the val split" in line
    assert not out.exists()


class TestVerb:
    SHEET = (
        "id\tpair\trow\tbackbone\tattention\tconnected\tpublished_top1_percent\tpublished_top5_percent\t"
        "published_macs_giga\tpublished_params_mega\tmodel_drive_id\tlog_drive_id\n"
    )

    @pytest.fixture
    def arguments(self, results: Path, tmp_path: Path) -> list[str]:
        rows = [model for pair in PAIRS for model in pair.models]
        pairs, detectors = tmp_path / "pairs.tsv", tmp_path / "detectors.tsv"
        values = [[str(value) for value in row.model_dump().values()] for row in rows]
        pairs.write_text(self.SHEET + "".join("\t".join(row) + "\n" for row in values))
        fields = list(type(DETECTORS[0]).model_fields)
        lines = [
            "\t".join("" if value is None else str(value) for value in row.model_dump().values())
            for row in DETECTORS
        ]
        detectors.write_text("\n".join(["\t".join(fields), *lines]) + "\n")
        sheets = ["--pairs", str(pairs), "--detectors", str(detectors)]
        return ["statistics", str(results), *sheets, "--resamples", "100", "--out", str(tmp_path / "s.json")]

    def test_writes_the_verdicts(
        self, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(arguments) == 0
        found = TableStatistics.load(tmp_path / "s.json")
        assert (found.alpha, found.adjustment, found.resamples) == (0.05, "holm", 100)
        assert "se_resnet50: top-1 +" in capsys.readouterr().out

    def test_takes_pretrained_weights_where_asked(
        self, arguments: list[str], results: Path, tmp_path: Path
    ) -> None:
        right = np.arange(400) % 4 != 0
        evaluate(results, CONNECTED, right, seed=None, weights_source="made up")
        evaluate(results, BASELINE, right, seed=None, weights_source="made up")
        assert main([*arguments, "--pretrained", BASELINE, CONNECTED]) == 0
        found = TableStatistics.load(tmp_path / "s.json").models[CONNECTED]
        assert not isinstance(found, NotCompared)
        assert found.seeds == []
        assert found.top1.value == pytest.approx(75)

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            (["--alpha", "2"], "alpha 2: must be between 0 and 1"),
            (["--resamples", "1"], "resamples 1: must be at least 2"),
            (["--seed", "-1"], "--seed -1: must be 0 or more"),
        ],
    )
    def test_errors_are_one_line(
        self,
        arguments: list[str],
        more: list[str],
        message: str,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
    ) -> None:
        assert main([*arguments, *more]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
        assert not (tmp_path / "s.json").exists()

    def test_a_folder_without_results(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        arguments[1] = str(tmp_path / "nothing")
        assert main(arguments) == 1
        assert "no results" in capsys.readouterr().err
