"""Dilated convolutions whose gradients are right in bfloat16 on processors."""

import torch
from torch import Tensor, nn


class DilatedConv2d(nn.Conv2d):
    """As `nn.Conv2d`, but in groups under autocast on a CPU computed in float32 where gradients are wanted.

    In bfloat16 and channels_last memory oneDNN's gradient of dilated, grouped kernels is wrong or not finite
    for maps of 31 and more pixels a side (torch 2.14.1); in float32 it is right.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W') in the dtype that autocast asks for."""
        casts = torch.is_grad_enabled() and x.device.type == "cpu" and torch.is_autocast_enabled("cpu")
        if self.groups == 1 or not casts:
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            found = super().forward(x.float())
        return found.to(torch.get_autocast_dtype("cpu"))
