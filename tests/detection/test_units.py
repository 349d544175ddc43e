"""Single parts of the detectors compute what the authors' code computes."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle import detectors as oracle
from torch.nn import functional as F

from dcanet.detection.anchors import Anchors
from dcanet.detection.assigner import Assigner
from dcanet.detection.boxes import BoxCoder, iou
from dcanet.detection.cascade import STAGES
from dcanet.detection.fpn import Halving
from dcanet.detection.losses import ALPHA, focal_loss, focal_terms, smooth_l1
from dcanet.detection.nms import nms, nms_in_turn, nms_together, select_detections
from dcanet.detection.retinanet import OCTAVES, RetinaNet
from dcanet.detection.roi_align import align, level_of
from dcanet.detection.rpn import RegionProposals
from dcanet.detection.transform import padded, resized
from dcanet.device import autocast

UNITS = oracle.units()
EVERYWHERE = (10**6, 10**6)


def stored(name):
    return torch.from_numpy(UNITS[name])


def close(got, name, relative=1e-12):
    want = UNITS[name]
    assert got.shape == want.shape
    np.testing.assert_allclose(got.numpy(), want, rtol=relative, atol=relative)


@pytest.mark.parametrize("size", [(1, 1), (5, 1), (1, 5), (4, 6), (7, 7)])
def test_halving(size):
    """As a convolution of stride 2, with gradients that bfloat16 computes alike, again and again."""
    torch.manual_seed(0)
    layer = Halving(16, 16)
    x = torch.randn(2, 16, *size)
    torch.testing.assert_close(layer(x), F.conv2d(x, layer.weight, layer.bias, stride=2, padding=1))
    want = torch.autograd.grad(layer(x).square().sum(), layer.weight)[0]
    for _ in range(20):
        torch.full((1 << 16,), 1e30)  # memory that a kernel may take over as it is
        with autocast("bfloat16", torch.device("cpu")):
            loss = layer(x).float().square().sum()
        found = torch.autograd.grad(loss, layer.weight)[0]
        assert (found - want).norm() < 0.02 * want.norm()


@pytest.mark.parametrize("threshold", [0.5, 0.7])
def test_suppression(threshold):
    boxes = stored("nms_dets")
    assert nms(boxes[:, :4], boxes[:, 4], threshold).tolist() == UNITS[f"nms_keep_{threshold}"].tolist()


def test_suppression_counts_pixels():
    """Two boxes of 10 x 10 pixels, one column apart: IoU 90 / 110. As widths of 9 it would be 72 / 90."""
    boxes = torch.tensor([[0.0, 0.0, 9.0, 9.0], [1.0, 0.0, 10.0, 9.0]])
    scores = torch.tensor([0.9, 0.8])
    assert iou(boxes, boxes)[0, 1] == pytest.approx(90 / 110)
    assert nms(boxes, scores, 0.81).tolist() == [0]
    assert nms(boxes, scores, 0.82).tolist() == [0, 1]


@pytest.mark.parametrize(("name", "threshold"), [("mcnms", 0.05), ("mcnms_hi", 0.85)])
def test_choice_of_detections(name, threshold):
    """More than 100 come by score, fewer class by class."""
    found = select_detections(
        stored("nms_dets")[:, :4], stored("mcnms_scores")[:, 1:], threshold, 0.5, limit=100
    )
    assert (found.labels - 1).tolist() == UNITS[f"{name}_labels"].tolist()
    close(torch.cat((found.boxes, found.scores[:, None]), dim=1), f"{name}_boxes")


def crowd(seed, count, classes, side=60.0):
    """Boxes that overlap, and scores with ties."""
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * side
    boxes = torch.cat((corner, corner + torch.rand(count, 2, generator=generator) * 20), dim=1)
    return boxes, (torch.rand(count, classes, generator=generator) * 200).round() / 200


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 5), st.floats(0, 1))
def test_classes_in_turn_or_together(seed, count, classes, threshold):
    boxes, scores = crowd(seed, count, classes)
    scores, labels = scores.max(dim=1)
    scores += torch.arange(count) * 1e-6
    in_turn = nms_in_turn(boxes, scores, labels, threshold)
    assert in_turn.tolist() == nms_together(boxes, scores, labels, threshold).tolist()


@given(st.integers(0, 10**6), st.integers(1, 120), st.integers(1, 5), st.integers(1, 6), st.floats(0, 1))
def test_best_candidates_decide(seed, count, classes, limit, threshold):
    """As if all candidates had been looked at, whatever the limit."""
    boxes, scores = crowd(seed, count, classes)
    scores += torch.arange(scores.numel()).reshape(scores.shape) * 1e-6
    found = select_detections(boxes, scores, 0.1, threshold, limit)
    every = select_detections(boxes, scores, 0.1, threshold, count * classes)
    if len(every.scores) > limit:
        best = every.scores.argsort(descending=True)[:limit]
        every = type(every)(*(values[best] for values in every))
    assert all(torch.equal(*pair) for pair in zip(found, every, strict=True))


@pytest.mark.parametrize(
    ("name", "coder", "size"),
    [
        ("unit", BoxCoder(), (250, 309)),
        ("noclip", BoxCoder(), None),
        ("cascade1", STAGES[0].coder, (250, 309)),
        ("cascade3", STAGES[2].coder, (250, 309)),
    ],
)
def test_decoding(name, coder, size):
    proposals, offsets = stored("coder_boxes"), stored("coder_deltas")
    if size is None:  # moved so far that nothing is cut
        far = 10**5
        moved = coder.decode(proposals + far, offsets, EVERYWHERE) - far
        close(moved, f"coder_decoded_{name}", relative=1e-9)
    else:
        close(coder.decode(proposals, offsets, size), f"coder_decoded_{name}")


@pytest.mark.parametrize(("name", "coder"), [("unit", BoxCoder()), ("cascade2", STAGES[1].coder)])
def test_encoding(name, coder):
    close(coder.encode(stored("coder_boxes"), stored("coder_gt")), f"coder_encoded_{name}")


def test_overlaps():
    close(iou(stored("coder_boxes"), stored("coder_gt"))[::3], "iou")


@pytest.mark.parametrize("stride", [4, 8, 16, 32, 64])
def test_anchors_of_proposals(stride):
    grid = Anchors(stride, [8]).grid(3, 4, torch.float64, torch.device("cpu"))
    assert torch.equal(grid, stored(f"anchors_rpn_{stride}").double())


@pytest.mark.parametrize("stride", [8, 16, 32, 64, 128])
def test_anchors_of_retinanet(stride):
    anchors = Anchors(stride, [4 * octave for octave in OCTAVES])
    grid = anchors.grid(3, 4, torch.float64, torch.device("cpu"))
    assert torch.equal(grid, stored(f"anchors_retina_{stride}").double())
    some = torch.tensor([0, 107, 50, 37])
    assert torch.equal(anchors.at(some, 4, torch.float64), grid[some])


@pytest.mark.parametrize(
    ("name", "assigner"),
    [
        ("retina", RetinaNet.assigner),
        ("rpn", RegionProposals.assigner),
        ("rcnn1", STAGES[0].assigner),
        ("rcnn3", STAGES[2].assigner),
    ],
)
def test_assignment(name, assigner):
    assigned = assigner(stored("assign_anchors"), stored("assign_gt"))
    assert torch.equal(assigned, stored(f"assign_{name}_gt_inds").long())


def test_assignment_to_the_last_of_equal_truths():
    candidates = torch.tensor([[0.0, 0.0, 9.0, 9.0], [50.0, 50.0, 59.0, 59.0]])
    truths = candidates[:1].repeat(3, 1)
    assert Assigner(0.5, 0.4, 0.0)(candidates, truths).tolist() == [3, 0]


def test_focal_terms():
    logits, targets = stored("focal_logits"), stored("focal_targets") > 0
    weights = stored("focal_weights") * torch.where(targets, ALPHA, 1 - ALPHA)
    close((weights * focal_terms(torch.where(targets, -logits, logits))).sum()[None] / 7, "focal_loss_avg7")


def test_focal_loss_of_labels():
    """As the sum over a matrix of targets; ignored rows count nothing, also in the gradient."""
    logits = stored("focal_logits").requires_grad_()
    labels = torch.arange(40) % 8 * 11
    labels[::5] = -1
    targets = torch.zeros(40, 81).scatter(1, labels.clamp(min=0)[:, None], 1)[:, 1:] > 0
    weights = torch.where(targets, ALPHA, 1 - ALPHA) * (labels >= 0)[:, None]
    want = (weights * focal_terms(torch.where(targets, -logits, logits))).sum()
    got = focal_loss(logits, labels)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=0)
    (gradient,) = torch.autograd.grad(got, logits, retain_graph=True)
    torch.testing.assert_close(gradient, torch.autograd.grad(want, logits)[0], rtol=1e-10, atol=1e-14)
    assert not gradient[::5].any()


@pytest.mark.parametrize(("beta", "name"), [(0.11, "0.1100"), (1 / 9, "0.1111"), (1.0, "1.0000")])
def test_smooth_l1(beta, name):
    counted = stored("sl1_weight") > 0
    loss = smooth_l1(stored("sl1_pred")[counted], stored("sl1_target")[counted], beta)
    close(loss[None] / 9, f"sl1_loss_beta{name}_avg9")


def test_levels_of_regions():
    assert level_of(stored("rois")[:, 1:], 4).tolist() == UNITS["roi_levels"].tolist()


def test_align():
    close(align(stored("roi_feat"), stored("align_rois"), 8), "align_out_stride8")


@pytest.mark.parametrize("row", UNITS["resize_h_w_newh_neww_padh_padw"].tolist(), ids=str)
def test_sizes(row):
    height, width, *wanted = row
    size, scale = resized((height, width), 800, 1333)
    assert [*size, *padded(size)] == wanted
    assert scale == min(1333 / max(height, width), 800 / min(height, width))
