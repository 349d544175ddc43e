"""A run as one file: the same bytes again, accepted elsewhere, and nothing hostile gets out of it."""

import contextlib
import hashlib
import json
import shutil
import stat
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest

from dcanet.cli import main
from dcanet.export.layout import MANIFEST, METADATA
from dcanet.verification.findings import Findings
from dcanet.verification.inputs import check

METRICS = "results/tiny/classification/se_mobilenet_v2/seed0/eval/metrics.json"


def exported(root: Path, out: Path, *arguments: str) -> Path:
    with contextlib.chdir(root):
        assert main(["export", "results/tiny", "--out", str(out), *arguments]) == 0
    return out


@pytest.fixture(scope="module")
def pack(made, tmp_path_factory):
    """Without weights, away from what it was made of."""
    return exported(made, tmp_path_factory.mktemp("elsewhere") / "a pack.zip")


def checked(path: Path) -> Findings:
    nowhere = Path("nowhere")
    return check(path, nowhere, [], nowhere, nowhere)


def rewritten(source: Path, target: Path, change) -> Path:
    """Members as (ZipInfo, content), changed by a function, and the manifest made to fit unless it was."""
    with zipfile.ZipFile(source) as archive:
        members = [(entry, archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(target, "w") as archive:
        for entry, content in change(members):
            archive.writestr(entry, content)
    return target


def fitting(members):
    """The same with a manifest of them, as a forger would leave it."""
    kept = [(entry, content) for entry, content in members if entry.filename != MANIFEST]
    lines = [f"{hashlib.sha256(content).hexdigest()}  {entry.filename}\n" for entry, content in kept]
    return [*kept, (zipfile.ZipInfo(MANIFEST), "".join(lines).encode())]


def test_a_pack_is_accepted_where_nothing_else_is(pack, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(pack, tmp_path / "moved.zip")
    assert main(["verify", "moved.zip"]) == 0
    note, *_, summary = capsys.readouterr().out.splitlines()
    assert note == "note: moved.zip: is without weights, so what follows from them was not checked"
    assert summary.endswith("recomputed, 0 problems")
    assert [path.name for path in tmp_path.iterdir()] == ["moved.zip"]


def test_the_same_results_give_the_same_bytes(made, pack, tmp_path):
    again = exported(made, tmp_path / "again.zip")
    assert again.read_bytes() == pack.read_bytes()
    assert stat.S_IMODE(again.stat().st_mode) & 0o600


def test_what_is_in_it(made, pack):
    with zipfile.ZipFile(pack) as archive:
        names = archive.namelist()
        environments = json.loads(archive.read("environment/environments.json"))
        config = archive.read("config/config.yaml").decode()
    assert names == sorted(names)
    for name in (
        "config/pairs.tsv",
        "config/detectors.tsv",
        "config/recipes/tiny.yaml",
        "report/index.html",
        METRICS,
    ):
        assert name in names
    assert not [name for name in names if "/state/" in name or name.endswith(".safetensors")]
    assert "experiment: tiny" in config
    assert sum(environment["jobs"] for environment in environments) == 16
    assert all("torch" in environment["versions"] for environment in environments)


def test_weights_and_logs_on_request(made, tmp_path, capsys):
    (made / "logs").mkdir(exist_ok=True)
    (made / "logs/train.log").write_text("epoch 1\n")
    whole = exported(made, tmp_path / "whole.zip", "--weights", "--logs", "logs", "--license", "CC-BY-4.0")
    told = capsys.readouterr().out
    with zipfile.ZipFile(whole) as archive:
        names = archive.namelist()
        root = _entities(archive)["./"]
    assert len([name for name in names if name.endswith("model.safetensors")]) == 4
    assert "logs/tiny/train.log" in names
    assert root["license"] == "CC-BY-4.0"
    assert "not packed: requirements.lock, which is not there" in told
    # The detectors' weights are not kept by these tests.
    problems = checked(whole).problems
    assert len(problems) == 2
    assert all("detection" in problem.file for problem in problems)


def _entities(archive):
    graph = json.loads(archive.read(METADATA))["@graph"]
    return {entity["@id"]: entity for entity in graph}


def test_the_metadata_are_an_ro_crate(pack):
    """As RO-Crate 1.1 wants it: a descriptor, a root data set, and an entity for every file."""
    with zipfile.ZipFile(pack) as archive:
        entities = _entities(archive)
        descriptor, root = entities[METADATA], entities["./"]
        assert descriptor["about"] == {"@id": "./"}
        assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
        assert root["@type"] == "Dataset"
        assert {"name", "description", "datePublished", "license"} <= root.keys()
        parts = {unquote(part["@id"]) for part in root["hasPart"]}
        assert parts == set(archive.namelist()) - {METADATA, MANIFEST}
        for part in root["hasPart"]:
            entity, content = entities[part["@id"]], archive.read(unquote(part["@id"]))
            assert (entity["@type"], entity["contentSize"]) == ("File", str(len(content)))
            assert entity["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("fits", [False, True], ids=["", "manifest made to fit"])
def test_an_edited_member(pack, tmp_path, fits):
    def change(members):
        edited = [
            (entry, content.replace(b'"nll": ', b'"nll": 1') if entry.filename == METRICS else content)
            for entry, content in members
        ]
        return fitting(edited) if fits else edited

    found = {
        str(problem).split(": expected")[0]
        for problem in checked(rewritten(pack, tmp_path / "x.zip", change)).problems
    }
    assert f"{METRICS}: nll" in found
    assert f"{METRICS}: checksum" in found
    assert any(MANIFEST in problem for problem in found) is not fits


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
def test_a_name_with_an_end_of_a_line_of_unicode(pack, tmp_path, end):
    def change(members):
        return fitting([*members, (zipfile.ZipInfo(f"results/tiny/a{end}b.txt"), b"")])

    assert checked(rewritten(pack, tmp_path / "x.zip", change)).problems == []


@pytest.mark.parametrize(
    "change",
    [
        lambda members: [member for member in members if member[0].filename != METRICS],
        lambda members: [*members, (zipfile.ZipInfo("results/tiny/more.json"), b"{}")],
        lambda members: [member for member in members if member[0].filename != MANIFEST],
        lambda members: fitting([m for m in members if m[0].filename != "config/pairs.tsv"]),
        lambda members: fitting([m for m in members if not m[0].filename.startswith("results/")]),
        lambda members: fitting([(e, b"id" if e.filename == "config/pairs.tsv" else c) for e, c in members]),
        lambda members: [],
    ],
    ids=["missing", "more", "no manifest", "no sheet", "no results", "broken sheet", "empty"],
)
def test_members_that_are_not_as_they_were(pack, tmp_path, change):
    assert checked(rewritten(pack, tmp_path / "x.zip", change)).problems


def _linked(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return entry


def _compressed(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        zipfile.ZipInfo("../escaped"),
        zipfile.ZipInfo("results/../../escaped"),
        zipfile.ZipInfo("/escaped"),
        zipfile.ZipInfo("results//escaped"),
        zipfile.ZipInfo("results\\..\\escaped"),
        zipfile.ZipInfo("C:/escaped"),
        zipfile.ZipInfo("results/a\nb"),
        zipfile.ZipInfo("results/folder/"),
        zipfile.ZipInfo(METRICS.upper()),
        _linked("results/link"),
        _compressed("results/compressed"),
    ],
    ids=lambda entry: repr(entry.filename),
)
def test_hostile_members_are_refused_and_nothing_is_written(pack, tmp_path, monkeypatch, entry):
    folder = tmp_path / "in/here"
    folder.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    hostile = rewritten(pack, tmp_path / "x.zip", lambda members: [(entry, b"/etc/passwd"), *members])
    found = checked(hostile)
    assert len(found.problems) == 1
    assert not found.files
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["here", "in", "x.zip"]


def test_a_bomb_is_not_unpacked(tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("results/zeros", bytes(50_000_000))
    (problem,) = checked(bomb).problems
    assert "is it a zip bomb?" in problem.found


@pytest.mark.parametrize("kept", [0, 0.5, 0.999], ids=str)
def test_a_cut_pack(pack, tmp_path, kept):
    cut = tmp_path / "cut.zip"
    cut.write_bytes(pack.read_bytes()[: int(kept * pack.stat().st_size)])
    (problem,) = checked(cut).problems
    assert problem.expected == "a whole pack of `dcanet export`"


def test_flipped_bits_of_a_pack(pack, tmp_path):
    content, flipped = pack.read_bytes(), tmp_path / "flipped.zip"
    for place in range(100, len(content), len(content) // 12):
        flipped.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        assert checked(flipped).problems, place


def test_a_folder_without_results_leaves_no_pack(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/none").mkdir(parents=True)
    assert main(["export", "results/none", "--out", "pack.zip"]) == 1
    assert capsys.readouterr().err.startswith(
        "dcanet: results/none: has no results; name an experiment's folder"
    )
    assert not (tmp_path / "pack.zip").exists()
