"""How a contract came out, in words that say what to change."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from ..errors import UserError
from ..plugins.failure import told

SIGNS = {"kept": "✓", "broken": "✗", "skipped": "–"}
Subject = TypeVar("Subject")
#: Returns what was found; raises Broken or Skipped.
Contract = Callable[[Subject], str]


class Broken(Exception):
    """What was expected, what came, and what to change."""

    def __init__(self, expected: str, came: str, change: str) -> None:
        super().__init__(f"expected {expected}; came {came}; {change}")


class Skipped(Exception):
    """Why a contract was not tried."""


@dataclass(frozen=True)
class Outcome:
    """One contract of one thing."""

    contract: str
    state: Literal["kept", "broken", "skipped"]
    text: str

    def __str__(self) -> str:
        return f"{SIGNS[self.state]} {self.contract}: {self.text}"


def tried(contracts: Mapping[str, Contract[Subject]], subject: Subject, source: Path) -> Iterator[Outcome]:
    """Each in its order; where the first is broken, nothing else can be tried.

    Args:
        source: the plug-in's file, whose lines are named where its code fails.
    """
    for number, (name, contract) in enumerate(contracts.items()):
        outcome = _outcome(name, contract, subject, source)
        yield outcome
        if number == 0 and outcome.state == "broken":
            return


def _outcome(name: str, contract: Contract[Any], subject: Any, source: Path) -> Outcome:
    try:
        return Outcome(name, "kept", contract(subject))
    except Broken as error:
        return Outcome(name, "broken", str(error))
    except Skipped as error:
        return Outcome(name, "skipped", f"skipped, {error}")
    except UserError as error:
        return Outcome(name, "broken", error.line())
    except Exception as error:  # whatever a plug-in's code may raise
        return Outcome(name, "broken", f"its code fails: {told(error, source)}")
