"""Archives, idx files and Arrow's: read in place, whatever their headers say."""

import contextlib
import gzip
import io
import json
import tarfile
from random import Random

import hostile
import pyarrow as pa
from damage import damaged
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

from dcanet.data.archive import scan
from dcanet.data.arrow_images import read_column, read_schema
from dcanet.data.cifar_files import VERSIONS, read_files
from dcanet.data.devkit import read_devkit
from dcanet.data.huggingface import find_huggingface
from dcanet.data.huggingface_files import find_files
from dcanet.data.idx import IMAGES, LABELS, read_idx
from dcanet.data.shards import read_archives

NAMES = [
    "a/1.jpg",
    "a/1.cls",
    "a/1.json",
    "../../ran.jpg",
    "/ran.jpg",
    "a/../../ran.png",
    "b/x.tar",
    ".hidden.jpg",
    "a//2.jpg",
    "./3.jpg",
    "\udcff.jpg",
    "x" * 300 + ".jpg",
]
TYPES = [
    tarfile.REGTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.FIFOTYPE,
    tarfile.DIRTYPE,
    tarfile.GNUTYPE_SPARSE,
    b"x",
    b"g",
    b"L",
    b"7",
    b"\x00",
]
CONTENTS = [
    b"1",
    b"pixels",
    b'{"label": 3}',
    b'{"cls": "\\ud800"}',
    b"[" * 5000,
    b"9" * 5000,
    b"\xff",
    b'"cls"',
    b'{"label": ' + b"9" * 5000 + b"}",
]


