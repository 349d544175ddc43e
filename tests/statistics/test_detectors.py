"""Detectors over one training and several, from made-up AP of the same resamples."""

from dataclasses import replace

import numpy as np
import pytest
from made_up import detector, write_detector

from dcanet.comparison_documents import ApComparison, ApStatistics, NotCompared, TableStatistics
from dcanet.detection_documents import ApBootstrap
from dcanet.errors import UserError
from dcanet.evaluation.ap_bootstrap import intervals, paired_intervals
from dcanet.statistics.detector_runs import DetectorRun, Evaluated
from dcanet.statistics.detectors import ap_statistics, compare_detectors
from dcanet.statistics.experiment import experiment_statistics
from dcanet.statistics.seeds import crossed_bootstrap
from dcanet.statistics.settings import Settings

SETTINGS = Settings(resamples=50)
ROWS = [detector("plain", None, 36.2), detector("se", "plain", 37.4), detector("dca", "se", 37.7)]
RESAMPLES = 400


@pytest.fixture(scope="module")
def aps():
    """(S, 1 + B) of each detector: what is on all images first. Resampling moves all of them together."""
    random = np.random.default_rng(0)
    common = random.normal(0.5, 1.5, RESAMPLES)
    found = {}
    for name, points in (
        ("plain", [29.5, 30.1, 30.4]),
        ("se", [36.2, 35.7, 36.1]),
        ("dca", [36.0, 36.5, 35.9]),
    ):
        points = np.array(points)[:, None]
        found[name] = np.concatenate(
            [points, points + common + random.normal(0, 0.6, (3, RESAMPLES))], axis=1
        )
    return found


def write(root, name, of_seeds):
    for seed, ap in enumerate(of_seeds):
        write_detector(root, name, ap.tolist(), seed)


def statistics(root, settings=SETTINGS):
    return experiment_statistics(root, [], ROWS, settings)


@pytest.fixture
def results(tmp_path, aps):
    for name, of_seeds in aps.items():
        write(tmp_path, name, of_seeds)
    return tmp_path


def test_means_over_trainings(results, aps):
    found = statistics(results).average_precision
    for name, ap in aps.items():
        known = found[name]
        expected = crossed_bootstrap(ap[:, 0], ap[:, 1:])
        assert known.numbers["ap"].value == pytest.approx(ap[:, 0].mean())
        assert known.numbers["ap"].interval == pytest.approx(expected.interval())
        assert (known.images, known.seeds, known.ap_split.seeds) == (20, [0, 1, 2], 3)
        assert known.ap_split.seed_error == pytest.approx(np.sqrt(expected.seed_variance))
        assert known.ap_split.sampling_error == pytest.approx(np.sqrt(expected.sampling_variance))


def test_differences_are_paired_seed_by_seed(results, aps):
    found = statistics(results).detectors
    assert set(found) == {"se", "dca"}
    for name, base in (("se", "plain"), ("dca", "se")):
        difference = aps[name] - aps[base]
        expected = crossed_bootstrap(difference[:, 0], difference[:, 1:])
        ap = found[name].numbers["ap"]
        assert ap.value == pytest.approx(difference[:, 0].mean())
        assert ap.interval == pytest.approx(expected.interval())
        assert found[name].p_value == pytest.approx(expected.p_value)
        assert found[name].split.sampling_error == pytest.approx(np.sqrt(expected.sampling_variance))
    assert found["se"].p_adjusted == pytest.approx(2 * found["se"].p_value)
    assert (found["se"].verdict, found["dca"].verdict) == ("better", "not distinguishable")


def test_what_the_images_do_to_both_is_no_error_of_the_difference(results, aps):
    found = statistics(results)
    of_pair = found.detectors["se"].split.sampling_error
    assert of_pair < found.average_precision["se"].ap_split.sampling_error / 2


def test_one_training_is_as_it_was(tmp_path, aps):
    for name in ("plain", "se"):
        write(tmp_path, name, aps[name][:1])
    found = statistics(tmp_path)
    of_file = [
        ApBootstrap.load(tmp_path / "detection" / name / "seed0" / "eval" / "bootstrap.json")
        for name in ("plain", "se")
    ]
    paired = paired_intervals(*of_file)["ap"]
    ap = found.detectors["se"].numbers["ap"]
    assert (ap.value, ap.low, ap.high) == pytest.approx((paired.value, paired.low, paired.high))
    assert found.detectors["se"].split is None
    alone, known = intervals(of_file[1])["ap"], found.average_precision["se"]
    assert known.numbers["ap"].interval == pytest.approx((alone.low, alone.high))
    assert known.ap_split is None
    assert found.detectors["dca"] == NotCompared(reason="dca has not been evaluated")


