"""All of the authors' layouts, from files as they write them, compute what their code computes."""

import functools

import numpy as np
import pytest
import torch
from oracle import EVALUATED, FORMS, fill
from safetensors.torch import load_file

from dcanet.errors import UserError
from dcanet.files import sha256
from dcanet.models import create
from dcanet.weights.conversion import convert
from dcanet.weights.inspection import inspect
from dcanet.weights.store import load_model, read_metadata, save_model
from dcanet.weights.translation import PREFIXES

BY_NAME = {form.name: form for form in FORMS}


def write(path, form, prefix="", tensors=None, **changes):
    """A checkpoint as the authors' training writes it."""
    state_dict = {prefix + key: value for key, value in (tensors or form.filled()).items()}
    content = {"epoch": 100, "arch": form.name, "state_dict": state_dict, "best_prec1": torch.tensor(76.5)}
    content = {k: v for k, v in (content | {"optimizer": {"state": {}}} | changes).items() if v is not None}
    torch.save(content, path)
    return path


def small(name):
    """Tensors of the right shapes without the noise, which takes its time."""
    return {key: torch.zeros_like(value, device="cpu") for key, value in BY_NAME[name].empty().items()}


def logits(model, size="64x64"):
    with torch.no_grad():
        return model.eval()(torch.from_numpy(fill.images(*EVALUATED[size]))).numpy()


def holds(path, form, tensors):
    """Whether a weight file has exactly these tensors, under this project's names."""
    stored = load_file(path)
    return len(stored) == len(tensors) and all(
        torch.equal(stored[form.ours(key)], value) for key, value in tensors.items()
    )


@functools.lru_cache(maxsize=1)
def filled(name):
    return BY_NAME[name].filled()


#: One prefix of each form, and all four in turn; the others take a minute.
LAYOUTS = [(form, PREFIXES[-i % len(PREFIXES)]) for i, form in enumerate(FORMS)]
OTHERS = [(form, prefix) for form in FORMS for prefix in PREFIXES if (form, prefix) not in LAYOUTS]


def converted(folder, form, prefix):
    """The weight file of a checkpoint with these names."""
    tensors, out = filled(form.name), folder / "model.safetensors"
    source = write(folder / "model_best.pth.tar", form, prefix, tensors)
    conversion = convert(source, out, expected_model=form.model)
    assert (conversion.model, conversion.prefix) == (form.model, prefix)
    assert holds(out, form, tensors)
    return out


@pytest.mark.parametrize(("form", "prefix"), LAYOUTS, ids=str)
def test_every_layout_computes_what_its_authors_did(tmp_path, form, prefix):
    out = converted(tmp_path, form, prefix)
    want = form.logits("64x64")
    assert np.linalg.norm(logits(load_model(out)) - want) < 1e-4 * np.linalg.norm(want)


@pytest.mark.slow
@pytest.mark.parametrize(("form", "prefix"), OTHERS, ids=str)
def test_every_layout_under_every_other_prefix(tmp_path, form, prefix):
    """The tensors are the same to the last bit, so what they compute is."""
    converted(tmp_path, form, prefix)


@pytest.mark.parametrize("how", [{}, {"_use_new_zipfile_serialization": False}], ids=["zip", "legacy"])
def test_half_precision_is_widened(tmp_path, how):
    form, out = BY_NAME["dca_cbam_mobilenet_v2"], tmp_path / "model.safetensors"
    half = {k: v.half() if v.ndim > 1 else v for k, v in form.filled().items()}
    content = {"arch": form.name, "state_dict": {f"module.1.{k}": v for k, v in half.items()}}
    torch.save(content, tmp_path / "a.pth.tar", **how)
    assert convert(tmp_path / "a.pth.tar", out).types == ["float16", "float32", "int64"]
    assert holds(out, form, {k: v.float() if v.ndim > 1 else v for k, v in half.items()})


def test_report_and_metadata(tmp_path):
    form, out = BY_NAME["dca_se_resnet50"], tmp_path / "model.safetensors"
    source = write(tmp_path / "model_best.pth.tar", form)
    conversion = convert(source, out, expected_model="dca_se_resnet50", origin="drive:1abc")
    assert conversion.variant == {"matching": "one_layer"}
    assert (conversion.parameters, conversion.num_classes) == (30_898_696, 1000)
    assert (conversion.arch, conversion.epoch, conversion.best_top1_percent) == (form.name, 100, 76.5)
    assert conversion.remarks == []
    metadata = read_metadata(out)
    assert (metadata.source, metadata.source_sha256) == ("drive:1abc", sha256(source))
    assert (metadata.conversion_version, metadata.variant) == (1, {"matching": "one_layer"})
    assert metadata.notes["best_top1_percent"] == 76.5
    conversion.save(tmp_path / "conversion.json")
    assert type(conversion).load(tmp_path / "conversion.json") == conversion


