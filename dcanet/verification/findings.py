"""What a check found: problems, notes, and how much was looked at."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

LONGEST = 160
#: Largest difference that is rounding, relative to numbers above 1 and absolute below.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Problem:
    """A field of a file that is not what it should be."""

    file: str
    field: str
    expected: str
    found: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.field}" if self.field else self.file
        return f"{where}: expected {self.expected}, found {self.found}"


@dataclass
class Findings:
    """Collected while checks go on; every comparison says where it stands."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    numbers: int = 0

    def problem(self, file: object, field: str, expected: object, found: object) -> None:
        """Add one, once."""
        problem = Problem(*(_text(part) for part in (str(file), field, expected, found)))
        if problem not in self.problems:
            self.problems.append(problem)

    def note(self, text: str) -> None:
        """What could not be checked, or is unusual and allowed; once."""
        if _text(text) not in self.notes:
            self.notes.append(_text(text))

    def same(self, file: object, field: str, expected: object, found: object) -> bool:
        """Whether a fact is the expected one; a problem if not."""
        if expected == found:
            return True
        self.problem(file, field, expected, found)
        return False

    def close(
        self,
        file: object,
        field: str,
        expected: float | None,
        found: float | None,
        tolerance: float = ROUNDING,
    ) -> bool:
        """Whether a number is what was recomputed, but for rounding, which counts have none of."""
        self.numbers += 1
        counts = isinstance(expected, int) and isinstance(found, int)
        if counts or expected is None or found is None:
            return self.same(file, field, expected, found)
        # Not the other way round: NaN is close to nothing.
        if abs(found - expected) <= tolerance * max(1.0, abs(expected)):
            return True
        self.problem(file, field, f"{expected:.12g}", f"{found:.12g}")
        return False

    def all_close(
        self,
        file: object,
        fields: Sequence[str],
        expected: Sequence[float],
        found: Sequence[float],
        tolerance: float = ROUNDING,
    ) -> None:
        """`close` of each of several numbers."""
        for name, wanted, number in zip(fields, expected, found, strict=True):
            self.close(file, name, wanted, number, tolerance)

    @property
    def summary(self) -> str:
        """In one line."""
        counts = ((len(self.files), "file"), (self.numbers, "number"), (len(self.problems), "problem"))
        files, numbers, problems = (f"{count:,} {what}{'s' * (count != 1)}" for count, what in counts)
        return f"{files}, {numbers} recomputed, {problems}"

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "files": len(self.files),
            "numbers_recomputed": self.numbers,
            "problems": [asdict(problem) for problem in self.problems],
            "notes": self.notes,
        }


def _text(value: object) -> str:
    """On one line without control characters, since files may say anything."""
    text = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(value)
    )
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
