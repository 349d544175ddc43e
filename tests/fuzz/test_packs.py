"""Packs of `dcanet export` from anywhere: nothing of them lies outside their folder."""

import hashlib
import io
import zipfile
from random import Random

import hostile
from damage import damaged
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

from dcanet.export.layout import CONFIG, MANIFEST
from dcanet.verification.findings import Findings
from dcanet.verification.unpacking import unpacked

MEMBERS = {f"{CONFIG}/pairs.tsv": b"id\n", f"{CONFIG}/detectors.tsv": b"id\n", "results/a/x.json": b"{}"}
NAMES = [
    *(name for name in [*hostile.PATHS, *hostile.SHELL, *hostile.LETTERS] if len(name) < 200),
    *(
        "../ran",
        "/ran",
        "a/../../ran",
        "C:/ran",
        "config\\pairs.tsv",
        "CONFIG/PAIRS.TSV",
        MANIFEST,
        "x/",
        "con:x",
    ),
]


def pack(number: int) -> bytes:
    """Of a few odd members beside those that there must be."""
    random, buffer = Random(number), io.BytesIO()
    members = dict(MEMBERS)
    for _ in range(random.randint(0, 2)):
        members[random.choice(NAMES)] = random.choice([b"", b"x", bytes(100_000)])
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in members.items()]
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {**members, MANIFEST: "".join(lines).encode("utf-8", "replace")}.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = random.choice([0, 0, 0, 0o120777 << 16, 0o020666 << 16, 0x10])
            member.compress_type = random.choice([zipfile.ZIP_STORED] * 6 + [zipfile.ZIP_DEFLATED])
            archive.writestr(member, content)
    return buffer.getvalue()


@fuzz(1200)
@given(number=st.integers(0, 2**32), damage=st.booleans(), data=st.data())
def test_packs(cases, number, damage, data):
    content = pack(number)
    if damage:
        content = data.draw(
            damaged(content, words=[b"../", b"\x01\x00", b"PK\x01\x02", b"PK\x05\x06", b"\xff" * 8])
        )
    path = cases.file("run.zip", content)

    def open_() -> None:
        findings = Findings()
        with unpacked(path, findings) as found:
            assert (found is None) == bool(findings.problems)
            if found is not None:
                assert all(
                    each.is_dir() or (each.is_file() and not each.is_symlink())
                    for each in found.root.rglob("*")
                )

    cases.run(open_)
    assert not list(cases.folder.glob("dcanet-verify-*"))