@pytest.mark.parametrize(
    ("name", "arch", "form", "expected", "model", "options"),
    [
        ("getheta_mobilenet_v2", True, None, None, "ge_mobilenet_v2", {}),
        ("getheta_mobilenet_v2", False, None, "ge_mobilenet_v2", "ge_mobilenet_v2", {}),
        ("getheta_mobilenet_v2", False, "printed", "ge_mobilenet_v2", "ge_mobilenet_v2", {}),
        ("old_mobilenet_v2", False, None, "mobilenet_v2", "mobilenet_v2", {}),
        ("dca_sk_mobilenet_v2", True, None, None, "dca_sk_mobilenet_v2", {"hand_on": "gates"}),
        ("dca_sk_mobilenet_v2_table", True, None, None, "dca_sk_mobilenet_v2", {}),
        ("dca_sk_mobilenet_v2", False, "printed", None, "dca_sk_mobilenet_v2", {}),
    ],
)
def test_forms_that_tensors_cannot_tell_apart(tmp_path, name, arch, form, expected, model, options):
    changes = {} if arch else {"arch": None}
    source = write(tmp_path / "a.pth.tar", BY_NAME[name], tensors=small(name), **changes)
    conversion = convert(source, tmp_path / "out", form, expected)
    assert (conversion.model, conversion.variant, conversion.remarks) == (model, options, [])


def test_a_choice_between_forms_is_remarked(tmp_path):
    name = "dca_sk_mobilenet_v2"
    source = write(tmp_path / "a.pth.tar", BY_NAME[name], tensors=small(name), arch="r1_con6")
    conversion = convert(source, tmp_path / "out", expected_model=name)
    assert conversion.variant == {"hand_on": "gates"}
    assert "the released and the printed form" in conversion.remarks[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("classifier.1.bias"), r"1 missing: head\.bias"),
        (lambda t: t.update({"extra.weight": torch.ones(1)}), r"1 unexpected: extra\.weight"),
        (lambda t: t.update({"classifier.1.bias": torch.ones(10)}), r"1 mis-shaped: head\.bias \(10,\)"),
        (
            lambda t: t.update({"classifier.1.bias": torch.ones(1000).long()}),
            r"classifier\.1\.bias is of type",
        ),
        (lambda t: t["classifier.1.bias"].fill_(float("nan")), r"head\.bias has values that are not finite"),
    ],
)
def test_what_does_not_fit_is_never_loaded_partially(tmp_path, change, message):
    tensors = small("se_mobilenet_v2")
    change(tensors)
    source = write(tmp_path / "a.pth.tar", BY_NAME["se_mobilenet_v2"], "module.", tensors)
    with pytest.raises(UserError, match=message) as caught:
        convert(source, tmp_path / "out")
    assert str(caught.value).startswith(f"{source}: ")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arch", ["se_mobilenet_v2", "r1_con6", None])
@pytest.mark.parametrize("expected", ["dca_se_mobilenet_v2", "se_resnet50", "mobilenet_v2"])
def test_checkpoint_of_another_model(tmp_path, arch, expected):
    source = write(
        tmp_path / "a.pth.tar", BY_NAME["se_mobilenet_v2"], tensors=small("se_mobilenet_v2"), arch=arch
    )
    with pytest.raises(UserError, match=f"(se_mobilenet_v2, not|not of) .*{expected}"):
        convert(source, tmp_path / "out", expected_model=expected)


def test_network_of_nobody(tmp_path):
    torch.save({"features.0.0.weight": torch.ones(3, 3), "classifier.6.bias": torch.ones(3)}, tmp_path / "a")
    with pytest.raises(UserError, match="does not fit mobilenet_v2"):
        convert(tmp_path / "a", tmp_path / "out")


def test_weight_file_of_this_project(tmp_path):
    save_model(create("dca_se_mnasnet1_0", 10, matching="one_layer"), tmp_path / "a", {"source": "trained"})
    conversion = convert(tmp_path / "a", tmp_path / "out", expected_model="dca_se_mnasnet1_0")
    assert (conversion.num_classes, conversion.variant) == (10, {"matching": "one_layer"})
    assert load_model(tmp_path / "out").model_options == load_model(tmp_path / "a").model_options
    with pytest.raises(UserError, match="another model: dca_se_mnasnet1_0, not resnet50"):
        convert(tmp_path / "a", tmp_path / "out", expected_model="resnet50")


def test_inspection(tmp_path):
    source = write(
        tmp_path / "a.pth.tar", BY_NAME["dca_sk_mobilenet_v2"], tensors=small("dca_sk_mobilenet_v2")
    )
    found = inspect(source)
    assert (found.model, found.variant, found.problem) == ("dca_sk_mobilenet_v2", {"hand_on": "gates"}, None)
    assert (found.sha256, found.arch, found.container) == (sha256(source), "dca_sk_mobilenet_v2", "zip")
