"""Detectors' checkpoints as mmdetection writes them become models and weight files, whole or not at all."""

import warnings
from collections import Counter

import pytest
import torch
from oracle import FORMS
from oracle.detectors import DETECTOR_FORMS
from safetensors.torch import load_file

from dcanet import detection
from dcanet.errors import UserError
from dcanet.models import TRIPLES
from dcanet.weights import StateDictMismatch, from_authors
from dcanet.weights.conversion import convert
from dcanet.weights.inspection import inspect
from dcanet.weights.store import load_model, read_metadata, save_model

BY_NAME = {str(form): form for form in DETECTOR_FORMS}
RETINA, CASCADE = BY_NAME["retinanet_se_resnet50"], BY_NAME["cascade_rcnn_dca_gc_resnet50"]


def numbered(form):
    """A state dict in which every tensor is told from the others."""
    return {key: value + number for number, (key, value) in enumerate(form.empty(device="cpu").items())}


def write(path, tensors, prefix=""):
    """A checkpoint as mmcv writes it."""
    meta = {"epoch": 24, "iter": 175920, "mmdet_version": "0.6.rc0", "time": "Mon", "config": "x = 1"}
    state_dict = {prefix + key: value for key, value in tensors.items()}
    torch.save({"meta": meta, "state_dict": state_dict, "optimizer": {"state": {}}}, path)
    return path


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("form", DETECTOR_FORMS, ids=str)
def test_the_six_are_recognised(form, prefix):
    with warnings.catch_warnings(action="error"):
        model = from_authors(form.empty(prefix))
    assert (model.model_name, model.num_classes) == (form.model, 80)
    assert model.model_options == detection.default_options(form.model)
    with warnings.catch_warnings(action="error"):
        assert from_authors(form.empty(prefix), form.model).model_name == form.model


@pytest.mark.parametrize("form", DETECTOR_FORMS, ids=str)
def test_keys_correspond_one_to_one(form):
    twice = Counter(form.ours(key) for key in form.shapes)
    assert max(twice.values()) == 1, twice.most_common(3)


@pytest.mark.parametrize("name", [form.name for form in FORMS if "resnet50" in form.name])
def test_every_resnet_is_a_backbone(name):
    """The neck and head of one detector behind every classifier's backbone."""
    form = next(form for form in FORMS if form.name == name)
    tensors = {key: value for key, value in RETINA.empty().items() if not key.startswith("backbone.")}
    tensors |= {f"backbone.{key}": v for key, v in form.empty().items() if not key.startswith("fc.")}
    backbone = form.model if TRIPLES[form.model][1:] != ("ge", False) else "resnet50"
    model = from_authors(tensors, "printed" if form.variant == "printed" else "released")
    assert model.model_name == f"retinanet_{backbone}"
    wanted = detection.default_options(model.model_name, form.variant)
    assert model.model_options == wanted
    if backbone != form.model:
        assert from_authors(tensors, f"retinanet_{form.model}").model_name == f"retinanet_{form.model}"


def test_forms_with_the_same_tensors():
    form = next(form for form in FORMS if form.name == "dca_cbam_resnet50")
    tensors = {key: value for key, value in CASCADE.empty().items() if not key.startswith("backbone.")}
    tensors |= {f"backbone.{key}": v for key, v in form.empty().items() if not key.startswith("fc.")}
    with pytest.warns(UserWarning, match=r"released and the printed form of cascade_rcnn_dca_cbam_resnet50"):
        assert from_authors(tensors).model_options["hand_on"] == "map"


@pytest.mark.parametrize(
    ("form", "rows"),
    [
        (RETINA, {"bbox_head.retina_cls": 9 * 5}),
        (CASCADE, {f"bbox_head.{stage}.fc_cls": 6 for stage in range(3)}),
    ],
    ids=str,
)
def test_number_of_classes_is_read_from_the_tensors(form, rows):
    tensors = form.empty()
    for layer, outputs in rows.items():
        for leaf in ("weight", "bias"):
            shape = form.shapes[f"{layer}.{leaf}"]
            tensors[f"{layer}.{leaf}"] = torch.empty((outputs, *shape[1:]), device="meta")
    assert from_authors(tensors).num_classes == 5


def test_loaded_detectors_train_what_is_not_frozen():
    model = from_authors(RETINA.empty())
    assert model.training
    trained = {key for key, p in model.named_parameters() if p.requires_grad}
    assert trained == {RETINA.ours(key) for key, role in RETINA.roles.items() if role == "trained"}


