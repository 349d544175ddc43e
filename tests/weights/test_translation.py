"""The authors' key names and this package's correspond one to one."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import FORMS

from dcanet.models import TRIPLES
from dcanet.weights.translation import PREFIXES, authors_forms, split_prefix, triple_of

KEYS = sorted({key for form in FORMS for key in form.shapes})


def test_forms_are_the_35():
    assert {name: (model, form, changes) for name, (model, form, changes) in authors_forms().items()} == {
        form.name: (form.model, form.variant, form.options) for form in FORMS
    }
    released = [name for name in authors_forms() if not name.endswith("_table")]
    assert (len(authors_forms()), len(released)) == (35, 29)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_no_two_keys_become_one(form):
    twice = Counter(form.ours(key) for key in form.shapes)
    assert max(twice.values()) == 1, twice.most_common(3)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_last_part_of_a_key_stays(form):
    """But for the scalars, which get names of their own."""
    for key in form.shapes:
        leaf = key.rpartition(".")[2]
        if leaf not in ("p1", "p2") and not key.endswith("rgc.weight"):
            assert form.ours(key).rpartition(".")[2] == leaf


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_triple_is_read_from_the_keys(form):
    backbone, attention, connected = TRIPLES[form.model]
    if (attention, connected) == ("ge", False):
        attention = "none"
    assert triple_of(form.shapes) == (backbone, attention, connected)


@given(keys=st.lists(st.sampled_from(KEYS), min_size=1, unique=True), prefix=st.sampled_from(PREFIXES))
def test_prefix_is_what_was_put_before_the_keys(keys, prefix):
    assert split_prefix([prefix + key for key in keys]) == prefix


@given(keys=st.lists(st.sampled_from(KEYS), min_size=1, unique=True), other=st.sampled_from(KEYS))
def test_prefix_is_none_unless_all_keys_share_it(keys, other):
    assert split_prefix([*(f"module.{key}" for key in keys), other]) == ""


@given(keys=st.lists(st.sampled_from(KEYS), min_size=1, unique=True))
def test_prefix_of_some_keys_is_the_shorter_one(keys):
    assert split_prefix([f"module.{key}" for key in keys] + ["module.1.bn1.bias"]) == "module."
