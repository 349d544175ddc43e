"""TensorBoard events beside history.jsonl."""

import shutil
from pathlib import Path

from tensorboardX import SummaryWriter

from ..documents import EpochRecord


class Events:
    """Writes one point per epoch and figure; `epochs_before` is how many a continued training has.

    Nothing is on disk before the first epoch's end; points of epochs that are trained again are replaced.
    """

    def __init__(self, folder: Path, epochs_before: int = 0) -> None:
        self.folder, self.epochs_before = folder, epochs_before
        self._writer: SummaryWriter | None = None

    def add(self, record: EpochRecord) -> None:
        if self._writer is None:
            self._writer = self._open()
        figures = record.model_dump(exclude={"epoch", "schema_version", "train_losses"}, exclude_none=True)
        for name, value in {**figures, **(record.train_losses or {})}.items():
            self._writer.add_scalar(name, value, record.epoch)
        self._writer.flush()

    def close(self) -> None:
        if self._writer:
            self._writer.close()

    def _open(self) -> SummaryWriter:
        if not self.epochs_before:
            shutil.rmtree(self.folder, ignore_errors=True)
        again = self.epochs_before + 1
        return SummaryWriter(str(self.folder), purge_step=again if self.epochs_before else None)
