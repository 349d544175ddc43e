"""What every attention block is: extraction, (connection,) transformation, fusion."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from ..connection import Connection, Unheard
from ..options import Options

Size = tuple[int, int]


@dataclass(frozen=True)
class Chain:
    """What a connected block is told of the chain in which it is.

    `previous_channels` is the width of what it is handed; None for a block that begins a chain anew: it hands
    on and hears nobody.
    """

    previous_channels: int | None
    options: Options = field(default_factory=dict)


class Attention(nn.Module):
    """One attention block, plain or connected (DCANet, arXiv 2007.05099, eq. 3).

    `forward(features, previous)` returns the refined features and what the next block receives;
    `previous` is None in the first block of a network, and a plain block hands nothing on.

    A new block has `extract`, `transform` and `fuse`, and `make_connection` for the connection between; one
    that attends over the channels or over the places has most of it from `ChannelAttention` or
    `SpatialAttention`. Its constructor knows nothing of the connection: `connect_to` makes it afterwards.
    One that replaces a convolution is also given the place's `stride`, and where they are not the usual ones
    `groups`, `activation` and `channels_in`.
    """

    #: True for blocks that stand in place of a backbone's spatial convolution instead of after it.
    replaces_convolution = False
    #: True to overwrite the features by the refined ones; for inference, where nobody else reads them later.
    in_place = False
    #: False for blocks whose features are read later in any case.
    may_be_in_place = True
    #: True for blocks whose descriptor and hand-on are tensors of a few numbers per channel. On a CPU they
    #: attend in float32 under autocast too, since such vectors take longer to cast than to multiply.
    on_vectors = False
    #: Options of `make_connection` that users may change, with their defaults.
    connection_options: ClassVar[Options] = {}

    connection: nn.Module | None

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.connection = None

    @classmethod
    def build(cls, channels: int, chain: Chain | None = None, **options: Any) -> Self:
        """A block in a chain, plain without one."""
        block = cls(channels, **options)
        if chain is not None:
            block.connect_to(chain.previous_channels, **chain.options)
        return block

    def connect_to(self, previous_channels: int | None, merge: str = "weighted", **options: Any) -> None:
        """Make this a connected block.

        Args:
            previous_channels: width of what it will be handed; None: it only hands on.
            merge: "weighted" or "addition".
            options: of `make_connection`.
        """
        self.connection = (
            Unheard()
            if previous_channels is None
            else self.make_connection(previous_channels, merge, **options)
        )

    @property
    def connected(self) -> bool:
        """Whether the block hands on; a plain one does not."""
        return self.connection is not None

    @property
    def listens(self) -> bool:
        """Whether the block takes what it is handed; one that begins a chain does not."""
        return self.connected and not isinstance(self.connection, Unheard)

    def make_connection(self, previous_channels: int, merge: str) -> nn.Module:
        """What `connect` joins the descriptor with what was handed on by."""
        raise NotImplementedError(f"{type(self).__name__} has no make_connection, so it cannot be connected")

    def extract(self, features: Any) -> Any:
        """Feature map -> descriptor."""
        raise NotImplementedError

    def connect(self, extracted: Any, previous: Any) -> Any:
        """Descriptor joined with what the previous block handed on."""
        assert isinstance(self.connection, Connection)
        return self.connection(extracted, previous)

    def transform(self, extracted: Any) -> Any:
        """Descriptor -> attention."""
        raise NotImplementedError

    def fuse(self, features: Any, attention: Any) -> Tensor:
        """Attention and feature map -> refined feature map."""
        raise NotImplementedError

    def multiply(self, features: Tensor, gate: Tensor) -> Tensor:
        """The gate, broadcast over a feature map; without new memory where that is allowed."""
        # A gate that autocast left in float32, as norms do, would take the whole map with it.
        gate = gate.to(features.dtype)
        return features.mul_(gate) if self.in_place else features * gate

    def hand_on(self, features: Any, extracted: Any, attention: Any, refined: Tensor) -> Any:
        """What the next block receives: the paper's attention times extraction unless a block says else."""
        return extracted * attention

    def forward(self, features: Any, previous: Any = None) -> tuple[Tensor, Any]:
        extracted, attention = self._attend(self.extract(features), previous if self.listens else None)
        refined = self.fuse(features, attention)

        if not self.connected:
            return refined, None
        return refined, self.hand_on(features, extracted, attention, refined)

    def _attend(self, extracted: Any, previous: Any) -> tuple[Any, Any]:
        """The descriptor, and the attention of it joined with what was handed on, if anything was."""
        if self.on_vectors and torch.is_autocast_enabled("cpu") and extracted.device.type == "cpu":
            with torch.autocast("cpu", enabled=False):
                return self._attend(extracted.float(), None if previous is None else previous.float())
        joined = extracted if previous is None else self.connect(extracted, previous)
        return extracted, self.transform(joined)

    def macs(self, height: int, width: int, previous: Size | None = None) -> int:
        """Multiply-adds of convolutions, linear layers and matrix products for one image, without biases.

        Args:
            height: of the features.
            width: of the features.
            previous: height and width of the previous block's features; None in a network's first block.
        """
        own = self.own_macs(height, width)
        if not self.listens or previous is None:
            return own
        return own + self.connection_macs((height, width), previous)

    def own_macs(self, height: int, width: int) -> int:
        """Of a plain block on features of that size; a block need not say them, a trace counts them."""
        raise NotImplementedError(f"{type(self).__name__} does not say its multiply-adds in closed form")

    def connection_macs(self, size: Size, previous: Size) -> int:
        """Of the connection, from (height, width) of the features and of the previous block's."""
        assert isinstance(self.connection, Connection)
        return self.connection.macs()


def over_space(gate: Tensor) -> Tensor:
    """(N, C) -> (N, C, 1, 1), to broadcast over a feature map."""
    return gate[:, :, None, None]
