"""docs/models.md says of models what is so."""

import re
from pathlib import Path

from dcanet.models import attention_names, backbone_names, is_model, registrations_undone

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")


def test_every_block_and_backbone_is_listed():
    listed = set(re.findall(r"`(\w+)`", PAGE[: PAGE.index("## Variants")]))
    assert {*attention_names(), *backbone_names()} <= listed


def test_ids_in_the_text():
    ids = re.findall(r"`(\w+__\w+)`", PAGE)
    assert len(ids) == 2
    assert all(map(is_model, ids))


def test_the_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {"__name__": "example"}
    with registrations_undone():
        exec(compile(code, "docs/models.md", "exec"), names)
    assert names["logits"].shape == (2, 10)
