"""Whole made-up experiments, small and large: every number is a fixture and none was measured."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from made_up import (
    classifier,
    detector,
    plain_pair,
    run_folder,
    se_pair,
    write_costs,
    write_detector,
    write_epochs,
    write_pictures,
    write_run,
    write_speeds,
)
from PIL import Image
from prediction_sets import correlated, predictions_of, write_evaluation

from dcanet.comparison_documents import (
    Agreement,
    ClassDelta,
    Estimate,
    FlippedImage,
    FlippedPictures,
    ModelStatistics,
    PairComparison,
    Pooled,
    RunComparison,
    TableStatistics,
)
from dcanet.detection_documents import DetectionPicture, DetectionPictures
from dcanet.report import render
from dcanet.sheets import Detector, Pair
from dcanet.statistics.experiment import experiment_statistics
from dcanet.statistics.settings import Settings

#: Of each training in the large experiments.
EPOCHS = 100


def small(results: Path) -> tuple[list[Pair], list[Detector]]:
    """A plain network without results, one pair with everything, one that was only begun; two detectors."""
    rights = correlated(np.random.default_rng(0), 400, (0.5, 0.8))
    for model, right in zip(("se_resnet50", "dca_se_resnet50"), rights, strict=True):
        write_run(results, model)
        folder = run_folder(results, model, 0)
        write_evaluation(
            folder / "eval", predictions_of(right), model, top1_percent=100 * float(right.mean())
        )
        write_epochs(folder, [6.0, 4.0, 3.5], [10.0, 30.0, 40.0])
    write_costs(results, {"se_resnet50": 28_088_024, "dca_se_resnet50": 28_650_000})
    write_speeds(results, "se_resnet50", ["se_resnet50", "dca_se_resnet50"])
    write_run(results, "ge_mobilenet_v2", top1=41.5)
    write_detector(results, "plain", [20.0, 18.0, 22.0])
    write_detector(results, "se", [25.0, 22.9, 27.1])
    write_pictures(results, "se", "plain")
    mobile = {"backbone": "mobilenet_v2"}
    baseline = classifier("ge_mobilenet_v2", "GEθ-MobileNetV2", "ge", **mobile)
    connected = classifier("dca_ge_mobilenet_v2", "GEθ-MobileNetV2", "ge", connected=True, **mobile)
    begun = Pair(id=baseline.id, row=baseline.row, baseline=baseline, connected=connected)
    pairs = [plain_pair(), se_pair(), begun]
    detectors = [
        detector("plain", None, 36.2),
        detector("se", "plain", 37.4, backbone_model="se_resnet50"),
    ]
    found = experiment_statistics(results, pairs, detectors, Settings(resamples=100))
    found.save(results / "statistics.json")
    return pairs, detectors


def rendered(
    results: Path, pairs: Sequence[Pair], detectors: Sequence[Detector], out: Path, **values: str
) -> Path:
    """The report of an experiment; `values` change its name and the notes on its data."""
    named = {"experiment": "made_up", "data_note": "made-up data", "detection_note": "made-up scenes"}
    return render(results, list(pairs), list(detectors), out, **(named | values))  # type: ignore[arg-type]


def large(
    results: Path, pairs: Sequence[Pair], images: int, classes: int, detectors: Sequence[Detector] = ()
) -> None:
    """Results of these as trainings on ImageNet and COCO leave them, in every file that the report reads."""
    models = [model.id for pair in pairs for model in pair.models]
    for place, model in enumerate(models):
        top1 = 70 + place % 50 / 10
        per_class = {
            f"n{number:08}": {"images": images // classes, "top1_percent": top1} for number in range(classes)
        }
        write_run(results, model, top1=top1, per_class=per_class, images=images, of_classes=classes)
        losses = [7 / epoch for epoch in range(1, EPOCHS + 1)]
        write_epochs(run_folder(results, model, 0), losses, [70 * epoch / EPOCHS for epoch in range(EPOCHS)])
    write_costs(results, {model: 25_000_000 + place for place, model in enumerate(models)})
    for pair in pairs:
        write_speeds(results, pair.id, [model.id for model in pair.models])
    compared = [pair for pair in pairs if pair.connected]
    _statistics(compared, models, images, classes).save(results / "statistics.json")
    flips = [_flip(pair.id, place).image for pair in compared for place in range(10)]
    FlippedPictures(pictures=dict.fromkeys(flips, _photo(112, 84))).save(results / "flips.json")
    for row in detectors:
        write_detector(results, row.id, [38.0, 37.0, 39.0])
        if row.baseline:
            _write_photos(results, row.id, row.baseline)


def copies(pairs: Sequence[Pair], count: int) -> list[Pair]:
    """So many pairs with names of their own."""
    made = []
    for number in range(count):
        pair = pairs[number % len(pairs)]
        models = [
            model.model_copy(update={"id": f"{model.id}_{number}", "pair": f"{pair.id}_{number}"})
            for model in pair.models
        ]
        made.append(
            Pair(
                id=f"{pair.id}_{number}",
                row=f"{pair.row} {number}",
                baseline=models[0],
                connected=models[1] if len(models) == 2 else None,
            )
        )
    return made


def _statistics(pairs: Sequence[Pair], models: Sequence[str], images: int, classes: int) -> TableStatistics:
    of_model = {
        model: ModelStatistics(
            images=images,
            seeds=[0],
            top1=_estimate(70 + place % 50 / 10),
            top5=_estimate(92.0),
            nll=_estimate(1.0),
            ece=_estimate(3.0),
        )
        for place, model in enumerate(models)
    }
    square = [[1.0] * len(models) for _ in models]
    return TableStatistics(
        alpha=0.05,
        adjustment="holm",
        resamples=10_000,
        models=of_model,
        pairs={pair.id: _comparison(pair, images, classes) for pair in pairs},
        pooled=Pooled(
            pairs=len(pairs),
            gain=_estimate(0.3),
            p_value=0.01,
            split=None,
            random_effects=None,
            better=0,
            worse=0,
        ),
        agreement=Agreement(models=list(models), same_answer=square, kappa=square),
    )


def _comparison(pair: Pair, images: int, classes: int) -> PairComparison:
    delta = ClassDelta(images=50, gained=3, lost=2, difference=_estimate(2.0), p_adjusted=1.0)
    flips = [_flip(pair.id, place) for place in range(10)]
    assert pair.connected
    return PairComparison(
        baseline=pair.baseline.id,
        other=pair.connected.id,
        images=images,
        gained=900,
        lost=800,
        runs=[
            RunComparison(
                seed=0,
                both_right=images // 2,
                gained=900,
                lost=800,
                same_mistake=100,
                other_mistake=100,
                difference=_estimate(0.2),
                bootstrap=_estimate(0.2),
                p_exact=0.02,
                p_mid=0.02,
            )
        ],
        top1=_estimate(0.2),
        top5=_estimate(0.1),
        nll=_estimate(-0.01),
        ece=_estimate(-0.1),
        split=None,
        p_value=0.02,
        p_adjusted=0.24,
        verdict="not distinguishable",
        detectable=0.3,
        per_class={f"n{number:08}": delta for number in range(classes)},
        surest_gained=flips[:5],
        surest_lost=flips[5:],
    )


def _flip(pair: str, place: int) -> FlippedImage:
    name = f"n{place:08}/ILSVRC2012_val_{pair}_{place}.JPEG"
    return FlippedImage(
        image=name, baseline_answer=1, baseline_confidence=0.9, other_answer=2, other_confidence=0.8
    )


def _estimate(value: float) -> Estimate:
    return Estimate(value=value, low=value - 0.4, high=value + 0.4)


def _write_photos(results: Path, detector: str, baseline: str) -> None:
    photo = _photo(480, 320)
    pictures = [
        DetectionPicture(
            image_id=number,
            width=640,
            height=427,
            baseline=photo,
            connected=photo,
            baseline_text="person 0.90",
            connected_text="person 0.91",
            annotated_text="person",
        )
        for number in range(4)
    ]
    drawn = DetectionPictures(detector=detector, baseline=baseline, dataset="coco", pictures=pictures)
    drawn.save(results / "detection" / detector / "pictures.json")


def _photo(width: int, height: int) -> str:
    """Of noise, which compresses worse than any photo."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=60)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
