"""dcanet focus on a small folder: what is written, which images are drawn, and what users are told."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from settled import settled

from dcanet.cli import main
from dcanet.comparison_documents import NotCompared
from dcanet.errors import UserError
from dcanet.focus.choice import spread
from dcanet.focus_documents import Drift, Focus
from dcanet.report.heat_drawing import GAP, SIDE
from dcanet.weights.store import save_model

CPU_64 = ["--device", "cpu", "--resize", "64", "--crop", "64"]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A function that writes weights of a new network and returns their path; equal ones are written once."""
    folder, known = tmp_path_factory.mktemp("weights"), {}

    def write(model, classes=2, **notes):
        key = (model, classes, *notes.items())
        if key not in known:
            path = folder / f"{len(known)}-{model}.safetensors"
            images = torch.from_numpy(np.random.default_rng(1).normal(size=(4, 3, 64, 64))).float()
            network = settled(model, classes, images)
            save_model(network, path, {"source": "trained", "notes": {"seed": 0, **notes}})
            known[key] = path
        return known[key]

    return write


@pytest.fixture
def look(stored, image_folder, tmp_path):
    """A function that runs the command on a pair of weights; returns its code and the file's path."""
    data = image_folder(size=64, per_class=6)
    out = tmp_path / "out" / "focus.json"

    def run(*arguments, baseline=None, connected=None):
        sides = [
            [str(side) for side in sides]
            for sides in (
                baseline or [stored("se_mobilenet_v2")],
                connected or [stored("dca_se_mobilenet_v2")],
            )
        ]
        named = ["--baseline", *sides[0], "--connected", *sides[1], "--data", str(data), "--out", str(out)]
        return main(["focus", *named, *CPU_64, *arguments]), out

    return run


def opened(uri):
    head, _, body = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


def test_what_is_written(look, capsys):
    code, path = look("--pictures", "2")
    assert code == 0
    found = Focus.load(path)
    assert (found.split, found.preprocessing, found.score) == ("val", "pil-resize64-crop64", "true class")
    assert len(found.images) == 12
    (pair,) = found.pairs.values()
    assert list(found.pairs) == ["se_mobilenet_v2"]
    assert [stage.size for stage in pair.stages] == ["16 × 16", "8 × 8", "4 × 4", "2 × 2"]
    assert (pair.connected.model, pair.connected.origin) == ("dca_se_mobilenet_v2", "seed 0")
    for network in (pair.baseline, pair.connected):
        assert [len(stage) for stage in network.centres] == [12] * 4
        assert [len(step) for step in network.shifts] == [len(step) for step in network.overlaps] == [12] * 3
    assert len(pair.steps) == 3
    assert isinstance(pair.overall, Drift)
    # One image of each class, and nothing of them but what the classes' middles are.
    assert [seen.image for seen in pair.pictures] == ["a/3.png", "b/3.png"] == list(found.originals)
    assert [seen.label for seen in pair.pictures] == ["a", "b"]
    for seen in pair.pictures:
        assert opened(found.originals[seen.image]).size == (SIDE, SIDE)
        for by in (seen.baseline, seen.connected):
            assert opened(by.strip).size == (4 * SIDE + 3 * GAP, SIDE)
            assert by.answer in "ab"
            assert len(by.centres) == 4
    told = capsys.readouterr().out
    assert told.startswith("se_mobilenet_v2: from stage to stage the focus moves ")
    assert f"; {pair.overall.images} images" in told
    again = Focus.model_validate_json(path.read_text())
    assert again == found
    first = path.read_bytes()
    assert look("--pictures", "2")[0] == 0
    assert path.read_bytes() == first


def test_shifts_follow_from_the_centres(look):
    pair = Focus.load(look()[1]).pairs["se_mobilenet_v2"]
    for network in (pair.baseline, pair.connected):
        for step, shifts in enumerate(network.shifts):
            for image, shift in enumerate(shifts):
                ends = network.centres[step][image], network.centres[step + 1][image]
                if None in ends:
                    assert shift is None
                else:
                    assert shift == pytest.approx(np.hypot(*np.subtract(*ends)), abs=2e-4)


def test_chosen_images_change_no_number(look):
    numbers = Focus.load(look("--pictures", "1", "--number", "4")[1])
    chosen = Focus.load(look("--images", "b/5.png", "a/0.png", "--number", "4")[1])
    (pair,) = chosen.pairs.values()
    assert [seen.image for seen in pair.pictures] == ["b/5.png", "a/0.png"]
    assert chosen.images == numbers.images == ["a/1.png", "a/4.png", "b/1.png", "b/4.png"]
    (before,) = numbers.pairs.values()
    assert pair.model_copy(update={"pictures": before.pictures}) == before


def test_pictures_are_of_the_images_numbers(look):
    """An image that is drawn and counted has the same centres in both places."""
    found = Focus.load(look("--images", "a/4.png")[1])
    (pair,) = found.pairs.values()
    place = found.images.index("a/4.png")
    assert pair.pictures[0].baseline.centres == [stage[place] for stage in pair.baseline.centres]


def test_no_pictures(look):
    found = Focus.load(look("--pictures", "0")[1])
    assert found.originals == {}
    assert found.pairs["se_mobilenet_v2"].pictures == []


def test_of_answers(look):
    assert Focus.load(look("--of", "answer")[1]).score == "answer"


