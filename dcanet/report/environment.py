"""Where the results were made: the distinct environments that their provenance files name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC

from ..documents import Provenance

#: What another machine, or another environment on this one, may give otherwise, and what it may not.
MAY_DIFFER = (
    "May differ elsewhere: trained weights in their last digits, and accuracies by chance in what follows "
    "from that. Another processor or GPU, other numbers of threads or ranks and other versions of libraries "
    "add sums in another order, and where a recipe says precision: auto, bfloat16 is taken only where the "
    "processor computes in it.",
    "Differ elsewhere: speeds, memory, energy and the hours that follow from them.",
    "Are the same everywhere: parameters, MACs, fingerprints of data, published values, and the intervals, "
    "tests and tables of the same predictions.",
)


@dataclass(frozen=True)
class Environment:
    """Facts that several results share."""

    facts: dict[str, str]
    results: int
    first_day: str
    last_day: str


@dataclass(frozen=True)
class Fact:
    """One fact across all environments."""

    name: str
    values: list[str]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


def environments(provenances: Iterable[Provenance]) -> list[Environment]:
    """The distinct environments, the earliest first."""
    shared: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for provenance in provenances:
        day = provenance.started.astimezone(UTC).date().isoformat()
        shared.setdefault(tuple(facts(provenance).items()), []).append(day)
    found = [Environment(dict(facts), len(days), min(days), max(days)) for facts, days in shared.items()]
    return sorted(found, key=lambda environment: environment.first_day)


def compare(found: Iterable[Environment]) -> list[Fact]:
    """Every fact with its value in each environment."""
    found = list(found)
    names = dict.fromkeys(name for environment in found for name in environment.facts)
    return [
        Fact(name, [environment.facts.get(name, "not recorded") for environment in found]) for name in names
    ]


def facts(provenance: Provenance) -> dict[str, str]:
    """Commit, device, machine and versions of a job."""
    return {
        "git commit": _commit(provenance),
        "device": provenance.device,
        "threads": str(provenance.threads),
        **{name.replace("_", " "): str(value) for name, value in provenance.machine.items()},
        **{f"{package} version": version for package, version in provenance.versions.items()},
    }


def _commit(provenance: Provenance) -> str:
    if provenance.git_commit is None:
        return "not recorded"
    return provenance.git_commit + (" with uncommitted changes" if provenance.git_dirty else "")
