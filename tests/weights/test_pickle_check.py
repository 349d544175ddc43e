"""Pickles that torch's reader would not survive are refused before it sees them, others are left to it."""

import io
import pickle
import zipfile

import pytest
import torch

from dcanet.errors import UserError
from dcanet.weights.opening import open_checkpoint
from dcanet.weights.pickle_check import DEEPEST, check_pickle

STATE = {"a": torch.ones(2)}
LEGACY = {"_use_new_zipfile_serialization": False}
#: A dict with a key of 200,000 tuples within tuples, whose hash takes more stack than there is.
DEEP = b"\x80\x02}()" + b"\x85" * 200_000 + b"K\x01u."
BYTES = b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R."


@pytest.mark.parametrize(
    ("content", "message"), [(DEEP, "nested more than 100 deep"), (BYTES, "a bytearray")]
)
@pytest.mark.parametrize("container", ["zip", "legacy"])
def test_refused(tmp_path, content, message, container):
    path = tmp_path / "model.pth"
    if container == "legacy":
        path.write_bytes(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03." + content)
    else:
        torch.save(STATE, tmp_path / "honest.pth")
        with zipfile.ZipFile(tmp_path / "honest.pth") as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                new.writestr(name, content if name.endswith("/data.pkl") else old.read(name))
    with pytest.raises(UserError, match=message):
        open_checkpoint(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_ordinary_values(protocol):
    value: object = ("x", 1.5, None, b"y", {1, 2})
    for level in range(DEEPEST // 5):
        value = {"key": [value, value], level: (value,)}
    file = io.BytesIO(pickle.dumps(value, protocol) + b"more")
    check_pickle(file)
    assert file.read() == b"more"


def test_many_are_not_deep():
    """Python fills lists and dicts in portions of a thousand."""
    for value in ([(n,) for n in range(200_000)], {n: [n] for n in range(200_000)}):
        check_pickle(io.BytesIO(pickle.dumps(value, 2)))


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x02", b"\x80\x02u.", b"\x80\x02t.", b"\x80\x02h\x05.", b"\x80\x02q\x00.", b"\x80\x020."],
)
def test_no_whole_pickle(content):
    with pytest.raises(ValueError, match=r"."):
        check_pickle(io.BytesIO(content))


@pytest.mark.parametrize("how", [{}, LEGACY])
def test_checkpoints_with_their_optimizers(tmp_path, how):
    model = torch.nn.Sequential(*(torch.nn.Linear(2, 2) for _ in range(300)))
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    torch.save(
        {"state_dict": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "a.pth", **how
    )
    assert len(open_checkpoint(tmp_path / "a.pth").state_dict) == 600
