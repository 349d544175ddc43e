"""What of a file must be the same after a fault: all but times, and what the machine did meanwhile."""

import hashlib
import json
from pathlib import Path
from typing import Any

#: Of JSON: when, how fast and by which process something was made.
PASSING = {
    *(
        "started",
        "ended",
        "command",
        "history.jsonl",
        "git_commit",
        "git_dirty",
        "machine",
        "versions",
        "threads",
    ),
    *("seconds", "images_per_second", "provenance", "config_hash", "checksum"),
}


def numbers_of(path: Path) -> object:
    """Of a JSON document its lasting values, of a timing what was timed, of any other file a hash."""
    if path.suffix == ".json":
        content = json.loads(path.read_bytes())
        return _timed(content) if "measurements" in content else _lasting(content)
    if path.suffix == ".jsonl":
        return [_lasting(json.loads(line)) for line in path.read_text().splitlines()]
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(inner) for key, inner in value.items() if key not in PASSING}
    return [_lasting(inner) for inner in value] if isinstance(value, list) else value


def _timed(content: dict[str, Any]) -> object:
    return content["pair"], [(each["setting"], sorted(each["models"])) for each in content["measurements"]]
