"""Which suites a run of the tests is asked for."""

import re
from pathlib import Path

import pytest


def asks_for(config: pytest.Config, mark: str) -> bool:
    """Whether the tests with this mark were asked for, lengthy ones or not, and nothing narrower."""
    wanted = re.search(rf"(?<!not )\b{mark}\b", config.option.markexpr)
    chosen = {Path(name).name for name in config.args}
    return bool(wanted) and not config.option.keyword and chosen <= {"tests", mark}
