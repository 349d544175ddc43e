"""Ids of variants: read as they are written, and by every function that takes an id."""

import string

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcanet.models import assemble, base_of, default_options, is_model, known, resolve_options, variant_id
from dcanet.models.forms import variant_of
from dcanet.models.options import CHOICES, CONNECTION


def values(key: str, default: object) -> st.SearchStrategy:
    """What an option may be, as far as an id can say it."""
    if key in CONNECTION:
        return st.sampled_from(CONNECTION[key])
    if isinstance(default, bool):
        return st.booleans()
    if isinstance(default, int):
        return st.integers(1, 64)
    return st.sampled_from(next(group for group in CHOICES if default in group))


@given(data=st.data())
def test_a_variant_is_the_model_with_these_options(data):
    name = data.draw(st.sampled_from(known()))
    has = {key: value for key, value in default_options(name).items() if not isinstance(value, float)}
    if name.startswith("dca_"):
        has |= {key: words[0] for key, words in CONNECTION.items()}
    keys = data.draw(st.lists(st.sampled_from(sorted(has)), unique=True) if has else st.just([]))
    changes = {key: data.draw(values(key, has[key])) for key in keys}
    variant = variant_id(name, changes)
    assert base_of(variant) == name
    assert default_options(variant) == resolve_options(name, **changes)
    assert set(variant) <= {*string.ascii_lowercase, *string.digits, "_"}
    assert variant_of(variant, default_options(variant)) == {}


def test_a_variant_is_built_and_knows_its_id():
    with torch.device("meta"):
        model = assemble("dca_se_resnet50__matching_one_layer__reduction_8", reduction=4)
    assert model.model_name == "dca_se_resnet50__matching_one_layer__reduction_8"
    assert model.model_options == {"reduction": 4, "matching": "one_layer", "join_bias": True}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (
            "dca_se_resnet50__matchin_one_layer",
            "'matchin_one_layer' is no option of dca_se_resnet50 with a value",
        ),
        ("dca_se_resnet50__matching", "'matching' is no option of dca_se_resnet50 with a value"),
        ("dca_se_resnet50__", "'' is no option of dca_se_resnet50"),
        ("dca_se_resnet50__merge_multiply", "option merge of .* must be one of weighted, addition"),
        ("dca_se_resnet50__join_bias_yes", "join_bias must be true or false, not 'yes'"),
        ("dca_se_resnet50__reduction_x", "reduction must be a whole number, not 'x'"),
        ("dca_se_resnet50__reduction_0", "option reduction of .* must be positive"),
        ("se_resnet50__reduction_8__reduction_4", "reduction stands twice"),
        ("se_resnet50__merge_addition", "its options are: reduction"),
        ("resnet50__reduction_8", "its options are: none"),
        ("cbam_resnet50__spatial_momentum_1", "spatial_momentum must be given by --option"),
        ("se_resnet52__reduction_8", "unknown model 'se_resnet52__reduction_8'"),
        ("dca_resnet50", "unknown model 'dca_resnet50'"),
        ("se_se_resnet50", "unknown model"),
        ("dca_dca_se_resnet50", "unknown model"),
        ("se_", "unknown model"),
    ],
)
def test_what_is_no_variant(name, problem):
    assert not is_model(name)
    with pytest.raises(ValueError, match=problem) as error:
        default_options(name)
    assert "\n" not in str(error.value)


def test_a_value_that_no_id_can_say():
    with pytest.raises(
        ValueError, match=r"option spatial_momentum of cbam_resnet50: 0.5 cannot stand in an id"
    ):
        variant_id("cbam_resnet50", {"spatial_momentum": 0.5})
