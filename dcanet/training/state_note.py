"""What lies beside a training's state on disk, readable without torch."""

import re
from pathlib import Path
from typing import Any

from pydantic import Field

from ..documents import Document, Hash


class StateNote(Document):
    """state-<step>.json; state-<step>.pt counts only with it beside."""

    step: int
    steps: int | None = Field(None, description="of the whole training")
    sha256: Hash
    key_hash: Hash
    key: dict[str, Any]


def saved_steps(folder: Path) -> list[int]:
    """Steps of a state folder that have a note, the newest first."""
    names = [path.name for path in Path(folder).glob("state-*.json")]
    found = [re.fullmatch(r"state-(\d+)\.json", name) for name in names]
    return sorted((int(match[1]) for match in found if match), reverse=True)
