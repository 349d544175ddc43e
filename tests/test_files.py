"""Atomic writes and hashes."""

import errno
import hashlib
import os
import stat
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcanet.errors import UserError
from dcanet.files import atomic_path, hash_of, sha256, write_text

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def reordered(value):
    """The same value with the keys of every dictionary in the opposite order."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@given(values)
def test_hash_does_not_depend_on_the_order_of_keys(value):
    assert hash_of(value) == hash_of(reordered(value))


@given(values)
def test_hash_is_16_hex_digits(value):
    assert len(hash_of(value)) == 16
    assert set(hash_of(value)) <= set(string.hexdigits.lower())


def test_hash_tells_values_apart():
    different = [None, 0, "0", [], {}, {"a": 1}, {"a": 2}, {"b": 1}, [1, 2], [2, 1], {"a": {"b": 1}}]
    assert len({hash_of(value) for value in different}) == len(different)


def test_sha256(tmp_path):
    content = b"\x00weights" * 100_000
    (tmp_path / "file").write_bytes(content)
    assert sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_write_text_makes_the_folder(tmp_path):
    write_text(tmp_path / "a" / "b" / "file.md", "GEθ\n")
    assert (tmp_path / "a" / "b" / "file.md").read_bytes() == "GEθ\n".encode()


def test_write_replaces_and_leaves_nothing_else(tmp_path):
    for text in ("first", "second"):
        write_text(tmp_path / "file.txt", text)
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]
    assert (tmp_path / "file.txt").read_text() == "second"


def test_written_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    write_text(tmp_path / "atomic", "")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "atomic")}
    assert len(modes) == 1


def test_temporary_path_keeps_the_suffix(tmp_path):
    """Writers choose the format by it."""
    with atomic_path(tmp_path / "table.parquet") as temporary:
        assert temporary.suffix == ".parquet"
        assert temporary.parent == tmp_path


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [None, "old"])
def test_interrupted_write_leaves_what_was_there(tmp_path, error, before):
    target = tmp_path / "file.json"
    if before is not None:
        target.write_text(before)

    def interrupted():
        with atomic_path(target) as temporary:
            temporary.write_text("half of it")
            raise error

    with pytest.raises(error):
        interrupted()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == (
        {} if before is None else {"file.json": before}
    )


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (errno.ENOSPC, r"file\.json: cannot be written \(No space left on device\); make room and run again"),
        (errno.EROFS, r"file\.json: cannot be written \(Read-only file system\); change its permissions"),
    ],
)
def test_a_disk_that_takes_nothing_is_the_users_to_know(tmp_path, code, told):
    with pytest.raises(UserError, match=told), atomic_path(tmp_path / "file.json"):
        raise OSError(code, os.strerror(code))
    assert not list(tmp_path.iterdir())


def test_other_errors_within_a_write_stay_what_they_are(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "file.json"):
        (tmp_path / "nowhere").read_bytes()


def test_nobody_sees_the_file_before_it_is_whole(tmp_path):
    target = tmp_path / "file.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
