"""Pairs by backbone, each under a name that leaves out what all of the family share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...sheets import Pair

#: The network that the others add their attention to.
PLAIN = "plain"


@dataclass(frozen=True)
class Members:
    """The pairs of one backbone under its name, by their short names, which are unique."""

    name: str
    pairs: dict[str, Pair]


def by_backbone(pairs: Sequence[Pair]) -> list[Members]:
    """In the sheet's order, under names of their own: of the plain network's row where there is one."""
    of_backbone: dict[str, list[Pair]] = {}
    for pair in pairs:
        of_backbone.setdefault(pair.baseline.backbone, []).append(pair)
    found = {backbone: _family(backbone, members) for backbone, members in of_backbone.items()}
    names = [family.name for family in found.values()]
    return [
        family if names.count(family.name) == 1 else replace(family, name=f"{family.name} ({backbone})")
        for backbone, family in found.items()
    ]


def _family(backbone: str, members: Sequence[Pair]) -> Members:
    plain = [pair.row for pair in members if pair.connected is None and pair.baseline.attention == "none"]
    name = plain[0] if plain else backbone
    short = {pair.id: PLAIN if pair.row in plain else pair.row.removesuffix(f"-{name}") for pair in members}
    names = list(short.values())
    return Members(
        name,
        {
            short[pair.id] if names.count(short[pair.id]) == 1 else f"{short[pair.id]} ({pair.id})": pair
            for pair in members
        },
    )
