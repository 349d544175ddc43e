"""Detectors as a user has them: from images of any size to detections or losses."""

import math

import pytest
import torch
from oracle.detectors import DETECTOR_FORMS

from dcanet import detection, models
from dcanet.detection.boxes import from_public, to_public
from dcanet.detection.transform import prepare, truths_of
from dcanet.evaluation.folding import fold_norms
from dcanet.evaluation.fusing import fuse_activations
from dcanet.weights import StateDictMismatch

RESNETS = [name for name, (backbone, _, _) in models.TRIPLES.items() if backbone == "resnet50"]
RESNETS += ["dca_eca_resnet18", "dca_se_resnet34__scope_stage"]
#: So that a forward pass takes a moment.
SMALL = {"short_side": 64, "long_side": 96, "channels": 16}
SMALL_OF = {
    "retinanet": SMALL | {"head_depth": 1},
    "cascade_rcnn": SMALL | {"head_width": 32, "proposals": 50, "sampled_rois": 32},
}


def small(name, num_classes=3, **options):
    """A detector that finds something: quickly filled, with scores around one half."""
    torch.manual_seed(0)
    kind, _ = detection.split_name(name)
    with torch.device("meta"):
        model = detection.assemble(name, num_classes, **(SMALL_OF[kind] | options))
    model.to_empty(device="cpu")
    with torch.no_grad():
        for key, value in model.state_dict().items():
            if key.endswith("running_var") or (value.dim() == 1 and key.endswith("weight")):
                value.fill_(1)
            elif value.dim() < 2:
                value.zero_()
            else:
                value.uniform_(-1, 1).mul_(math.sqrt(3 / value[0].numel()))
        for module in model.backbone.modules():  # small residual branches keep the features' size
            if (norm := getattr(module, "residual_norm", None)) is not None:
                norm.weight.fill_(0.2)
    return model


@pytest.fixture(scope="module", params=detection.DETECTORS)
def model(request):
    return small(f"{request.param}_dca_se_resnet50")


def images(*sizes, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=generator)
        for size in sizes or [(60, 80), (90, 70)]
    ]


def target(*boxes, labels=None):
    return {
        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor(labels or [1 + number % 3 for number in range(len(boxes))], dtype=torch.int64),
    }


TWO = [target((5, 6, 30, 40), (20, 10, 70, 50)), target((10, 10, 60, 80))]


def detect(model, pictures):
    with torch.inference_mode():
        return model.eval()(pictures)


def same(first, second):
    return all(
        torch.equal(a[key], b[key])
        for a, b in zip(first, second, strict=True)
        for key in ("boxes", "labels", "scores")
    )


def learn(model, pictures, targets, seed=0):
    """The losses and gradients of a step."""
    model.train().zero_grad()
    torch.manual_seed(seed)
    losses = model(pictures, targets)
    sum(losses.values()).backward()
    assert all(torch.isfinite(loss) and loss.dim() == 0 for loss in losses.values())
    gradients = {key: p.grad for key, p in model.named_parameters() if p.requires_grad and p.grad is not None}
    assert all(torch.isfinite(gradient).all() for gradient in gradients.values())
    return losses, gradients


@pytest.mark.parametrize(
    ("kind", "backbone"),
    [
        pytest.param(kind, name, marks=pytest.mark.slow if (index + turn) % 2 else [])
        for index, name in enumerate(RESNETS)
        for turn, kind in enumerate(detection.DETECTORS)
    ],
)
def test_every_backbone(kind, backbone):
    model = small(f"{kind}_{backbone}")
    losses, gradients = learn(model, images(), TWO)
    want = {"loss_cls", "loss_box"}
    if kind == "cascade_rcnn":
        want = {"loss_rpn_cls", "loss_rpn_box"} | {f"loss_{a}_{n}" for a in ("cls", "box") for n in (1, 2, 3)}
    assert set(losses) == want
    assert any(gradient.any() for key, gradient in gradients.items() if key.startswith("backbone.stages.3"))
    found = detect(model, images())
    assert len(found) == 2
    for image, result in zip(images(), found, strict=True):
        boxes, labels, scores = result["boxes"], result["labels"], result["scores"]
        assert boxes.dtype == scores.dtype == torch.float32
        assert labels.dtype == torch.int64
        assert len(boxes) == len(labels) == len(scores) > 0
        assert len(boxes) <= 100
        assert set(labels.tolist()) <= {1, 2, 3}
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()
        # The last pixel of the resized image ends up to one resized pixel beyond the original one.
        limits = torch.tensor([image.shape[2] + 1.0, image.shape[1] + 1.0])
        assert (boxes[:, 2:] <= limits).all()
        assert ((scores > 0.05) & (scores <= 1)).all()


