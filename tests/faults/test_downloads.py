"""Fetching a checkpoint: kills, a disk without room, and what waits or is kept between runs damaged."""

import errno
import itertools
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from children import Child, Ended, dcanet
from crash_points import MOMENTS, At
from damages import damages
from fault_counting import HEALED, REFUSED, UNMOVED, Faults
from laboratory import TARGET
from limits import FileSize
from outcomes import stopped_in_one_line
from weights.loopback import Loopback, running

pytestmark = pytest.mark.faults

CHECKPOINT = f"weights/{TARGET}.checkpoint"
LOCK = "config/weights.lock"


class Shop:
    """A folder to fetch into, and a server that has the file."""

    def __init__(self, run: Path, server: Loopback) -> None:
        self.run, self.server = run, server
        self.content = (run / CHECKPOINT).read_bytes()
        self.address = server.serve("weights", self.content)
        self.forget()

    @property
    def command(self) -> tuple[str, ...]:
        return ("weights", "fetch", TARGET, "--source", self.address)

    def forget(self) -> None:
        """As before anything was fetched."""
        for path in (*(self.run / "weights").glob("*"), self.run / LOCK):
            path.unlink(missing_ok=True)

    def fetch(self, fault=None) -> Ended:
        return dcanet(self.run, *self.command, fault=fault)

    def whole(self) -> bool:
        return (self.run / CHECKPOINT).read_bytes() == self.content and self.address in (
            self.run / LOCK
        ).read_text()

    def heal(self) -> None:
        """The same command once more leaves the file and nothing else."""
        ended = self.fetch()
        assert ended.code == 0, ended.text
        assert self.whole()
        left = {path.name for path in (self.run / "weights").iterdir() if not path.name.startswith(".")}
        assert left == {f"{TARGET}.checkpoint"}


@pytest.fixture
def shop(run: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running() as server:
        yield Shop(run, server)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_within_each_write(moment, shop, faults: Faults):
    for number in itertools.count():
        ended = shop.fetch(At(moment, number, shop.run))
        if not ended.killed:
            break
        assert not (shop.run / CHECKPOINT).exists() or (shop.run / CHECKPOINT).read_bytes() == shop.content
        faults.count("kill -9 within a write", "fetch", HEALED)
        shop.heal()
        shop.forget()
    assert ended.code == 0, ended.text
    assert number > 1
    assert shop.whole()


def test_killed_while_bytes_come(shop, faults: Faults):
    """Each time some more have come, and are not asked for again."""
    shop.server.files["weights"].pause_s = 0.001
    part, choice, had = shop.run / f"{CHECKPOINT}.part", random.Random(0), 0
    for _ in range(6):
        wanted = had + choice.randrange(1, len(shop.content) // 8)
        child = Child(shop.run, shop.command)
        while not part.exists() or part.stat().st_size < wanted:
            assert child.process.is_alive(), child.end().text
        child.kill()
        assert child.end().killed
        had = part.stat().st_size
        assert part.read_bytes() == shop.content[:had]
        faults.count("kill -9 while bytes come", "fetch", HEALED)
    shop.server.files["weights"].pause_s = 0
    shop.heal()
    assert len(shop.server.ranges()) == 6


@pytest.mark.parametrize(("code", "moment"), [(errno.ENOSPC, "half written"), (errno.EROFS, "begun")])
def test_no_room_for_each_file(code, moment, shop, faults: Faults):
    for number in itertools.count():
        ended = shop.fetch(At(moment, number, shop.run, code))
        if ended.code == 0:
            break
        assert stopped_in_one_line(ended), ended.text
        assert "cannot be written" in ended.text
        faults.count(errno.errorcode[code], "fetch", HEALED)
        shop.heal()
        shop.forget()
    assert number > 1
    assert shop.whole()


@pytest.mark.parametrize("share", [0.001, 0.37, 0.999])
def test_no_room_for_the_rest(share, shop, faults: Faults):
    """What has come is kept, without a gap, and the rest is asked for."""
    ended = shop.fetch(FileSize(int(share * len(shop.content))))
    assert stopped_in_one_line(ended), ended.text
    assert "File too large" in ended.text
    part = (shop.run / f"{CHECKPOINT}.part").read_bytes()
    assert shop.content.startswith(part)
    assert part
    shop.heal()
    assert shop.server.ranges() == [f"bytes={len(part)}-"]
    faults.count("file too large", "fetch", HEALED)


def test_a_full_disk_that_gets_more_room(shop, small_disk, faults: Faults):
    there = ("--out", str(small_disk / "weights"))
    ended = dcanet(shop.run, *shop.command, *there)
    assert stopped_in_one_line(ended), ended.text
    assert "No space left on device" in ended.text
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    ended = dcanet(shop.run, *shop.command, *there)
    assert ended.code == 0, ended.text
    assert (small_disk / CHECKPOINT).read_bytes() == shop.content
    faults.count("full disk", "fetch", HEALED)


def test_a_damaged_lock(shop, faults: Faults):
    shop.heal()
    path = shop.run / LOCK
    content = path.read_bytes()
    for kind, damaged in damages(content, "lock"):
        path.write_bytes(damaged)
        ended = shop.fetch()
        if ended.code:
            assert stopped_in_one_line(ended), ended.text
        else:
            assert shop.whole()
        faults.count(kind, "fetch: weights.lock", REFUSED if ended.code else UNMOVED)
        assert (shop.run / CHECKPOINT).read_bytes() == shop.content
    path.write_bytes(content)
    shop.heal()


def test_a_damaged_file_is_fetched_again(shop, faults: Faults):
    shop.heal()
    path = shop.run / CHECKPOINT
    for kind, damaged in damages(shop.content, "checkpoint"):
        path.write_bytes(damaged)
        shop.heal()
        faults.count(kind, "fetch: checkpoint", UNMOVED)


@pytest.mark.parametrize("suffix", [".part", ".part.json"])
def test_a_damaged_part(suffix, shop, faults: Faults):
    """Refused where the end does not fit, and then begun anew; or begun anew at once."""
    whole = len(shop.content) // 2
    assert shop.fetch(FileSize(whole)).code == 1
    waiting = {
        path: path.read_bytes() for path in (shop.run / "weights").glob("*.part*") if path.name[0] != "."
    }
    path = shop.run / f"{CHECKPOINT}{suffix}"
    for kind, damaged in damages(waiting[path], suffix):
        shop.forget()
        for each, content in waiting.items():
            each.write_bytes(content)
        path.write_bytes(damaged)
        ended = shop.fetch()
        if ended.code:
            assert stopped_in_one_line(ended), ended.text
            assert not (shop.run / CHECKPOINT).exists()
            shop.heal()
        assert shop.whole()
        faults.count(kind, f"fetch: {suffix}", HEALED if ended.code else UNMOVED)
