"""A table's statistics: pairs judged together, and one statement about all."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prediction_sets import correlated, predictions_of, scores_of
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests

from dcanet.comparison_documents import NotCompared, PairComparison, Pooled, TableStatistics
from dcanet.statistics.compare import compare_pair
from dcanet.statistics.many import random_effects
from dcanet.statistics.pairs import Pair, top1_differences
from dcanet.statistics.resampled import resampled
from dcanet.statistics.scores import Scores, read_scores
from dcanet.statistics.seeds import crossed_mean
from dcanet.statistics.settings import Settings
from dcanet.statistics.table import gather, table_statistics
from dcanet.statistics.top1 import p_value_of

SETTINGS = Settings(resamples=400, surest=2)


def table_of(rights, settings=SETTINGS, pairs=None):
    """Networks n0, n1, ... in pairs (n0, n1), (n2, n3), ..."""
    models = {f"n{number}": [scores_of(right, f"n{number}")] for number, right in enumerate(rights)}
    named = pairs or {
        f"pair{place}": (f"n{2 * place}", f"n{2 * place + 1}") for place in range(len(models) // 2)
    }
    made = {name: Pair.of((a, models[a]), (b, models[b])) for name, (a, b) in named.items()}
    return table_statistics(models, made, settings)


@pytest.fixture(scope="module")
def rights():
    """Three pairs: clearly better, clearly worse, and alike."""
    return correlated(np.random.default_rng(0), 900, (0.6, 0.8, 0.8, 0.6, 0.7, 0.7))


@pytest.fixture(scope="module")
def statistics(rights):
    return table_of(rights)


def test_verdicts(statistics):
    pairs = statistics.pairs.values()
    assert [pair.verdict for pair in pairs] == ["better", "worse", "not distinguishable"]
    p_values = [pair.p_value for pair in pairs]
    assert [pair.p_adjusted for pair in pairs] == pytest.approx(multipletests(p_values, method="holm")[1])
    assert (statistics.pooled.better, statistics.pooled.worse) == (1, 1)


def test_the_arithmetic(statistics, rights):
    for place, pair in enumerate(statistics.pairs.values()):
        before, after = rights[2 * place], rights[2 * place + 1]
        (run,) = pair.runs
        assert pair.top1.value == pytest.approx(100 * (after.mean() - before.mean()))
        assert (run.gained, run.lost) == (np.sum(after & ~before), np.sum(before & ~after))
        assert run.both_right + run.gained + run.lost + run.same_mistake + run.other_mistake == 900
        assert run.p_exact == pytest.approx(binomtest(run.gained, run.gained + run.lost).pvalue)
        assert pair.p_value == run.p_mid
        for interval in (pair.top1, pair.top5, pair.nll, pair.ece, run.bootstrap):
            assert interval.low <= interval.value <= interval.high
        names = [f"n{2 * place}", f"n{2 * place + 1}"]
        before_model, after_model = (statistics.models[name] for name in names)
        for number in ("top1", "top5", "nll", "ece"):
            difference = getattr(after_model, number).value - getattr(before_model, number).value
            assert getattr(pair, number).value == pytest.approx(difference, abs=1e-5)
    gains = [pair.top1.value for pair in statistics.pairs.values()]
    assert statistics.pooled.gain.value == pytest.approx(np.mean(gains))


def test_paired_intervals_are_narrower(statistics):
    for place, pair in enumerate(statistics.pairs.values()):
        sides = [statistics.models[f"n{2 * place + side}"].top1 for side in (0, 1)]
        apart = np.hypot(*(side.high - side.low for side in sides))
        assert pair.top1.high - pair.top1.low < apart


def test_written_and_read(statistics, tmp_path):
    path = tmp_path / "statistics.json"
    statistics.save(path)
    assert TableStatistics.load(path) == statistics
    assert set(statistics.agreement.models) == set(statistics.models)


def test_exchange(statistics, rights):
    """With baseline and network exchanged, everything changes its sign."""
    swapped = table_of(
        rights, pairs={f"pair{place}": (f"n{2 * place + 1}", f"n{2 * place}") for place in range(3)}
    )
    for name, pair in statistics.pairs.items():
        back = swapped.pairs[name]
        for number in ("top1", "top5", "nll", "ece"):
            one, other = getattr(pair, number), getattr(back, number)
            assert (one.value, one.low, one.high) == pytest.approx(
                (-other.value, -other.high, -other.low), abs=1e-5
            )
        assert (pair.gained, pair.lost) == (back.lost, back.gained)
        assert (pair.p_value, pair.detectable) == pytest.approx((back.p_value, back.detectable))
        assert pair.surest_gained[0].image == back.surest_lost[0].image
    gain, loss = statistics.pooled.gain, swapped.pooled.gain
    assert (gain.low, gain.high) == pytest.approx((-loss.high, -loss.low))


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_order_of_images_changes_nothing(random):
    before, after = correlated(np.random.default_rng(2), 60, (0.7, 0.7))
    order = random.sample(range(60), 60)
    pairs = []
    for places in (list(range(60)), order):
        sides = []
        for right in (before, after):
            whole = predictions_of(right)
            moved = replace(
                whole,
                images=[whole.images[place] for place in places],
                targets=whole.targets[places],
                top5=whole.top5[places],
                scores=whole.scores[places],
                losses=whole.losses[places],
            )
            sides.append([Scores.of(moved, "x")])
        pair = Pair.of(("a", sides[0]), ("b", sides[1]))
        draws = resampled({"a": sides[0][0], "b": sides[1][0]}, SETTINGS)
        pairs.append(compare_pair(pair, (draws["a"], draws["b"]), SETTINGS))
    assert pairs[0] == pairs[1]


def test_a_network_and_itself(rights):
    statistics = table_of([rights[0], rights[0]])
    pair = statistics.pairs["pair0"]
    assert (pair.verdict, pair.p_value, pair.top1.value) == ("not distinguishable", 1, 0)
    assert pair.top1.low < 0 < pair.top1.high
    assert (pair.nll.low, pair.nll.high) == pytest.approx((0, 0), abs=1e-6)
    assert statistics.pooled.random_effects is None


def test_what_one_more_pair_would_have_needed(rights):
    """Two of three are told from noise, so the third had all of alpha to itself; alone, each has, too."""
    together, alone = table_of(rights), table_of(rights[4:])
    assert together.pairs["pair2"].detectable == pytest.approx(alone.pairs["pair0"].detectable)
    undecided = table_of(np.concatenate([rights[4:]] * 3))
    assert undecided.pairs["pair0"].detectable > alone.pairs["pair0"].detectable


def trainings(random, accuracy, effects, images=800):
    ease = random.beta(4 * accuracy, 4 * (1 - accuracy), images)
    return [
        scores_of(random.random(images) < np.clip(ease + effect, 0, 1), f"seed{seed}", seed=seed)
        for seed, effect in enumerate(effects)
    ]


def test_several_trainings():
    random = np.random.default_rng(5)
    models = {
        "a": trainings(random, 0.6, (-0.03, 0.0, 0.03)),
        "b": trainings(random, 0.75, (0.02, -0.04, 0.03)),
        "c": trainings(random, 0.6, (0.0, 0.01, 0.0)),
    }
    pairs = {
        "better": Pair.of(("a", models["a"]), ("b", models["b"])),
        "alike": Pair.of(("a", models["a"]), ("c", models["c"])),
    }
    statistics = table_statistics(models, pairs, SETTINGS)
    better = statistics.pairs["better"]
    assert [run.seed for run in better.runs] == [0, 1, 2]
    assert better.top1.value == pytest.approx(np.mean([run.difference.value for run in better.runs]))
    assert better.split.seeds == 3
    assert 0 <= better.split.seed_share <= 1
    assert better.p_value == p_value_of(pairs["better"])
    assert statistics.pairs["alike"].verdict == "not distinguishable"
    assert statistics.models["a"].seeds == [0, 1, 2]
    assert statistics.models["a"].top1_split.seeds == 3
    assert statistics.pooled.split.seeds == 3
    for pair in statistics.pairs.values():
        for number in (pair.top1, pair.top5, pair.nll, pair.ece):
            assert number.low <= number.value <= number.high
        # A difference that the interval at this level just leaves out is found half of the time, not in 80 %.
        assert pair.detectable > (pair.top1.high - pair.top1.low) / 2


def test_trainings_that_differ_are_not_pairs_that_differ():
    """Random effects take the trainings' part of a gain's error for chance, not for a difference of pairs."""
    random = np.random.default_rng(9)
    effects = random.normal(0, 0.1, (8, 3))
    models = {f"n{place}": trainings(random, 0.6, of_model) for place, of_model in enumerate(effects)}
    pairs = {
        f"pair{place}": Pair.of((a, models[a]), (b, models[b]))
        for place, (a, b) in enumerate([(f"n{2 * place}", f"n{2 * place + 1}") for place in range(4)])
    }
    found = table_statistics(models, pairs, SETTINGS).pooled.random_effects
    gains = [top1_differences(pair) for pair in pairs.values()]
    means = [gain.mean() for gain in gains]
    images = np.cov([gain.mean(axis=0) for gain in gains]) / 800
    expected = random_effects(means, images + np.diag([crossed_mean(gain).seed_variance for gain in gains]))
    assert found.between_pairs == pytest.approx(100 * expected.between)
    assert found.mean.interval == pytest.approx([100 * end for end in expected.interval])
    assert found.between_pairs < 100 * random_effects(means, images).between


def test_pooling_pairs_with_different_seeds():
    """Over each pair's own trainings, and over images alone."""
    random = np.random.default_rng(6)
    two = [trainings(random, accuracy, (0, 0)) for accuracy in (0.6, 0.7)]
    one = [trainings(random, accuracy, (0,)) for accuracy in (0.6, 0.7)]
    models = {"a": two[0], "b": two[1], "c": one[0], "d": one[1]}
    pairs = {"first": Pair.of(("a", two[0]), ("b", two[1])), "second": Pair.of(("c", one[0]), ("d", one[1]))}
    pooled = table_statistics(models, pairs, SETTINGS).pooled
    assert pooled.split is None
    assert pooled.pairs == 2


