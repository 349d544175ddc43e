"""The state a training continues from: two generations on disk, checked when read."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from ..errors import UserError
from ..files import atomic_path, hash_of, sha256
from .state_note import StateNote, saved_steps

#: Differences of a key that a message lists before it only counts them.
SHOWN = 5


class StateFolder:
    """The states of one training, told apart from others by `key`: nested dicts of JSON values.

    One process writes at a time. A kill at any moment leaves at least the last state whose `save` returned;
    only a kill while the same step is saved again can leave the one before it.
    """

    def __init__(self, folder: Path, key: dict[str, Any]) -> None:
        self.folder = Path(folder)
        # As it comes back from the file: tuples are lists, infinities are strings.
        self.key: dict[str, Any] = json.loads(json.dumps(key, default=str), parse_constant=str)
        self.key_hash = hash_of(self.key)
        self._broken: set[int] = set()

    def save(self, step: int, payload: dict[str, Any], steps: int | None = None) -> None:
        """Store tensors (on any device) and plain values, and drop all but the last two states.

        States of later steps than this one are dropped too: training went back behind them. `steps` is how
        many the whole training has, for whoever looks at the folder.

        Raises:
            UserError: the folder cannot be written to; the states in it are kept.
            TypeError: the payload holds what `torch.load(weights_only=True)` would not read.
        """
        path = self._tensors(step)
        try:
            with atomic_path(path) as temporary:
                torch.save(payload, temporary)
                _check_readable(temporary)
                digest = sha256(temporary)
            note = StateNote(step=step, steps=steps, sha256=digest, key_hash=self.key_hash, key=self.key)
            note.save(self._note(step))
        except (OSError, RuntimeError) as error:
            # Torch's writer has no error class of its own.
            if isinstance(error, RuntimeError) and not re.search("inline_container|StreamWriter", str(error)):
                raise
            reason = getattr(error, "strerror", None) or "is the disk full?"
            raise UserError(
                f"{path}: the training state cannot be written ({reason}); "
                "make room and run again, the state before is kept"
            ) from error
        self._broken.discard(step)
        before = [other for other in saved_steps(self.folder) if other < step and other not in self._broken]
        self._remove(keep={step, *before[:1]})

    def load(self) -> tuple[int, dict[str, Any]] | None:
        """Step and payload (tensors on the CPU) of the newest whole state; None when there is none.

        A broken state costs a line on standard error, and the one before it is taken.

        Raises:
            UserError: the state is of a training with another key.
        """
        steps = saved_steps(self.folder)
        for position, step in enumerate(steps):
            try:
                return step, self._read(step)
            except _Broken as error:
                self._broken.add(step)
                older = steps[position + 1 :]
                instead = f"trying the state of step {older[0]}" if older else "starting afresh"
                print(f"dcanet: {error}; {instead}", file=sys.stderr)
        return None

    def clear(self) -> None:
        """Remove all states, and the folder when nothing else is in it."""
        self._remove(keep=set())
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _read(self, step: int) -> dict[str, Any]:
        tensors, path = self._tensors(step), self._note(step)
        try:
            note = StateNote.load(path)
        except UserError as error:
            raise _Broken(error.line().removesuffix("; delete the file to have it made again")) from error
        if note.step != step or hash_of(note.key) != note.key_hash:
            raise _Broken(f"{path}: is damaged")
        if note.key_hash != self.key_hash:
            raise UserError(self._mismatch(note))
        try:
            if sha256(tensors) != note.sha256:
                raise _Broken(f"{tensors}: does not match its checksum")
            payload: dict[str, Any] = torch.load(tensors, map_location="cpu", weights_only=True)
        except _Broken:
            raise
        except OSError as error:
            raise _Broken(f"{tensors}: cannot be read ({error.strerror})") from error
        except Exception as error:  # unpickling raises nearly anything
            raise _Broken(f"{tensors}: cannot be read ({_reason(error)})") from error
        return payload

    def _mismatch(self, note: StateNote) -> str:
        found = list(_differences(note.key, self.key))
        more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        return (
            f"{self.folder}: holds the state of another training "
            f"({note.key_hash} there, {self.key_hash} now): "
            + "; ".join([*found[:SHOWN], *more])
            + "; delete the folder to start afresh, or go back to the settings there to continue"
        )

    def _remove(self, keep: set[int]) -> None:
        kept = {path for step in keep for path in (self._tensors(step), self._note(step))}
        # Notes first: a note without its tensors would be reported as broken.
        for pattern in ("state-*.json", "state-*.pt", ".state-*"):
            for path in self.folder.glob(pattern):
                if path not in kept and re.match(r"\.?state-\d+\.(pt|json)", path.name):
                    path.unlink(missing_ok=True)

    def _tensors(self, step: int) -> Path:
        return self.folder / f"state-{step}.pt"

    def _note(self, step: int) -> Path:
        return self.folder / f"state-{step}.json"


class _Broken(Exception):
    """A state that cannot be used, in words that name the file."""


def _check_readable(path: Path) -> None:
    """Read the structure back, and no tensor: what cannot be read should fail when it is written."""
    try:
        torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        raise TypeError(
            f"a training state may hold tensors and plain values only: {_reason(error)}"
        ) from error


def _reason(error: Exception) -> str:
    """The line of an unpickling error that says what is wrong."""
    return re.sub(r"(?s).*WeightsUnpickler error: |\n.*", "", str(error)) or type(error).__name__


def _differences(there: dict[str, Any], now: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Dotted keys with both values."""
    for name in sorted({*there, *now}):
        first, second = there.get(name), now.get(name)
        if isinstance(first, dict) and isinstance(second, dict):
            yield from _differences(first, second, f"{prefix}{name}.")
        elif (was := _shown(there, name)) != (is_now := _shown(now, name)):
            yield f"{prefix}{name}: {was} there, {is_now} now"


def _shown(values: dict[str, Any], name: str) -> str:
    return json.dumps(values[name], ensure_ascii=False, sort_keys=True) if name in values else "nothing"
