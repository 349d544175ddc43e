"""From what a user names, a folder or a pack, to the checks of every experiment in it."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from ..sheets import read_detectors, read_pairs
from .findings import Findings
from .unpacking import is_pack, unpacked
from .verify import Beside, verify

PARTS = ("classification", "detection")


def check(results: Path, report: Path, data: Sequence[Path], pairs: Path, detectors: Path) -> Findings:
    """Of an experiment's folder, of a folder of such, or of a pack, which has report and sheets of its own.

    Raises:
        UserError: there are no results, or a sheet that cannot be read.
    """
    findings = Findings()
    if is_pack(results):
        with unpacked(results, findings) as pack:
            if pack is not None:
                config = pack.root / "config"
                beside = Beside(
                    read_pairs(config / "pairs.tsv"),
                    read_detectors(config / "detectors.tsv"),
                    pack.root / "report",
                    data,
                    pack.root,
                    pack.without_weights,
                )
                for folder in experiments(pack.root / "results"):
                    verify(folder, f"results/{folder.name}", beside, findings)
        return findings
    folders = experiments(results)
    beside = Beside(read_pairs(pairs), read_detectors(detectors), report if report.is_dir() else None, data)
    for folder in folders:
        verify(folder, str(folder), beside, findings)
    return findings


def experiments(results: Path) -> list[Path]:
    """The folder itself, or those in it that have results.

    Raises:
        UserError: there are none.
    """
    if any((results / part).is_dir() for part in PARTS):
        return [results]
    found = sorted(folder for folder in results.glob("*/") if any((folder / part).is_dir() for part in PARTS))
    if not found:
        raise UserError(
            f"{results}: has no results; expected an experiment's folder with classification/ or detection/, "
            "a folder of such, or a pack of `dcanet export`"
        )
    return found
