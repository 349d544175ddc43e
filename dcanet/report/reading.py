"""Reading an experiment's files; one that is absent or broken becomes a reason, never an error."""

import re
from pathlib import Path
from typing import TypeVar

from ..documents import Document, EpochRecord, Provenance, read_history
from ..errors import UserError
from .table import Missing

NOT_RUN = Missing("not run yet")
#: Reasons of a result that is not there although its job has run.
FAILED, UNREADABLE, UNCOUNTABLE = "failed or unfinished", "unreadable", "cannot be counted"
#: Name of the run whose weights were not trained here.
PRETRAINED = "pretrained"
FileKind = TypeVar("FileKind", bound=Document)


def title_of(run: str) -> str:
    """A run's folder in words."""
    return run.replace("seed", "seed ")


def evaluated_others(training: Provenance | Missing, weights_sha256: str) -> bool:
    """Whether other weights were evaluated than those that training left, as far as it is known."""
    left = training.weights_sha256 if isinstance(training, Provenance) else None
    return left is not None and left != weights_sha256


class Reader:
    """Reads below `root`; `logs` is where the log of an absent result is looked for."""

    def __init__(self, root: Path, logs: Path | None) -> None:
        self.root, self.logs = root, logs
        self.warnings: list[str] = []

    def read(
        self, kind: type[FileKind], path: Path, absent: Missing, **identity: str | int | None
    ) -> FileKind | Missing:
        """A document that is of what its place says, or why there is none."""
        if not path.exists():
            return absent
        try:
            document = kind.load(path)
            for key, expected in identity.items():
                if (found := getattr(document, key)) != expected:
                    raise UserError(f"{path}: is of {key} {found!r}, but its place says {expected!r}")
        except UserError as error:
            self.warnings.append(str(error))
            return Missing(UNREADABLE, str(error))
        return document

    def absent(self, *logs: str) -> Missing:
        """The reason of a result that is not there: the first of its logs that exists, or not run yet."""
        for log in logs:
            if self.logs and (self.logs / log).is_file():
                return Missing(FAILED, f"see {self.logs / log}")
        return NOT_RUN

    def history(self, path: Path) -> list[EpochRecord]:
        """The epochs of a training; none where there is no file."""
        try:
            return read_history(path) if path.exists() else []
        except UserError as error:
            self.warnings.append(str(error))
            return []

    def run_names(self, task: str, model: str, pretrained: bool) -> list[tuple[str, int | None]]:
        """Folder and seed of all seeds' runs; of pretrained weights if they are wanted or the only ones."""
        names = {folder.name for folder in (self.root / task / model).glob("*/")}
        if self.logs:
            names |= {log.stem.removeprefix(f"{model}-") for log in self.logs.glob(f"*/{model}-*.log")}
        seeds = sorted(int(name[4:]) for name in names if re.fullmatch(r"seed(0|[1-9][0-9]{0,17})", name))
        if PRETRAINED in names and (pretrained or not seeds):
            return [(PRETRAINED, None)]
        return [] if pretrained else [(f"seed{seed}", seed) for seed in seeds]

    def training(self, folder: Path, model: str, name: str) -> tuple[Provenance | Missing, Missing]:
        """How a run's weights came to be, and why its evaluation would be absent."""
        training_logs = [f"{stage}/{model}-{name}.log" for stage in ("train", "fetch")]
        evaluation_log = f"evaluate/{model}-{name}.log"
        found = self.read(Provenance, folder / "train" / "provenance.json", self.absent(*training_logs))
        if isinstance(found, Missing):
            return found, self.absent(*training_logs, evaluation_log)
        absent = self.absent(evaluation_log)
        made = "converted" if name == PRETRAINED else "trained"
        return found, Missing(f"{made}, not evaluated yet") if absent is NOT_RUN else absent
