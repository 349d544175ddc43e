"""Whether a result is still the file that the document beside it has the hash of."""

import json
from pathlib import Path

from .errors import UserError
from .files import sha256

#: What a training, and what an evaluation, leaves in a folder last.
_RECORDS = ("provenance.json", "metrics.json")
WEIGHTS = "model.safetensors"


def check_recorded(path: Path, fix: str) -> None:
    """Compare a file with its hash in the same folder, where there is one.

    A record that cannot be read says nothing here; whoever needs it says what is wrong with it.

    Raises:
        UserError: the file was damaged, changed, or written by a job that did not end.
    """
    path = Path(path)
    for name in _RECORDS:
        record = path.with_name(name)
        recorded = _hash_in(record, path.name)
        if recorded and path.is_file() and sha256(path) != recorded:
            raise UserError(f"{path}: is not the file that {record} has the hash of; {fix}")


def _hash_in(record: Path, name: str) -> str | None:
    try:
        content = json.loads(record.read_bytes())
        found = content.get("weights_sha256") if name == WEIGHTS else content.get("files", {}).get(name)
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return found if isinstance(found, str) else None
