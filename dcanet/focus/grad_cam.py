"""Grad-CAM (arXiv 1610.02391) of several blocks from one forward and one backward pass."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class GradCam(NamedTuple):
    """Heat maps (N, h, w) of each block, double: 1 at their maxima, 0 where nothing speaks for the class."""

    maps: list[Tensor]
    logits: Tensor


def grad_cam(
    model: nn.Module, blocks: Sequence[nn.Module], images: Tensor, targets: Tensor | None = None
) -> GradCam:
    """ReLU(sum_k w_k A_k), where A is a block's feature map and w the mean over its places of d score / d A.

    The score is the logit of a class. What a block hands on to the next beside its map is another way to the
    score: it is taken as it is, and no gradient is asked of it.

    Args:
        model: in evaluation mode, so that the images do not touch one another.
        blocks: in the order in which they run; each returns (features, what it hands on).
        targets: (N,) the class of each image; None takes the network's answer.
    """
    seen: list[Tensor] = []

    def see(block: nn.Module, arguments: tuple[Any, ...], output: tuple[Tensor, Any]) -> tuple[Tensor, Any]:
        features, handed_on = output
        if not seen:
            # Nothing before the first map needs a gradient.
            features = features.detach().requires_grad_()
        seen.append(features)
        return features, handed_on

    hooks = [block.register_forward_hook(see) for block in blocks]
    try:
        with torch.enable_grad():
            logits = model(images)
    finally:
        for hook in hooks:
            hook.remove()
    classes = logits.argmax(dim=1) if targets is None else targets
    scores = logits.gather(1, classes[:, None])
    gradients = torch.autograd.grad(scores.sum(), seen)
    maps = [_heat(features.detach(), gradient) for features, gradient in zip(seen, gradients, strict=True)]
    return GradCam(maps, logits.detach())


def _heat(features: Tensor, gradient: Tensor) -> Tensor:
    # In double precision: products of two small numbers would vanish.
    weights = gradient.double().mean(dim=(2, 3), keepdim=True)  # (N, C, 1, 1)
    heat = F.relu((weights * features).sum(dim=1))  # (N, h, w)
    highest = heat.amax(dim=(1, 2), keepdim=True)
    return heat / highest.clamp_min(torch.finfo(heat.dtype).tiny)
