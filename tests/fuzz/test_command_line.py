"""Arguments of the command line: a usage line, one line of an error, or a result."""

import contextlib
import io

import hostile
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

from dcanet.cli import VERBS, build_parser, main
from dcanet.plugins.loading import load_plugin

PARSER = build_parser()
#: No program can be given this character.
WORDS = hostile.texts(
    *(
        "--out",
        "--model",
        "--seed",
        "--device",
        "--option",
        "--pairs",
        "--data",
        "--recipe",
        "--threads",
        "--help",
    ),
    *(
        "--configfile",
        "--source",
        "--alpha",
        "0",
        "1",
        "nan",
        "1e999",
        "9" * 5000,
        "٣",
        "a=b",
        "@file",
        "--",
        "-v",
    ),
    *("inspect", "list", "describe", "check", "costs", "throughput", "audit", "fetch", "convert", "digits"),
).map(lambda text: text.replace("\x00", "?"))
ARGUMENTS = st.lists(WORDS, max_size=5)


def silently(function, *arguments) -> tuple[object, str]:
    """The exit code, and what is said."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as error:
        try:
            code = function(*arguments)
        except SystemExit as end:
            code = end.code
    return code, out.getvalue() + error.getvalue()


@fuzz(2400)
@given(verb=st.sampled_from([*VERBS, "", "ran"]), arguments=ARGUMENTS)
def test_arguments(cases, verb, arguments):
    code, said = cases.run(silently, PARSER.parse_args, [verb, *arguments])
    assert "Traceback" not in said
    assert code == 2 or code == 0 or not isinstance(code, int)


@fuzz(1500)
@given(name=hostile.texts("x.py", "/", ".py", "\x00.py", f"{'x' * 300}.py"))
def test_names_of_plugins(cases, name):
    """What is named is loaded or told of; here no such file is there."""
    assert cases.run(load_plugin, name) is None


@fuzz(400)
@given(
    command=st.sampled_from(
        [
            ["config"],
            ["weights", "inspect"],
            ["weights", "list", "--pairs"],
            ["data", "describe"],
            ["compare", "."],
        ]
    ),
    arguments=st.lists(WORDS, min_size=1, max_size=3),
    content=st.sampled_from([b"", b"a: [", b"\xff", b"PK\x03\x04", b"{}"]),
)
def test_commands(cases, command, arguments, content):
    """With files that may be there under such a name."""
    for name in arguments:
        if name.isalnum():
            cases.file(name[:50], content)
    code, said = cases.run(silently, main, [*command, *arguments])
    assert code in (0, 1, 2)
    assert "Traceback" not in said
    if code == 1:
        assert said.startswith("dcanet: ")
