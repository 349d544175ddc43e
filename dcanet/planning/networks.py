"""The networks that a config runs: what each costs, what is done with it, and on which images."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..detection import forms as detectors
from ..profile_documents import ModelCosts
from ..sheets import Classifier
from ..training.recipe import LoopRecipe, Recipe
from ..weights.sources import Source
from ..workflow import Plan
from .costs import SIDE, Cost, classifier_cost, detector_cost
from .disk import DETECTION, PREDICTION
from .images import Images, images_of, images_of_detection

#: Backbones that are mostly depthwise convolutions, whose arithmetic is little and whose maps are large.
MOBILE = ("mobilenet_v2", "mnasnet1_0")


@dataclass(frozen=True)
class Kind:
    """What of a network decides its speed beside its MACs."""

    mobile: bool = False
    attention: bool = False
    detector: bool = False


@dataclass(frozen=True)
class Network:
    """A classifier or a detector of a plan."""

    name: str
    kind: Kind
    cost: Cost
    recipe: LoopRecipe
    images: Images
    training_pixels: int
    pixels: int  #: of an image that is evaluated
    micro_batch: int
    runs: list[str]
    source: Source
    evaluated: bool
    tests: list[str]  #: extra test sets with images of their own
    backbone: str | None  #: the classifier that must be trained first
    result_bytes: int  #: of what an evaluation stores of one image

    @property
    def trained(self) -> bool:
        return self.source == "train"


def networks_of(plan: Plan, counted: dict[str, ModelCosts]) -> Iterator[Network]:
    """Classifiers, then detectors, in the order of the sheets; UserError for a file that cannot be read."""
    rows = {model.id: model for pair in plan.config.read_pairs() for model in pair.models}
    images = images_of(plan)
    counted = counted | _unpublished([rows[name] for name in plan.networks if name not in counted], plan)
    for name in plan.networks:
        yield _classifier(plan, rows[name], plan.recipe(name), counted.get(name), images)
    if plan.detection and (detection_images := images_of_detection(plan)):
        for name in plan.detectors:
            backbone = rows[plan.detection.rows[name].backbone_model]
            yield _detector(plan, name, backbone, counted, detection_images)


def _unpublished(rows: Iterable[Classifier], plan: Plan) -> dict[str, ModelCosts]:
    """The costs of networks of which the sheet has none, counted now."""
    own = {
        row.id: plan.config.options_of(row.id)
        for row in rows
        if row.published_params_mega is None or row.published_macs_giga is None
    }
    if not own:
        return {}
    # Only here, since it takes torch.
    from ..profiling.costs import measure_costs

    found = measure_costs(own, SIDE).models
    return {name: costs for name, costs in found.items() if isinstance(costs, ModelCosts)}


def _classifier(
    plan: Plan, row: Classifier, recipe: Recipe, counted: ModelCosts | None, images: Images
) -> Network:
    side = recipe.preprocessing.crop
    training_side = recipe.augmentation.size if recipe.augmentation else side
    evaluated = row.id in plan.models
    return Network(
        name=row.id,
        kind=Kind(mobile=row.backbone in MOBILE, attention=row.attention != "none"),
        cost=classifier_cost(row, counted, training_side, side),
        recipe=recipe,
        images=images,
        training_pixels=training_side**2,
        pixels=side**2,
        micro_batch=_micro_batch(plan, recipe),
        runs=plan.runs_of(row.id),
        source=plan.config.source_of(row.id),
        evaluated=evaluated,
        tests=plan.image_tests if evaluated else [],
        backbone=None,
        result_bytes=PREDICTION,
    )


def _detector(
    plan: Plan, name: str, backbone: Classifier, counted: dict[str, ModelCosts], images: Images
) -> Network:
    assert plan.detection is not None
    options = detectors.resolve_options(name, **plan.config.options_of(name))
    recipe = plan.detection.recipe(name)
    source = plan.config.source_of(name)
    waits = source == "train" and plan.config.source_of(backbone.id) == "train"
    return Network(
        name=name,
        kind=Kind(attention=backbone.attention != "none", detector=True),
        cost=detector_cost(name, options, backbone, counted.get(name), counted.get(backbone.id)),
        recipe=recipe,
        images=images,
        training_pixels=options["short_side"] * options["long_side"],
        pixels=options["short_side"] * options["long_side"],
        micro_batch=_micro_batch(plan, recipe),
        runs=plan.runs_of(name),
        source=source,
        evaluated=True,
        tests=[],
        backbone=backbone.id if waits else None,
        result_bytes=DETECTION * options["detections_per_image"],
    )


def _micro_batch(plan: Plan, recipe: LoopRecipe) -> int:
    return recipe.micro_batch_size or max(1, recipe.batch_size // plan.config.training.processes)
