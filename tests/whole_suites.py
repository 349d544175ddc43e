"""Which suites a run of the tests is asked for."""

from pathlib import Path

import pytest
from _pytest.mark.expression import Expression


def asks_for(config: pytest.Config, mark: str) -> bool:
    """Whether the tests with this mark were asked for, lengthy ones or not, and nothing narrower."""
    wanted = config.option.markexpr
    chosen = {Path(name).name for name in config.args}
    is_whole = not config.option.keyword and chosen <= {"tests", mark}
    return is_whole and (not wanted or Expression.compile(wanted).evaluate(lambda name, **_: name == mark))
