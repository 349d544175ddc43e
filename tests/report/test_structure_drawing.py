"""The drawing of a block says what the document does, in boxes that do not touch one another."""

import re
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from made_up import plain_pair, se_pair

from dcanet.models import TRIPLES
from dcanet.profiling.structure import structures
from dcanet.report.block_drawing import COLUMN, WIDTH, block_figure
from dcanet.report.block_words import told
from dcanet.report.reading import NOT_RUN
from dcanet.report.structure import load_structures, structure_chapter, structure_figures
from dcanet.report.table import Missing
from dcanet.structure_documents import Structures

CONNECTED = [name for name, (_, _, connected) in TRIPLES.items() if connected]
#: Width of a letter of the drawing's text, of 11 pixels, on average.
LETTER = 6.2


@pytest.fixture(scope="module")
def found():
    return structures({name: {} for name in CONNECTED}, 224)


def boxes(figure):
    """(left, top, right, bottom) of each box."""
    for shape in figure.shapes:
        if shape.kind.startswith("box"):
            left, top, width, height = map(
                float, re.fullmatch(r"M([\d.]+) ([\d.]+)h(\d+)v([\d.]+)h-\d+z", shape.path).groups()
            )
            yield left, top, left + width, top + height


@pytest.mark.parametrize("name", CONNECTED)
def test_drawing(found, name):
    block = found.models[name]
    for gate in block.gates:
        figure = block_figure("structure-x", "x", block, gate)
        texts = [label.text for label in figure.labels]
        for operations in (gate.matching, gate.merge, gate.transformation, gate.extraction, gate.hand_on):
            assert set(told(operations)) <= set(texts)
            assert all(text in figure.summary for text in told(operations))
        assert all(LETTER * len(text) <= COLUMN for text in texts)
        places = list(boxes(figure))
        assert len(places) == 8
        assert all(0 <= left < right <= WIDTH == figure.width for left, _, right, _ in places)
        assert all(0 < top < bottom <= figure.height for _, top, _, bottom in places)
        for one, other in combinations(places, 2):
            apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
            assert apart, (one, other)
        # Every label lies in a box.
        for label in figure.labels:
            assert any(x1 < label.x < x2 and y1 < label.y < y2 for x1, y1, x2, y2 in places)


@pytest.mark.parametrize("name", CONNECTED)
def test_arrows_end_at_boxes(found, name):
    block = found.models[name]
    for gate in block.gates:
        figure = block_figure("structure-x", "x", block, gate)
        places = list(boxes(figure))
        edges = [shape for shape in figure.shapes if shape.kind.startswith("edge")]
        assert len(edges) == 7 + len(gate.hand_on_origins)
        for edge in edges:
            points = [tuple(map(float, point.split())) for point in edge.path[1:].split("L")]
            for x, y in (points[0], points[-1]):
                assert any(
                    (x in (x1, x2) and y1 <= y <= y2)
                    or (min(abs(y - y1), abs(y - y2)) < 0.1 and x1 <= x <= x2)
                    for x1, y1, x2, y2 in places
                ), (edge.path, places)
            assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points))


def test_chapter(found, tmp_path):
    pairs = [plain_pair(), se_pair("<b>SE</b>")]
    found.save(tmp_path / "profile" / "structures.json")
    read, warnings = load_structures(tmp_path, None)
    assert (read, warnings) == (found, [])
    figures = structure_figures(pairs, read)
    assert [figure.heading for figure in figures["se_resnet50"]] == ["<b>SE</b>: block 4 of 16"]
    chapter = structure_chapter(pairs, read)
    (figure,), (shown,) = figures["se_resnet50"], chapter.figures
    assert shown.key != figure.key
    assert replace(shown, key=figure.key) == figure
    assert "224 pixels" in chapter.paragraphs[0]
    assert "the attention in 1" in chapter.paragraphs[1]


def test_nothing_there(tmp_path):
    read, warnings = load_structures(tmp_path, None)
    assert (read, warnings) == (NOT_RUN, [])
    assert structure_figures([se_pair()], read) == {}
    assert structure_chapter([se_pair()], read).paragraphs == ("No block was looked into: not run yet.",)
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "structures.json").write_text("{")
    read, warnings = load_structures(tmp_path, None)
    assert isinstance(read, Missing)
    assert len(warnings) == 1


def test_a_network_that_was_not_looked_into(found):
    without = Structures(image_size=224, models={})
    assert structure_figures([se_pair()], without) == {}
    assert structure_chapter([se_pair()], without).figures == ()
