"""What a block of each connected network is made of."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn

from .. import models
from ..models.attention import Attention
from ..models.tracing import published_form
from ..structure_documents import BlockStructure, Structures
from .noting import connections_of, noted


def structures(networks: Mapping[str, Mapping[str, Any]], image_size: int) -> Structures:
    """Of the connected classifiers among some networks (id -> options)."""
    found = {}
    for name, options in networks.items():
        if models.is_model(name) and models.triple_of(name)[2]:
            with torch.device("meta"):
                model = models.assemble(name, 1000, **options).eval()
            if structure := block_structure(model, image_size):
                found[name] = structure
    return Structures(image_size=image_size, models=found)


def block_structure(model: models.Classifier, image_size: int) -> BlockStructure | None:
    """Of the first block that has to match the width of what it is handed; else of the first that hears one.

    None for a backbone without residual blocks that say where their attention is.
    """
    blocks: dict[str, Any] = {
        path: block for path, block in model.named_modules() if hasattr(block, "attention_channels")
    }
    paths = list(blocks)
    # Nothing is handed to the first.
    hearing = [place for place, path in enumerate(paths) if place and any(_gates(blocks[path]))]
    if not hearing:
        return None
    number = next((place for place in hearing if _matches(blocks[paths[place]])), hearing[0])
    block, before = blocks[paths[number]], blocks[paths[number - 1]]
    device = next(model.parameters()).device
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(published_form())
        notes = {name: stack.enter_context(noted(gate)) for name, gate in _gates(block)}
        model(torch.empty(1, 3, image_size, image_size, device=device))
    return BlockStructure(
        path=paths[number],
        number=number + 1,
        blocks=len(paths),
        width=block.attention_channels,
        previous_width=before.attention_channels,
        gates=[note.gate(name) for name, note in notes.items()],
    )


def _gates(block: Any) -> Iterator[tuple[str, Attention]]:
    """The connected attentions of a residual block by their names within it."""
    inner = block.selective if hasattr(block, "selective") else block.attention
    for name, gate in inner.named_modules():
        if isinstance(gate, Attention) and gate.listens:
            yield name, gate


def _matches(block: Any) -> bool:
    return any(
        not isinstance(connection.match, nn.Identity)
        for _, gate in _gates(block)
        for connection in connections_of(gate)
    )
