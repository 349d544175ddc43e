"""The six detectors compute what the authors' code computes, forwards and backwards.

The stored results are float64 runs rounded to float32, detections and losses excepted.
"""

import functools

import numpy as np
import pytest
import torch
from numpy.typing import ArrayLike
from oracle import detectors as oracle
from oracle import fill
from oracle.detectors import DETECTOR_FORMS

from dcanet.detection.roi_align import level_of, pool
from dcanet.detection.rpn import STRIDES
from dcanet.detection.transform import Batch, Truths
from dcanet.weights import from_authors

BY_NAME = {str(form): form for form in DETECTOR_FORMS}


@functools.lru_cache(maxsize=1)
def filled(name):
    return BY_NAME[name].filled()


def model_of(form):
    return from_authors(filled(str(form)))


def relative_error(got: torch.Tensor, want: ArrayLike) -> float:
    values = oracle.thin(got.double().numpy())
    assert values.shape == np.shape(want)
    return float(np.linalg.norm(values - want) / np.linalg.norm(want))


def images(shape, name, dtype):
    return torch.from_numpy(fill.images(*shape, name=name)).to(dtype)


class Comparison:
    """The largest relative error of each kind of result."""

    def __init__(self, form):
        self.form = form
        self.errors = {}

    def add(self, what, got):
        self.errors[what] = relative_error(got, self.form.result(what))

    def largest(self):
        return max(self.errors.items(), key=lambda item: item[1])


def features(model, form, dtype):
    """The pyramid of the evaluated image, compared on the way."""
    compared, image = Comparison(form), images(oracle.EVALUATED, "input", dtype)
    for number, x in enumerate(model.backbone.features(image), start=2):
        compared.add(f"c{number}_mean", x[0].mean(dim=(1, 2)))
        compared.add(f"c{number}_first", x[0, :2])
    levels = model.pyramid(image)
    for number, x in enumerate(levels):
        compared.add(f"p{number}_mean", x[0].mean(dim=(1, 2)))
        compared.add(f"p{number}_first", x[0, :4])
    return levels, compared


def retinanet(model, levels, compared):
    maps = model.head(levels)
    for number, (classes, offsets) in enumerate(maps):
        compared.add(f"cls{number}", classes[0, ::40])
        compared.add(f"cls{number}_mean", classes[0].mean(dim=(1, 2)))
        compared.add(f"reg{number}", offsets[0])
    return model.detections(maps, oracle.SIZES, oracle.SCALES)[0]


def cascade(model, levels, compared, exact):
    maps = model.rpn(levels)
    for number, (objects, offsets) in enumerate(maps):
        compared.add(f"rpn_cls{number}", objects[0])
        compared.add(f"rpn_reg{number}", offsets[0])
    (proposals,) = model.rpn.propose(maps, oracle.SIZES)
    assert len(proposals.boxes) == compared.form.result("proposal_count")
    if exact:  # float32 has near-ties
        found = torch.cat((proposals.boxes, proposals.scores[:, None]), dim=1)[:200]
        compared.errors["proposals"] = relative_error(found, compared.form.result("proposals"))
    check_stages(model, levels, compared)
    return model.detections(levels, [proposals.boxes], oracle.SIZES, oracle.SCALES)[0]


def check_stages(model, levels, compared):
    """Every stage on the same regions."""
    regions = torch.from_numpy(compared.form.result("fixed_rois")[:, 1:]).to(levels[0].dtype)
    pooled_levels = model.pooled_levels(levels)
    assert level_of(regions, 4).tolist() == compared.form.result("fixed_levels").tolist()
    pooled = pool(pooled_levels, STRIDES[:4], [regions])
    compared.add("fixed_roi_feats", pooled[:, ::32])
    for stage in range(3):
        logits, offsets = model.look(stage, pooled_levels, [regions])
        (refined,) = model.refine(stage, [regions], offsets, oracle.SIZES)
        compared.add(f"fixed_cls{stage}", logits)
        compared.add(f"fixed_reg{stage}", offsets)
        compared.add(f"fixed_refined{stage}", torch.cat((torch.zeros(len(refined), 1), refined), dim=1))


#: Features and heads, then boxes and scores; the features are stored in float32.
TOLERANCES = {torch.float64: (3e-7, 1e-12), torch.float32: (1e-4, 1e-4)}
#: The fast ones.
FEW = (
    ("retinanet_dca_se_resnet50", torch.float64),
    ("retinanet_dca_se_resnet50", torch.float32),
    ("cascade_rcnn_dca_gc_resnet50", torch.float64),
)


