"""A network where only its timing matters, and settings under which a timing is short."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from dcanet.config_sections import ProfileSettings


class Tiny(nn.Module):
    """One convolution; above `limit` images it asks for more memory than there is."""

    def __init__(self, limit: int = 10**6) -> None:
        super().__init__()
        self.limit = limit
        self.conv, self.head = nn.Conv2d(3, 4, 3, 2), nn.Linear(4, 1000)

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > self.limit:
            torch.empty(2**60)
        return self.head(self.conv(x).relu().mean((2, 3)))


def plain(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """These models without options."""
    return {name: {} for name in names}


def quick(*measurements: dict[str, Any], **values: Any) -> ProfileSettings:
    shared = {"image_size": 32, "block_seconds": 0.01, "budget_seconds": 0.3}
    return ProfileSettings(measurements=list(measurements) or [{"batch_size": 2}], **(shared | values))
