"""Plug-ins as files of a temporary folder, forgotten after each test."""

import textwrap

import pytest

from dcanet.plugins.loading import loading_undone

BLOCK = """
import torch
from torch import nn

from dcanet.plugins import Attention, ChannelAttention, register_attention


@register_attention("mine")
class Mine(ChannelAttention):
    def __init__(self, channels):
        super().__init__(channels)
        self.weight = nn.Parameter(torch.ones(channels))

    def transform(self, extracted):
        return torch.sigmoid(self.weight * extracted)
"""


@pytest.fixture
def block():
    """The text of a plug-in that keeps all contracts."""
    return BLOCK


@pytest.fixture(autouse=True)
def _forgotten():
    with loading_undone():
        yield


@pytest.fixture
def plugin(tmp_path):
    """A function that writes a plug-in and returns its path."""

    def write(text: str, name: str = "my_blocks.py") -> str:
        (tmp_path / name).write_text(textwrap.dedent(text))
        return str(tmp_path / name)

    return write