def test_exchange_of_trainings_and_of_sides(results, aps):
    def evaluated(name, order):
        return Evaluated(name, tuple(run(aps[name][seed], seed) for seed in order))

    def run(ap, seed):
        bootstrap = ApBootstrap(
            seed=0,
            resamples=RESAMPLES,
            images=20,
            images_hash="images0123456789",
            values={"ap": ap[0]},
            resampled={"ap": ap[1:].tolist()},
        )
        return DetectorRun(f"seed{seed}", seed, bootstrap)

    there = compare_detectors({"x": (evaluated("plain", (0, 1, 2)), evaluated("se", (2, 0, 1)))}, SETTINGS)[
        "x"
    ]
    back = compare_detectors({"x": (evaluated("se", (1, 0, 2)), evaluated("plain", (0, 1, 2)))}, SETTINGS)[
        "x"
    ]
    one, other = there.numbers["ap"], back.numbers["ap"]
    assert one.interval == pytest.approx(statistics(results).detectors["se"].numbers["ap"].interval)
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))
    assert there.p_value == pytest.approx(back.p_value)


def changed(root, name, training, **values):
    path = root / "detection" / name / f"seed{training}" / "eval" / "bootstrap.json"
    ApBootstrap.load(path).model_copy(update=values).save(path)


def test_resamples_without_an_object_are_left_out(results, aps):
    """They are the same of all trainings and all detectors: it is the images that have none."""
    for name in aps:
        for seed in range(3):
            kept = aps[name][seed, 1:].tolist()
            changed(results, name, seed, resampled={"ap": [None, None, *kept[2:]]})
    expected = aps["se"] - aps["plain"]
    found = statistics(results).detectors["se"]
    mean = crossed_bootstrap(expected[:, 0], expected[:, 3:])
    assert found.numbers["ap"].interval == pytest.approx(mean.interval())


def test_no_object_at_all(results, aps):
    for name in aps:
        for seed in range(3):
            changed(results, name, seed, values={"ap": None}, resampled={"ap": [None] * RESAMPLES})
    found = statistics(results)
    assert found.average_precision["se"].numbers == {}
    reason = found.detectors["se"].reason
    assert "have no AP; the images have no object to find" in reason
    assert "plain/seed0/eval/bootstrap.json and " in reason


def test_ends_of_a_value_are_percent(tmp_path):
    write(tmp_path, "plain", np.array([[0.2, 0.1, 0.5, 3.0], [0.1, 0.1, 0.9, 5.0]]))
    low, high = statistics(tmp_path).average_precision["plain"].numbers["ap"].interval
    assert 0 == low < high


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"images_hash": "others0123456789"}, "differ in images_hash"),
        ({"seed": 1}, "differ in seed"),
    ],
)
def test_other_images_or_resamples_are_one_line_that_names_both_files(results, values, message):
    for seed in range(3):
        changed(results, "se", seed, **values)
    found = statistics(results)
    for name, base in (("se", "plain"), ("dca", "se")):
        pair = found.detectors[name]
        assert isinstance(pair, NotCompared)
        assert "\n" not in pair.reason
        assert message in pair.reason
        assert all(f"{each}/seed0/eval/bootstrap.json" in pair.reason for each in (name, base))
    changed(results, "plain", 2, **values)
    assert isinstance(alone := statistics(results).average_precision["plain"], NotCompared)
    assert all(f"plain/seed{seed}/eval/bootstrap.json" in alone.reason for seed in (0, 2))


def test_missing_seeds_are_one_line_that_names_both_files(results):
    (results / "detection" / "se" / "seed1" / "eval" / "bootstrap.json").unlink()
    found = statistics(results)
    for name in ("se", "dca"):
        pair = found.detectors[name]
        assert isinstance(pair, NotCompared)
        assert "seed1/eval/bootstrap.json is of seed 1, of which there is nothing beside " in pair.reason
        assert f"{results}/detection/se/seed0/eval/bootstrap.json" in pair.reason
    assert isinstance(found.average_precision["se"], ApStatistics)
    assert found.average_precision["se"].seeds == [0, 2]


def test_the_same_seed_twice(results):
    run = Evaluated.read("se", [(results / "detection/se/seed0/eval", 0)]).runs[0]
    twice = Evaluated("se", (run, replace(run, source="copy")))
    with pytest.raises(UserError, match=r"seed0/eval/bootstrap.json and copy are both of seed 0; give one"):
        compare_detectors({"x": (twice, twice)}, SETTINGS)


def test_written_and_read(results, tmp_path):
    found = statistics(results)
    found.save(tmp_path / "statistics.json")
    again = TableStatistics.load(tmp_path / "statistics.json")
    assert again == found
    assert isinstance(again.detectors["se"], ApComparison)


def test_statistics_of_no_number():
    empty = ApBootstrap(seed=0, resamples=2, images=3, images_hash="i", values={}, resampled={})
    found = ap_statistics(Evaluated("x", (DetectorRun("x", 0, empty),)), SETTINGS)
    assert (found.numbers, found.ap_split) == ({}, None)
