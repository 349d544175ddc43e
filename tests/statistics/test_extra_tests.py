"""Top-1 on extra test sets: intervals and tests as on the val split, each set a family of its own."""

import numpy as np
import pytest
from made_up import classifier, plain_pair, se_pair
from prediction_sets import correlated, predictions_of, write_evaluation, write_relabelled
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from dcanet.comparison_documents import AccuracyStatistics, NotCompared, TableStatistics, Top1Comparison
from dcanet.sheets import Pair
from dcanet.statistics.experiment import experiment_statistics
from dcanet.statistics.paired import mcnemar_mid_p, tango
from dcanet.statistics.seeds import crossed_difference, crossed_mean
from dcanet.statistics.settings import Settings

SETTINGS = Settings(resamples=50)
BASELINE, CONNECTED = "se_resnet50", "dca_se_resnet50"


def ge_pair():
    return Pair(
        id="ge_resnet50",
        row="GE",
        baseline=classifier("ge_resnet50", "GE", "ge"),
        connected=classifier("dca_ge_resnet50", "GE", "ge", connected=True),
    )


PAIRS = [plain_pair(), se_pair(), ge_pair()]
MODELS = [model.id for pair in PAIRS[1:] for model in pair.models]


def folder_of(root, model, stage, seed=0):
    return root / "classification" / model / f"seed{seed}" / stage


def write(root, model, right, test="", seed=0):
    """On the val split, or on a test set: by other labels if it is called real."""
    stage = f"test-{test}" if test else "eval"
    if test == "real":
        return write_relabelled(folder_of(root, model, stage, seed), right, model, seed)
    return write_evaluation(folder_of(root, model, stage, seed), predictions_of(right), model, seed)


def statistics(root, pairs=PAIRS):
    return experiment_statistics(root, pairs, [], SETTINGS)


@pytest.fixture(scope="module")
def rights():
    """Answers of the four networks to the images of each set."""
    random = np.random.default_rng(0)
    accuracies = (0.6, 0.68, 0.5, 0.5)
    return {test: correlated(random, images, accuracies) for test, images in (("sketch", 500), ("real", 450))}


@pytest.fixture
def results(tmp_path, rights):
    for place, model in enumerate(MODELS):
        write(tmp_path, model, np.arange(40) % 3 > 0)
        for test, of_models in rights.items():
            write(tmp_path, model, of_models[place], test)
    return tmp_path


@pytest.mark.parametrize("test", ["sketch", "real"])
def test_one_training(results, rights, test):
    found = statistics(results).tests[test]
    images = rights[test].shape[1]
    p_values = []
    for place, pair in enumerate(PAIRS[1:]):
        before, after = rights[test][2 * place : 2 * place + 2]
        for model, right in zip(pair.models, (before, after), strict=True):
            known = found.models[model.id]
            low, high = proportion_confint(right.sum(), images, method="wilson")
            assert (known.top1.value, known.top1.low, known.top1.high) == pytest.approx(
                (100 * right.mean(), 100 * low, 100 * high)
            )
            assert (known.images, known.seeds, known.top1_split) == (images, [0], None)
        compared = found.pairs[pair.id]
        gained, lost = np.sum(after & ~before), np.sum(before & ~after)
        assert (compared.gained, compared.lost, compared.images) == (gained, lost, images)
        assert compared.top1.value == pytest.approx(100 * (gained - lost) / images)
        assert compared.top1.interval == pytest.approx([100 * end for end in tango(gained, lost, images)])
        p_values.append(mcnemar_mid_p(gained, lost))
        assert compared.p_value == pytest.approx(p_values[-1])
    adjusted = multipletests(p_values, method="holm")[1]
    assert [found.pairs[pair.id].p_adjusted for pair in PAIRS[1:]] == pytest.approx(adjusted)
    assert found.models["resnet50"] == NotCompared(reason=f"resnet50 has not been evaluated on {test}")


def test_each_set_is_a_family_of_its_own(results, rights):
    """What is found on one set moves neither the p-values of the other nor those of the val split."""
    before = statistics(results)
    for place, model in enumerate(MODELS):
        write(results, model, rights["sketch"][place], "another")
    after = statistics(results)
    assert set(after.tests) == {"another", "real", "sketch"}
    for test in before.tests:
        assert after.tests[test] == before.tests[test]
    assert after.pairs == before.pairs
    assert (
        after.tests["another"].pairs["se_resnet50"].p_value
        == after.tests["sketch"].pairs["se_resnet50"].p_value
    )


def test_verdicts_and_what_was_detectable(results):
    found = statistics(results).tests["sketch"].pairs
    assert found["se_resnet50"].verdict == "better"
    assert found["ge_resnet50"].verdict == "not distinguishable"
    assert 0 < found["ge_resnet50"].detectable < 20


