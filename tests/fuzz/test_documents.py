"""Every JSON document that stages exchange, and history.jsonl."""

import importlib
import json
import pkgutil

import hostile
import pytest
import trees
from damage import damaged
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

import dcanet
from dcanet.documents import Document, EpochRecord, read_history


def kinds() -> list[type[Document]]:
    """All of the package, those that are not defined among the documents too."""
    for module in pkgutil.walk_packages(dcanet.__path__, "dcanet."):
        text = importlib.util.find_spec(module.name).loader.get_source(module.name) or ""
        if "(Document)" in text:
            importlib.import_module(module.name)
    found: list[type[Document]] = []
    waiting = [Document]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found.append(kind)
    return sorted(set(found) - {Document}, key=lambda kind: kind.__name__)


KINDS = kinds()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@fuzz(100)
@given(data=st.data())
def test_documents(cases, kind, data):
    """What is read is what was written; all else is named in one line."""
    value = data.draw(trees.edited(trees.instances(kind.model_json_schema())))
    path = cases.file("document.json", json.dumps(value).encode())
    found = cases.run(kind.load, path)
    if found is not None:
        found.save(path)
        assert kind.load(path).model_dump_json() == found.model_dump_json()


@fuzz(3000)
@given(
    number=st.integers(0, len(KINDS) - 1),
    content=damaged(
        b'{"schema_version": 1, "model": "a", "seed": null}',
        words=[
            b"NaN",
            b"1e999",
            b"9" * 5000,
            b"[" * 5000,
            b'"\\ud800"',
            b"\xff",
            b'"schema_version": 99',
            b'{"a":' * 500,
        ],
    ),
)
def test_texts_that_should_be_documents(cases, number, content):
    cases.run(KINDS[number].load, cases.file("document.json", content))


@fuzz(1200)
@given(
    lines=st.lists(
        st.one_of(
            trees.edited(trees.instances(EpochRecord.model_json_schema())).map(json.dumps),
            hostile.texts("{}", "null", "[]"),
        ),
        max_size=3,
    ),
    end=st.sampled_from(["\n", "\r\n", "\u2028", "\x0b", "\n\n"]),
)
def test_histories(cases, lines, end):
    content = end.join(lines).encode("utf-8", "surrogatepass")
    cases.run(read_history, cases.file("history.jsonl", content))