@pytest.mark.parametrize("form", DETECTOR_FORMS, ids=str)
def test_sizes_of_the_six(form):
    with torch.device("meta"):
        model = detection.assemble(form.model)
    assert form.model in detection.names()
    parameters = list(model.parameters())
    assert sum(p.numel() for p in parameters) == form.facts["parameters"]
    trained = sum(p.numel() for p in parameters if p.requires_grad)
    assert trained == form.facts["trained_parameters"]
    roles = {form.ours(key): role for key, role in form.roles.items() if role != "buffer"}
    assert roles == {
        key: "trained" if parameter.requires_grad else "frozen" for key, parameter in model.named_parameters()
    }
    anchors = model.anchors if form.kind == "retinanet" else model.rpn.anchors
    assert [level.shapes for level in anchors] == form.facts["base_anchors"]
    assert [level.stride for level in anchors] == form.facts["anchor_strides"]


def test_detections_do_not_depend_on_the_batch(model):
    pictures = images((60, 80), (90, 70), (60, 80), (61, 80))
    together = detect(model, pictures)
    for picture, found in zip(pictures, together, strict=True):
        (alone,) = detect(model, [picture])
        assert alone["labels"].tolist() == found["labels"].tolist()
        torch.testing.assert_close(alone["boxes"], found["boxes"], rtol=1e-3, atol=1e-2)


def test_floating_point_images_are_from_0_to_1(model):
    pictures = images()
    bright = [picture.float() / 255 for picture in pictures]
    for one, other in zip(detect(model, pictures), detect(model, bright), strict=True):
        torch.testing.assert_close(one["scores"], other["scores"], rtol=1e-3, atol=1e-4)


def test_same_inputs_same_results(model):
    assert same(detect(model, images()), detect(model, images()))
    losses, gradients = learn(model, images(), TWO)
    again, gradients_again = learn(model, images(), TWO)
    assert losses == again
    assert all(torch.equal(gradients[key], value) for key, value in gradients_again.items())


def test_samples_are_drawn_from_the_global_generator():
    model = small("cascade_rcnn_resnet50", sampled_anchors=4, sampled_rois=4)
    first, other = (learn(model, images(), TWO, seed)[0] for seed in (1, 2))
    assert first["loss_rpn_cls"] != other["loss_rpn_cls"]
    assert first["loss_cls_1"] != other["loss_cls_1"]
    assert first == learn(model, images(), TWO, 1)[0]


NOTHING, PIXEL, ALL = target(), target((40, 30, 41, 31)), target((0, 0, 80, 60))


@pytest.mark.parametrize(
    "targets",
    [[NOTHING, NOTHING], [NOTHING, TWO[1]], [PIXEL, PIXEL], [ALL, ALL], [target((70, 55, 90, 75)), NOTHING]],
    ids=["nothing", "nothing-in-one", "a-pixel", "the-whole-image", "beyond-the-border"],
)
def test_unusual_targets(model, targets):
    losses, gradients = learn(model, images(), targets)
    # Data-parallel training waits for the gradient of every parameter.
    heads = {key for key, _ in model.named_parameters() if not key.startswith("backbone.")}
    assert heads <= set(gradients)
    if not sum(len(t["boxes"]) for t in targets):
        assert all(loss == 0 for name, loss in losses.items() if "box" in name)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (33, 64), (200, 20)])
def test_unusual_sizes(model, size):
    (found,) = detect(model, images(size))
    assert torch.isfinite(found["boxes"]).all()
    learn(model, images(size), [target((0, 0, size[1], size[0]))])


def test_images_smaller_than_every_anchor():
    """No anchor lies inside, so there is nothing to sample."""
    model = small("cascade_rcnn_resnet50", short_side=8, long_side=8)
    learn(model, images((8, 8)), [target((1, 1, 5, 5))])
    detect(model, images((8, 8)))


@pytest.mark.parametrize("threshold", [0.05, 1.0])
@pytest.mark.parametrize("kind", detection.DETECTORS)
def test_everything_under_the_score_threshold(kind, threshold):
    model = small(f"{kind}_resnet50", score_threshold=threshold)
    head = model.head.classes if kind == "retinanet" else model.heads[0].classes
    if threshold < 1:
        with torch.no_grad():  # only background is left
            head.bias.fill_(-30)
            if kind == "cascade_rcnn":
                head.bias[0] = 1000
            else:
                head.weight.zero_()
    for found in detect(model, images()):
        assert found["boxes"].shape == (0, 4)
        assert found["labels"].shape == found["scores"].shape == (0,)
        assert found["labels"].dtype == torch.int64


def test_no_images(model):
    assert detect(model, []) == []


def test_training_needs_targets(model):
    with pytest.raises(ValueError, match="needs targets"):
        model.train()(images())


