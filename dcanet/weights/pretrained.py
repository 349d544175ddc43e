"""A run whose weights were not trained here: what `dcanet train` leaves, made from a checkpoint."""

from pathlib import Path

from ..documents import write_history
from ..files import sha256
from ..provenance import now, provenance
from .conversion import Conversion, convert
from .logs import read_log


def make_run(
    checkpoint: Path,
    folder: Path,
    form: str | None = None,
    expected_model: str | None = None,
    origin: str | None = None,
    log: Path | None = None,
) -> Conversion:
    """Write model.safetensors, history.jsonl (of a published log, else empty) and provenance.json.

    Arguments and errors are those of `convert`; UserError also for a log that cannot be read.
    """
    started = now()
    epochs = read_log(log) if log else []
    weights = folder / "model.safetensors"
    conversion = convert(checkpoint, weights, form, expected_model, origin)
    write_history(folder / "history.jsonl", epochs)
    provenance(
        started,
        "cpu",
        weights_sha256=sha256(weights),
        files={"history.jsonl": sha256(folder / "history.jsonl")},
        weights_source=conversion.source,
        source_sha256=conversion.source_sha256,
    ).save(folder / "provenance.json")
    return conversion
