"""What every attention block is: extraction, (connection,) transformation, fusion."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from ..connection import Connection


class Attention(nn.Module):
    """One attention block, plain (`connection` is None) or connected (DCANet, arXiv 2007.05099, eq. 3).

    `forward(features, previous)` returns the refined features and what the next block receives;
    `previous` is None in the first block of a network, and a plain block hands nothing on.
    """

    #: True for blocks that stand in place of a backbone's spatial convolution instead of after it.
    replaces_convolution = False

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


def pool(features: Tensor) -> Tensor:
    """Global average pooling, (N, C, H, W) -> (N, C).

    `adaptive_avg_pool2d` to 1x1 runs as a mean (deterministic on GPUs too) and cost counters see it.
    """
    return F.adaptive_avg_pool2d(features, 1).flatten(1)


def over_space(gate: Tensor) -> Tensor:
    """(N, C) -> (N, C, 1, 1), to broadcast over a feature map."""
    return gate[:, :, None, None]
