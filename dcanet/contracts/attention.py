"""Contracts of an attention block, tried in a small ResNet, plain and connected."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..models import assemble
from ..models.registration import attention_entry
from . import network
from .outcome import Broken, Contract, Skipped
from .passing import Passed, passed
from .subject import CLASSES, SIDE, Subject, images

#: The backbone in which blocks are tried.
HOST = "resnet18"


@dataclass(frozen=True)
class AttentionSubject:
    """A registered attention block in its host."""

    name: str

    @property
    def block(self) -> type[nn.Module]:
        entry = attention_entry(self.name)
        assert entry is not None
        block: type[nn.Module] = entry.load()
        return block

    @cached_property
    def plain(self) -> Subject:
        return Subject(f"{self.name}_{HOST}", self.block)

    @cached_property
    def connected(self) -> Subject:
        return Subject(f"dca_{self.name}_{HOST}", self.block)

    @cached_property
    def passed(self) -> list[Passed]:
        """What the connected network's blocks take and give."""
        return passed(self.connected.moved.eval(), self.block, images())


def shapes(subject: AttentionSubject) -> str:
    """Features in, refined features of the same shape out."""
    for one in (subject.plain, subject.connected):
        found = passed(one.moved.eval(), subject.block, images())
        if not found:
            raise Broken(
                "its block in the network", "none", "register the class whose instances refine features"
            )
    widths = sorted({each.features.shape[1] for each in found})
    of_widths = f"{len(found)} blocks of {', '.join(map(str, widths))} channels"
    return f"{of_widths} give what they take, plain and connected"


def plain_hands_nothing_on(subject: AttentionSubject) -> str:
    """A plain network is no connected one."""
    for each in passed(subject.plain.moved.eval(), subject.block, images()):
        if each.handed_on is not None:
            raise Broken(
                "None as what a plain block hands on",
                type(each.handed_on).__name__,
                "return (refined, None) where self.connected is False, or leave forward to Attention",
            )
    return "a plain block hands nothing on"


def hands_on(subject: AttentionSubject) -> str:
    """What the next block hears."""
    for each in subject.passed:
        if each.handed_on is None:
            raise Broken(
                "something for the next block from a connected one",
                f"None from {each.path}",
                "return (refined, what the next block is to hear), or leave forward to Attention, which "
                "hands on extraction times attention",
            )
    return (
        f"{len(subject.passed)} connected blocks hand on {_shape(subject.passed[0].handed_on)} and the like"
    )


def connection(subject: AttentionSubject) -> str:
    """What is handed on changes what comes out."""
    heard = [each for each in subject.passed if each.previous is not None]
    if not heard:
        raise Broken("blocks that are handed something", "none", "hand on from every connected block")
    for each in heard:
        with torch.no_grad():
            others = [each.block(each.features.clone(), other)[0] for other in _others(each.previous)]
        if all(torch.equal(other, each.refined) for other in others):
            raise Broken(
                "other refined features where the block before hands on something else",
                f"the same in {each.path}",
                "merge what was handed on in connect(extracted, previous), and let transform and fuse use "
                "what it returns",
            )
    return f"what {len(heard)} blocks are handed changes what they give"


def dtype(subject: AttentionSubject) -> str:
    """Autocast's precision stays."""
    with torch.autocast("cpu", torch.bfloat16):
        found = passed(subject.connected.moved.eval(), subject.block, images())
    for each in found:
        if each.refined.dtype != each.features.dtype:
            raise Broken(
                f"refined features in {_name(each.features.dtype)}, as the features under autocast",
                f"{_name(each.refined.dtype)} from {each.path}",
                "multiply by self.multiply(features, gate), which casts the gate, not the map",
            )
    return "refined features keep autocast's precision"


def closed_form(subject: AttentionSubject) -> str:
    """Multiply-adds that the block says of itself are those that are traced."""
    name = subject.connected.model
    with torch.device("meta"):
        model = assemble(name, CLASSES).eval()
        image = torch.empty(1, 3, SIDE, SIDE)
    sizes: dict[str, tuple[int, int]] = {}
    blocks: dict[str, Any] = {p: m for p, m in model.named_modules() if isinstance(m, subject.block)}
    for path, block in blocks.items():
        block.register_forward_pre_hook(
            lambda _, taken, path=path: sizes.update({path: tuple(taken[0].shape[2:])})
        )
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(image)
    counted = counter.get_flop_counts()
    before: tuple[int, int] | None = None
    for path, block in blocks.items():
        try:
            said = block.macs(*sizes[path], before)
        except (NotImplementedError, AttributeError) as error:
            raise Skipped("the block does not say its multiply-adds (own_macs); they are traced") from error
        traced = sum(counted.get(f"{type(model).__name__}.{path}", {}).values()) // 2
        if said != traced:
            raise Broken(
                f"{traced:,} multiply-adds of {path}, as traced",
                f"{said:,}",
                "count convolutions, linear layers and matrix products without biases in own_macs and "
                "connection_macs, or leave them out",
            )
        before = sizes[path]
    return f"the multiply-adds that {len(blocks)} blocks say are those that are traced"


def _others(previous: Any) -> list[Any]:
    """The same in form with other numbers: larger, smaller and mixed, as a merge may end in a ReLU."""
    generator = torch.Generator().manual_seed(2)
    return [
        _changed(previous, lambda tensor: tensor + 1 + tensor.abs()),
        _changed(previous, lambda tensor: -tensor - 1),
        _changed(previous, lambda tensor: 10 * torch.randn(tensor.shape, generator=generator)),
    ]


def _changed(previous: Any, change: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(previous, Tensor):
        return change(previous)
    if isinstance(previous, tuple | list):
        changed = [_changed(each, change) for each in previous]
        return type(previous)(*changed) if hasattr(previous, "_fields") else type(previous)(changed)
    raise Skipped(f"what is handed on is a {type(previous).__name__}, which cannot be changed here")


def _shape(handed_on: Any) -> str:
    if isinstance(handed_on, Tensor):
        return str(tuple(handed_on.shape))
    return f"a {type(handed_on).__name__} of {', '.join(map(_shape, handed_on))}"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _on_both(contract: Contract[Subject]) -> Callable[[AttentionSubject], str]:
    def tried(subject: AttentionSubject) -> str:
        contract(subject.plain)
        return contract(subject.connected)

    return tried


def _on_connected(contract: Contract[Subject]) -> Callable[[AttentionSubject], str]:
    return lambda subject: contract(subject.connected)


CONTRACTS: dict[str, Contract[AttentionSubject]] = {
    "shapes": shapes,
    "plain": plain_hands_nothing_on,
    "hands on": hands_on,
    "connection": connection,
    "precision": dtype,
    "multiply-adds": closed_form,
    # Plain and connected, but for those that would only take time.
    **{
        name: (_on_connected if name in ("determinism", "compile", "autocast") else _on_both)(contract)
        for name, contract in network.CONTRACTS.items()
    },
}
