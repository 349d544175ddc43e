"""`from_authors` recognises every form, and loads all of a state dict or nothing."""

import contextlib
import warnings

import pytest
import torch
from oracle import FORMS, Form

from dcanet.models import resolve_options
from dcanet.weights import StateDictMismatch, from_authors
from dcanet.weights.translation import PREFIXES

BY_NAME = {form.name: form for form in FORMS}

#: Plain GE has no tensors of its own.
SEEN_AS_PLAIN = {form.name: form.model.removeprefix("ge_") for form in FORMS if form.name.startswith("ge")}

#: The printed form has the tensors of the released one; with what they hand on.
SAME_TENSORS = {
    "dca_cbam_resnet50": ("map", "vector"),
    "dca_cbam_mnasnet1_0r8": ("map", "vector"),
    "dca_cbam_mnasnet1_0": ("map", "vector"),
    "dca_sk_mobilenet_v2": ("gates", "pooled"),
}


PRINTED_TWINS = ("dca_cbam_resnet50_table", "dca_cbam_mnasnet1_0_table", "dca_sk_mobilenet_v2_table")


def warning_about(form: Form) -> str | None:
    """What the warning says where keys and shapes leave a choice."""
    if form.name in (*SAME_TENSORS, *PRINTED_TWINS):
        return "released and the printed form"
    return "no parameters of its own" if form.name.startswith(("old_", "getheta_")) else None


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_recognises_every_form_by_keys_and_shapes(form, prefix):
    variant = "released" if form.name in PRINTED_TWINS else form.variant
    warning = warning_about(form)
    with pytest.warns(UserWarning, match=warning) if warning else contextlib.nullcontext():
        model = from_authors(form.empty(prefix))
    assert model.model_name == SEEN_AS_PLAIN.get(form.name, form.model)
    assert model.model_options == resolve_options(form.model, variant, **form.options)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_authors_name_decides_without_a_warning(form):
    with warnings.catch_warnings(action="error"):
        model = from_authors(form.empty(), form.name)
    assert model.model_name == form.model
    assert model.model_options == resolve_options(form.model, form.variant, **form.options)


@pytest.mark.parametrize("name", SAME_TENSORS)
def test_two_forms_with_the_same_tensors(name):
    """The released one is taken, with a warning, unless the caller decides."""
    tensors = BY_NAME[name].empty()
    released, printed = SAME_TENSORS[name]
    with pytest.warns(UserWarning, match=r"released and the printed form .* form='printed'"):
        assert from_authors(tensors).model_options["hand_on"] == released
    with warnings.catch_warnings(action="error"):
        assert from_authors(tensors, form="released").model_options["hand_on"] == released
        assert from_authors(tensors, form="printed").model_options["hand_on"] == printed


@pytest.mark.parametrize("name", ["old_resnet50", "getheta_mnasnet1_0", "old_mobilenet_v2"])
def test_plain_gather_excite_is_the_callers_to_name(name):
    tensors, backbone = BY_NAME[name].empty(), name.split("_", 1)[1]
    with pytest.warns(UserWarning, match=f"pass form='ge_{backbone}'"):
        assert from_authors(tensors).model_name == backbone
    with warnings.catch_warnings(action="error"):
        assert from_authors(tensors, form=backbone).model_name == backbone
        assert from_authors(tensors, form=f"ge_{backbone}").model_name == f"ge_{backbone}"
        assert from_authors(tensors, form=f"getheta_{backbone}").model_name == f"ge_{backbone}"


def test_half_precision_is_widened():
    weights = BY_NAME["se_mnasnet1_0"].filled()
    half = {
        f"module.1.{key}": value.half() if value.is_floating_point() else value
        for key, value in weights.items()
    }
    model = from_authors(half)
    floating = {value.dtype for value in model.state_dict().values() if value.is_floating_point()}
    assert floating == {torch.float32}
    assert torch.equal(model.head.weight, weights["classifier.1.weight"].half().float())
    assert model.stem[0].norm.num_batches_tracked.dtype == torch.int64