def archive(number: int) -> bytes:
    """A tar of a few odd members."""
    random, buffer = Random(number), io.BytesIO()
    kind = random.choice([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    with tarfile.open(fileobj=buffer, mode="w", format=kind, errors="surrogateescape") as opened:
        for _ in range(random.randint(1, 4)):
            member = tarfile.TarInfo(random.choice(NAMES))
            content = random.choice(CONTENTS)
            member.size, member.type = len(content), random.choice([tarfile.REGTYPE] * 3 + TYPES)
            member.linkname = random.choice(["", "/etc/passwd", "../../x", "a/1.jpg"])
            if kind == tarfile.PAX_FORMAT and random.random() < 0.5:
                key = random.choice(
                    [
                        "size",
                        "path",
                        "mtime",
                        "GNU.sparse.size",
                        "GNU.sparse.map",
                        "GNU.sparse.major",
                        "hdrcharset",
                    ]
                )
                member.pax_headers = {
                    key: random.choice(["-1", "-512", "9" * 30, "x", "../x", "1", "0,1", "", "1.5"])
                }
            with contextlib.suppress(ValueError):  # what this form cannot say
                opened.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@fuzz(2000)
@given(number=st.integers(0, 2**32), change=damaged(b"\x00" * 64), damage=st.booleans(), data=st.data())
def test_archives_of_images(cases, number, change, damage, data):
    content = archive(number)
    if damage:
        content = data.draw(
            damaged(
                content, words=[b"size=-512\n", b"ustar\x00", b"\x80" + b"\x00" * 10 + b"\x7f", b"\xff" * 12]
            )
        )
    path = cases.file("train.tar", content)
    index = cases.run(scan, path)
    if index is not None:
        size = path.stat().st_size
        for offset, length in zip(index.offsets.tolist(), index.sizes.tolist(), strict=True):
            assert 0 <= offset <= offset + length <= size
        list(index.names), list(index.labels)


@fuzz(400)
@given(number=st.integers(0, 2**32))
def test_splits_in_archives(cases, number):
    path = cases.file("train.tar", archive(number))

    def read() -> None:
        split = read_archives([path], "train", "tar shards", [cases.folder])
        for index, image in enumerate(split.images):
            image.encode("utf-8", "surrogateescape")
            split.read(index)

    (cases.folder / "cache").mkdir(exist_ok=True)
    cases.run(read)


def packed(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as opened:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


CIFAR = VERSIONS[0]
CIFAR_TAR = packed(
    (f"{CIFAR.folder}/test_batch.bin", bytes(30)), (f"{CIFAR.folder}/batches.meta.txt", b"cat\ndog\n")
)
KIT = packed(
    ("ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt", b"1\n2\n1\n"),
    ("ILSVRC2012_devkit_t12/data/meta.mat", b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + bytes(64)),
)
TAR = [b"../../ran", b"/ran", b"ustar", b"2", b"-1", b"77777777777", b"\x80" + b"\xff" * 11]


@fuzz(1200)
@given(
    content=damaged(gzip.decompress(CIFAR_TAR), words=TAR), bare=damaged(CIFAR_TAR), packed_well=st.booleans()
)
def test_archives_of_cifar(cases, content, bare, packed_well):
    path = cases.file(CIFAR.archive, gzip.compress(content, 1) if packed_well else bare)
    cases.run(read_files, CIFAR, path, ["test_batch.bin", "batches.meta.txt"])


@fuzz(1200)
@given(content=damaged(gzip.decompress(KIT), words=TAR))
def test_development_kits(cases, content):
    cases.file("ILSVRC2012_devkit_t12.tar", content)
    cases.run(read_devkit, cases.folder)


IDX = b"\x00\x00\x08\x03" + b"\x00\x00\x00\x02" * 3 + bytes(8)


@fuzz(1500)
@given(
    content=damaged(IDX, b"\x00\x00\x08\x01\x00\x00\x00\x02ab"),
    magic=st.sampled_from([IMAGES, LABELS]),
    packed_=st.booleans(),
)
def test_idx_files(cases, content, magic, packed_):
    path = cases.file("x.gz", gzip.compress(content, 1)) if packed_ else cases.file("x", content)
    cases.run(read_idx, path, magic)


def streamed(names: list[str]) -> bytes:
    images = pa.array([{"bytes": b"\x89PNG1", "path": "a.png"}, {"bytes": b"\xff\xd8\xff", "path": None}])
    features = {
        "info": {"features": {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": names}}}
    }
    table = pa.table({"image": images, "label": [0, 1]}).replace_schema_metadata(
        {"huggingface": json.dumps(features)}
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


STREAM = streamed(["cat", "dog"])


def column(path) -> None:
    for name in read_schema(path).names:
        read_column(path, name)


@fuzz(1500)
@given(content=damaged(STREAM, words=[b"\xff" * 4, b"image", b"label", b"utf8"]))
def test_arrow_streams(cases, content):
    cases.run(column, cases.file("data.arrow", content))


@fuzz(400)
@given(
    names=st.lists(hostile.texts("cat"), min_size=2, max_size=2),
    content=st.one_of(st.just(None), damaged(STREAM)),
)
def test_saved_data_sets(cases, names, content):
    """Classes become folders of ids; they are called whatever the file says."""
    cases.file(
        "state.json", json.dumps({"_data_files": [{"filename": "data.arrow"}], "_split": "train"}).encode()
    )
    cases.file("data.arrow", content or streamed(names))

    def read() -> None:
        split = find_huggingface(cases.folder, "train")
        assert split is None or all(image.count("/") == 1 for image in split.images)

    cases.run(read)


STATE = b'{"_data_files": [{"filename": "data.arrow"}], "_split": "train"}'


@fuzz(1500)
@given(
    content=damaged(
        STATE, words=[b"../../etc/passwd", b"[" * 5000, b'"\\ud800"', b"9" * 5000, b"\\u0000", b"null"]
    ),
    split=st.sampled_from(["train", "val", "test"]),
)
def test_descriptions_of_saved_data_sets(cases, content, split):
    cases.file("state.json", content)
    cases.file("data.arrow", b"")
    for path in (cases.run(find_files, cases.folder, split) or ("", []))[1]:
        assert path.parent == cases.folder
