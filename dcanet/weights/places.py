"""Where weights are kept and what is known of them, relative to the folder that one works in."""

from pathlib import Path

FOLDER = Path("weights")
#: For files that a person has fetched.
INCOMING = FOLDER / "incoming"
LOCK = Path("config/weights.lock")


def checkpoint_path(model: str, folder: Path = FOLDER) -> Path:
    """Of a model's checkpoint, whatever its source and format."""
    return folder / f"{model}.checkpoint"


def log_path(model: str, folder: Path = FOLDER) -> Path:
    """Of a model's published training log."""
    return folder / f"{model}.log"
