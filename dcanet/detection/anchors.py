"""Anchors: boxes of a few shapes around every cell of a feature map, in pixels of the resized image.

Anchor `index` of a map is shape `index % shapes` at cell `index // shapes`, row by row.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

#: Height over width.
RATIOS = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Anchors:
    """The anchors of one feature map whose cells lie `stride` pixels apart.

    `scales` are side lengths in strides. Corners are whole pixels, as the authors round them.
    """

    stride: int
    scales: Sequence[float]

    @property
    def shapes(self) -> list[list[int]]:
        """The anchors of the first cell: every ratio at every scale, the scale changing first."""
        centre = (self.stride - 1) / 2
        boxes = []
        for ratio in RATIOS:
            for scale in self.scales:
                across = (self.stride * scale / math.sqrt(ratio) - 1) / 2
                down = (self.stride * scale * math.sqrt(ratio) - 1) / 2
                corners = (centre - across, centre - down, centre + across, centre + down)
                boxes.append([round(corner) for corner in corners])
        return boxes

    def at(self, indices: Tensor, map_width: int, dtype: torch.dtype) -> Tensor:
        """(n, 4) anchors of these indices on a map of so many cells in a row."""
        shapes = torch.tensor(self.shapes, dtype=dtype, device=indices.device)
        cells = indices // len(shapes)
        shifts = torch.stack((cells % map_width, cells // map_width), dim=-1) * self.stride
        return shapes[indices % len(shapes)] + shifts.to(dtype).repeat(1, 2)

    def grid(self, height: int, width: int, dtype: torch.dtype, device: torch.device) -> Tensor:
        """(height * width * shapes, 4) anchors of a map of height x width cells."""
        count = height * width * len(RATIOS) * len(self.scales)
        return self.at(torch.arange(count, device=device), width, dtype)

    def within(self, height: int, width: int, size: tuple[int, int], device: torch.device) -> Tensor:
        """(height * width * shapes,) whether the anchor's cell begins inside an image of `size` pixels."""
        rows = torch.arange(height, device=device) * self.stride < size[0]
        columns = torch.arange(width, device=device) * self.stride < size[1]
        cells = (rows[:, None] & columns[None, :]).flatten()
        return cells.repeat_interleave(len(RATIOS) * len(self.scales))