@pytest.mark.parametrize("frozen", [0, 1, 3])
def test_norms_and_frozen_stages_stay(frozen):
    model = small("retinanet_cbam_resnet50", frozen_stages=frozen)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    learn(model, images(), TWO)
    assert model.training
    norms = [m for m in model.backbone.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert not any(norm.training for norm in norms)
    optimizer.step()
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    assert not any("running_" in key or "num_batches" in key for key in changed)
    kept = ["backbone.stem.", *(f"backbone.stages.{stage}." for stage in range(frozen))] if frozen else []
    assert not any(key.startswith(tuple(kept)) for key in changed if kept)
    assert any(key.startswith(f"backbone.stages.{frozen}.") and ".norm." in key for key in changed)
    assert any(key.startswith("backbone.stem.") for key in changed) == (frozen == 0)


def test_backbone_from_a_classifier():
    model = small("retinanet_dca_se_resnet50")
    classifier = models.create("dca_se_resnet50", 10, form="released")
    model.load_backbone(classifier.state_dict())
    state = classifier.state_dict()
    assert all(torch.equal(value, state[key]) for key, value in model.backbone.state_dict().items())
    assert not any(key.startswith("head.") for key in model.backbone.state_dict())

    with torch.device("meta"):
        printed = models.assemble("dca_se_resnet50", 10)
    before = model.backbone.stem[0].conv.weight.clone()
    with pytest.raises(StateDictMismatch, match=r"retinanet_dca_se_resnet50: 16 unexpected") as caught:
        model.load_backbone(printed.state_dict())
    assert "\n" not in str(caught.value)
    assert torch.equal(model.backbone.stem[0].conv.weight, before)


def test_fast_form_detects_the_same():
    for name in ("retinanet_se_resnet50", "cascade_rcnn_resnet50"):
        model = small(name).eval()
        before = detect(model, images())
        assert fold_norms(model) > 50
        fuse_activations(model)
        for one, other in zip(before, detect(model, images()), strict=True):
            torch.testing.assert_close(one["scores"][:5], other["scores"][:5], rtol=1e-3, atol=1e-4)


def test_half_precision_of_autocast(model):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses, _ = learn(model, images(), TWO)
        assert all(loss.dtype == torch.float32 for loss in losses.values())
        found = detect(model, images())
    assert all(result["boxes"].dtype == torch.float32 for result in found)


def test_initial_weights():
    """Stored as the authors' code has them: 1 % of a new RetinaNet's anchors are of a class."""
    torch.manual_seed(0)
    model = detection.create("retinanet_resnet50", 5, channels=64)
    assert model.head.classes.bias.tolist() == pytest.approx([-math.log(99)] * 45)
    assert model.head.classes.weight.std().item() == pytest.approx(0.01, rel=0.02)
    assert not model.head.offsets.bias.any()
    lateral = model.neck.laterals[0].weight
    assert lateral.abs().max().item() == pytest.approx(math.sqrt(6 / (512 + 64)), rel=0.01)
    cascade = detection.create("cascade_rcnn_resnet50", 5, channels=16, head_width=64)
    assert cascade.rpn.conv.conv.weight.std().item() == pytest.approx(0.01, rel=0.05)
    assert cascade.heads[1].classes.weight.std().item() == pytest.approx(0.01, rel=0.2)
    assert cascade.heads[2].offsets.weight.std().item() == pytest.approx(0.001, rel=0.2)
    hidden = cascade.heads[0].hidden[0].weight
    assert hidden.abs().max().item() == pytest.approx(math.sqrt(6 / (16 * 49 + 64)), rel=0.01)
    assert not any(bias.any() for key, bias in cascade.heads.named_parameters() if key.endswith("bias"))


def test_targets_follow_the_image():
    """A public box of the left half is, in pixels, the columns from 0 to half the width less one."""
    batch = prepare(images((50, 100)), 100, 200, torch.float32)
    assert (batch.sizes, batch.scales) == ([(100, 200)], [2.0])
    assert batch.images.shape == (1, 3, 128, 224)
    assert batch.images.is_contiguous(memory_format=torch.channels_last)
    assert not batch.images[:, :, 100:].any()
    (truth,) = truths_of([target((0, 0, 50, 50), (90, 40, 130, 60))], batch)
    assert truth.boxes.tolist() == [[0, 0, 98, 98], [180, 80, 199, 99]]
    boxes = torch.tensor([[1.0, 2.0, 5.0, 7.0]])
    assert from_public(boxes).tolist() == [[1, 2, 4, 6]]
    assert torch.equal(to_public(from_public(boxes)), boxes)


def test_images_are_normalised():
    (picture,) = images((100, 100))
    batch = prepare([picture], 100, 100, torch.float64)
    mean, std = torch.tensor([123.675, 116.28, 103.53]), torch.tensor([58.395, 57.12, 57.375])
    want = (picture - mean[:, None, None]) / std[:, None, None]
    torch.testing.assert_close(batch.images[0, :, :100, :100].float(), want)
