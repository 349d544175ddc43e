"""YAML that is none, or that stands for more than anybody can hold, is told in a line."""

import pytest

from dcanet.errors import UserError
from dcanet.yaml_text import MOST_VALUES, parse_yaml, refuse_boundless


@pytest.mark.parametrize(
    "text",
    [
        "2001-99-99",
        "!!int ''",
        "!!bool x",
        "!!timestamp x",
        "9" * 5000,
        "[" * 3000,
        "!!python/name:os.system",
    ],
)
def test_what_yaml_itself_stumbles_over(text):
    with pytest.raises(UserError, match=r"a.yaml: not valid YAML: ."):
        parse_yaml(text, "a.yaml")


def test_aliases_that_stand_for_billions():
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))
    with pytest.raises(UserError, match=f"its aliases stand for more than {MOST_VALUES:,} values"):
        parse_yaml(f"a0: &a0 [x]\n{levels}", "a.yaml")


def test_lists_in_themselves():
    with pytest.raises(UserError, match=r"nested more than 50 deep"):
        parse_yaml("&a [*a]", "a.yaml")
    endless: dict[str, object] = {}
    endless["a"] = endless
    with pytest.raises(UserError, match=r"nested more than 50 deep"):
        refuse_boundless(endless, "config")


def test_what_people_write():
    assert parse_yaml("a: &a {b: [1, 2.5, no]}\nc: [*a, *a]", "a.yaml") == {
        "a": {"b": [1, 2.5, False]},
        "c": [{"b": [1, 2.5, False]}] * 2,
    }
