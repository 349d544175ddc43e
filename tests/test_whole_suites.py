"""A gate holds for runs that ask for the whole of its suite, and for no others."""

from types import SimpleNamespace

import pytest
from whole_suites import asks_for


@pytest.mark.parametrize(
    ("expression", "asked"),
    [
        ("faults", True),
        ("faults and not lengthy", True),
        ("slow or faults", True),
        ("not slurm and not lengthy", True),
        ("", True),
        ("slow", False),
        ("not slow and not slurm and not faults and not fuzz", False),
    ],
)
@pytest.mark.parametrize(
    ("arguments", "keyword", "whole"),
    [
        (["tests"], "", True),
        (["tests/faults"], "", True),
        (["tests/faults/test_kills.py"], "", False),
        (["tests"], "killed", False),
    ],
)
def test_what_is_asked_for(expression, asked, arguments, keyword, whole):
    option = SimpleNamespace(markexpr=expression, keyword=keyword)
    assert asks_for(SimpleNamespace(option=option, args=arguments), "faults") == (asked and whole)