@pytest.mark.parametrize(
    ("form", "dtype"),
    [
        pytest.param(
            form,
            dtype,
            id=f"{form}-{dtype}",
            marks=[] if (str(form), dtype) in FEW else pytest.mark.slow,
        )
        for form in DETECTOR_FORMS
        for dtype in TOLERANCES
    ],
)
def test_detects_what_the_authors_code_detects(form, dtype, record_property):
    model, (features_within, boxes_within) = model_of(form).to(dtype).eval(), TOLERANCES[dtype]
    with torch.inference_mode():
        levels, compared = features(model, form, dtype)
        if form.kind == "retinanet":
            found = retinanet(model, levels, compared)
        else:
            found = cascade(model, levels, compared, exact=dtype == torch.float64)
    record_property("largest_relative_error", compared.largest())
    assert not {key: error for key, error in compared.errors.items() if not error <= features_within}

    by_class = found.labels.argsort(stable=True)
    assert (found.labels[by_class] - 1).tolist() == form.result("det_labels").tolist()
    boxes = torch.cat((found.boxes, found.scores[:, None]), dim=1)[by_class]
    assert relative_error(boxes, form.result("det_boxes")) <= boxes_within


#: Theirs -> ours; the second and third stage's hold the stage's weight.
LOSSES = {
    "retinanet": {"loss_cls": "loss_cls", "loss_reg": "loss_box"},
    "cascade_rcnn": {"loss_rpn_cls": "loss_rpn_cls", "loss_rpn_reg": "loss_rpn_box"}
    | {f"s{n}.loss_{a}": f"loss_{b}_{n + 1}" for n in range(3) for a, b in (("cls", "cls"), ("reg", "box"))},
}


def losses(model, form, dtype):
    """Of the two images, with so large samples that nothing is drawn."""
    if form.kind == "cascade_rcnn":
        model.rpn.sampled_anchors = model.model_options["sampled_rois"] = 10**8
    truths = [Truths(torch.tensor(boxes).to(dtype), torch.tensor(labels)) for boxes, labels in oracle.TRUTHS]
    batch = Batch(images(oracle.TRAINED, "train", dtype), oracle.TRAINED_SIZES, oracle.TRAINED_SCALES)
    return model.train().losses(batch, truths)


def check_losses(form, found, relative):
    theirs = {name: form.result(f"loss/{name}").sum() for name in LOSSES[form.kind]}
    assert len(theirs) == len(found)
    for name, want in theirs.items():
        assert found[LOSSES[form.kind][name]].item() == pytest.approx(want, rel=relative), name
    assert sum(found.values()).item() == pytest.approx(float(form.result("loss/total")), rel=relative)


#: A fast one, and those that take over a minute each.
FAST, LENGTHY = "retinanet_dca_se_resnet50", ("cascade_rcnn_resnet50", "cascade_rcnn_gc_resnet50")


def marks_to_learn(form):
    marks = [] if str(form) == FAST else [pytest.mark.slow]
    return [*marks, pytest.mark.lengthy] if str(form) in LENGTHY else marks


@pytest.mark.parametrize(
    "form", [pytest.param(form, id=str(form), marks=marks_to_learn(form)) for form in DETECTOR_FORMS]
)
def test_learns_what_the_authors_code_learns(form):
    model = model_of(form).double()
    found = losses(model, form, torch.float64)
    sum(found.values()).backward()
    check_losses(form, found, relative=1e-10)
    for group, want in zip(form.facts["gradient_groups"], form.result("grad_norm"), strict=True):
        keys = [key for key, role in form.roles.items() if role != "buffer" and key.startswith(f"{group}.")]
        gradients = [model.get_parameter(form.ours(key)).grad for key in keys]
        squares = sum(gradient.square().sum().item() for gradient in gradients if gradient is not None)
        assert squares**0.5 == pytest.approx(want, rel=1e-9), group


def test_losses_of_a_cascade_in_float32():
    """A near-tie may suppress one proposal of thousands more or less."""
    form = BY_NAME["cascade_rcnn_dca_gc_resnet50"]
    with torch.no_grad():
        check_losses(form, losses(model_of(form), form, torch.float32), relative=2e-3)
