"""What strangers may send: none of it runs, none exhausts the memory, all of it is named in one line."""

import contextlib
import copy
import gzip
import io
import os
import pickle
import struct
import tarfile
import zipfile

import pytest
import torch
from safetensors.torch import save_file

from dcanet.errors import UserError
from dcanet.weights.opening import open_checkpoint

STATE = {"conv1.weight": torch.arange(600.0).reshape(2, 300), "bn1.num_batches_tracked": torch.tensor(7)}
LEGACY = {"_use_new_zipfile_serialization": False}


def refuses(path, message):
    with pytest.raises(UserError, match=message) as caught:
        open_checkpoint(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("how", [{}, LEGACY], ids=["zip", "legacy"])
@pytest.mark.parametrize(
    "best", [76.25, torch.tensor(76.25), torch.tensor([76.25]), torch.tensor(76.25).half()]
)
def test_authors_format(tmp_path, how, best):
    path = tmp_path / "model_best.pth.tar"
    optimizer = {"state": {0: {"momentum_buffer": torch.ones(5)}}, "param_groups": [{"lr": 0.1}]}
    content = {"epoch": 99, "arch": "se_resnet50", "state_dict": STATE, "best_prec1": best}
    torch.save(content | {"optimizer": optimizer}, path, **how)
    checkpoint = open_checkpoint(path)
    assert checkpoint.container == ("legacy" if how else "zip")
    assert (checkpoint.arch, checkpoint.epoch) == ("se_resnet50", 99)
    assert checkpoint.best_top1_percent == 76.25
    assert type(checkpoint.best_top1_percent) is float
    assert list(checkpoint.state_dict) == list(STATE)
    assert all(torch.equal(checkpoint.state_dict[key], STATE[key]) for key in STATE)


def test_mmcvs_format(tmp_path):
    path = tmp_path / "epoch_24.pth"
    meta = {"epoch": 24, "iter": 5, "config": "lr = 1", "time": "Mon", "mmdet_version": "1.0"}
    torch.save({"meta": meta, "state_dict": STATE, "optimizer": {}}, path)
    checkpoint = open_checkpoint(path)
    assert (checkpoint.epoch, checkpoint.arch, checkpoint.best_top1_percent) == (24, None, None)


def test_bare_state_dicts(tmp_path):
    torch.save(STATE, tmp_path / "a.pth")
    save_file(STATE, tmp_path / "a.safetensors", {"note": "x"})
    for name, container in (("a.pth", "zip"), ("a.safetensors", "safetensors")):
        checkpoint = open_checkpoint(tmp_path / name)
        assert checkpoint.container == container
        assert checkpoint.epoch is None
        assert set(checkpoint.state_dict) == set(STATE)


class Evil:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("where", ["zip", "legacy", "pickle", "state_dict entry"])
def test_malicious_pickle_does_not_run(tmp_path, where):
    path, marker = tmp_path / "model_best.pth.tar", tmp_path / "it-ran"
    evil = Evil(marker)
    if where == "pickle":
        path.write_bytes(pickle.dumps({"state_dict": evil}, protocol=2))
    elif where == "state_dict entry":
        torch.save({"state_dict": {"evil.weight": evil, **STATE}, "epoch": 1}, path)
    else:
        torch.save({"optimizer": evil, "state_dict": STATE}, path, **(LEGACY if where == "legacy" else {}))
    refuses(path, r"it would run '(posix|os)\.system' when opened; nothing was run")
    assert not marker.exists()
    with contextlib.suppress(RuntimeError):  # the bare pickle lacks what torch wants after it
        torch.load(path, weights_only=False)
    assert marker.exists(), "the file is no real attack, the test shows nothing"


def test_compressed_zip(tmp_path):
    path = tmp_path / "model.pth.tar"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", pickle.dumps({}, protocol=2))
        archive.writestr("model/data/0", bytes(50_000_000))
    assert path.stat().st_size < 100_000
    refuses(path, r"claims to unpack from \d+ to 500000\d\d bytes")


def test_zip_whose_entries_share_their_bytes(tmp_path):
    path = tmp_path / "model.pth.tar"
    torch.save(STATE, path)
    with zipfile.ZipFile(path, "a") as archive:
        shared = next(info for info in archive.infolist() if info.filename.endswith("/data/0"))
        for number in range(100):
            twin = copy.copy(shared)
            twin.filename = shared.filename + str(number)
            archive.filelist.append(twin)
        archive.writestr("model/end", b"")
    refuses(path, "zip bomb")


@pytest.mark.parametrize("how", [{}, LEGACY], ids=["zip", "legacy"])
def test_tensor_larger_than_the_file(tmp_path, how):
    path = tmp_path / "model.pth.tar"
    torch.save({"conv1.weight": torch.zeros(1).expand(10**6, 10**6)}, path, **how)
    refuses(path, "its tensors claim 4000000000000 bytes")


@pytest.mark.parametrize("how", [{}, LEGACY], ids=["zip", "legacy"])
def test_storage_larger_than_the_file(tmp_path, how):
    torch.save(STATE, tmp_path / "honest.pth", **how)
    content = (tmp_path / "honest.pth").read_bytes()
    length, huge = b"M\x58\x02", b"J\xff\xff\xff\x7f"  # 600 and 2**31 - 1 elements, as pickle writes them
    path = tmp_path / "model.pth.tar"
    if how:
        path.write_bytes(content.replace(length, huge))
    else:
        with zipfile.ZipFile(tmp_path / "honest.pth") as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                new.writestr(name, old.read(name).replace(length, huge))
    assert huge in path.read_bytes()
    if how:
        refuses(path, "truncated or damaged")
    else:  # only the mapped file is looked at, whatever the pickle claims
        assert torch.equal(open_checkpoint(path).state_dict["conv1.weight"], STATE["conv1.weight"])


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.999])
def test_truncated(tmp_path, kind, share):
    path = tmp_path / f"model.{kind}"
    if kind == "safetensors":
        save_file(STATE, path)
    else:
        torch.save({"state_dict": STATE, "epoch": 3}, path, **(LEGACY if kind == "legacy" else {}))
    content = path.read_bytes()
    path = tmp_path / "model.pth.tar"
    path.write_bytes(content[: int(len(content) * share)])
    refuses(path, "truncated or damaged|neither torch.save nor safetensors")


