"""A download that is not complete yet: the bytes so far and what they are a part of."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from ..files import atomic_path, write_text


class _Whole(BaseModel):
    """What the bytes are a part of."""

    source: str
    validator: str | None
    total: int | None


class Part:
    """`<name>.part` beside a destination, with `<name>.part.json` that describes its source."""

    def __init__(self, destination: Path) -> None:
        self.destination = Path(destination)
        self.path = self.destination.with_name(f"{self.destination.name}.part")
        self._sidecar = self.destination.with_name(f"{self.destination.name}.part.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def whole(self) -> _Whole | None:
        """What the sidecar says; None where there is none that can be read."""
        try:
            return _Whole.model_validate_json(self._sidecar.read_bytes())
        except (OSError, ValidationError):
            return None

    def resumable(self, source: str) -> tuple[int, str]:
        """How many bytes of this source are here, and the validator they came with; (0, '') to start anew.

        Without a validator nothing tells whether the source still has the same file.
        """
        whole = self.whole
        if whole is None or whole.source != source or whole.validator is None:
            return 0, ""
        return self.size, whole.validator

    def start(self, source: str, validator: str | None, total: int | None) -> None:
        """Empty the part and note what it is to become, before the first byte."""
        self.discard()
        whole = _Whole(source=source, validator=validator, total=total)
        write_text(self._sidecar, whole.model_dump_json() + "\n")
        self.path.touch()

    def discard(self) -> None:
        """Forget the bytes."""
        self.path.unlink(missing_ok=True)
        self._sidecar.unlink(missing_ok=True)

    def publish(self) -> None:
        """Make the complete part the destination."""
        with atomic_path(self.destination) as temporary:
            self.path.replace(temporary)
        self.discard()
