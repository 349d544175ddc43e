"""The estimate of whole configs."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planning.timings import measurement, write_timing

from dcanet.documents import Dataset, SplitFacts
from dcanet.plan_documents import STAGES, Amounts, Estimate, PlannedJob, PlannedNetwork

Estimator = Callable[..., Estimate]

ONE = "pairs=resnet50"
#: The fixtures' folder is only read by these.
in_one_folder = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def job(estimate: Estimate, network: str, stage: str, run: str = "seed0", test: str = "") -> PlannedJob:
    [found] = [
        job
        for job in estimate.jobs
        if (job.network, job.stage, job.run, job.test) == (network, stage, run, test)
    ]
    return found


def network(estimate: Estimate, name: str) -> PlannedNetwork:
    [found] = [found for found in estimate.networks if found.network == name]
    return found


def test_a_classifier_by_hand(estimated: Estimator) -> None:
    """ResNet-50 by the authors' recipe on an A100: 4.12 G MACs, bfloat16, micro-batches of 32.

    A step's image is 3 x 2 x 4.12e9 operations at 0.2 x 312e12 per second, 0.396 ms, less than its share of
    starting the step, 3 x 8 ms / 32 = 0.75 ms. An image that is looked at: 8.24e9 at 0.15 x 156e12, 0.352 ms.
    """
    estimate = estimated("paper", ONE, device="a100", count=8)
    training, looking = 0.75e-3, 8.24e9 / (0.15 * 156e12)
    seconds = 5 + 100 * 5004 * 256 * training + 100 * 50_000 * looking
    assert job(estimate, "resnet50", "train").device_hours == pytest.approx(seconds / 3600)
    evaluation = job(estimate, "resnet50", "evaluate")
    assert evaluation.device_hours == pytest.approx((5 + 50_000 * looking) / 3600)
    assert evaluation.energy_kwh == pytest.approx(evaluation.device_hours * 0.4)
    # One training on 8 GPUs, then an evaluation on one: longer than the work shared by all.
    amounts = network(estimate, "resnet50").amounts
    assert amounts.wall_hours == pytest.approx(seconds / 3600 / 8 + evaluation.device_hours)
    assert amounts.kept_bytes == 25_560_000 * 4 + 50_000 * 58
    # Two generations of weights and momentum.
    assert amounts.state_bytes == 2 * 2 * 4 * 25_560_000
    assert amounts.download_bytes == 0


def test_a_mobile_network_with_attention_by_hand(estimated: Estimator) -> None:
    """SE-MobileNetV2 on a core: 0.32 G MACs at 224 pixels, here 64, at half of 0.3 x 100 GFLOPS."""
    recipe = yaml.safe_load(Path("config/recipes/digits_mobilenet.yaml").read_text())
    recipe |= {"epochs": 0.3, "batch_size": 16, "recalibrate_images": 256}
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe | {"preprocessing": {"resize": 64, "crop": 64}}))
    changes = ("pairs=se_mobilenet_v2", "detection=null", "recipes.mobilenet_v2=recipe.yaml")
    estimate = estimated("config", *changes, device="cpu", count=4)
    macs = 0.32e9 * (64 / 224) ** 2
    image = 2 * macs / (0.5 * 0.3 * 0.1e12) * 1.25
    seconds = 5 + 75 * 16 * (3 * image + 0.2e-3) + 256 * (image + 0.2e-3)
    assert job(estimate, "se_mobilenet_v2", "train").device_hours == pytest.approx(seconds / 3600)


def test_a_timing_takes_its_budget(estimated: Estimator) -> None:
    """On all cores, 5 s to start, then 2 measurements of 30 s and a block of both networks of 0.5 s."""
    changes = ("pairs=se_resnet50", "detection=null", "profile={measurements: [{batch_size: [1, 8]}]}")
    estimate = estimated("config", *changes, device="cpu", count=4)
    assert job(estimate, "se_resnet50", "profile", "").device_hours == pytest.approx(4 * (5 + 2 * 31) / 3600)


def test_loading_can_be_what_limits(estimated: Estimator) -> None:
    """One worker gives a GPU 1 / 1.5 ms images a second; without one the rank itself loads between steps."""
    few = network(estimated("paper", ONE, "training.workers=1"), "resnet50")
    assert few.training_images_per_second == pytest.approx(1 / 1.5e-3)
    none = network(estimated("paper", ONE, "training.workers=0"), "resnet50")
    assert none.training_images_per_second == pytest.approx(1 / (0.75e-3 + 1.5e-3))


def test_measured_speed_and_energy_are_taken(estimated: Estimator) -> None:
    timed = measurement(
        {"resnet50": 2000.0}, joules=0.2, work="training_step", batch_size=32, precision="bfloat16"
    )
    looked = measurement({"resnet50": 4000.0}, joules=0.1)
    write_timing(Path("results/imagenet/profile"), "resnet50", timed, looked)
    estimate = estimated("paper", ONE)
    training = job(estimate, "resnet50", "train")
    assert training.basis == "measured"
    assert training.device_hours * 3600 == pytest.approx(5 + 100 * 5004 * 256 / 2000 + 100 * 50_000 / 4000)
    joules = 5 * 700 + 100 * 5004 * 256 * 0.2 + 100 * 50_000 * 0.1
    assert training.energy_kwh == pytest.approx(joules / 3.6e6)
    assert network(estimate, "resnet50").basis == "measured"
    assert any("NVIDIA H100 80GB HBM3" in text for text in estimate.assumptions)
    assert not any("factor of two" in text for text in estimate.assumptions)


def test_a_timing_at_another_size_counts_by_the_area(estimated: Estimator) -> None:
    timed = measurement({"resnet50": 500.0}, work="training_step", batch_size=32, precision="bfloat16")
    write_timing(Path("results/imagenet/profile"), "resnet50", timed, side=448)
    found = network(estimated("paper", ONE), "resnet50")
    assert found.training_images_per_second == pytest.approx(2000)


def test_what_stands_for_untimed_work_is_said(estimated: Estimator) -> None:
    write_timing(Path("results/imagenet/profile"), "resnet50", measurement({"resnet50": 3000.0}))
    texts = " ".join(estimated("paper", ONE).assumptions)
    assert "Training step was not timed: 3 times inference." in texts
    assert "Training step was timed in float32, not in bfloat16." in texts


def test_counted_images_are_taken(estimated: Estimator) -> None:
    def split(images: int, bad: int = 0) -> SplitFacts:
        broken = {f"a/{index}.jpg": "made-up" for index in range(bad)}
        return SplitFacts(
            layout="made-up", images=images, fingerprint="0", per_class={"a": images}, bad_images=broken
        )

    Dataset(
        name="made-up",
        classes=["a"],
        class_order_hash="0",
        imagenet="no",
        splits={"train": split(2_563, 3), "val": split(70)},
    ).save(Path("results/imagenet/dataset.json"))
    estimate = estimated("paper", ONE, "training.workers=0")
    # floor(2,560 / 256) = 10 steps an epoch.
    images = 100 * 10 * 256
    looking = 8.24e9 / (0.08 * 495e12)
    seconds = 5 + images * (0.75e-3 + 1.5e-3) + 100 * 70 * (max(looking, 0.25e-3) + 1.5e-3)
    assert job(estimate, "resnet50", "train").device_hours * 3600 == pytest.approx(seconds)
    assert not any("ImageNet" in text for text in estimate.assumptions)


def test_published_weights_cost_a_download_in_place_of_training(estimated: Estimator) -> None:
    estimate = estimated("paper", ONE, "weights=published", "seeds=[0, 1, 2]")
    assert [(job.stage, job.run) for job in estimate.jobs] == [("profile", ""), ("evaluate", "pretrained")]
    found = network(estimate, "resnet50")
    assert found.training_images_per_second is None
    # Weights with their momentum.
    assert found.amounts.download_bytes == estimate.total.download_bytes == 25_560_000 * 8
    assert found.amounts.kept_bytes == 25_560_000 * (8 + 4) + 50_000 * 58
    assert found.amounts.state_bytes == 0
    Path("weights").mkdir()
    Path("weights/resnet50.checkpoint").write_bytes(b"here already")
    assert estimated("paper", ONE, "weights=published").total.download_bytes == 0


def test_extra_test_sets_are_evaluated_and_labels_are_not(estimated: Estimator) -> None:
    tests = "data.tests={imagenetv2: data/v2, real: data/real.json}"
    estimate = estimated("paper", ONE, tests)
    assert {job.test for job in estimate.jobs} == {"", "imagenetv2"}
    val, test = (job(estimate, "resnet50", "evaluate", test=name) for name in ("", "imagenetv2"))
    assert (test.device_hours * 3600 - 5) * 5 == pytest.approx(val.device_hours * 3600 - 5)


def test_seeds_multiply(estimated: Estimator) -> None:
    one, three = (
        network(estimated("paper", ONE, f"seeds={seeds}"), "resnet50").amounts for seeds in ([0], [0, 1, 2])
    )
    assert three.device_hours == pytest.approx(3 * one.device_hours)
    assert three.kept_bytes == 3 * one.kept_bytes
    assert three.state_bytes == one.state_bytes


def test_detectors_wait_for_their_backbones(estimated: Estimator) -> None:
    """However many GPUs: a backbone's training on 8 of them, its detector's on 8, its evaluation on one."""
    changes = ("pairs=resnet50", "detection.detectors=retinanet_resnet50")
    estimate = estimated("paper_coco", *changes, count=10_000)
    names = ("resnet50", "retinanet_resnet50")
    timed = sum(job(estimate, name, "profile", "").device_hours for name in names)
    trained = [job(estimate, name, "train").device_hours / 8 for name in names]
    evaluated = job(estimate, "retinanet_resnet50", "evaluate").device_hours
    assert estimate.total.wall_hours == pytest.approx(timed + sum(trained) + evaluated)


@pytest.mark.parametrize("config", ["config", "paper", "paper_coco"])
def test_sums(estimated: Estimator, config: str) -> None:
    estimate = estimated(config, count=2)
    total = estimate.total
    assert math.fsum(job.device_hours for job in estimate.jobs) == pytest.approx(total.device_hours)
    assert sum(map(estimate.device_hours, STAGES)) == pytest.approx(total.device_hours)
    timed = estimate.device_hours("profile")
    for field in ("device_hours", "kept_bytes", "download_bytes"):
        of_networks = sum(getattr(found.amounts, field) for found in estimate.networks)
        assert of_networks == pytest.approx(getattr(total, field) - (timed if field == "device_hours" else 0))
    assert total.wall_hours >= total.device_hours / 2 * (1 - 1e-12)
    assert Estimate.model_validate_json(estimate.model_dump_json()) == estimate
    assert json.loads(estimate.model_dump_json())["schema_version"] == Estimate.version()


@in_one_folder
@given(
    few=st.integers(1, 64),
    more=st.integers(1, 64),
    config=st.sampled_from(["paper", "paper_coco"]),
    processes=st.integers(1, 16),
    device=st.sampled_from(["h100", "a100", "v100", "gpu"]),
)
def test_more_gpus_are_never_longer_and_take_the_same_energy(
    estimated: Estimator, few: int, more: int, config: str, processes: int, device: str
) -> None:
    one, other = (
        estimated(config, f"training.processes={processes}", device=device, count=count).total
        for count in (few, few + more)
    )
    assert other.wall_hours <= one.wall_hours * (1 + 1e-12)
    assert other.energy_kwh == pytest.approx(one.energy_kwh)
    assert other.device_hours == pytest.approx(one.device_hours)


@in_one_folder
@given(
    epochs=st.floats(0.1, 200), further=st.floats(0.1, 200), device=st.sampled_from(["h100", "v100", "cpu"])
)
def test_more_epochs_never_take_less(
    estimated: Estimator, epochs: float, further: float, device: str
) -> None:
    recipe = Path("config/recipes/imagenet_resnet.yaml")
    text = recipe.read_text()
    totals: list[Amounts] = []
    for wanted in (epochs, epochs + further):
        changed = Path(f"recipe-{len(totals)}.yaml")
        changed.write_text(text.replace("epochs: 100", f"epochs: {wanted}"))
        totals.append(estimated("paper", ONE, f"recipes.resnet50={changed}", device=device).total)
    less, more = totals
    assert more.device_hours >= less.device_hours
    assert more.wall_hours >= less.wall_hours
    assert more.energy_kwh >= less.energy_kwh
    assert more.kept_bytes == less.kept_bytes
