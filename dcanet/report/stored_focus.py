"""What was found of where an experiment's networks look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..focus_documents import Focus, PairFocus
from ..sheets import Pair
from .reading import Reader
from .stored import Run, evaluated
from .table import Missing


@dataclass(frozen=True)
class Looked:
    """A pair in the file that it stands in."""

    file: Focus
    pair: PairFocus


@dataclass(frozen=True)
class StoredFocus:
    """By the pair's id, in the table's order; pairs without a connected network are not in it."""

    pairs: dict[str, Looked | Missing]
    warnings: tuple[str, ...]

    @property
    def found(self) -> dict[str, Looked]:
        """Those that there is something of."""
        return {name: looked for name, looked in self.pairs.items() if isinstance(looked, Looked)}


def load_focus(
    results: Path, pairs: Sequence[Pair], logs: Path | None, runs: Mapping[str, Sequence[Run]]
) -> StoredFocus:
    """Read what there is; a file that is absent or broken becomes a reason.

    Args:
        runs: what is shown of each model, to tell where other weights were looked at.
    """
    reader = Reader(Path(results), logs)
    connected = [pair for pair in pairs if pair.connected]
    files = {
        backbone: reader.read(
            Focus, reader.root / "focus" / f"{backbone}.json", reader.absent(f"focus/{backbone}.log")
        )
        for backbone in dict.fromkeys(pair.baseline.backbone for pair in connected)
    }
    found = {pair.id: _looked(pair, files[pair.baseline.backbone]) for pair in connected}
    return StoredFocus(found, (*reader.warnings, *_stale(found, runs)))


def _looked(pair: Pair, file: Focus | Missing) -> Looked | Missing:
    if isinstance(file, Missing):
        return file
    there = file.pairs.get(pair.id)
    return Looked(file, there) if there else Missing("not looked at yet")


def _stale(found: Mapping[str, Looked | Missing], runs: Mapping[str, Sequence[Run]]) -> Iterator[str]:
    for looked in found.values():
        if isinstance(looked, Missing):
            continue
        for network in (looked.pair.baseline, looked.pair.connected):
            shown = evaluated(runs.get(network.model, ()))
            if shown and network.weights_sha256 not in [metrics.weights_sha256 for metrics in shown]:
                yield f"{network.model}: its focus is of other weights than those that were evaluated"
