"""The sheets hold what the paper prints, and errors in them name line and column."""

from pathlib import Path

import pytest
import yaml

from dcanet.config import parse_config
from dcanet.errors import UserError
from dcanet.sheets import read_detectors, read_pairs
from dcanet.weights.sources import origin_of

CONFIG = Path(__file__).parents[1] / "config"


@pytest.fixture
def sheet(tmp_path):
    """Write a sheet made from that of the classifiers by replacing texts."""

    def edited(*replacements: tuple[str, str]) -> Path:
        text = (CONFIG / "pairs.tsv").read_text()
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "pairs.tsv"
        path.write_text(text)
        return path

    return edited


def test_table_1():
    pairs = read_pairs(CONFIG / "pairs.tsv")
    assert len(pairs) == 15
    assert sum(len(pair.models) for pair in pairs) == 27
    assert [pair.id for pair in pairs if pair.connected is None] == ["resnet50", "mnasnet1_0", "mobilenet_v2"]
    for pair in pairs:
        assert all(model.pair == pair.id for model in pair.models)
        assert not pair.baseline.connected
        assert pair.connected is None or pair.connected.id == f"dca_{pair.baseline.id}"


@pytest.mark.parametrize(
    ("name", "top1", "top5", "macs", "parameters"),
    [
        ("resnet50", 75.90, 92.72, 4.12, 25.56),
        ("dca_cbam_resnet50", 77.83, 93.72, 4.14, 30.90),
        ("dca_ge_mnasnet1_0", 72.82, 91.18, 0.33, 4.48),
        ("dca_cbam_mobilenet_v2", 73.04, 91.18, 0.34, 3.65),
    ],
)
def test_published_values_of_table_1(name, top1, top5, macs, parameters):
    models = {model.id: model for pair in read_pairs(CONFIG / "pairs.tsv") for model in pair.models}
    model = models[name]
    assert (model.published_top1_percent, model.published_top5_percent) == (top1, top5)
    assert (model.published_macs_giga, model.published_params_mega) == (macs, parameters)


def test_table_2():
    detectors = read_detectors(CONFIG / "detectors.tsv")
    assert [row.id for row in detectors] == [
        f"{detector}_{backbone}"
        for detector, attention in (("retinanet", "se"), ("cascade_rcnn", "gc"))
        for backbone in ("resnet50", f"{attention}_resnet50", f"dca_{attention}_resnet50")
    ]
    last = detectors[-1]
    assert (last.published_ap, last.published_ap50, last.published_ap75) == (41.4, 60.2, 44.7)
    assert (last.published_ap_small, last.published_ap_medium, last.published_ap_large) == (22.8, 45.0, 54.2)
    assert [row.baseline for row in detectors[:3]] == [None, "retinanet_resnet50", "retinanet_se_resnet50"]


def test_no_number(sheet):
    path = sheet(("77.55", "much"))
    with pytest.raises(UserError, match=r"pairs\.tsv: line 4, column 'published_top1_percent': .*number"):
        read_pairs(path)


def test_no_truth_value(sheet):
    path = sheet(("se\tfalse", "se\tperhaps"))
    with pytest.raises(UserError, match=r"pairs\.tsv: line 3, column 'connected': .*boolean"):
        read_pairs(path)


def test_bad_id(sheet):
    path = sheet(("\nse_resnet50", "\nse resnet50"))
    with pytest.raises(UserError, match=r"pairs\.tsv: line 3, column 'id'"):
        read_pairs(path)


def test_unknown_column(sheet):
    path = sheet(("model_drive_id", "model_drive"))
    with pytest.raises(UserError, match=r"pairs\.tsv: line \d+, column 'model_drive(_id)?'"):
        read_pairs(path)


def test_additional_column(sheet):
    path = sheet(("log_drive_id\n", "log_drive_id\tnotes\n"))
    with pytest.raises(UserError, match=r"pairs\.tsv: line 2, column 'notes'"):
        read_pairs(path)


def test_row_that_is_too_short(sheet):
    path = sheet(("\t1KOM5BzyxQLZl2Aa5KIVOh6HmE7eQvsKa", ""))
    with pytest.raises(UserError, match=r"pairs\.tsv: line 2, column 'log_drive_id'"):
        read_pairs(path)


def test_row_that_is_too_long(sheet):
    path = sheet(("\t1KOM5BzyxQLZl2Aa5KIVOh6HmE7eQvsKa", "\t1KOM5BzyxQLZl2Aa5KIVOh6HmE7eQvsKa\tmore"))
    with pytest.raises(UserError, match=r"pairs\.tsv: line 2"):
        read_pairs(path)


def test_column_twice(sheet):
    path = sheet(("published_top5_percent", "published_top1_percent"))
    with pytest.raises(UserError, match=r"pairs\.tsv: column 'published_top1_percent' stands in the heading"):
        read_pairs(path)


def test_id_twice(sheet):
    path = sheet(("\ngc_resnet50", "\nse_resnet50"))
    with pytest.raises(UserError, match=r"pairs\.tsv: id 'se_resnet50' stands in more than one row"):
        read_pairs(path)


def test_connected_row_without_baseline(sheet):
    path = sheet(("dca_gc_resnet50\tgc_resnet50", "dca_gc_resnet50\tgcc_resnet50"))
    with pytest.raises(UserError, match="'dca_gc_resnet50' names the pair 'gcc_resnet50', which has no base"):
        read_pairs(path)


