"""All 33 published entries through the real client, the drop folder, offline work and the lock."""

import re
from pathlib import Path

import pytest
import torch
from oracle import FORMS

from dcanet.errors import UserError
from dcanet.sheets import read_detectors, read_pairs
from dcanet.weights.conversion import convert
from dcanet.weights.fetch import fetch
from dcanet.weights.listing import published_files
from dcanet.weights.lock import Lock
from dcanet.weights.logs import read_log
from dcanet.weights.opening import open_checkpoint
from dcanet.weights.sources import LocalFile, Url, log_origin, origin_of
from dcanet.weights.store import load_model

CONFIG = Path(__file__).parents[2] / "config"
CLASSIFIERS = [model for pair in read_pairs(CONFIG / "pairs.tsv") for model in pair.models]
DETECTORS = read_detectors(CONFIG / "detectors.tsv")
ROWS = [*CLASSIFIERS, *DETECTORS]
ROW = next(row for row in CLASSIFIERS if row.id == "se_mobilenet_v2")
LOG = (
    "Learning Rate\tTrain Loss\tValid Loss\tTrain Acc.\tValid Acc.\tValid Top5.\n"
    "0.1\t6.1\t5.2\t4.0\t11.0\t27.0\n"
)


class Folder:
    """A user's folder: fetches with everything else at hand."""

    def __init__(self, path, server, patience):
        self.path, self.lock, self.incoming = path, Lock(path / "weights.lock"), path / "incoming"
        self.incoming.mkdir()
        self.options = {"drive_url": server.url, "patience": patience, "progress": False}

    def fetch(self, origin, **changes):
        destination = self.path / "weights" / f"{origin.name}.pth.tar"
        options = {"incoming": self.incoming} | self.options | changes
        return fetch(origin, destination, self.lock, **options)


@pytest.fixture
def folder(tmp_path, server, impatient):
    return Folder(tmp_path, server, impatient)


def published(row, path):
    """A checkpoint in the authors' format: their keys, the numbers small."""
    if row in DETECTORS:
        state_dict = {"backbone.conv1.weight": torch.ones(2), "rpn_head.rpn_cls.bias": torch.ones(3)}
        meta = {"epoch": 24, "iter": 175920, "mmdet_version": "1.0rc0", "time": "Mon", "config": "x = 1"}
        torch.save({"meta": meta, "state_dict": state_dict, "optimizer": {"state": {}}}, path)
    else:
        form = next(form for form in FORMS if form.model == row.id)
        state_dict = {f"module.{key}": torch.full((1,), float(n)) for n, key in enumerate(form.shapes)}
        content = {"epoch": 100, "arch": form.name, "state_dict": state_dict}
        torch.save(content | {"best_prec1": torch.tensor(75.5), "optimizer": {"state": {}}}, path)
    return path.read_bytes()


