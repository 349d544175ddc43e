"""Writing a pack: a zip without compression, whose bytes follow from its contents alone."""

import hashlib
import shutil
import zipfile
from pathlib import Path

from ..documents import Provenance
from ..errors import UserError
from ..files import atomic_path, sha256
from .contents import Chosen, Contents, contents
from .crate import Described, Member, crate
from .layout import MANIFEST, METADATA

#: The first that a zip can tell: times say nothing that the files do not.
EPOCH = (1980, 1, 1, 0, 0, 0)


def export(chosen: Chosen, out: Path, license: str) -> Contents:
    """Write it atomically; what was packed.

    Raises:
        UserError: no results, no job's provenance among them, or files that cannot be read.
    """
    name = chosen.results.resolve().name
    provenances = _provenances(chosen.results)
    packed = contents(chosen, provenances)
    members = {path: Member(file.stat().st_size, sha256(file)) for path, file in packed.files.items()}
    members |= {path: _of_text(text) for path, text in packed.texts.items()}
    described = Described(
        name=f"DCANet-bench: {name}",
        description=f"Results of the experiment {name} with what they were made from and with: Deep "
        "Connected Attention Networks (arXiv 2007.05099), benchmarked. `dcanet verify` checks this pack. "
        f"Not in it: {'; '.join(packed.absent) or 'nothing that was there'}.",
        license=license,
        version=max(made.versions.get("dcanet-bench", "") for made in provenances) or "unknown",
        started=min(made.started for made in provenances),
        ended=max(made.ended for made in provenances),
    )
    packed.texts[METADATA] = crate(described, members)
    members[METADATA] = _of_text(packed.texts[METADATA])
    packed.texts[MANIFEST] = "".join(f"{members[path].sha256}  {path}\n" for path in sorted(members))
    _write(packed, out)
    return packed


def _provenances(results: Path) -> list[Provenance]:
    paths = sorted(path for path in results.rglob("provenance.json") if "state" not in path.parts)
    found = [Provenance.load(path) for path in paths]
    if not found:
        raise UserError(f"{results}: has no results; name an experiment's folder, as results/digits")
    return found


def _of_text(text: str) -> Member:
    content = text.encode()
    return Member(len(content), hashlib.sha256(content).hexdigest())


def _write(packed: Contents, out: Path) -> None:
    with atomic_path(out) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted({*packed.files, *packed.texts}):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.create_system = 3  # whatever system this is
            entry.external_attr = 0o100644 << 16
            with archive.open(entry, "w", force_zip64=True) as target:
                if path in packed.texts:
                    target.write(packed.texts[path].encode())
                else:
                    with open(packed.files[path], "rb") as source:
                        shutil.copyfileobj(source, target, 1 << 20)