def test_several_trainings(tmp_path):
    random = np.random.default_rng(3)
    rights = {
        model: correlated(random, 300, accuracies)
        for model, accuracies in ((BASELINE, (0.5, 0.55, 0.45)), (CONNECTED, (0.6, 0.6, 0.7)))
    }
    for model, of_model in rights.items():
        for seed, right in enumerate(of_model):
            write(tmp_path, model, np.arange(40) % 3 > 0, seed=seed)
            write(tmp_path, model, right, "real", seed)
    found = statistics(tmp_path, [se_pair()]).tests["real"]
    mean = crossed_mean(rights[BASELINE])
    value = found.models[BASELINE]
    assert value.top1.interval == pytest.approx([100 * end for end in mean.interval()])
    assert (value.seeds, value.top1_split.seeds) == ([0, 1, 2], 3)
    signs = rights[CONNECTED].astype(float) - rights[BASELINE]
    difference = crossed_difference(signs)
    pair = found.pairs[BASELINE]
    assert pair.top1.value == pytest.approx(100 * signs.mean())
    assert pair.top1.interval == pytest.approx([100 * end for end in difference.interval()])
    assert pair.p_value == pytest.approx(difference.p_value)
    assert pair.split.seed_error == pytest.approx(100 * np.sqrt(difference.seed_variance))
    assert (pair.gained, pair.lost) == ((signs == 1).sum(), (signs == -1).sum())


def test_written_and_read(results, tmp_path):
    found = statistics(results)
    found.save(tmp_path / "statistics.json")
    again = TableStatistics.load(tmp_path / "statistics.json")
    assert again == found
    assert isinstance(again.tests["real"].pairs[BASELINE], Top1Comparison)
    assert isinstance(again.tests["real"].models[BASELINE], AccuracyStatistics)


def reason(root, test):
    found = statistics(root, [se_pair()])
    assert found.pairs[BASELINE].verdict, "the val split stands"
    pair = found.tests[test].pairs[BASELINE]
    assert isinstance(pair, NotCompared)
    assert "\n" not in pair.reason
    return pair.reason


@pytest.mark.parametrize(("test", "file"), [("sketch", "predictions.parquet"), ("real", "correct.parquet")])
def test_bad_input_is_one_line_that_names_both_files(results, test, file):
    paths = [f"{model}/seed0/test-{test}/{file}" for model in (BASELINE, CONNECTED)]
    write(results, CONNECTED, np.arange(300) % 2 > 0, test)
    assert "are of different images" in (found := reason(results, test))
    assert all(path in found for path in paths)
    write(results, CONNECTED, np.ones(1), test)
    assert "has 1 image; statistics need at least two" in (found := reason(results, test))
    assert paths[1] in found


def test_other_labels(results, rights):
    write_relabelled(
        folder_of(results, CONNECTED, "test-real"), rights["real"][1], CONNECTED, labels="2" * 64
    )
    found = reason(results, "real")
    assert "are scored by different files of labels (SHA-256 111111111111 and 222222222222)" in found
    assert all(f"{model}/seed0/test-real/correct.parquet" in found for model in (BASELINE, CONNECTED))


def test_guesses_on_one_side_and_labels_on_the_other(results, rights):
    folder = folder_of(results, CONNECTED, "test-real")
    (folder / "correct.parquet").unlink()
    write_evaluation(folder, predictions_of(rights["real"][1]), CONNECTED)
    assert "are not scored by the same kind of labels; evaluate both again" in reason(results, "real")


def test_labels_scored_by_an_older_version(results):
    (folder_of(results, CONNECTED, "test-real") / "correct.parquet").unlink()
    found = reason(results, "real")
    assert f"{CONNECTED}/seed0/test-real/correct.parquet: not a readable scores file" in found
    assert "evaluate again" in found


def test_one_class(results, rights):
    one = predictions_of(rights["sketch"][1], classes=2)
    one.targets[:] = 1
    write_evaluation(folder_of(results, CONNECTED, "test-sketch"), one, CONNECTED)
    assert "has images of one class only (1)" in reason(results, "sketch")


def test_missing_seeds(results, rights):
    write(results, BASELINE, rights["sketch"][0], "sketch", seed=1)
    found = reason(results, "sketch")
    assert f"{BASELINE}/seed1/test-sketch/predictions.parquet is of seed 1" in found
    assert f"nothing beside {results}/classification/{CONNECTED}/seed0/test-sketch" in found


def test_a_set_of_networks_that_are_not_in_the_sheet(results, rights):
    write(results, "another", np.arange(40) % 3 > 0)
    write(results, "another", rights["sketch"][0], "unknown")
    assert set(statistics(results).tests) == {"real", "sketch"}