TROUBLES = [[], [("cut", 3000)], [("status", 503, {})], [("status", 429, {"Retry-After": "0"}), ("cut", 100)]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_published_entries(server, folder, tmp_path, row):
    content = published(row, tmp_path / "served.pth.tar")
    turn = ROWS.index(row)
    server.serve(row.model_drive_id, content, asks=turn % 3 != 0, faults=list(TROUBLES[turn % 4]))
    server.serve(row.log_drive_id, LOG.encode(), asks=False)
    path = folder.fetch(origin_of(row, "published"), check=open_checkpoint)
    checkpoint = open_checkpoint(path)
    assert path.read_bytes() == content
    assert checkpoint.epoch == (24 if row in DETECTORS else 100)
    assert checkpoint.best_top1_percent == (None if row in DETECTORS else 75.5)
    assert read_log(folder.fetch(log_origin(row)))[0].valid_top5_percent == 27

    (listed,) = published_files([row], folder.lock, tmp_path, folder.incoming)
    assert [file.size for file in listed] == [len(content), len(LOG)]


def test_second_time_nothing_is_asked(server, folder):
    server.serve(ROW.model_drive_id, b"weights")
    path = folder.fetch(origin_of(ROW, "published"))
    asked = len(server.requests)
    assert folder.fetch(origin_of(ROW, "published"), offline=True) == path
    assert len(server.requests) == asked
    path.write_bytes(b"damaged")
    assert folder.fetch(origin_of(ROW, "published")).read_bytes() == b"weights"


def test_changed_file_is_refused_until_accepted(server, folder):
    origin = origin_of(ROW, "published")
    server.serve(ROW.model_drive_id, b"weights")
    path = folder.fetch(origin)
    server.serve(ROW.model_drive_id, b"other weights")
    path.unlink()
    with pytest.raises(UserError, match=r"7 bytes.*13 bytes.*--accept-change se_mobilenet_v2"):
        folder.fetch(origin)
    assert not path.exists()
    assert folder.fetch(origin, accept_change=True).read_bytes() == b"other weights"
    path.unlink()
    folder.fetch(origin)


@pytest.mark.parametrize("name", ["se_mobilenet_v2.pth.tar", ROW.model_drive_id])
def test_drop_folder_comes_before_the_network(server, folder, name):
    (folder.incoming / name).write_bytes(b"by hand")
    path = folder.fetch(origin_of(ROW, "published"))
    assert path.read_bytes() == b"by hand"
    assert not server.requests
    assert folder.lock.matches(f"drive:{ROW.model_drive_id}", path)


def test_drop_folder_is_held_to_the_lock_too(server, folder):
    server.serve(ROW.model_drive_id, b"weights")
    folder.fetch(origin_of(ROW, "published")).unlink()
    (folder.incoming / "se_mobilenet_v2.pth.tar").write_bytes(b"something else")
    with pytest.raises(UserError, match=r"incoming/se_mobilenet_v2\.pth\.tar is not the file"):
        folder.fetch(origin_of(ROW, "published"))


def test_pages_and_empty_files_are_never_recorded(server, folder):
    by_hand = folder.incoming / "se_mobilenet_v2.pth.tar"
    by_hand.write_text("\n <!DOCTYPE html><title>Google Drive - Quota exceeded</title>")
    with pytest.raises(UserError, match=r"se_mobilenet_v2\.pth\.tar is Google Drive's quota page"):
        folder.fetch(origin_of(ROW, "published"))
    by_hand.write_bytes(b"")
    with pytest.raises(UserError, match="is empty"):
        folder.fetch(origin_of(ROW, "published"))
    assert not folder.lock.path.exists()


def test_offline_touches_no_network_and_says_what_to_do(server, folder):
    server.serve(ROW.model_drive_id, b"weights")
    with pytest.raises(UserError) as caught:
        folder.fetch(origin_of(ROW, "published"), offline=True)
    assert not server.requests
    for piece in (
        f"https://drive.google.com/file/d/{ROW.model_drive_id}/view",
        str(folder.incoming / "se_mobilenet_v2.pth.tar"),
    ):
        assert piece in str(caught.value)


def test_quota_says_what_to_do(server, folder):
    server.serve(ROW.model_drive_id, b"", shows="quota")
    with pytest.raises(UserError, match=r"quota page.*By hand: fetch https.*save it as .*incoming"):
        folder.fetch(origin_of(ROW, "published"))


def test_wrong_hash_of_one_mirror(server, folder):
    right, wrong = server.serve("a.pth", b"weights"), server.serve("b.pth", b"something else")
    digits = "9a129a7fffba6f2b"
    with pytest.raises(UserError, match=f"has SHA-256 [0-9a-f]{{64}}, but {digits} is expected"):
        folder.fetch(origin_of(ROW, Url(url=(wrong,), sha256=digits)))
    assert not folder.lock.path.exists()
    assert folder.fetch(origin_of(ROW, Url(url=(wrong, right)))).read_bytes() == b"something else"


def test_file_of_ones_own_is_not_locked(folder, tmp_path):
    mine = tmp_path / "mine.pth"
    origin = origin_of(ROW, LocalFile(file=mine))
    with pytest.raises(UserError, match=re.escape(f"{mine}: there is no such file")):
        folder.fetch(origin)
    for content in (b"first", b"second"):
        mine.write_bytes(content)
        assert folder.fetch(origin, offline=True).read_bytes() == content
    assert not folder.lock.path.exists()


def test_unwanted_file_is_neither_kept_nor_recorded(server, folder):
    server.serve(ROW.model_drive_id, b"weights")
    with pytest.raises(UserError, match="not a checkpoint"):
        folder.fetch(origin_of(ROW, "published"), check=open_checkpoint)
    assert not folder.lock.path.exists()
    assert {path.name for path in (folder.path / "weights").iterdir()} <= {".se_mobilenet_v2.pth.tar.guard"}


def test_from_drive_to_a_model(server, folder, tmp_path):
    form = next(form for form in FORMS if form.name == "se_mobilenet_v2")
    state_dict = {f"module.{key}": value for key, value in form.filled().items()}
    torch.save({"epoch": 150, "arch": form.name, "state_dict": state_dict}, tmp_path / "served.pth.tar")
    server.serve(ROW.model_drive_id, (tmp_path / "served.pth.tar").read_bytes(), asks=True)
    origin = origin_of(ROW, "published")
    out = tmp_path / "model.safetensors"
    conversion = convert(folder.fetch(origin), out, expected_model=ROW.id, origin=origin.key)
    assert conversion.source == f"drive:{ROW.model_drive_id}"
    assert conversion.source_sha256 == folder.lock.entries()[origin.key].sha256
    assert load_model(out).model_name == ROW.id
