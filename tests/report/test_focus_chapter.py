"""The report's pictures and numbers of where networks look."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from made_up import plain_pair, se_pair, write_run
from PIL import Image

from dcanet.comparison_documents import Estimate, NotCompared
from dcanet.focus_documents import (
    Compared,
    Drift,
    Focus,
    NetworkFocus,
    PairFocus,
    SeenBy,
    SeenImage,
    Stage,
)
from dcanet.report.chapter import Chapter
from dcanet.report.focus import focus_chapter, focus_views
from dcanet.report.focus_numbers import judged
from dcanet.report.heat_drawing import GAP, HEAT, SIDE, coloured, heat_strip
from dcanet.report.reading import NOT_RUN
from dcanet.report.stored import load
from dcanet.report.stored_focus import Looked, load_focus
from dcanet.report.table import Missing
from dcanet.sheets import Pair

PIXEL = "data:image/jpeg;base64,/9j/"
SCRIPT = "<script>alert(1)</script>"
PAIR = se_pair()


def compared(difference: float, error: float, p_value: float) -> Compared:
    def estimate(value: float) -> Estimate:
        return Estimate(value=value, low=value - 2 * error, high=value + 2 * error)

    return Compared(
        baseline=estimate(0.2),
        connected=estimate(0.2 + difference),
        difference=estimate(difference),
        p_value=p_value,
    )


def drift(shift: float = -0.05, overlap: float = 0.08, error: float = 0.01, p_value: float = 1e-6) -> Drift:
    return Drift(images=84, shift=compared(shift, error, p_value), overlap=compared(overlap, error, p_value))


def looked_at(
    overall: Drift | NotCompared | None = None, image: str = "a/1.png", label: str = "a"
) -> PairFocus:
    flat = NotCompared(reason="stage 3 has a map of 1 × 1: no focus to locate")
    by = SeenBy(strip=PIXEL, answer=label, confidence=0.5, centres=[(0.25, 0.75), None, None])
    empty = {"centres": [[]] * 3, "shifts": [[]] * 2, "overlaps": [[]] * 2}
    networks = [
        NetworkFocus(model=model, origin="seed 0", weights_sha256="f" * 64, **empty)
        for model in ("se_resnet50", "dca_se_resnet50")
    ]
    return PairFocus(
        baseline=networks[0],
        connected=networks[1],
        stages=[Stage(block=f"stages.{side}", height=side, width=side) for side in (4, 2, 1)],
        steps=[overall or drift(), flat],
        overall=overall or drift(),
        pictures=[SeenImage(image=image, label=label, baseline=by, connected=by)],
    )


def write_focus(results: Path, pairs: dict[str, PairFocus], image: str = "a/1.png") -> Focus:
    found = Focus(
        dataset="made-up",
        split="val",
        preprocessing="none",
        score="true class",
        data_fingerprint="data0123456789ab",
        images=["a/0.png"] * 100,
        resamples=2000,
        originals={image: PIXEL},
        pairs=pairs,
    )
    found.save(results / "focus" / "resnet50.json")
    return found


def drawn(results: Path, pairs: list[Pair]) -> str:
    """The page's part of these results: the chapter and every pair's pictures."""
    stored = load_focus(results, pairs, None, {})
    environment = Environment(
        loader=PackageLoader("dcanet.report"),
        autoescape=select_autoescape(["html"], default_for_string=True),
        undefined=StrictUndefined,
    )
    template = environment.from_string(
        '{% from "chapter.html" import draw_chapter %}{% from "focus.html" import draw_focus %}'
        "{{ draw_chapter(chapter) }}{% for view in views %}{{ draw_focus(view) }}{% endfor %}"
    )
    return template.render(chapter=focus_chapter(pairs, stored), views=focus_views(pairs, stored).values())


def test_numbers_and_words(tmp_path):
    write_focus(tmp_path, {PAIR.id: looked_at()})
    stored = load_focus(tmp_path, [plain_pair(), PAIR], None, {})
    chapter = focus_chapter([plain_pair(), PAIR], stored)
    (listing,) = chapter.listings
    assert listing.rows == (
        (
            *("SE-ResNet50", "84", "20.0", "15.0", "−5.0 [−7.0, −3.0]", "< 0.0001", "less"),
            *("20.0", "28.0", "+8.0 [+6.0, +10.0]", "< 0.0001", "more"),
        ),
    )
    assert len(listing.columns) == len(listing.rows[0])
    assert chapter.paragraphs[0] == (
        "Of 1 connected networks, 1 shift their focus less from stage to stage than their baselines and 0 "
        "more; consecutive heat maps overlap more in 1 and less in 0. The others' differences cannot be told "
        "from noise."
    )
    assert chapter.notes == ("SE-ResNet50: stage 3 has a map of 1 × 1: no focus to locate.",)
    (view,) = focus_views([PAIR], stored).values()
    assert [row[:2] for row in view.numbers.rows] == [("Stage 1 → 2", "84")]
    assert len(view.numbers.columns) == len(view.numbers.rows[0])
    assert view.reasons == ("stage 3 has a map of 1 × 1: no focus to locate",)


def test_p_values_are_adjusted_over_both_numbers_of_all_pairs():
    pairs = {name: looked_at(drift(p_value=0.02)) for name in "abc"}
    assert [pair.shift_p for pair in judged(pairs).values()] == [0.12] * 3
    assert {pair.shift for pair in judged(pairs).values()} == {"not distinguishable"}
    assert judged({"a": pairs["a"]})["a"].shift == "better"


@pytest.mark.parametrize(
    ("shift", "overlap", "words"), [(0.05, -0.08, ("more", "less")), (-0.05, 0.08, ("less", "more"))]
)
def test_ways(tmp_path, shift, overlap, words):
    write_focus(tmp_path, {PAIR.id: looked_at(drift(shift, overlap))})
    (listing,) = focus_chapter([PAIR], load_focus(tmp_path, [PAIR], None, {})).listings
    assert (listing.rows[0][6], listing.rows[0][11]) == words


def test_nothing_is_told_from_noise(tmp_path):
    write_focus(tmp_path, {PAIR.id: looked_at(drift(p_value=0.5, error=1))})
    chapter = focus_chapter([PAIR], load_focus(tmp_path, [PAIR], None, {}))
    assert chapter.paragraphs[0].startswith("In none of 1 pairs can it be told from noise")


def test_no_numbers(tmp_path):
    reason = "no two stages have maps larger than 1 × 1"
    write_focus(tmp_path, {PAIR.id: looked_at(NotCompared(reason=reason))})
    chapter = focus_chapter([PAIR], load_focus(tmp_path, [PAIR], None, {}))
    assert chapter.listings == ()
    assert "SE-ResNet50: no two stages have maps larger than 1 × 1." in chapter.notes
    assert "<table" not in drawn(tmp_path, [PAIR])


def test_what_is_not_there(tmp_path):
    stored = load_focus(tmp_path, [plain_pair(), PAIR], None, {})
    assert stored.pairs == {PAIR.id: NOT_RUN}
    chapter = focus_chapter([plain_pair(), PAIR], stored)
    assert isinstance(chapter, Chapter)
    assert chapter.paragraphs == ("Nothing was looked at; `dcanet focus` does it.",)
    assert chapter.notes == ("SE-ResNet50: not run yet.",)
    assert focus_views([PAIR], stored) == {}
    log = tmp_path / "logs" / "focus" / "resnet50.log"
    log.parent.mkdir(parents=True)
    log.touch()
    failed = load_focus(tmp_path, [PAIR], tmp_path / "logs", {}).pairs[PAIR.id]
    assert isinstance(failed, Missing)
    assert failed.detail == f"see {log}"
    write_focus(tmp_path, {})
    assert load_focus(tmp_path, [PAIR], None, {}).pairs[PAIR.id] == Missing("not looked at yet")


def test_a_broken_file(tmp_path):
    write_focus(tmp_path, {PAIR.id: looked_at()})
    file = tmp_path / "focus" / "resnet50.json"
    file.write_text(file.read_text().replace("image/jpeg", "text/html"))
    stored = load_focus(tmp_path, [PAIR], None, {})
    assert isinstance(stored.pairs[PAIR.id], Missing)
    (warning,) = stored.warnings
    assert "run `dcanet focus`" in warning


def test_other_weights_than_those_evaluated(tmp_path):
    write_run(tmp_path, "se_resnet50")
    write_run(tmp_path, "dca_se_resnet50", weights_sha256="e" * 64)
    write_focus(tmp_path, {PAIR.id: looked_at()})
    runs = load(tmp_path, [PAIR], None).runs
    stored = load_focus(tmp_path, [PAIR], None, runs)
    assert stored.warnings == (
        "dca_se_resnet50: its focus is of other weights than those that were evaluated",
    )
    assert isinstance(stored.pairs[PAIR.id], Looked)


def test_names_are_shown_as_text(tmp_path):
    image = f'{SCRIPT}/" onerror="x.png'
    write_focus(tmp_path, {PAIR.id: looked_at(image=image, label=SCRIPT)}, image)
    page = drawn(tmp_path, [se_pair(SCRIPT)])
    assert "<script" not in page
    assert '" onerror="' not in page
    assert page.count("&lt;script&gt;") >= 6


def test_those_who_do_not_see_the_pictures(tmp_path):
    write_focus(tmp_path, {PAIR.id: looked_at()})
    page = drawn(tmp_path, [PAIR])
    alts = re.findall(r'alt="([^"]*)"', page)
    assert alts == [
        "the image a/1.png",
        *(
            f"{side}, SE-ResNet50, on a/1.png: after stage 1 the centre is 25 % from the left, 75 % from the "
            "top; after stage 2 no heat; after stage 3 a map of 1 × 1, no focus to locate"
            for side in ("Baseline", "DCANet")
        ),
    ]
    assert "Baseline: a (50 %)" in page


def test_the_legend_has_the_heats_colours():
    style = (Path(__file__).parents[2] / "dcanet/report/templates/focus.css").read_text()
    (gradient,) = re.findall(r"linear-gradient\(to right, ([^)]*)\)", style)
    assert tuple(gradient.split(", ")) == HEAT


def test_more_heat_is_lighter():
    ramp = np.linspace(0, 1, 50, dtype=np.float32)[None]
    grey = np.asarray(coloured(ramp).convert("L"), int)[SIDE // 2]
    assert (np.diff(grey) >= 0).all()
    assert (grey[0], grey[-1] > 240) == (0, True)


def test_strips():
    image = Image.new("RGB", (32, 32), (200, 60, 60))
    corner = np.zeros((4, 4), np.float32)
    corner[0, 3] = 1
    strip = np.asarray(heat_strip(image, [corner, None], [(0.875, 0.125), None]), int)
    assert strip.shape == (SIDE, 2 * SIDE + GAP, 3)
    first, second = strip[:, :SIDE], strip[:, SIDE + GAP :]
    # Light in the upper right corner, dark elsewhere; without a map grey as the photograph.
    assert first[:4, -4:].mean() > 150
    assert first[SIDE // 2 :, : SIDE // 2].mean() < 60
    assert np.ptp(second, axis=2).max() == 0
    assert second.std() == 0
    # The ring: white around the centre.
    x, y = round(0.875 * SIDE), round(0.125 * SIDE)
    assert (first[y, x - 7 : x + 8] > 250).all(axis=1).any()


def test_pictures_open(tmp_path):
    """What the document takes as a picture is one."""
    from dcanet.report.box_drawing import data_uri

    uri = data_uri(heat_strip(Image.new("RGB", (8, 8)), [np.ones((2, 2), np.float32)], [(0.5, 0.5)]))
    by = SeenBy(strip=uri, answer="a", confidence=1, centres=[(0.5, 0.5)])
    opened = Image.open(io.BytesIO(base64.b64decode(by.strip.partition(",")[2])))
    assert opened.size == (SIDE, SIDE)
