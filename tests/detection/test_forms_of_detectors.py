"""Names and options of detectors."""

import subprocess
import sys

import pytest

from dcanet import detection
from dcanet.detection import forms
from dcanet.sheets import read_detectors


def test_names_are_the_rows_of_table_2(pytestconfig):
    rows = read_detectors(pytestconfig.rootpath / "config" / "detectors.tsv")
    assert detection.names() == [row.id for row in rows]
    for row in rows:
        detector, backbone = detection.split_name(row.id)
        assert backbone == row.backbone_model
        assert row.detector == {"retinanet": "RetinaNet", "cascade_rcnn": "Cascade R-CNN"}[detector]


def test_every_resnet_is_a_backbone():
    assert detection.is_detector("cascade_rcnn_dca_cbam_resnet50")
    assert not any(map(detection.is_detector, ["resnet50", "retinanet_se_mobilenet_v2", "retinanet", "x"]))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("retinanet_se_resnet5", "did you mean 'retinanet_se_resnet50'"),
        ("retinanet_mobilenet_v2", "unknown detector 'retinanet_mobilenet_v2'"),
    ],
)
def test_unknown_names(name, message):
    with pytest.raises(ValueError, match=message):
        detection.create(name)


def test_options_are_the_backbones_and_the_detectors():
    options = detection.default_options("retinanet_dca_se_resnet50")
    assert (options["matching"], options["reduction"]) == ("one_layer", 16)
    assert (options["short_side"], options["long_side"], options["anchor_scale"]) == (800, 1333, 4)
    assert detection.default_options("retinanet_dca_se_resnet50", "printed")["matching"] == "two_layer"
    cascade = detection.default_options("cascade_rcnn_resnet50")
    assert (cascade["anchor_scale"], cascade["proposals"], cascade["sampled_rois"]) == (8, 2000, 512)
    assert "head_depth" not in cascade


def test_changes_make_a_variant():
    name = "retinanet_dca_se_resnet50"
    options = detection.resolve_options(name, "printed", short_side=400)
    assert detection.variant_of(name, options) == {"matching": "two_layer", "short_side": 400}
    assert detection.resolve_options(name, **options) == options
    assert detection.variant_of(name, detection.default_options(name)) == {}
    assert forms.backbone_options(name, options) == {
        "reduction": 16,
        "matching": "two_layer",
        "join_bias": True,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shortside": 400}, "no option 'shortside'; did you mean 'short_side'"),
        ({"head_width": 10}, "no option 'head_width'; did you mean 'head_depth'"),
        ({"short_side": 0}, "short_side of retinanet_se_resnet50 must be a positive integer, not 0"),
        ({"short_side": 400.0}, "must be a positive integer"),
        ({"channels": True}, "must be a positive integer"),
        ({"frozen_stages": 5}, "frozen_stages .* must be from 0 to 4, not 5"),
        ({"score_threshold": 1.5}, "must be a number from 0 to 1"),
        ({"nms_threshold": "0.5"}, "must be a number from 0 to 1"),
        ({"short_side": 2000}, r"long_side .* at least short_side \(2000\), not 1333"),
        ({"reduction": "16"}, "option reduction of se_resnet50 must be a int"),
        ({"form": "paper"}, "no option 'form'"),
    ],
)
def test_options_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        detection.resolve_options("retinanet_se_resnet50", **options)


def test_a_form_that_cannot_be():
    with pytest.raises(ValueError, match="form must be"):
        detection.resolve_options("retinanet_se_resnet50", "paper")


def test_names_and_options_need_no_torch():
    program = (
        "import sys, dcanet.detection as d; d.default_options(d.names()[0]);"
        "sys.exit('torch' in sys.modules or 'torchvision' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


def test_classifiers_need_no_torchvision():
    program = "import sys, dcanet.weights.store; sys.exit('torchvision' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0
