"""Plug-ins are loaded once, and one that is broken is told in one line with its file."""

import sys

import pytest

from dcanet.cli import main
from dcanet.errors import UserError
from dcanet.models.forms import is_model
from dcanet.plugins.loading import code_hashes, load_plugin, loading_undone

REGISTERING = "from dcanet.plugins import register_attention, register_backbone, register_dataset\n"
BROKEN = {
    "no import": ("import no_such_module\n", ":1: ModuleNotFoundError: No module named 'no_such_module'"),
    "no Python": ("x = 1\ndef (\n", ":2: SyntaxError: invalid syntax"),
    "fails": ("x = 1\n\ny = x / 0\n", ":3: ZeroDivisionError: division by zero"),
    "ends": ("import sys\nsys.exit(3)\n", ":2: SystemExit: 3"),
    "nothing": ("x = 1\n", ": registers nothing; decorate a class or function with register_attention"),
    "taken attention": (
        f"{REGISTERING}@register_attention('se')\nclass X:\n    pass\n",
        ":2: attention 'se' is registered already, by dcanet",
    ),
    "taken data set": (
        f"{REGISTERING}@register_dataset('digits')\ndef f(folder):\n    pass\n",
        ":2: dataset 'digits' is taken; choose another name",
    ),
    "no name": (
        f"{REGISTERING}@register_dataset\ndef f(folder):\n    pass\n",
        "register_dataset: takes a name",
    ),
    "odd name": (
        f"{REGISTERING}@register_dataset('My Data')\ndef f(folder):\n    pass\n",
        "dataset 'My Data': use lower-case letters, digits and _",
    ),
    "no folder": (f"{REGISTERING}@register_dataset('x')\ndef f():\n    pass\n", "takes no folder"),
    "unknown array": (
        "from dcanet.plugins import register_metric\n@register_metric('x')\ndef f(targets):\n    pass\n",
        ":2: metric 'x': asks for 'targets'; there are target, top5, top5_scores, loss",
    ),
    "no mapping": (
        "from dcanet.plugins import register_recipe\n@register_recipe('x')\ndef f():\n    return 3\n",
        ":2: recipe 'x': its function returns a int",
    ),
    "no attention": (
        f"{REGISTERING}@register_attention('x')\ndef f():\n    pass\n",
        "is no class derived from Attention",
    ),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_one_line_with_its_file(plugin, capsys, text, message):
    path = plugin(text)
    assert main(["--plugin", path, "config", "--schema"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"dcanet: {path}")
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such.py", "no file 'no_such.py'"),
        ("no\0such.py", r"no file 'no\\x00such.py'"),
        ("\ud800.py", r"no file '\\ud800.py'"),
        ("x" * 300 + ".py", "no file 'xxx"),
        ("no_such_module_x", "'no_such_module_x' is no installed module"),
    ],
)
def test_a_plugin_that_is_not_there(name, message):
    with pytest.raises(UserError, match=message):
        load_plugin(name)


def test_loading_twice_is_harmless(plugin, block):
    path = plugin(block)
    first = load_plugin(path)
    assert load_plugin(path) is first
    assert first.registered == (("attention", "mine"),)
    assert is_model("dca_mine_mobilenet_v2")


def test_a_module_is_loaded_by_its_name(plugin, block, tmp_path, monkeypatch):
    plugin(block, "packed_blocks.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        assert load_plugin("packed_blocks").registered == (("attention", "mine"),)
    finally:
        sys.modules.pop("packed_blocks", None)


def test_the_hash_is_of_the_code_alone(plugin, block):
    texts = [block, f"{block}\n\n# a comment\n", block.replace("torch.ones", "torch.zeros")]
    hashes = []
    for number, text in enumerate(texts):
        with loading_undone():
            loaded = load_plugin(plugin(text, f"blocks{number}.py"))
            hashes.append(loaded.code_hash)
            assert code_hashes([("attention", "mine")]) == [loaded.code_hash]
            assert code_hashes([("attention", "se"), ("backbone", "resnet50")]) == []
    assert hashes[0] == hashes[1] != hashes[2]
