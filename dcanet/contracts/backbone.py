"""Contracts of a backbone, tried plain and, where it takes attention, with SE."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ..focus.stages import stages_of
from ..models import check_image_size
from ..models.attention.se import SqueezeExcitation
from ..models.registration import backbone_entry
from . import network
from .outcome import Broken, Contract, Skipped
from .passing import passed
from .subject import SIDE, Subject, images


@dataclass(frozen=True)
class BackboneSubject:
    """A registered backbone."""

    name: str

    @cached_property
    def plain(self) -> Subject:
        return Subject(self.name)

    @cached_property
    def connected(self) -> Subject:
        """With connected SE; Skipped where it takes no attention."""
        entry = backbone_entry(self.name)
        if entry is None or not entry.takes_attention:
            raise Skipped("the backbone takes no attention")
        return Subject(f"dca_se_{self.name}", SqueezeExcitation)


def logits(subject: BackboneSubject) -> str:
    """Images of a usual size are taken, and give logits."""
    check_image_size(subject.name, SIDE)
    return network.logits(subject.plain)


def chain(subject: BackboneSubject) -> str:
    """Every block hears the one before it."""
    found = passed(subject.connected.moved.eval(), SqueezeExcitation, images())
    if len(found) < 2:
        raise Broken(
            "at least two attention blocks", str(len(found)), "build one by attention.build in every block"
        )
    if found[0].previous is not None:
        raise Broken("None handed to the first block", "something", "begin the chain with None in forward")
    for before, each in pairwise(found):
        if each.previous is not before.handed_on:
            came = "None" if each.previous is None else "something else"
            raise Broken(
                f"what {before.path} hands on, handed to {each.path}",
                came,
                "pass the second output of each block to the next: x, handed_on = block(x, handed_on)",
            )
    return f"{len(found)} blocks hear the one before them"


def widths(subject: BackboneSubject) -> str:
    """Blocks say how wide their attention is."""
    model = subject.connected.built
    saying = [path for path, module in model.named_modules() if hasattr(module, "attention_channels")]
    count = len(subject.connected.blocks)
    if len(saying) != count:
        raise Broken(
            f"attention_channels at {count} residual blocks, as they have attention",
            f"it at {len(saying)}",
            "set self.attention_channels in each block to the width that its attention refines",
        )
    return f"{count} residual blocks say their width"


def stages(subject: BackboneSubject) -> str:
    """Where it can be looked into."""
    found = stages_of(subject.connected.built)
    if len(found) < 2:
        raise Broken(
            "at least two sizes of maps after residual blocks", str(len(found)), "reduce the map by strides"
        )
    return f"stages end with {', '.join(found)}"


def _on_both(contract: Contract[Subject]) -> Callable[[BackboneSubject], str]:
    def tried(subject: BackboneSubject) -> str:
        said = contract(subject.plain)
        try:
            return contract(subject.connected)
        except Skipped:
            return said

    return tried


def _on_plain(contract: Contract[Subject]) -> Callable[[BackboneSubject], str]:
    return lambda subject: contract(subject.plain)


CONTRACTS: dict[str, Contract[BackboneSubject]] = {
    "logits": logits,
    "chain": chain,
    "widths": widths,
    "stages": stages,
    **{
        name: (_on_plain if name in ("determinism", "compile", "autocast") else _on_both)(contract)
        for name, contract in network.CONTRACTS.items()
        if name != "logits"
    },
}
