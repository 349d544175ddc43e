"""The sheets, the weights' lock and names of models: what reaches paths and shell lines."""

import re
from pathlib import Path

import hostile
from damage import damaged
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

from dcanet.commands.options import options_of
from dcanet.detection.forms import split_name
from dcanet.models.ids import known
from dcanet.profiling.setting import from_argument
from dcanet.sheets import read_detectors, read_pairs
from dcanet.weights import networks
from dcanet.weights.lock import Lock
from dcanet.weights.source_text import parse_source, source_arguments
from dcanet.weights.translation import detector_of, split_prefix, translate, triple_of
from dcanet.workflow import Plan

CONFIG = Path(__file__).parents[2] / "config"
SAFE = re.compile("[a-z0-9_]+")
WORDS = [text.encode("utf-8", "surrogatepass") for text in hostile.TEXTS] + [
    b"\t",
    b"\n",
    b"\r",
    b"\xff",
    b'"',
    b"9" * 5000,
]


def rows(name: str, count: int) -> bytes:
    """The first rows of a sheet, for quick cases."""
    return b"".join((CONFIG / name).read_bytes().splitlines(keepends=True)[: count + 1])


@fuzz(2000)
@given(content=damaged(rows("pairs.tsv", 5), words=WORDS))
def test_pairs(cases, content):
    for pair in cases.run(read_pairs, cases.file("pairs.tsv", content)) or ():
        for model in pair.models:
            assert SAFE.fullmatch(model.id)
            assert SAFE.fullmatch(model.pair)
            assert re.fullmatch(Plan.any_of([model.id]), model.id)


@fuzz(2000)
@given(content=damaged(rows("detectors.tsv", 4), words=WORDS))
def test_detectors(cases, content):
    for row in cases.run(read_detectors, cases.file("detectors.tsv", content)) or ():
        assert SAFE.fullmatch(row.id)


@fuzz(1500)
@given(
    name=st.one_of(hostile.texts(*known()), st.tuples(st.sampled_from(known()), hostile.texts()).map("".join))
)
def test_names_of_networks(cases, name):
    """No id with a character that a shell or a path knows is a network's."""
    if cases.run(networks.is_network, name):
        assert SAFE.fullmatch(name)
    cases.run(networks.unknown, name)
    cases.run(split_name, name, refuses=(ValueError,))
    cases.run(networks.resolve_options, name, refuses=(ValueError,))


@fuzz(1200)
@given(
    key=hostile.texts("reduction", "matching", "se_resnet50:reduction", "form", "name"),
    value=hostile.texts(
        "4", "one_layer", "1e999", "{a: 1}", "&a [*a]", "[" * 2000, "2001-99-99", "!!python/name:os.system"
    ),
    equals=st.sampled_from(["=", "=", "", ":", "=="]),
)
def test_option_texts(cases, key, value, equals):
    cases.run(options_of, "se_resnet50", [f"{key}{equals}{value}"])
    cases.run(from_argument, f"{key}{equals}{value},batch_size=1")


@fuzz(1500)
@given(
    given_texts=st.lists(
        hostile.texts("published", "drive:0123456789", "https://x.y/z", "torchvision:X_Weights.Y"),
        min_size=1,
        max_size=3,
    ),
    digits=st.one_of(st.none(), hostile.texts("0" * 8)),
)
def test_sources_of_weights(cases, given_texts, digits):
    """What is read is written down so that it is read again as the same."""
    source = cases.run(parse_source, given_texts, digits)
    if source is not None:
        arguments = source_arguments(source)
        texts = [
            text for flag, text in zip(arguments[::2], arguments[1::2], strict=True) if flag == "--source"
        ]
        again = parse_source(texts, digits if "--sha256" in arguments else None)
        assert again == source


LOCK = (
    b"# dcanet weights lock, schema 1: what came from each source at its first use\n"
    b"source\tname\tsize\tsha256\n"
)
ENTRY = (
    b"drive:0123456789\tresnet50\t1234\t"
    + b"0" * 64
    + b"\nhttps://x.y/z\tse_resnet50\t99\t"
    + b"a" * 64
    + b"\n"
)


@fuzz(2400)
@given(content=damaged(LOCK + ENTRY, words=[*WORDS, "٣".encode(), "²".encode()]))
def test_locks_of_weights(cases, content):
    cases.run(Lock(cases.file("weights.lock", content)).entries)


KEYS = [
    "module.conv1.weight",
    "layer1.0.bn1.weight",
    "layer2.0.se.fc.0.weight",
    "att_fc.weight",
    "fc.bias",
    "backbone.conv1.weight",
]


@fuzz(1200)
@given(keys=st.lists(st.one_of(st.sampled_from(KEYS), hostile.texts(*KEYS)), min_size=1, max_size=5))
def test_names_of_tensors(cases, keys):
    cases.run(triple_of, keys, refuses=(ValueError,))
    cases.run(detector_of, keys, refuses=(ValueError,))
    cases.run(split_prefix, keys, refuses=(ValueError,))
    for key in keys:
        cases.run(translate, key, "resnet50", "se", None)
