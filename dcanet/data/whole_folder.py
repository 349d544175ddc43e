"""Writing the folder of a made data set all or nothing."""

import json
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError
from ..exhaustion import writing

#: The document of a made data set, in its folder.
MANIFEST = "dataset.json"


@contextmanager
def whole_folder(out: Path, kind: str, entries: Collection[str]) -> Iterator[Path]:
    """A temporary folder beside `out` that becomes `out` when the block ends well.

    What was made at `out` before is replaced: it has a manifest whose name begins with `kind`, and no other
    `entries` than these.

    Raises:
        UserError: `out` holds anything else.
    """
    out = Path(out)
    if out.exists() and not _replaceable(out, kind, {*entries, MANIFEST}):
        raise UserError(f"{out}: holds other files too; name an empty or new folder for the {kind}")
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        try:
            yield temporary
            temporary.chmod(0o755)
            if out.exists():
                shutil.rmtree(out)
            temporary.replace(out)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _replaceable(out: Path, kind: str, entries: set[str]) -> bool:
    """A real data set may have the same folders: only the manifest tells that this one can be made again."""
    if not out.is_dir():
        return False
    found = {entry.name for entry in out.iterdir()}
    if not found:
        return True
    try:
        name = json.loads((out / MANIFEST).read_bytes())["name"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False
    return found <= entries and str(name).startswith(f"{kind} ")
