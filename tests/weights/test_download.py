"""Downloads through cuts, restarts, busy and lying servers; real HTTP on loopback."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from dcanet.errors import UserError
from dcanet.weights.download import Patience, download
from dcanet.weights.part import Part

CONTENT = random.Random(1).randbytes(300_000)


@pytest.fixture
def get(tmp_path, impatient):
    def get(*addresses, check=lambda path: None, patience=impatient, **options):
        destination = tmp_path / "model.pth.tar"
        download(addresses, destination, check, patience=patience, progress=False, **options)
        left = {path.name for path in tmp_path.iterdir()}
        assert left == {"model.pth.tar"}
        return destination.read_bytes()

    return get


def part_of(tmp_path) -> Part:
    return Part(tmp_path / "model.pth.tar")


def test_whole_file(server, get):
    assert get(server.serve("a", CONTENT)) == CONTENT
    assert len(server.requests) == 1


def test_chunked_file_without_a_length(server, get):
    assert get(server.serve("a", CONTENT, chunked=True)) == CONTENT


@pytest.mark.parametrize("validator", [{}, {"etag": 'W/"v1"', "last_modified": formatdate(usegmt=True)}])
def test_cut_transfer_goes_on_where_it_stopped(server, get, validator):
    url = server.serve("a", CONTENT, faults=[("cut", 200_000), ("cut", 50_000)], **validator)
    assert get(url) == CONTENT
    first, second = (int(value[6:-1]) for value in server.ranges())
    assert 0 < first <= 200_000
    assert first <= second <= 250_000


def test_server_without_ranges_starts_anew(server, get):
    assert get(server.serve("a", CONTENT, ranges=False, faults=[("cut", 200_000)])) == CONTENT
    assert server.ranges()


def test_without_a_validator_nothing_is_resumed(server, get):
    assert get(server.serve("a", CONTENT, etag=None, faults=[("cut", 200_000)])) == CONTENT
    assert not server.ranges()


@pytest.mark.parametrize("ranges", [True, False])
def test_changed_file_is_not_joined_to_the_old_bytes(server, get, tmp_path, ranges):
    url = server.serve("a", CONTENT, faults=[("cut", 200_000)])
    with pytest.raises(UserError, match="cut after"):
        get(url, patience=Patience(attempts=1))
    assert part_of(tmp_path).size > 0
    server.serve("a", CONTENT[::-1], etag='"v2"', ranges=ranges)
    assert get(url) == CONTENT[::-1]


def test_part_of_another_source_is_not_resumed(server, get, tmp_path):
    part_of(tmp_path).start("https://elsewhere.example/a", '"v1"', len(CONTENT))
    part_of(tmp_path).path.write_bytes(b"x" * 1000)
    assert get(server.serve("a", CONTENT)) == CONTENT
    assert not server.ranges()


def test_complete_part_that_was_never_published(server, get, tmp_path):
    url = server.serve("a", CONTENT)
    part_of(tmp_path).start(url, '"v1"', len(CONTENT))
    part_of(tmp_path).path.write_bytes(CONTENT)
    assert get(url) == CONTENT


def test_unreadable_sidecar_starts_anew(server, get, tmp_path):
    (tmp_path / "model.pth.tar.part").write_bytes(b"x" * 1000)
    (tmp_path / "model.pth.tar.part.json").write_text("{")
    assert get(server.serve("a", CONTENT)) == CONTENT


def test_wrong_content_range_is_noticed(server, get):
    url = server.serve("a", CONTENT, wrong_range=True, faults=[("cut", 200_000)])
    assert get(url) == CONTENT
    assert len(server.ranges()) == 1


def test_announced_length_that_never_comes(server, get, tmp_path):
    url = server.serve("a", CONTENT, announced=len(CONTENT) + 1000, ranges=False)
    with pytest.raises(UserError, match=r"cut after \d+ of 301000 bytes"):
        get(url)
    assert not (tmp_path / "model.pth.tar").exists()


def test_length_that_is_not_announced_at_all(server, get):
    url = server.serve("a", CONTENT)
    server.files["a"].announced = "?"
    with pytest.raises(UserError, match="does not say how long"):
        get(url)


def test_busy_server_is_asked_again(server, get):
    faults = [("status", 503, {}), ("status", 429, {"Retry-After": "0"}), ("status", 500, {})]
    assert get(server.serve("a", CONTENT, faults=faults)) == CONTENT


def test_retry_after_is_waited_for(server, get):
    url = server.serve("a", CONTENT, faults=[("status", 429, {"Retry-After": "1"})])
    start = time.monotonic()
    assert get(url) == CONTENT
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_too_long_to_wait_for(server, get, form):
    when = "3600" if form == "seconds" else formatdate(time.time() + 3600, usegmt=True)
    url = server.serve("a", CONTENT, faults=[("status", 429, {"Retry-After": when})])
    with pytest.raises(UserError, match=r"429 .*asks to come back in 3[56]\d\d s"):
        get(url)


def test_gives_up_after_its_attempts(server, get):
    url = server.serve("a", CONTENT, faults=[("status", 503, {})] * 9)
    with pytest.raises(UserError, match=r"503 .*tried 4 times"):
        get(url)
    assert len(server.requests) == 4


def test_silent_server_is_not_waited_for_forever(server, get):
    url = server.serve("a", CONTENT, pause_s=3)
    with pytest.raises(UserError, match="cut after"):
        get(url, patience=Patience(attempts=1, timeouts_s=(1, 0.3)))


def test_nobody_listens(get):
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9/x: no connection \(.*refused.*tried 2 times"):
        get("http://127.0.0.1:9/x", patience=Patience(attempts=2, first_wait_s=0))


def test_mirrors_in_their_order(server, get):
    addresses = [f"{server.url}/files/gone", server.serve("page", b"", shows="other")]
    assert get(*addresses, server.serve("a", CONTENT), server.serve("b", b"never asked")) == CONTENT
    assert "/files/b" not in [path for path, _ in server.requests]
    with pytest.raises(UserError, match=r"gone: HTTP 404.*does not exist.*page: .*'Out of office'"):
        get(*addresses)


def test_mirror_with_a_wrong_file(server, get):
    def check(path: Path) -> None:
        if path.read_bytes() != CONTENT:
            raise UserError("not what was asked for")

    assert get(server.serve("bad", b"bad"), server.serve("a", CONTENT), check=check) == CONTENT
    with pytest.raises(UserError, match="not what was asked for"):
        get(server.serve("bad", b"bad"), check=check)


def test_redirects_are_followed(server, get):
    target = server.serve("a", CONTENT)
    assert get(server.serve("b", b"", faults=[("redirect", target)])) == CONTENT


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a", "data:text/plain,a"])
def test_only_http_is_followed(server, get, target):
    with pytest.raises(UserError, match=r"not http\(s\)"):
        get(server.serve("b", b"", faults=[("redirect", target)]))
    with pytest.raises(UserError, match=r"not http\(s\)"):
        get(target)


@pytest.mark.parametrize("chunked", [True, False])
def test_too_large(server, get, tmp_path, chunked):
    with pytest.raises(UserError, match=r"at most 1000|more than 1000"):
        get(server.serve("a", CONTENT, chunked=chunked), limit_bytes=1000)
    assert not list(tmp_path.iterdir())


CHILD = """
    import sys
    from pathlib import Path
    from dcanet.weights.download import download
    download([sys.argv[1]], Path(sys.argv[2]), lambda path: None, progress=False)
"""


@pytest.mark.parametrize("seed", range(3))
def test_killed_process_resumes(server, get, tmp_path, seed):
    url = server.serve("a", CONTENT, pause_s=0.01)
    killed_after = random.Random(seed).randrange(70_000, 290_000)
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), url, str(tmp_path / "model.pth.tar")]
    )
    deadline = time.monotonic() + 60
    while server.sent < killed_after and time.monotonic() < deadline:
        time.sleep(0.001)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(10) == -signal.SIGKILL
    kept = part_of(tmp_path).size
    assert 0 < kept < len(CONTENT)

    server.files["a"].pause_s = 0
    assert get(url) == CONTENT
    assert server.ranges() == [f"bytes={kept}-"]
