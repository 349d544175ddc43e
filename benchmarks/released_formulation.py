"""The attention blocks as DCANet's authors formulate them, written plainly from their description.

`as_released` gives a network of ours that formulation, with the same weights, so that both can be timed and
compared. It has nothing of what makes ours faster: every pooling reads the map, every gate makes a new one,
maps that are handed on are read again, gradients are torch's own.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcanet.models.attention.cbam import CBAM, ChannelGate, SpatialGate
from dcanet.models.attention.gc import GlobalContext
from dcanet.models.attention.ge import GatherExcite
from dcanet.models.attention.se import SqueezeExcitation
from dcanet.models.attention.sk import SelectiveKernel
from dcanet.models.layers import is_plain_convolution

BLOCKS = (SqueezeExcitation, SelectiveKernel, GatherExcite, GlobalContext, CBAM)


def as_released(model: nn.Module) -> nn.Module:
    """The network with plain attention blocks and torch's convolutions, in place."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, BLOCKS):
                setattr(module, name, _FORMULATIONS.get(type(child), ChannelAttention)(child))
            elif is_plain_convolution(child):
                setattr(module, name, _convolution(child))
    return model


class Plain(nn.Module):
    """A plain formulation with the parameters of one of our blocks."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.block = block
        self.connected = block.connected


class ChannelAttention(Plain):
    """SE and GE: a gate from the pooled channels."""

    def forward(self, features: Tensor, previous: Tensor | None) -> tuple[Tensor, Tensor | None]:
        pooled = F.adaptive_avg_pool2d(features, 1).flatten(1)
        joined = pooled if previous is None else self.block.connection(pooled, previous)
        gate = self.block.transform(joined)
        return features * gate[:, :, None, None], pooled * gate if self.connected else None


class Context(Plain):
    """GC."""

    def forward(self, features: Tensor, previous: Tensor | None) -> tuple[Tensor, Tensor | None]:
        n, channels, height, width = features.shape
        weights = self.block.mask(features).view(n, 1, height * width, 1).softmax(dim=2)
        maps = features.reshape(n, 1, channels, height * width)
        context = torch.matmul(maps, weights).view(n, channels, 1, 1)
        joined = context if previous is None else self.block.connection(context, previous)
        added = self.block.context(joined)
        return features + added, added if self.connected else None


class Kernels(Plain):
    """SK."""

    def forward(self, features: Tensor, previous: Tensor | None) -> tuple[Tensor, Tensor | None]:
        maps = [branch(features) for branch in self.block.branches]
        pooled = [F.adaptive_avg_pool2d(each, 1).flatten(1) for each in maps]
        if previous is not None:
            pooled = [
                join(now, previous[:, k])
                for k, (join, now) in enumerate(zip(self.block.connection, pooled, strict=True))
            ]
        n, channels = pooled[0].shape
        scores = self.block.select((pooled[0] + pooled[1])[:, :, None, None])
        gates = scores.view(n, 2, channels).softmax(dim=1)
        weighted = [each * gates[:, k, :, None, None] for k, each in enumerate(maps)]
        refined = weighted[0] + weighted[1]
        if not self.connected:
            return refined, None
        if self.block.hands_on == "gates":
            return refined, gates
        return refined, torch.stack([F.adaptive_avg_pool2d(each, 1).flatten(1) for each in weighted], dim=1)


class Cbam(Plain):
    """CBAM, whose gates hand on whole maps; the pooled and gated vector where the printed form has that."""

    def forward(self, features: Tensor, previous: Any) -> tuple[Tensor, Any]:
        channel_before, spatial_before = previous or (None, None)
        features, channel = _channel_gate(self.block.channel, features, channel_before)
        features = _spatial_gate(self.block.spatial, features, spatial_before)
        return features, (channel, features) if self.connected else None


def _channel_gate(block: ChannelGate, features: Tensor, previous: Tensor | None) -> tuple[Tensor, Tensor]:
    average, maximum = _average_and_maximum(features)
    joined = [average, maximum]
    if previous is not None:
        assert block.connection is not None
        matched, merge = block.connection.match(previous), block.connection.merge
        before = _average_and_maximum(matched) if block.hands_on == "map" else [matched.flatten(1)] * 2
        joined = [merge(average, before[0]), merge(maximum, before[1])]
    gate = torch.sigmoid(block.mlp(joined[0]) + block.mlp(joined[1]))
    refined = features * gate[:, :, None, None]
    return refined, refined if block.hands_on == "map" else (average * gate)[:, :, None, None]


def _average_and_maximum(features: Tensor) -> list[Tensor]:
    return [pool(features, 1).flatten(1) for pool in (F.adaptive_avg_pool2d, F.adaptive_max_pool2d)]


def _spatial_gate(block: SpatialGate, features: Tensor, previous: Tensor | None) -> Tensor:
    read = _over_channels(features)
    if previous is not None:
        assert block.connection is not None
        ratio = previous.shape[2] // features.shape[2]
        previous = F.avg_pool2d(previous, ratio) if ratio > 1 else previous
        read = block.connection(read, _over_channels(previous))
    return features * torch.sigmoid(block.norm(block.conv(read)))


def _over_channels(features: Tensor) -> Tensor:
    # `amax` is younger than the authors' code.
    maximum, _ = features.max(dim=1, keepdim=True)
    return torch.cat((maximum, features.mean(dim=1, keepdim=True)), dim=1)


def _convolution(ours: nn.Conv2d) -> nn.Conv2d:
    """Torch's own, with the same weights."""
    plain = nn.Conv2d(
        ours.in_channels,
        ours.out_channels,
        ours.kernel_size[0],
        ours.stride[0],
        ours.padding[0],
        ours.dilation[0],
        ours.groups,
        bias=ours.bias is not None,
    )
    plain.weight, plain.bias = ours.weight, ours.bias
    return plain


_FORMULATIONS: dict[type[nn.Module], type[Plain]] = {
    GlobalContext: Context,
    SelectiveKernel: Kernels,
    CBAM: Cbam,
}
