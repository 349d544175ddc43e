"""What is noted of a connected block is what its modules are."""

import json

import pytest
import torch
from torch import nn

from dcanet import models
from dcanet.cli import main
from dcanet.models.attention import Attention
from dcanet.models.connection import Connection
from dcanet.models.tracing import is_traced
from dcanet.profiling.structure import block_structure, structures
from dcanet.structure_documents import Operation, Structures

CONNECTED = [
    *(name for name, (_, _, connected) in models.TRIPLES.items() if connected),
    *(f"dca_{attention}_resnet18" for attention in ("simam", "coord")),
]


def built(name, **options):
    with torch.device("meta"):
        return models.assemble(name, 1000, **options).eval()


def widths(module):
    """(in, out) of every layer of a module, in order."""
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    return [tuple(reversed(layer.weight.shape[:2])) for layer in layers]


def noted(operations):
    return [operation.widths for operation in operations if operation.widths]


def gates_of(model, path):
    gates = model.get_submodule(path).modules()
    return [gate for gate in gates if isinstance(gate, Attention)]


@pytest.mark.parametrize("name", CONNECTED)
def test_widths_are_the_modules(name):
    model = built(name)
    block = block_structure(model, 64)
    gates = gates_of(model, block.path)
    assert len(gates) == len(block.gates) > 0
    for gate, found in zip(gates, block.gates, strict=True):
        connections = [module for module in gate.modules() if isinstance(module, Connection)]
        assert found.connections == len(connections)
        assert noted(found.matching) == widths(connections[0].match)
        assert noted(found.merge) == widths(connections[0].merge)
        of_connections = {layer for connection in connections for layer in connection.modules()}
        own = [layer for layer in gate.modules() if layer not in of_connections]
        # The branches of selective kernels run before the extraction.
        branches = {layer for branch in getattr(gate, "branches", ()) for layer in branch.modules()}
        layers = nn.ModuleList(
            layer for layer in own if layer not in branches and isinstance(layer, nn.Conv2d | nn.Linear)
        )
        assert noted([*found.extraction, *found.transformation]) == widths(layers)
        assert found.refined == found.features
        assert found.handed[1 if found.handed[0] == 2 else 0] == block.previous_width


@pytest.mark.parametrize("name", CONNECTED)
def test_the_first_block_that_matches(name):
    model = built(name)
    block = block_structure(model, 64)
    blocks = {path: each for path, each in model.named_modules() if hasattr(each, "attention_channels")}
    paths = list(blocks)
    assert paths.index(block.path) == block.number - 1
    assert block.blocks == len(paths)
    assert (block.width, block.previous_width) == (
        blocks[block.path].attention_channels,
        blocks[paths[block.number - 2]].attention_channels,
    )
    assert block.width != block.previous_width
    # The network's first block is handed nothing; those between have the width of the one before.
    between = [blocks[path].attention_channels for path in paths[: block.number - 1]]
    assert len(set(between)) == 1


def names(operations):
    return [operation.name for operation in operations]


def test_squeeze_and_excitation_in_full():
    (gate,) = block_structure(built("dca_se_resnet50"), 224).gates
    assert gate.extraction == [Operation(name="average over places")]
    assert gate.matching[0] == Operation(name="linear", widths=(256, 32))
    assert names(gate.matching) == ["linear", "LayerNorm", "ReLU"] * 2
    assert names(gate.merge) == ["1 × 1 convolution", "LayerNorm", "ReLU"]
    assert names(gate.transformation) == ["linear", "ReLU", "linear", "sigmoid"]
    assert (names(gate.fusion), names(gate.hand_on)) == (["multiply"], ["multiply"])
    assert gate.hand_on_origins == ["extraction", "attention"]
    assert (gate.handed, gate.extracted, gate.features) == ([256], [512], [512, 28, 28])


@pytest.mark.parametrize(
    ("name", "options", "origins"),
    [
        ("dca_gc_resnet50", {}, [["attention"]]),
        ("dca_cbam_resnet50", {}, [["extraction", "attention"], ["refined"]]),
        ("dca_cbam_resnet50", {"hand_on": "map"}, [["refined"], ["refined"]]),
        ("dca_sk_resnet50", {}, [["features", "attention"]]),
        ("dca_sk_resnet50", {"hand_on": "gates"}, [["attention"]]),
    ],
)
def test_what_is_handed_on(name, options, origins):
    block = block_structure(built(name, **options), 64)
    assert [gate.hand_on_origins for gate in block.gates] == origins


def test_options_are_seen():
    (gate,) = block_structure(built("dca_se_resnet50", matching="one_layer", reduction=8), 64).gates
    assert noted(gate.matching) == [(256, 512)]
    assert noted(gate.transformation) == [(512, 64), (64, 512)]


def test_selective_kernels_have_a_connection_for_each_branch():
    (gate,) = block_structure(built("dca_sk_resnet50"), 64).gates
    assert gate.connections == 2
    assert noted(gate.matching) == [(64, 128)]


def test_the_model_is_left_as_it_was():
    model = built("dca_cbam_resnet50")
    before = [list(vars(module)) for module in model.modules()]
    block_structure(model, 64)
    assert [list(vars(module)) for module in model.modules()] == before
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert not is_traced()


def test_only_connected_classifiers():
    found = structures({"se_resnet50": {}, "dca_se_resnet50": {}, "retinanet_dca_se_resnet50": {}}, 64)
    assert list(found.models) == ["dca_se_resnet50"]


def test_the_command(tmp_path):
    costs, path = tmp_path / "costs.json", tmp_path / "structures.json"
    arguments = ["--image-size", "48", "--keep-going", "--structures", str(path), "--out", str(costs)]
    # Images of 48 pixels do not suit connected CBAM, which is left out.
    models = ["mobilenet_v2", "dca_se_mobilenet_v2", "dca_cbam_mobilenet_v2"]
    option = ["--option", "dca_se_mobilenet_v2:matching=two_layer"]
    assert main(["profile", "costs", *models, *arguments, *option]) == 0
    found = Structures.load(path)
    assert list(found.models) == ["dca_se_mobilenet_v2"]
    assert noted(found.models["dca_se_mobilenet_v2"].gates[0].matching) == [(16, 3), (3, 24)]
    assert json.loads(path.read_text())["image_size"] == 48