def test_maps_of_one_place(look):
    found = Focus.load(look("--resize", "32", "--crop", "32", "--pictures", "1")[1])
    (pair,) = found.pairs.values()
    assert [stage.has_focus for stage in pair.stages] == [True, True, True, False]
    assert pair.steps[2] == NotCompared(reason="stage 4 has a map of 1 × 1: no focus to locate")
    assert isinstance(pair.overall, Drift)
    for network in (pair.baseline, pair.connected):
        assert network.centres[3] == [None] * 12
        assert network.shifts[2] == network.overlaps[2] == [None] * 12
    # There the picture has no colour.
    last = np.asarray(opened(pair.pictures[0].baseline.strip), int)[:, -SIDE + 4 :]
    assert np.ptp(last, axis=2).max() < 8


def test_several_pairs(look, stored):
    baselines = [stored("se_mobilenet_v2"), stored("ge_mobilenet_v2")]
    partners = [stored("dca_se_mobilenet_v2"), stored("dca_ge_mobilenet_v2")]
    code, path = look(baseline=baselines, connected=partners)
    assert code == 0
    together = Focus.load(path)
    assert list(together.pairs) == ["se_mobilenet_v2", "ge_mobilenet_v2"]
    alone = Focus.load(look(baseline=baselines[1:], connected=partners[1:])[1])
    assert alone.pairs["ge_mobilenet_v2"] == together.pairs["ge_mobilenet_v2"]


ERRORS = {
    "unknown image": (["--images", "a/9.pn"], {}, "no image 'a/9.pn' in the val split; did you mean 'a/"),
    "nothing alike": (["--images", "xyz"], {}, "no image 'xyz' in the val split; ids are as 'a/0.png'"),
    "one image": (["--number", "1"], {}, "--number: must be at least 2"),
    "threads": (["--threads", "0"], {}, "--threads: must be at least 1"),
    "recipe": (["--recipe", "no.yaml"], {}, "no.yaml: cannot be read"),
    "no file": ([], {"connected": ["no.safetensors"]}, "no.safetensors: is not a whole safetensors file"),
    "a file missing": ([], {"connected": ["a", "b"]}, "--baseline names 1 files, --connected 2"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_users_errors(case, look, capsys):
    arguments, sides, message = ERRORS[case]
    code, path = look(*arguments, **sides)
    shown = capsys.readouterr().err
    assert (code, shown.count("\n"), path.exists()) == (1, 1, False)
    assert message in shown


def test_weights_that_do_not_fit(look, stored, capsys):
    plain, se, dca = (stored(name) for name in ("mobilenet_v2", "se_mobilenet_v2", "dca_se_mobilenet_v2"))
    others = stored("dca_se_mobilenet_v2", classes=3), stored("dca_se_mobilenet_v2", data_fingerprint="b")
    ours = stored("se_mobilenet_v2", data_fingerprint="a")
    three = [stored("ge_mobilenet_v2", classes=3)], [stored("dca_ge_mobilenet_v2", classes=3)]
    for baseline, connected, message in (
        ([plain], [dca], "is a mobilenet_v2, which is no baseline of a connected network"),
        ([dca], [dca], "is a dca_se_mobilenet_v2, which is no baseline"),
        ([se], [stored("dca_ge_mobilenet_v2")], f"the connected partner of {se} is dca_se_mobilenet_v2"),
        (
            [se],
            [others[0]],
            "were trained on different data sets (trained of 2 classes, trained of 3 classes)",
        ),
        ([ours], [others[1]], "were trained on different data sets"),
        (*three, "the data set has 2 classes, the weights were made for 3"),
        ([se, *three[0]], [dca, *three[1]], "were trained on different data sets"),
        ([se, se], [dca, dca], "is another se_mobilenet_v2; name one of each"),
    ):
        code, path = look(baseline=baseline, connected=connected)
        shown = capsys.readouterr().err
        assert (code, shown.count("\n"), path.exists()) == (1, 1, False)
        assert message in shown


def test_a_size_that_a_network_cannot_take(look, stored, capsys):
    code, _ = look(
        "--crop", "48", baseline=[stored("cbam_mobilenet_v2")], connected=[stored("dca_cbam_mobilenet_v2")]
    )
    assert code == 1
    assert "multiples of 32 pixels; 48 is none; choose another crop" in capsys.readouterr().err


def test_some_of_imagenets_classes(stored, image_folder, tmp_path):
    """A network's answer may be a class that the folder does not have."""
    data = image_folder(("n01440764", "n15075141"), per_class=2)
    out = tmp_path / "focus.json"
    sides = [str(stored(name, 1000)) for name in ("se_mobilenet_v2", "dca_se_mobilenet_v2")]
    named = ["--baseline", sides[0], "--connected", sides[1], "--data", str(data), "--out", str(out)]
    assert main(["focus", *named, *CPU_64]) == 0
    answers = [seen.baseline.answer for seen in Focus.load(out).pairs["se_mobilenet_v2"].pictures]
    assert len(answers) == 4
    assert all(answer.startswith("n") and len(answer) == 9 for answer in answers)


def test_older_and_broken_files(look):
    _, path = look("--pictures", "0")
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"schema_version": 9}))
    with pytest.raises(UserError, match=r"is of schema version 9.*run `dcanet focus`"):
        Focus.load(path)


def test_spread():
    assert spread(1000, 4) == [125, 375, 625, 875]
    assert spread(3, 10) == [0, 1, 2]
    assert spread(10, 0) == []
    assert [len(set(spread(total, 7))) for total in (7, 8, 50)] == [7, 7, 7]
