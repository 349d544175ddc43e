"""What every attention block is: extraction, (connection,) transformation, fusion."""

from typing import Any

from torch import Tensor, nn

from ..connection import Connection


class Attention(nn.Module):
    """One attention block, plain (`connection` is None) or connected (DCANet, arXiv 2007.05099, eq. 3).

    `forward(features, previous)` returns the refined features and what the next block receives;
    `previous` is None in the first block of a network, and a plain block hands nothing on.
    """

    #: True for blocks that stand in place of a backbone's spatial convolution instead of after it.
    replaces_convolution = False
    #: True to overwrite the features by the refined ones; for inference, where nobody else reads them later.
    in_place = False
    #: False for blocks whose features are read later in any case.
    may_be_in_place = True

    connection: nn.Module | None

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
        extracted = self.extract(features)
        joined = extracted if previous is None else self.connect(extracted, previous)
        attention = self.transform(joined)
        refined = self.fuse(features, attention)

        if self.connection is None:
            return refined, None
        return refined, self.hand_on(features, extracted, attention, refined)

    def macs(self, height: int, width: int, previous: tuple[int, int] | None = None) -> int:
        """Multiply-adds of convolutions, linear layers and matrix products for one image, without biases.

        Args:
            height: of the features.
            width: of the features.
            previous: height and width of the previous block's features; None in a network's first block.
        """
        own = self.own_macs(height, width)
        if self.connection is None or previous is None:
            return own
        return own + self.connection_macs(*previous)

    def own_macs(self, height: int, width: int) -> int:
        """Of a plain block on features of that size."""
        raise NotImplementedError

    def connection_macs(self, height: int, width: int) -> int:
        """Of the connection, where the previous block's features had that size."""
        assert isinstance(self.connection, Connection)
        return self.connection.macs()


def over_space(gate: Tensor) -> Tensor:
    """(N, C) -> (N, C, 1, 1), to broadcast over a feature map."""
    return gate[:, :, None, None]