@pytest.mark.parametrize("name", ["dca_se_resnet50", "cbam_mnasnet1_0_table", "dca_sk_mobilenet_v2"])
def test_number_of_classes_is_read_from_the_tensors(name):
    tensors = BY_NAME[name].empty()
    for key in tensors:
        if key.startswith(("fc.", "classifier.")):
            tensors[key] = torch.empty((12, *tensors[key].shape[1:]), device="meta")
    assert from_authors(tensors, form="released").head.out_features == 12


def test_model_is_in_training_mode_and_trainable():
    model = from_authors(BY_NAME["old_mobilenet_v2"].filled(), "mobilenet_v2")
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())


class TestMismatch:
    """The message lists what is wrong."""

    @pytest.fixture
    def tensors(self):
        return BY_NAME["dca_se_mobilenet_v2"].empty("module.")

    def test_missing(self, tensors):
        del tensors["module.features.3.se.fc.0.bias"], tensors["module.classifier.1.weight"]
        with pytest.raises(StateDictMismatch) as caught:
            from_authors(tensors)
        assert "2 missing: blocks.2.attention.gate.0.bias, head.weight" in str(caught.value)

    def test_unexpected(self, tensors):
        tensors["module.extra.weight"] = torch.empty(3)
        with pytest.raises(StateDictMismatch, match=r"dca_se_mobilenet_v2: 1 unexpected: extra\.weight$"):
            from_authors(tensors)

    def test_mis_shaped(self, tensors):
        tensors["module.classifier.1.bias"] = torch.empty(7)
        with pytest.raises(StateDictMismatch, match=r"1 mis-shaped: head\.bias \(7,\) for \(1000,\)$"):
            from_authors(tensors)

    def test_all_kinds_at_once(self, tensors):
        tensors["module.extra.weight"] = torch.empty(3)
        tensors["module.classifier.1.bias"] = torch.empty(7)
        del tensors["module.features.0.conv.0.weight"]
        with pytest.raises(
            StateDictMismatch, match=r"1 missing: stem\.conv.*1 unexpected: extra.*1 mis-shaped: head"
        ):
            from_authors(tensors)

    def test_many(self, tensors):
        """Five names tell enough."""
        for k in range(9):
            tensors[f"module.extra.{k}"] = torch.empty(3)
        with pytest.raises(StateDictMismatch, match=r"9 unexpected: (extra\.\d, ){5}\.\.\.$"):
            from_authors(tensors)

    def test_another_models_tensors(self, tensors):
        with pytest.raises(StateDictMismatch, match="tensors of dca_se_mobilenet_v2, not of se_resnet50"):
            from_authors(tensors, form="se_resnet50")

    def test_one_key_without_the_prefix_of_the_others(self, tensors):
        tensors["features.3.se.fc.0.bias"] = tensors.pop("module.features.3.se.fc.0.bias")
        with pytest.raises(StateDictMismatch, match=r"unexpected: module\.features\.0"):
            from_authors(tensors)

    def test_the_state_dict_stays_as_it_is(self, tensors):
        tensors["module.classifier.1.bias"] = torch.empty(7)
        before = dict(tensors)
        with pytest.raises(StateDictMismatch):
            from_authors(tensors)
        assert tensors == before


@pytest.mark.parametrize("keys", [[], ["encoder.weight"], ["epoch", "arch", "state_dict"]])
def test_other_dicts(keys):
    with pytest.raises(ValueError, match="not a state dict of a ResNet, MobileNetV2 or MnasNet"):
        from_authors({key: torch.empty(1) for key in keys})


def test_unknown_form():
    with pytest.raises(ValueError, match=r"form must be 'printed', 'released', a model id .* not 'paper'"):
        from_authors(BY_NAME["se_resnet50"].empty(), form="paper")
