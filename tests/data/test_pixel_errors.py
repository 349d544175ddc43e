"""CIFAR and idx files that are broken or hostile: one line with the file and the fix, and nothing runs."""

import gzip
import io
import os
import pickle
import re
import struct
import tarfile

import layouts
import numpy as np
import pixel_sets
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dcanet.data.array_pickle import read_pickle
from dcanet.data.locate import list_split
from dcanet.errors import UserError


def refused(root, split="train"):
    with pytest.raises(UserError) as caught:
        list_split(root, split)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture
def binary(tmp_path):
    return pixel_sets.cifar10_binary(tmp_path / "cifar-10-batches-bin")


@pytest.fixture
def python(tmp_path):
    return pixel_sets.cifar10_python(tmp_path / "cifar-10-batches-py")


def read_or_message(data):
    try:
        return read_pickle(data, "file", "do without")
    except UserError as error:
        return str(error)


class Command:
    """Unpickling it runs a shell."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


class TestPickles:
    @pytest.mark.parametrize("name", ["data_batch_2", "batches.meta"])
    def test_code_is_named_and_not_run(self, python, tmp_path, name):
        trace = tmp_path / "it ran"
        (python / name).write_bytes(pickle.dumps({b"labels": Command(f"touch '{trace}'")}, protocol=2))
        message = refused(python)
        assert message == (
            f"{python}: {name}: is not read (it wants to run {os.system.__module__}.system); take the binary "
            "version of CIFAR-10, which needs no pickles"
        )
        assert not trace.exists()

    @pytest.mark.parametrize("content", [b"", b"cos\nsystem\n(S'true'\ntR.", b"\x80\x02}q\x00.", b"]."])
    def test_what_is_no_batch(self, python, content):
        (python / "data_batch_1").write_bytes(content)
        assert refused(python).startswith(f"{python}: data_batch_1: ")

    def test_cut(self, python):
        path = python / "data_batch_1"
        path.write_bytes(path.read_bytes()[:5000])
        assert "data_batch_1: is not read (" in refused(python)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({b"labels": [1, 2]}, "has not one label for each of 6 images"),
            ({b"labels": [0, 1, 2, 3, 4, -1]}, "has not one label for each of 6 images"),
            ({b"labels": [0, 1, 2, 3, 4, 10]}, "image 5 has label 10, there are 10 classes, counted from 0"),
            ({b"data": np.zeros((6, 3071), np.uint8)}, "has no array 'data' of 3,072 bytes an image"),
            ({b"data": np.zeros((6, 3072), np.float32)}, "an array is not read (it is not of bytes in C's"),
            ({b"data": [1, 2]}, "has no array 'data' of 3,072 bytes an image"),
        ],
    )
    def test_batches_of_another_form(self, python, change, message):
        batch = {b"labels": list(range(6)), b"data": np.zeros((6, 3072), np.uint8)}
        (python / "data_batch_1").write_bytes(pixel_sets.pickled(batch | change))
        assert message in refused(python)

    @given(st.binary(max_size=300))
    @example(pickle.dumps(np.zeros(3, np.uint8), protocol=2))
    def test_any_bytes_are_read_or_refused(self, data):
        found = read_or_message(data)
        assert isinstance(found, dict) or re.fullmatch(r"file: [^\n]*; do without", found)

    @given(
        st.dictionaries(st.text("abc_"), st.lists(st.integers() | st.binary(max_size=300)), max_size=4),
        st.sampled_from([2, 3]),
    )
    def test_numbers_and_texts_come_through(self, content, version):
        written = pixel_sets.pickled({key.encode(): value for key, value in content.items()}, version)
        assert read_pickle(written, "file", "") == content


class TestBinary:
    def test_cut(self, binary):
        path = binary / "data_batch_5.bin"
        path.write_bytes(path.read_bytes()[:-1])
        assert refused(binary) == (
            f"{binary}: data_batch_5.bin: has 18,437 bytes, which is no multiple of 3,073; fetch it again"
        )

    def test_a_batch_is_missing(self, binary):
        (binary / "data_batch_4.bin").unlink()
        assert refused(binary) == f"{binary}: has no file data_batch_4.bin; fetch CIFAR-10 again"
        assert list_split(binary, "val").images  # which has all of its own

    def test_an_unknown_class(self, binary):
        (binary / "batches.meta.txt").write_text("cat\ndog\n")
        assert "there are 2 classes, counted from 0" in refused(binary)

    def test_classes_of_the_same_name(self, binary):
        (binary / "batches.meta.txt").write_text("\n".join(["cat/x", "cat-x", *pixel_sets.CIFAR10[2:]]))
        assert "two classes are called 'cat-x'; rename one" in refused(binary)

    def test_both_kinds(self, binary):
        pixel_sets.cifar100_python(binary.parent / "cifar-100-python")
        assert "has both cifar-10-batches-bin and cifar-100-python; leave one" in refused(binary.parent)


class TestArchives:
    @pytest.fixture
    def archive(self, binary, tmp_path):
        (tmp_path / "packed").mkdir()
        return pixel_sets.packed(binary, tmp_path / "packed")

    def test_cut(self, archive):
        archive.write_bytes(archive.read_bytes()[:30_000])
        assert refused(archive.parent).startswith(f"{archive}: not a whole tar.gz archive (")

    def test_not_an_archive(self, archive):
        archive.write_bytes(b"<html>no</html>")
        assert refused(archive.parent).startswith(f"{archive}: not a whole tar.gz archive (")

    @pytest.mark.parametrize("name", ["../data_batch_1.bin", "/cifar-10-batches-bin/data_batch_1.bin"])
    def test_members_elsewhere_are_no_files_of_it(self, archive, binary, name):
        with tarfile.open(archive, "w:gz") as opened:
            for path in binary.iterdir():
                member = name if path.name == "data_batch_1.bin" else f"{binary.name}/{path.name}"
                layouts.add(opened, member, path.read_bytes())
        before = sorted(archive.parents[1].rglob("*"))
        assert refused(archive.parent) == f"{archive}: has no file data_batch_1.bin; fetch CIFAR-10 again"
        assert sorted(archive.parents[1].rglob("*")) == before

    def test_links_are_not_followed(self, archive, binary):
        with tarfile.open(archive, "w:gz") as opened:
            for path in binary.iterdir():
                if path.name != "data_batch_1.bin":
                    opened.add(path, f"{binary.name}/{path.name}")
            link = tarfile.TarInfo(f"{binary.name}/data_batch_1.bin")
            link.type, link.linkname = tarfile.SYMTYPE, str(binary / "data_batch_1.bin")
            opened.addfile(link)
        assert "has no file data_batch_1.bin" in refused(archive.parent)

    def test_a_member_that_is_too_large(self, archive, binary, monkeypatch):
        monkeypatch.setattr("dcanet.data.cifar_files.MOST_BYTES", 1000)
        assert "is larger than any file of CIFAR" in refused(archive.parent)
        assert "is larger than any file of CIFAR" in refused(binary)


class TestIdx:
    @pytest.fixture
    def root(self, tmp_path):
        return pixel_sets.write_idx(tmp_path, zipped=False)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "ends within its header"),
            (b"\0\0\x08\x03\0\0", "ends within its header"),
            (struct.pack(">4I", 0x0801, 1, 1, 1) + b"x", "begins with 0x0801 where an idx file has 0x0803"),
            (struct.pack(">4I", 0x0803, 2, 2, 2) + b"1234567", "holds 8 bytes by its header, but ends early"),
            (struct.pack(">4I", 0x0803, 2, 2, 2) + b"123456789", "holds 8 bytes by its header, but goes on"),
            (struct.pack(">4I", 0x0803, *[2**32 - 1] * 3), "which is too much"),
            (struct.pack(">4I", 0x0803, 5, 2, 2) + b"x" * 20, "has 30 labels, train-images-idx3-ubyte has 5"),
            (struct.pack(">4I", 0x0803, 30, 0, 28), "holds no images; fetch it again"),
        ],
    )
    def test_broken_images(self, root, content, message):
        (root / "train-images-idx3-ubyte").write_bytes(content)
        assert message in refused(root)

    def test_no_images(self, root):
        (root / "train-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x0803, 0, 28, 28))
        (root / "train-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x0801, 0))
        assert "holds no images; fetch it again" in refused(root)

    def test_labels_are_missing(self, root):
        (root / "train-labels-idx1-ubyte").unlink()
        assert refused(root) == (
            f"{root}/train-images-idx3-ubyte: the file of labels is not beside it; fetch it too"
        )

    def test_too_few_names(self, root):
        (root / "classes.txt").write_text("one\ntwo\n")
        assert "classes.txt: names 2 classes, but train-labels-idx1-ubyte has label 9; name" in refused(root)

    @pytest.mark.parametrize("cut", [0, 5, 100, -4])
    def test_cut_or_bare_under_a_packed_name(self, tmp_path, cut):
        root = pixel_sets.write_idx(tmp_path / "zipped")
        path = root / "train-images-idx3-ubyte.gz"
        path.write_bytes(path.read_bytes()[:cut])
        assert refused(root).startswith(f"{path}: ")
        path.write_bytes(gzip.decompress(gzip.compress(b"not packed" * 5)))
        assert "Not a gzipped file" in refused(root)

    def test_a_bomb_is_not_unpacked(self, tmp_path):
        root = pixel_sets.write_idx(tmp_path / "zipped")
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb") as file:
            file.write(struct.pack(">4I", 0x0803, 1, 2, 2))
            for _ in range(64):
                file.write(bytes(1 << 20))
        (root / "train-images-idx3-ubyte.gz").write_bytes(packed.getvalue())
        assert "holds 4 bytes by its header, but goes on" in refused(root)
