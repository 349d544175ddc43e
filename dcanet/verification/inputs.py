"""From what a user names, a folder or a pack, to the checks of every experiment in it."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from ..export.layout import CONFIG, REPORT, RESULTS
from ..sheets import read_detectors, read_pairs
from .findings import Findings
from .unpacking import Pack, is_pack, unpacked
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
                _check_pack(results, pack, data, findings)
        return findings
    folders = experiments(results)
    if not folders:
        raise UserError(
            f"{results}: has no results; expected an experiment's folder with classification/ or detection/, "
            "a folder of such, or a pack of `dcanet export`"
        )
    beside = Beside(read_pairs(pairs), read_detectors(detectors), report if report.is_dir() else None, data)
    for folder in folders:
        verify(folder, str(folder), beside, findings)
    return findings


def _check_pack(path: Path, pack: Pack, data: Sequence[Path], findings: Findings) -> None:
    folders = experiments(pack.root / RESULTS)
    if not folders:
        findings.problem(path, RESULTS, "an experiment's folder", "none")
    config = pack.root / CONFIG
    try:
        sheets = read_pairs(config / "pairs.tsv"), read_detectors(config / "detectors.tsv")
    except UserError as error:
        findings.problem(
            path, CONFIG, "sheets as the workflow reads them", error.line().removeprefix(f"{config}/")
        )
        return
    beside = Beside(*sheets, pack.root / REPORT, data, pack.root, pack.without_weights)
    for folder in folders:
        verify(folder, f"{RESULTS}/{folder.name}", beside, findings)


def experiments(results: Path) -> list[Path]:
    """The folder itself, or those in it that have results; none where there are none."""
    if any((results / part).is_dir() for part in PARTS):
        return [results]
    return sorted(folder for folder in results.glob("*/") if any((folder / part).is_dir() for part in PARTS))
