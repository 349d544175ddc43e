"""Indexing tar archives: what is found, what is refused, and the cache."""

import io
import tarfile

import layouts
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcanet.data import archive_cache
from dcanet.data.archive import scan
from dcanet.data.archive_cache import cached_index
from dcanet.data.storage import ArchiveMembers
from dcanet.data.strings import Strings
from dcanet.errors import UserError


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "train.tar"
    with tarfile.open(path, "w") as archive:
        for index in range(4):
            layouts.add(archive, f"{index}.jpg", bytes([index]) * 1000)
            layouts.add(archive, f"{index}.cls", b"n01440764")
    return path


@pytest.fixture
def nested(tmp_path):
    path = tmp_path / "ILSVRC2012_img_train.tar"
    with tarfile.open(path, "w") as outer:
        for wnid in ("n01440764", "n02102040"):
            content = io.BytesIO()
            with tarfile.open(fileobj=content, mode="w") as inner:
                for index in range(3):
                    layouts.add(inner, f"{wnid}_{index}.JPEG", bytes([index]) * 700)
            layouts.add(outer, f"{wnid}.tar", content.getvalue())
    return path


@pytest.fixture
def cache(user_cache):
    return user_cache / "dcanet-bench" / "index"


def content(path, index):
    with open(path, "rb") as file:
        return [
            (file.seek(offset), file.read(size))[1]
            for offset, size in zip(index.offsets, index.sizes, strict=True)
        ]


def test_images_and_labels(plain):
    index = scan(plain)
    assert list(index.names) == [f"{number}.jpg" for number in range(4)]
    assert list(index.labels) == ["n01440764"] * 4
    assert content(plain, index) == [bytes([number]) * 1000 for number in range(4)]


def test_archives_inside(nested):
    index = scan(nested)
    names = [f"{wnid}/{wnid}_{number}.JPEG" for wnid in ("n01440764", "n02102040") for number in range(3)]
    assert list(index.names) == names
    assert content(nested, index) == [bytes([number]) * 700 for number in (0, 1, 2, 0, 1, 2)]


@pytest.mark.parametrize("kind", ["plain", "nested"])
def test_cut_anywhere_is_refused(request, tmp_path, kind):
    """At any byte before the mark of tar's end, between members too."""
    whole = request.getfixturevalue(kind).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        last = archive.getmembers()[-1]
        end = last.offset_data + -(-last.size // 512) * 512
    cut = tmp_path / "cut.tar"
    for size in [*range(0, end, 173), *range(0, end + 1, 512)]:
        cut.write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"cut\.tar") as caught:
            scan(cut)
        assert "again" in str(caught.value)


def test_damaged_header_is_refused(plain):
    data = bytearray(plain.read_bytes())
    data[2560 + 148] ^= 0xFF  # the checksum in the header of 1.jpg
    plain.write_bytes(data)
    with pytest.raises(UserError, match=r"train\.tar: damaged or cut short at byte"):
        scan(plain)


def test_cut_archive_inside_is_named(tmp_path, nested):
    outer = tmp_path / "outer.tar"
    with tarfile.open(nested) as archive:
        inner = archive.extractfile("n02102040.tar").read()
    with tarfile.open(outer, "w") as archive:
        layouts.add(archive, "n02102040.tar", inner[:2000])
    with pytest.raises(UserError, match=r"outer\.tar: n02102040\.tar inside it"):
        scan(outer)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_are_not_followed(tmp_path, kind):
    path = tmp_path / "train.tar"
    with tarfile.open(path, "w") as archive:
        layouts.add(archive, "cat/real.png", b"png")
        member = tarfile.TarInfo("cat/link.png")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(UserError, match=r"cat/link\.png is a link or the like, which is not followed"):
        scan(path)


def test_names_that_point_elsewhere_are_only_names(tmp_path):
    path = tmp_path / "train.tar"
    with tarfile.open(path, "w") as archive:
        layouts.add(archive, "/abs/cat/0.png", b"one")
        layouts.add(archive, "../../cat/1.png", b"two")
    assert content(path, scan(path)) == [b"one", b"two"]


def test_json_that_is_no_label(tmp_path):
    path = tmp_path / "train.tar"
    with tarfile.open(path, "w") as archive:
        for key, text in {
            "a": "[1]",
            "b": "{",
            "c": '{"label": true}',
            "d": '{"label": 7}',
            "e": "null",
        }.items():
            layouts.add(archive, f"{key}.jpg", b"x")
            layouts.add(archive, f"{key}.json", text.encode())
    assert list(scan(path).labels) == ["", "", "", "7", ""]


def same(one, other):
    return list(one.names) == list(other.names) and np.array_equal(one.offsets, other.offsets)


def test_cache_is_used_while_the_archive_stays(plain, cache, monkeypatch):
    first = cached_index(plain)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(archive_cache, "scan", lambda path: pytest.fail("was scanned again"))
    again = cached_index(plain)
    assert same(first, again)
    assert list(again.labels) == list(first.labels)


def test_cache_notices_another_archive(plain, cache):
    cached_index(plain)
    with tarfile.open(plain, "a") as archive:
        layouts.add(archive, "9.jpg", b"new")
    assert list(cached_index(plain).names)[-1] == "9.jpg"
    assert len(list(cache.iterdir())) == 1  # the old one is replaced


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:100], lambda data: b"PK" + data[7:]])
def test_broken_cache_is_made_again(plain, cache, damage):
    first = cached_index(plain)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert same(cached_index(plain), first)
    assert len(file.read_bytes()) == len(whole)


def test_cache_that_cannot_be_written(plain, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(cached_index(plain).names) == 4
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/proc/no/home")
    assert len(cached_index(plain).names) == 4


def test_archive_that_changed_after_it_was_indexed(plain):
    index = cached_index(plain)
    state = [(plain.stat().st_size, 1)]
    members = ArchiveMembers([plain], state, index.names, np.zeros(4, np.int32), index.offsets, index.sizes)
    with pytest.raises(UserError, match=r"train\.tar: archive has changed since it was indexed"):
        members.read(0)
    plain.unlink()
    with pytest.raises(UserError, match=r"train\.tar: archive cannot be read"):
        members.read(0)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=20))
def test_strings(strings):
    packed = Strings(strings)
    assert list(packed) == strings == [packed[index] for index in range(len(packed))]
    assert list(Strings.from_arrays(*packed.arrays())) == strings
    assert list(packed.take(range(len(strings))[::-1])) == strings[::-1]


@pytest.mark.parametrize(
    ("key", "value"), [("size", "-512"), ("size", "9" * 30), ("GNU.sparse.map", "x"), ("GNU.sparse.size", "")]
)
def test_headers_that_cannot_be(tmp_path, key, value):
    """The first leads back to where it came from, again and again."""
    path = tmp_path / "train.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("a/1.jpg")
        member.pax_headers = {key: value}
        archive.addfile(member)
    with pytest.raises(UserError, match=r"train.tar: "):
        scan(path)


def test_labels_that_cannot_be_read(tmp_path):
    path = tmp_path / "train.tar"
    with tarfile.open(path, "w") as archive:
        layouts.add(archive, "1.jpg", b"pixels")
        layouts.add(archive, "1.json", b"[" * 5000)
    assert list(scan(path).labels) == [""]