PAGE = "<!DOCTYPE html><html><head><title>{}</title></head></html>"


def packed_tar():
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model_best.pth"))
    return memory.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PAGE.format("Google Drive - Quota exceeded").encode(), "not a checkpoint but .*quota page"),
        (b"\xef\xbb\xbf\r\n" + PAGE.format("Nothing here").encode(), "an HTML page titled 'Nothing here'"),
        (b"", "is empty"),
        (b"epoch 1 loss 3.2\n" * 10, "neither torch.save nor safetensors"),
        (packed_tar(), "packed archive.*unpack it"),
        (gzip.compress(b"x" * 100, mtime=0), "packed archive"),
        (struct.pack("<Q", 2**40) + b'{"a":', "neither torch.save nor safetensors"),
        (struct.pack("<Q", 8) + b'{"a":xx}', "truncated or damaged"),
        (b"PK\x03\x04" + bytes(100), "truncated or damaged"),
        (b"PK\x05\x06" + bytes(18), "truncated or damaged"),
    ],
)
def test_not_a_checkpoint(tmp_path, content, message):
    path = tmp_path / "model_best.pth.tar"
    path.write_bytes(content)
    refuses(path, message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.ones(2)], "holds a list"),
        ({"epoch": 3, "loss": 0.1}, "'epoch' is a int"),
        ({"state_dict": {}}, "holds no state dict"),
        ({"state_dict": {"a": [1.0]}}, "'a' is a list"),
        ({"state_dict": {3: torch.ones(1)}}, "entry 3"),
        ({"a": torch.ones(2).to_sparse()}, "no ordinary tensor"),
        ({"a": torch.ones(2, dtype=torch.complex64)}, "no ordinary tensor"),
        ({"a": torch.ones(2, device="meta")}, "no ordinary tensor"),
    ],
)
def test_no_state_dict(tmp_path, content, message):
    path = tmp_path / "model.pth"
    torch.save(content, path)
    refuses(path, message)


def test_program_instead_of_weights(tmp_path):
    path = tmp_path / "model.pt"
    torch.jit.save(torch.jit.trace(torch.nn.ReLU(), torch.ones(1)), path)
    refuses(path, "is a program \\(TorchScript\\)")


def test_missing_and_too_large(tmp_path):
    refuses(tmp_path / "none.pth", "cannot be read")
    refuses(tmp_path, "cannot be read")
    path = tmp_path / "model.pth"
    torch.save(STATE, path)
    with pytest.raises(UserError, match="at most 1000 are opened"):
        open_checkpoint(path, limit_bytes=1000)


def test_unfit_numbers_are_left_out(tmp_path):
    path = tmp_path / "model.pth"
    said = {"epoch": float("nan"), "best_prec1": float("inf"), "arch": 3}
    torch.save({"state_dict": STATE, **said}, path)
    checkpoint = open_checkpoint(path)
    assert (checkpoint.epoch, checkpoint.best_top1_percent, checkpoint.arch) == (None, None, None)
