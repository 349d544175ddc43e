"""Opening foreign checkpoints: nothing in the file runs, and none costs more memory than its own size."""

import io
import mmap
import re
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import UserError
from ..exhaustion import is_out_of_memory
from .pages import describe_page, is_page, read_head
from .pickle_check import check_pickle
from .sources import LIMIT_BYTES

#: A magic number, a version, facts of the machine, the content, and the keys of its storages.
LEGACY_PICKLES = 5


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and what the file says of itself."""

    path: Path
    container: str  #: "zip" or "legacy" as torch.save writes them, or "safetensors"
    state_dict: dict[str, Tensor]
    arch: str | None = None
    epoch: int | None = None
    best_top1_percent: float | None = None
    metadata: dict[str, str] = field(default_factory=dict)  #: of a safetensors file


def open_checkpoint(path: Path, limit_bytes: int = LIMIT_BYTES) -> Checkpoint:
    """Open what torch.save or safetensors wrote: a state dict, bare or as entry `state_dict`.

    Tensors stay in the file until they are read where the format allows it (zip, safetensors).

    Raises:
        UserError: the file is not a checkpoint, is damaged, too large, claims to unpack to more than
            it has, or would run code; one line with the file's name and what to do.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        head = read_head(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    if size > limit_bytes:
        raise UserError(f"{path}: has {size} bytes, at most {limit_bytes} are opened; give a smaller file")
    container = _container(path, head, size)
    if container == "safetensors":
        checkpoint = _open_safetensors(path)
    else:
        if container == "zip":
            _check_entries(path, size)
        _check_pickles(path, container)
        checkpoint = _checkpoint(path, container, _load(path, mmap=container == "zip"))
    _check_tensors(path, checkpoint.state_dict, size)
    return checkpoint


def _container(path: Path, head: bytes, size: int) -> str:
    if not head:
        raise UserError(f"{path}: is empty; delete it and fetch it again")
    if is_page(head):
        raise UserError(f"{path}: is not a checkpoint but {describe_page(head)}; delete this file")
    if head.startswith(b"PK"):
        return "zip"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < size:
        return "safetensors"
    if head.startswith(b"\x80"):
        return "legacy"
    if tarfile.is_tarfile(path) or head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z", b"Rar!")):
        raise UserError(f"{path}: is a packed archive, not a checkpoint; unpack it and give the file in it")
    raise UserError(f"{path}: is not a checkpoint (neither torch.save nor safetensors wrote it)")


def _check_entries(path: Path, size: int) -> None:
    """torch.save never compresses, so entries that add up to more than the file are a trap."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise _damaged(path, error) from error
    if any(member.filename.endswith("/constants.pkl") for member in members):
        raise UserError(f"{path}: is a program (TorchScript), not weights; give a file with a state dict")
    unpacked = sum(member.file_size for member in members)
    if unpacked > size or any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise UserError(
            f"{path}: is compressed and claims to unpack from {size} to {unpacked} bytes, which no file of "
            "torch.save does (a zip bomb?); it was not opened, delete it"
        )
    _check_sums(path)


def _check_sums(path: Path) -> None:
    """Every entry has a CRC-32, which torch does not look at."""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, RuntimeError, OSError) as error:
        raise _damaged(path, error) from error
    if broken:
        raise _damaged(path, ValueError(f"{broken} does not fit its CRC-32"))


def _check_pickles(path: Path, container: str) -> None:
    """torch reads `data.pkl` of a zip; of its older format five pickles, after which the numbers stand."""
    try:
        if container == "zip":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.rsplit("/", 1)[-1] == "data.pkl":
                        check_pickle(io.BytesIO(archive.read(name)))
            return
        # Mapped: a file would make room for whatever number of bytes it is asked for.
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            for _ in range(LEGACY_PICKLES):
                if mapped.tell() < mapped.size():
                    check_pickle(mapped)
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise _damaged(path, error) from error


def _load(path: Path, mmap: bool) -> Any:
    try:
        return torch.load(str(path), map_location="cpu", weights_only=True, mmap=mmap)
    except Exception as error:  # whatever a file made by a stranger can provoke
        if is_out_of_memory(error):
            raise
        if refused := re.search(r"GLOBAL (\S+) (?:was not an allowed|whose module)", str(error)):
            raise UserError(
                f"{path}: is not only weights: it would run {refused[1]!r} when opened; nothing was run, "
                "delete it and get the weights from somewhere else"
            ) from error
        raise _damaged(path, error) from error


def _damaged(path: Path, error: BaseException) -> UserError:
    said = str(error).strip().split("\n")[0][:160] or type(error).__name__
    return UserError(
        f"{path}: is truncated or damaged, or not a checkpoint ({said}); delete it and fetch it again"
    )


def _open_safetensors(path: Path) -> Checkpoint:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            return Checkpoint(path, "safetensors", tensors, metadata=file.metadata() or {})
    except (SafetensorError, OSError, RuntimeError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise _damaged(path, error) from error


def _checkpoint(path: Path, container: str, content: Any) -> Checkpoint:
    """From the authors' {'state_dict', 'arch', ...}, mmcv's {'state_dict', 'meta', ...} or bare tensors."""
    if not isinstance(content, Mapping):
        raise UserError(f"{path}: holds a {type(content).__name__}, not a state dict; give a checkpoint")
    state_dict = content.get("state_dict", content)
    if not isinstance(state_dict, Mapping) or not state_dict:
        raise UserError(f"{path}: holds no state dict, only {', '.join(map(str, content)) or 'nothing'}")
    if state_dict is content:
        return Checkpoint(path, container, dict(state_dict))
    meta = content.get("meta")
    said = {**(meta if isinstance(meta, Mapping) else {}), **content}
    arch, epoch, best = said.get("arch"), _number(said.get("epoch")), _number(said.get("best_prec1"))
    return Checkpoint(
        path,
        container,
        dict(state_dict),
        arch if isinstance(arch, str) else None,
        int(epoch) if epoch is not None else None,
        best,
    )


def _number(value: Any) -> float | None:
    """A finite number, also from a tensor of one element (old code wrote accuracies so)."""
    if isinstance(value, Tensor) and value.numel() == 1:
        value = value.item()
    finite = isinstance(value, int | float) and abs(value) < float("inf")
    return float(value) if finite else None


def _check_tensors(path: Path, state_dict: Mapping[Any, Any], size: int) -> None:
    claimed = 0
    for key, value in state_dict.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise UserError(
                f"{path}: entry {key!r} is a {type(value).__name__}, not a tensor; give a state dict"
            )
        ordinary = value.layout == torch.strided and value.device.type == "cpu"
        if not ordinary or not (value.is_floating_point() or value.dtype == torch.int64):
            raise UserError(f"{path}: entry {key!r} is no ordinary tensor ({value.dtype}, {value.layout})")
        claimed += value.numel() * value.element_size()
    # A stride of 0 makes a tensor of any size out of one number.
    if claimed > size:
        raise UserError(
            f"{path}: its tensors claim {claimed} bytes, the file has {size}; it was made to exhaust the "
            "memory or is damaged, delete it"
        )