def test_connected_row_of_another_attention(sheet):
    path = sheet(("dca_gc_resnet50\tgc_resnet50", "dca_gc_resnet50\tse_resnet50"))
    with pytest.raises(
        UserError, match="'dca_gc_resnet50' has gc on resnet50, its baseline 'se_resnet50' se on"
    ):
        read_pairs(path)


def test_two_connected_rows_are_two_pairs(sheet):
    """The one of the baseline's own partner keeps its id, so that results stay where they are."""
    variant = "\t".join(
        ["dca_se_resnet50__merge_addition", "se_resnet50", "SE, added", "resnet50", "se", "true", *[""] * 6]
    )
    pairs = read_pairs(sheet(("\nsk_resnet50", f"\n{variant}\nsk_resnet50")))
    assert len(pairs) == 16
    assert [(pair.id, pair.row) for pair in pairs if pair.baseline.id == "se_resnet50"] == [
        ("se_resnet50", "SE-ResNet50"),
        ("dca_se_resnet50__merge_addition", "SE, added"),
    ]


def test_a_row_of_ones_own_has_no_published_values(sheet):
    path = sheet(("75.90\t92.72\t4.12\t25.56\t1DMHhk99fG8rNZjE2wPh8VWZ5qIBOaYOf", "\t\t\t\t"))
    plain = read_pairs(path)[0].baseline
    assert (plain.published_top1_percent, plain.published_macs_giga, plain.model_drive_id) == (
        None,
        None,
        None,
    )


def test_unknown_detector(tmp_path):
    path = tmp_path / "detectors.tsv"
    path.write_text((CONFIG / "detectors.tsv").read_text().replace("Cascade R-CNN", "YOLO"))
    with pytest.raises(UserError, match=r"detectors\.tsv: line 5, column 'detector': .*RetinaNet"):
        read_detectors(path)


@pytest.mark.parametrize("read", [read_pairs, read_detectors])
@pytest.mark.parametrize("content", ["", "id\tpair\n"])
def test_empty_sheet(tmp_path, read, content):
    (tmp_path / "sheet.tsv").write_text(content)
    with pytest.raises(UserError, match=r"sheet\.tsv: has no rows"):
        read(tmp_path / "sheet.tsv")


@pytest.mark.parametrize("read", [read_pairs, read_detectors])
def test_missing_file(tmp_path, read):
    with pytest.raises(UserError, match=r"sheet\.tsv: cannot be read"):
        read(tmp_path / "sheet.tsv")


@pytest.mark.parametrize("read", [read_pairs, read_detectors])
def test_binary_file(tmp_path, read):
    (tmp_path / "sheet.tsv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff")
    with pytest.raises(UserError, match=r"sheet\.tsv: cannot be read"):
        read(tmp_path / "sheet.tsv")


@pytest.mark.parametrize("read", [read_pairs, read_detectors])
def test_folder(tmp_path, read):
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path)


def test_a_detector_of_ones_own_leaves_the_published_cells_empty(tmp_path):
    text = (CONFIG / "detectors.tsv").read_text()
    columns = text.splitlines()[0].split("\t")
    mine = {"id": "retinanet_cbam_resnet50", "detector": "RetinaNet", "row": "CBAM-ResNet50"}
    mine |= {"backbone_model": "cbam_resnet50", "baseline": "retinanet_resnet50"}
    path = tmp_path / "detectors.tsv"
    path.write_text(text + "\t".join(mine.get(column, "") for column in columns) + "\n")
    *_, row = read_detectors(path)
    assert (row.id, row.published_ap, row.model_drive_id) == (mine["id"], None, None)
    with pytest.raises(UserError, match="retinanet_cbam_resnet50: is not published; train it"):
        origin_of(row, "published")
    values = yaml.safe_load((CONFIG / "config.yaml").read_text()) | {"detectors_sheet": str(path)}
    config = parse_config(values)
    assert config.chosen_detectors()[-1].id == mine["id"]
    with pytest.raises(UserError, match=r"set weights\.retinanet_cbam_resnet50 to train"):
        parse_config(values | {"weights": {"default": "train", mine["id"]: "published"}})


def test_endless_cells(sheet):
    path = sheet(("se\tfalse", "se" * 70_000 + "\tfalse"))
    with pytest.raises(UserError, match=r"pairs\.tsv: cannot be read: field larger than"):
        read_pairs(path)


@pytest.mark.parametrize("backbone", ["../../x", ".*", "mnasnet1_0"])
def test_rows_are_what_their_ids_say(sheet, monkeypatch, backbone):
    """A backbone becomes part of paths and of a wildcard's constraint."""
    monkeypatch.chdir(CONFIG.parent)
    rows = [line for line in (CONFIG / "pairs.tsv").read_text().splitlines() if "\tresnet50\tse\t" in line]
    path = sheet(*((row, row.replace("\tresnet50\tse\t", f"\t{backbone}\tse\t")) for row in rows))
    values = yaml.safe_load((CONFIG / "config.yaml").read_text()) | {"pairs_sheet": str(path)}
    recipes = values["recipes"] | {backbone: values["recipes"]["resnet50"]}
    with pytest.raises(UserError, match=r"'se_resnet50' is .*, its columns say"):
        parse_config(values | {"recipes": recipes, "pairs": ["se_resnet50"]})
