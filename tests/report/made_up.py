"""Made-up results for tests: every number here is a fixture and none was measured."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dcanet.detection_documents import (
    ApBootstrap,
    CocoNumbers,
    DetectionMetrics,
    DetectionPicture,
    DetectionPictures,
    Interval,
)
from dcanet.documents import (
    EpochRecord,
    Metrics,
    Provenance,
    RealMetrics,
    Result,
    write_history,
)
from dcanet.models import default_options
from dcanet.models.forms import TRIPLES
from dcanet.profile_documents import (
    Costs,
    Latency,
    MacCount,
    MachineState,
    Measurement,
    ModelCosts,
    Parts,
    Setting,
    Speed,
    Throughput,
    Uncounted,
)
from dcanet.sheets import Classifier, Detector, Pair

STARTED = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def classifier(model: str, row: str, attention: str, connected: bool = False, **values: Any) -> Classifier:
    baseline = model.removeprefix("dca_")
    return Classifier(
        **{
            "id": model,
            "pair": baseline,
            "row": row,
            "backbone": "resnet50",
            "attention": attention,
            "connected": connected,
            "published_top1_percent": 71.55 if connected else 71.29,
            "published_top5_percent": 90.65,
            "published_macs_giga": 4.13,
            "published_params_mega": 28.65 if connected else 28.09,
            "model_drive_id": "made-up-model",
            "log_drive_id": "made-up-log",
            **values,
        }
    )


def plain_pair() -> Pair:
    model = classifier("resnet50", "ResNet50", "none")
    return Pair(id=model.id, row=model.row, baseline=model, connected=None)


def se_pair(row: str = "SE-ResNet50") -> Pair:
    baseline = classifier("se_resnet50", row, "se")
    connected = classifier("dca_se_resnet50", row, "se", connected=True)
    return Pair(id=baseline.id, row=row, baseline=baseline, connected=connected)


def detector(name: str, baseline: str | None, ap: float, **values: Any) -> Detector:
    return Detector(
        **{
            "id": name,
            "detector": "RetinaNet",
            "row": name,
            "backbone_model": "resnet50",
            "baseline": baseline or "",
            "published_ap": ap,
            **{f"published_ap{part}": 50.0 for part in ("50", "75", "_small", "_medium", "_large")},
            "model_drive_id": "made-up-model",
            "log_drive_id": "made-up-log",
            **values,
        }
    )


def write_detector(results: Path, name: str, aps: list[float], seed: int = 0, **values: Any) -> None:
    """A run whose AP is the first of `aps`, and that of its resamples the others; no object is large."""
    numbers = dict.fromkeys(CocoNumbers.model_fields, 50.0) | {
        "ap": aps[0],
        "ap_large": None,
        "ar_large": None,
    }
    interval = Interval(value=aps[0], low=min(aps), high=max(aps), standard_error=1.0, bias=0.0, resamples=2)
    metrics = {
        "model": name,
        "options": {},
        "seed": seed,
        "dataset": "made-up scenes",
        "split": "val",
        "images": 20,
        "objects": 50,
        "crowds": 0,
        "detections": 100,
        "numbers": numbers,
        "per_category": {},
        "intervals": {"ap": interval},
        "oracle_images": 20,
        "oracle_difference": 0.0,
        "weights_sha256": "f" * 64,
        "data_fingerprint": "data0123456789ab",
        "recipe_hash": "recipe0123456789",
        **values,
    }
    folder = results / "detection" / name / f"seed{seed}"
    DetectionMetrics(**metrics).save(folder / "eval" / "metrics.json")
    ApBootstrap(
        seed=0,
        resamples=len(aps) - 1,
        images=20,
        images_hash="images0123456789",
        values={"ap": aps[0]},
        resampled={"ap": list(aps[1:])},
    ).save(folder / "eval" / "bootstrap.json")
    for stage, verb in (("train", "train"), ("eval", "evaluate")):
        provenance(verb, name, seed).save(folder / stage / "provenance.json")


def write_pictures(results: Path, name: str, baseline: str) -> None:
    pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    picture = DetectionPicture(
        image_id=7,
        width=1,
        height=1,
        baseline=pixel,
        connected=pixel,
        baseline_text="nothing",
        connected_text="<b>cat</b> 0.90",
        annotated_text="<b>cat</b>",
    )
    drawn = DetectionPictures(detector=name, baseline=baseline, dataset="made-up scenes", pictures=[picture])
    drawn.save(results / "detection" / name / "pictures.json")


def options_of(model: str) -> dict[str, Any]:
    """Of its printed form; none of a model that is made up too."""
    return default_options(model) if model in TRIPLES else {}


def run_folder(results: Path, model: str, seed: int | None) -> Path:
    return results / "classification" / model / ("pretrained" if seed is None else f"seed{seed}")


def write_run(results: Path, model: str, seed: int | None = 0, top1: float = 90.0, **values: Any) -> None:
    folder = run_folder(results, model, seed)
    metrics = {
        "model": model,
        "options": options_of(model),
        "weights_source": "trained" if seed is not None else "published (drive:made-up-model)",
        "seed": seed,
        "dataset": "made-up",
        "split": "val",
        "preprocessing": "none",
        "classes": 10,
        "images": 1000,
        "top1_percent": top1,
        "top5_percent": 99.0,
        "of_classes": 10,
        "class_order_hash": "classes012345678",
        "nll": 0.3,
        "ece_percent": 2.5,
        "per_class": {"made-up class": {"images": 1000, "top1_percent": top1}},
        "weights_sha256": "f" * 64,
        "recipe_hash": "recipe0123456789",
        "data_fingerprint": "data0123456789ab",
        **values,
    }
    Metrics(**metrics).save(folder / "eval" / "metrics.json")
    for stage, verb in (("train", "train"), ("eval", "evaluate")):
        provenance(verb, model, seed).save(folder / stage / "provenance.json")


def write_test(
    results: Path, model: str, test: str, seed: int | None = 0, top1: float = 60.0, **values: Any
) -> None:
    """A result on an extra test set of a run that is there."""
    folder = run_folder(results, model, seed)
    of_val = Metrics.load(folder / "eval" / "metrics.json")
    if test == "real":
        shared = {field: getattr(of_val, field) for field in Result.model_fields if field != "schema_version"}
        labels = {"labels_sha256": "1" * 64, "unlabelled_images": 7}
        found: Result = RealMetrics(**(shared | labels | {"top1_percent": top1} | values))
    else:
        found = of_val.model_copy(update={"dataset": test, "split": "test", "top1_percent": top1} | values)
    found.save(folder / f"test-{test}" / "metrics.json")
    provenance(f"evaluate-{test}", model, seed).save(folder / f"test-{test}" / "provenance.json")


def write_epochs(folder: Path, losses: list[float], accuracies: list[float] | None = None) -> None:
    """A history.jsonl with these train losses and, as a published log has them, validation accuracies."""
    write_history(
        folder / "train" / "history.jsonl",
        [
            EpochRecord(
                epoch=number,
                learning_rate=0.1,
                train_loss=loss,
                train_top1_percent=10.0,
                valid_top1_percent=accuracies[number - 1] if accuracies else None,
            )
            for number, loss in enumerate(losses, start=1)
        ],
    )


def provenance(verb: str, model: str, seed: int | None, **values: Any) -> Provenance:
    facts = {
        "command": ["dcanet", verb, model, *([] if seed is None else ["--seed", str(seed)])],
        "started": STARTED,
        "ended": STARTED,
        "git_commit": "abc1234",
        "git_dirty": False,
        "versions": {"python": "3.11", "torch": "2.14.1"},
        "machine": {"processor": "made-up", "cores": 2},
        "device": "cpu",
        "threads": 2,
        "seed": seed,
        "weights_sha256": "f" * 64,
        **values,
    }
    return Provenance(**facts)


def write_costs(
    results: Path,
    parameters: dict[str, int],
    macs: int = 4_122_792_960,
    options: dict[str, dict[str, Any]] | None = None,
    uncounted: dict[str, str] | None = None,
) -> None:
    """Networks with these totals, one in a hundred of which is the connection's; and some without a count."""

    def split(total: int) -> Parts:
        return Parts(backbone=total - total // 50, attention=total // 100, connection=total // 100)

    def counted(total: int) -> MacCount:
        return MacCount(parts=split(total), uncounted_ops={"aten::mul": 3})

    models: dict[str, ModelCosts | Uncounted] = {
        name: ModelCosts(
            options=(options or {}).get(name, options_of(name)),
            height=224,
            width=224,
            classes=1000,
            parameters=split(count),
            macs={
                "fvcore": counted(macs + index),
                "conv_linear": counted(macs - 10**7),
                "published": counted(macs + 10**7),
            },
        )
        for index, (name, count) in enumerate(parameters.items())
    }
    models |= {name: Uncounted(reason=reason) for name, reason in (uncounted or {}).items()}
    Costs(models=models).save(results / "profile" / "costs.json")


def write_speeds(
    results: Path,
    pair: str,
    models: Sequence[str],
    overhead: float = 2.0,
    device: str = "cpu",
    **values: Any,
) -> None:
    """One measurement at batch 1, `values` of which are changed; the first model's speed is 100 images/s."""
    latency = Latency(calls=30, p50_ms=10.0, p90_ms=11.0, p99_ms=12.5)
    speeds = {
        name: Speed(
            images_per_second=speed,
            interval=(speed * 0.99, speed * 1.01),
            rounds=[speed] * 3,
            latency=latency,
            peak_memory_bytes=120 * 2**20,
        )
        for name, speed in zip(models, (100.0, 100 / (1 + overhead / 100)), strict=False)
    }
    state = MachineState(load_average=0.1, clock_mhz=2445.0)
    measurement = {
        "setting": Setting(batch_size=1),
        "wanted_batch_size": 1,
        "models": speeds,
        "overhead_percent": overhead if len(models) == 2 else None,
        "overhead_interval": (overhead - 1, overhead + 1) if len(models) == 2 else None,
        "settled": True,
        "before": state,
        "after": state,
        "loaded": False,
        **values,
    }
    Throughput(
        pair=pair,
        device=device,
        device_name="made-up processor",
        threads=2,
        height=224,
        width=224,
        seconds=3.0,
        measurements=[Measurement(**measurement)],
    ).save(results / "profile" / device / f"{pair}.json")
