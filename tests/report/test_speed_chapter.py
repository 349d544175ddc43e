"""Every measured speed in the report, with what must be known of it."""

from pathlib import Path

import pytest
from made_up import plain_pair, se_pair, write_speeds

from dcanet.profile_documents import MachineState, Setting
from dcanet.report.as_html import explained
from dcanet.report.chapter import Chapter
from dcanet.report.speed import speed_chapter
from dcanet.report.stored import load
from dcanet.report.table1 import table1

BASELINE, CONNECTED = "se_resnet50", "dca_se_resnet50"
PAIRS = [plain_pair(), se_pair()]


def chapter(results: Path) -> Chapter:
    return speed_chapter(PAIRS, load(results, PAIRS, None))


def warnings(results: Path) -> tuple[str, ...]:
    return load(results, PAIRS, None).warnings


def test_nothing_timed_yet(tmp_path):
    assert chapter(tmp_path).paragraphs == ("Nothing was timed yet.",)


def test_a_pair_and_a_network_alone(tmp_path):
    write_speeds(tmp_path, BASELINE, [BASELINE, CONNECTED], overhead=3.1)
    write_speeds(tmp_path, "resnet50", ["resnet50"])
    (listing,) = chapter(tmp_path).listings
    assert listing.caption == (
        "inference, batch 1, float32, channels_last (made-up processor, threads 2, 224 × 224 px)"
    )
    assert [row[:4] for row in listing.rows] == [
        ("resnet50", "100.0", "[99.0, 101.0]", ""),
        (BASELINE, "100.0", "[99.0, 101.0]", ""),
        (CONNECTED, "97.0", "[96.0, 98.0]", "+3.1 % [2.1, 4.1]"),
    ]
    assert listing.rows[0][4:] == ("10.00", "11.00", "12.50", "120", "3")
    # Nothing was to remark, and no energy was measured.
    labels = [column.label for column in listing.columns]
    assert labels[3:] == ["Overhead in time ↓", "p50, ms", "p90, ms", "p99, ms", "Peak memory, MiB", "Rounds"]


def test_a_faster_network_has_a_negative_overhead(tmp_path):
    write_speeds(tmp_path, BASELINE, [BASELINE, CONNECTED], overhead=-2.0)
    assert chapter(tmp_path).listings[0].rows[1][3] == "−2.0 % [−3.0, −1.0]"


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"loaded": True}, "something else ran beside it"),
        ({"settled": False}, "rounds did not agree in time"),
        ({"wanted_batch_size": 8}, "batch 1: 8 did not fit into the memory"),
    ],
)
def test_remarks(tmp_path, changes, remark):
    write_speeds(tmp_path, BASELINE, [BASELINE, CONNECTED], **changes)
    assert [row[-1] for row in chapter(tmp_path).listings[0].rows] == [remark, remark]


def test_a_halved_batch_stands_with_those_that_wanted_the_same(tmp_path):
    write_speeds(tmp_path, "resnet50", ["resnet50"], setting=Setting(batch_size=8), wanted_batch_size=8)
    write_speeds(tmp_path, BASELINE, [BASELINE], setting=Setting(batch_size=4), wanted_batch_size=8)
    (listing,) = chapter(tmp_path).listings
    assert listing.caption.startswith("inference, batch 8, ")
    assert len(listing.rows) == 2


def test_devices_and_settings_have_a_table_each(tmp_path):
    write_speeds(tmp_path, BASELINE, [BASELINE])
    write_speeds(
        tmp_path, "resnet50", ["resnet50"], setting=Setting(precision="bfloat16"), wanted_batch_size=8
    )
    write_speeds(tmp_path, BASELINE, [BASELINE], device="cuda")
    assert [listing.key for listing in chapter(tmp_path).listings] == [
        "speed-cpu-1",
        "speed-cpu-2",
        "speed-cuda-1",
    ]


def test_detectors_follow_the_classifiers(tmp_path):
    write_speeds(tmp_path, "retinanet_resnet50", ["retinanet_resnet50", "retinanet_se_resnet50"])
    write_speeds(tmp_path, BASELINE, [BASELINE])
    names = [row[0] for row in chapter(tmp_path).listings[0].rows]
    assert names == [BASELINE, "retinanet_resnet50", "retinanet_se_resnet50"]


def test_other_work_is_warned_of(tmp_path):
    write_speeds(tmp_path, "resnet50", ["resnet50"])
    assert warnings(tmp_path) == ()
    write_speeds(tmp_path, BASELINE, [BASELINE, CONNECTED], loaded=True)
    (warning,) = warnings(tmp_path)
    assert "while 1 of 2 rows were timed on cpu (se_resnet50)" in warning


def test_a_file_of_an_older_version_is_to_be_timed_again(tmp_path):
    write_speeds(tmp_path, BASELINE, [BASELINE])
    path = tmp_path / "profile" / "cpu" / f"{BASELINE}.json"
    path.write_text(path.read_text().replace('"schema_version": 2', '"schema_version": 1'))
    (warning,) = warnings(tmp_path)
    assert "time again: delete the file, or run `dcanet profile throughput`" in warning


def test_sensors_are_told(tmp_path):
    write_speeds(tmp_path, BASELINE, [BASELINE], after=MachineState(load_average=0.5, power_watts=99))
    write_speeds(tmp_path, "resnet50", ["resnet50"])
    assert chapter(tmp_path).notes == (
        "cpu, before the measurements: load average per core 0.10; clock in MHz 2,445.",
        "cpu, after the measurements: load average per core 0.10 to 0.50; clock in MHz 2,445; power in W 99.",
    )


def test_the_overhead_is_explained_beside_the_throughput(tmp_path):
    write_speeds(tmp_path, BASELINE, [BASELINE, CONNECTED])
    table = table1(PAIRS, load(tmp_path, PAIRS, None), "made-up data")
    columns = {column.key: column for column in explained(table)}
    assert columns["overhead_cpu"].metric.direction == "lower"
    assert "Additional time per image" in columns["overhead_cpu"].metric.description
    assert columns["throughput_cpu"].measured_on.endswith("inference, batch 1, float32, channels_last")
