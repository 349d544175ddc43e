"""What attention blocks take and give while a network runs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .outcome import Broken
from .subject import blocks_of


@dataclass(frozen=True)
class Passed:
    """Of one block: features and what it was handed, the refined features and what it hands on."""

    path: str
    block: nn.Module
    features: Tensor
    previous: Any
    refined: Tensor
    handed_on: Any


def passed(model: nn.Module, kind: type[nn.Module], image: Tensor) -> list[Passed]:
    """Of every block of a kind, in order; Broken at the first that gives no features of the right shape."""
    found: list[Passed] = []
    with torch.no_grad(), _watched(blocks_of(model, kind), found):
        model(image)
    return found


@contextmanager
def _watched(blocks: Mapping[str, nn.Module], found: list[Passed]) -> Iterator[None]:
    taken: dict[str, tuple[Tensor, Any]] = {}

    def before(path: str, arguments: tuple[Any, ...]) -> None:
        features, previous = (*arguments, None)[:2]
        # Some blocks overwrite what they are given.
        taken[path] = features.clone(), previous

    def after(path: str, block: nn.Module, output: Any) -> None:
        features, previous = taken[path]
        found.append(Passed(path, block, features, previous, *_checked(block, features, output)))

    hooks: list[Any] = []
    for path, block in blocks.items():
        hooks.append(block.register_forward_pre_hook(lambda _, args, path=path: before(path, args)))
        hooks.append(
            block.register_forward_hook(lambda block, _, output, path=path: after(path, block, output))
        )
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _checked(block: nn.Module, features: Tensor, output: Any) -> tuple[Tensor, Any]:
    if not (isinstance(output, tuple) and len(output) == 2):
        raise Broken(
            "the pair (refined features, what is handed on) from forward",
            type(output).__name__,
            "return both, or leave forward to Attention",
        )
    refined, handed_on = output
    wanted = list(features.shape)
    came = list(refined.shape) if isinstance(refined, Tensor) else type(refined).__name__
    in_place_of_convolution = getattr(block, "replaces_convolution", False)
    fits = isinstance(refined, Tensor) and (
        came == wanted or (in_place_of_convolution and len(came) == 4 and came[0] == wanted[0])
    )
    if not fits:
        raise Broken(
            f"refined features of shape {tuple(wanted)}, as the features",
            str(tuple(came) if isinstance(came, list) else came),
            "return from fuse the features times a gate that broadcasts over them, as (N, C, 1, 1) or "
            "(N, 1, H, W)",
        )
    return refined, handed_on