def test_pairs_on_different_images_are_not_pooled():
    random = np.random.default_rng(7)
    sizes = {"a": 60, "b": 60, "c": 80, "d": 80}
    models = {name: [scores_of(random.random(size) < 0.5, name)] for name, size in sizes.items()}
    pairs = {
        first: Pair.of((first, models[first]), (second, models[second])) for first, second in ("ab", "cd")
    }
    statistics = table_statistics(models, pairs, SETTINGS)
    assert all(isinstance(pair, PairComparison) for pair in statistics.pairs.values())
    assert statistics.pooled == NotCompared(reason="the pairs are of different images (b: 60, d: 80)")
    assert statistics.agreement == NotCompared(reason="the networks were evaluated on different images")


def test_gathered_from_files(tmp_path):
    """What is absent or broken becomes a reason, and the other rows stand."""
    random = np.random.default_rng(8)
    files = {}
    for name in ("a", "b", "c"):
        predictions_of(random.random(40) < 0.5).save(tmp_path / f"{name}.parquet")
        files[name] = [(tmp_path / f"{name}.parquet", 0)]
    predictions_of(random.random(30) < 0.5).save(tmp_path / "other.parquet")
    (tmp_path / "broken.parquet").write_text("no parquet")
    files |= {
        "other": [(tmp_path / "other.parquet", 0)],
        "broken": [(tmp_path / "broken.parquet", 0)],
        "none": [],
    }
    wanted = {"whole": ("a", "b"), "images": ("a", "other"), "broken": ("broken", "c"), "none": ("c", "none")}
    statistics = table_statistics(*gather(files, wanted, read_scores), SETTINGS)
    assert isinstance(statistics.pairs["whole"], PairComparison)
    reasons = {name: pair.reason for name, pair in statistics.pairs.items() if name != "whole"}
    assert reasons["none"] == "none has not been evaluated"
    assert "a.parquet" in reasons["images"]
    assert "other.parquet" in reasons["images"]
    assert "broken.parquet: not a readable predictions file" in reasons["broken"]
    assert isinstance(statistics.models["broken"], NotCompared)
    assert isinstance(statistics.pooled, Pooled)
    assert statistics.pooled.pairs == 1


def test_nothing_at_all():
    statistics = table_statistics({}, {}, SETTINGS)
    assert statistics.pooled == NotCompared(reason="no pair could be compared")
    assert statistics.agreement == NotCompared(reason="no network has been evaluated")


@pytest.mark.parametrize("wrong", [{"alpha": 0}, {"alpha": 1.5}, {"resamples": 1}])
def test_settings(wrong):
    from dcanet.errors import UserError

    with pytest.raises(UserError, match=r"^(alpha|resamples) .*: must be"):
        Settings(**wrong)