class TestMismatch:
    @pytest.fixture
    def tensors(self):
        return CASCADE.empty("module.")

    @pytest.mark.parametrize("layer", ["retina_cls", "retina_reg"])
    def test_missing_last_layer(self, layer):
        tensors = RETINA.empty()
        del tensors[f"bbox_head.{layer}.weight"]
        with pytest.raises(StateDictMismatch, match=r"1 missing: head\.(classes|offsets)\.weight"):
            from_authors(tensors)

    def test_missing(self, tensors):
        del tensors["module.bbox_head.2.fc_reg.bias"], tensors["module.backbone.layer1.0.rgc.weight"]
        missing = r"2 missing: backbone\.stages\.0\.0\.\S+\.scale, heads\.2\.offsets\.bias"
        with pytest.raises(StateDictMismatch, match=missing):
            from_authors(tensors)

    def test_unexpected(self, tensors):
        tensors["module.mask_head.weight"] = torch.empty(3)
        with pytest.raises(StateDictMismatch, match=r"1 unexpected: mask_head\.weight"):
            from_authors(tensors)

    def test_head_of_the_classifier(self, tensors):
        tensors["module.backbone.fc.bias"] = torch.empty(1000)
        with pytest.raises(StateDictMismatch, match=r"1 unexpected: backbone\.head\.bias"):
            from_authors(tensors)

    @pytest.mark.parametrize("shape", [(), (5,), (81, 1024, 1)])
    def test_mis_shaped(self, tensors, shape):
        tensors["module.bbox_head.0.fc_cls.weight"] = torch.empty(shape)
        with pytest.raises(StateDictMismatch, match=r"mis-shaped: heads\.0\.classes\.weight"):
            from_authors(tensors)

    def test_another_detector(self, tensors):
        with pytest.raises(StateDictMismatch, match="cascade_rcnn_dca_gc_resnet50, not of retinanet_resnet5"):
            from_authors(tensors, "retinanet_resnet50")
        with pytest.raises(StateDictMismatch, match="not of dca_gc_resnet50"):
            from_authors(tensors, "dca_gc_resnet50")

    def test_detector_of_another_kind(self):
        backbone = {key: value for key, value in RETINA.empty().items() if key.startswith("backbone.")}
        with pytest.raises(ValueError, match=r"not a state dict of RetinaNet or Cascade R-CNN: .* has none"):
            from_authors(backbone)
        with pytest.raises(ValueError, match=r"it has \['bbox_head.fc_cls.weight'\], none"):
            from_authors(backbone | {"bbox_head.fc_cls.weight": torch.empty(81, 1024)})
        with pytest.raises(ValueError, match="not a state dict of a ResNet, MobileNetV2 or MnasNet"):
            from_authors({"backbone.x": torch.empty(1), "bbox_head.retina_cls.weight": torch.empty(9, 4)})


CONVERTED = [
    pytest.param(form, prefix, id=f"{form}-{prefix}", marks=[] if form is RETINA else pytest.mark.slow)
    for form in DETECTOR_FORMS
    for prefix in ("", "module.")
]


@pytest.mark.parametrize(("form", "prefix"), CONVERTED)
def test_conversion(tmp_path, form, prefix):
    tensors, out = numbered(form), tmp_path / "model.safetensors"
    conversion = convert(write(tmp_path / "epoch_24.pth", tensors, prefix), out, expected_model=form.model)
    assert (conversion.model, conversion.variant, conversion.num_classes) == (form.model, {}, 80)
    assert (conversion.prefix, conversion.epoch, conversion.remarks) == (prefix, 24, [])
    assert conversion.parameters == form.facts["parameters"]
    stored = load_file(out)
    assert len(stored) == len(tensors)
    assert all(torch.equal(stored[form.ours(key)], value) for key, value in tensors.items())
    model = load_model(out)
    assert (model.model_name, model.num_classes) == (form.model, 80)
    again = tmp_path / "again.safetensors"
    assert convert(out, again).model == form.model
    assert again.read_bytes()[-1000:] == out.read_bytes()[-1000:]


def test_what_does_not_fit_is_not_written(tmp_path):
    tensors, out = RETINA.empty(device="cpu"), tmp_path / "out"
    source = write(tmp_path / "a.pth", tensors)
    for expected in ("retinanet_resnet50", "se_resnet50"):
        with pytest.raises(UserError, match=f"retinanet_se_resnet50, not (of )?{expected}"):
            convert(source, out, expected_model=expected)
    del tensors["neck.fpn_convs.4.conv.bias"]
    found = inspect(write(source, tensors))
    assert (found.model, found.epoch, found.missing) == (None, 24, ("neck.tops.1.bias",))
    tensors["neck.fpn_convs.4.conv.bias"] = torch.full((256,), float("inf"))
    with pytest.raises(UserError, match=r"neck\.tops\.1\.bias has values that are not finite") as caught:
        convert(write(source, tensors), out)
    assert str(caught.value).startswith(f"{source}: ")
    assert "\n" not in str(caught.value)
    assert not out.exists()


def test_weight_files(tmp_path):
    """A detector of one's own, with options, comes back as it was."""
    path = tmp_path / "model.safetensors"
    options = {"channels": 16, "head_width": 32, "short_side": 96, "frozen_stages": 0}
    model = detection.create("cascade_rcnn_dca_se_resnet50", 7, **options)
    save_model(model, path, {"source": "trained"})
    metadata = read_metadata(path)
    assert (metadata.model, metadata.num_classes) == (model.model_name, 7)
    again = load_model(path)
    assert (again.model_options, again.num_classes) == (model.model_options, 7)
    state = again.state_dict()
    assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())
    assert not any(value.is_meta for value in [*again.parameters(), *again.buffers()])
    assert all(parameter.requires_grad for parameter in again.parameters())
    image, (one, other) = torch.zeros(3, 60, 90), (model.eval(), again.eval())
    with torch.inference_mode():
        torch.testing.assert_close(one([image])[0]["scores"], other([image])[0]["scores"])
