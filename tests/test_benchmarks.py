"""The benchmarks: each can be asked for its options, and what they found is what the guide can show."""

import argparse
import importlib
import json
import re
import shlex

import pytest
from working_copy import ROOT

from benchmarks.__main__ import BENCHMARKS
from benchmarks.outcome import RESULTS, Figure, Outcome, without_folder
from benchmarks.targets import TARGETS

STORED = sorted(RESULTS.glob("*.json"))


def parser_of(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"benchmarks.{name}").add_options(parser)
    return parser


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_has_options_and_a_measure(name):
    module = importlib.import_module(f"benchmarks.{name}")
    assert module.__doc__
    assert callable(module.measure)
    assert parser_of(name).format_help()


@pytest.mark.parametrize("key", TARGETS)
def test_the_command_of_a_target_can_be_typed(key, tmp_path):
    name, *arguments = shlex.split(TARGETS[key].command)
    assert name in BENCHMARKS
    parser_of(name).parse_args(arguments)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_stored_results(path):
    outcome = Outcome.load(path)
    assert outcome.benchmark in BENCHMARKS
    assert path.stem.split("-")[0] == outcome.benchmark
    assert outcome.figures
    for figure in outcome.figures:
        assert figure.target in TARGETS
        assert figure.low is None or figure.low <= figure.value <= figure.high
    assert outcome.machine["processor"]
    assert not re.search(r'"/(home|root|tmp|work)\b', path.read_text())


def test_a_figure_is_its_rounds_median():
    figure = Figure.of("inference", "a", [1.0, 4.0, 2.0])
    assert (figure.value, figure.low, figure.high) == (2.0, 1.0, 4.0)


def test_whether_a_target_is_reached():
    assert [TARGETS["inference"].reached(value) for value in (1.5, 1.49)] == [True, False]
    assert [TARGETS["connection"].reached(value) for value in (3, 3.1)] == [True, False]
    assert TARGETS["input_pipeline"].reached(1) is None


def test_a_command_without_the_folders_of_its_files():
    assert without_folder("/home/me/data") == "data"
    assert without_folder("data/photos") == "data/photos"


def test_the_reference_names_the_checksum():
    assert all("checksum" in json.loads(path.read_text()) for path in STORED)
    assert ROOT / "benchmarks/results" == RESULTS
