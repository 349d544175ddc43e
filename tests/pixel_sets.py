"""Small data sets of bare pixels in the files of their authors, sound until a test breaks them."""

import gzip
import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import ClassVar

import numpy as np

CIFAR10 = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
CIFAR100 = [f"kind {number:02d}" for number in range(100)]


def images(count, seed=0):
    """Pixels (count, 3, 32, 32) and labels of all ten classes in no order."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8)
    return pixels, random.permutation(np.arange(count) % 10).astype(np.uint8)


#: What every version holds: five batches of six images, and twenty to test.
TRAIN, TEST = images(30), images(20, seed=1)


class Python2(pickle._Pickler):
    """Writes bytes as Python 2, which made the authors' files, wrote its texts."""

    def save_text(self, text):
        size = struct.pack("<i", len(text))
        self.write((b"U" + size[:1] if len(text) < 256 else b"T" + size) + text)
        self.memoize(text)

    dispatch: ClassVar = {**pickle._Pickler.dispatch, bytes: save_text}


def pickled(content, python=2) -> bytes:
    """In protocol 2, which Python 2 had last."""
    file = io.BytesIO()
    (Python2 if python == 2 else pickle.Pickler)(file, protocol=2).dump(content)
    return file.getvalue()


def cifar10_binary(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "batches.meta.txt").write_text("\n".join([*CIFAR10, "", ""]))
    for name, (pixels, labels) in _batches(".bin").items():
        records = np.concatenate([labels[:, None], pixels.reshape(len(pixels), -1)], axis=1)
        (folder / name).write_bytes(records.tobytes())
    return folder


def cifar10_python(folder: Path, python=2) -> Path:
    folder.mkdir(parents=True)
    names = [name.encode() for name in CIFAR10]
    meta = {b"num_cases_per_batch": 6, b"label_names": names, b"num_vis": 3072}
    (folder / "batches.meta").write_bytes(pickled(meta, python))
    for name, (pixels, labels) in _batches("").items():
        batch = {
            b"batch_label": f"of {name}".encode(),
            b"labels": labels.tolist(),
            b"data": pixels.reshape(len(pixels), -1),
            b"filenames": [f"image_{number}.png".encode() for number in range(len(pixels))],
        }
        (folder / name).write_bytes(pickled(batch, python))
    return folder


def cifar100_binary(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "fine_label_names.txt").write_text("\n".join(CIFAR100) + "\n")
    (folder / "coarse_label_names.txt").write_text("coarse\n")
    for name, (pixels, labels) in (("train.bin", TRAIN), ("test.bin", TEST)):
        both = np.stack([np.full_like(labels, 7), 10 * labels], axis=1)
        (folder / name).write_bytes(np.concatenate([both, pixels.reshape(len(pixels), -1)], axis=1).tobytes())
    return folder


def cifar100_python(folder: Path) -> Path:
    folder.mkdir(parents=True)
    names = [name.encode() for name in CIFAR100]
    (folder / "meta").write_bytes(pickled({b"fine_label_names": names, b"coarse_label_names": [b"coarse"]}))
    for name, (pixels, labels) in (("train", TRAIN), ("test", TEST)):
        batch = {
            b"fine_labels": (10 * labels.astype(int)).tolist(),
            b"coarse_labels": [7] * len(labels),
            b"data": pixels.reshape(len(pixels), -1),
        }
        (folder / name).write_bytes(pickled(batch))
    return folder


#: By the folder that the authors' archive of each has.
CIFAR = {
    "cifar-10-batches-bin": cifar10_binary,
    "cifar-10-batches-py": cifar10_python,
    "cifar-100-binary": cifar100_binary,
    "cifar-100-python": cifar100_python,
}
ARCHIVES = {
    "cifar-10-batches-bin": "cifar-10-binary.tar.gz",
    "cifar-10-batches-py": "cifar-10-python.tar.gz",
    "cifar-100-binary": "cifar-100-binary.tar.gz",
    "cifar-100-python": "cifar-100-python.tar.gz",
}


def packed(folder: Path, place: Path) -> Path:
    """The authors' archive of a folder that is called as theirs."""
    archive = place / ARCHIVES[folder.name]
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(folder, folder.name)
    return archive


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_idx(folder: Path, zipped=True, dot="-", classes=10) -> Path:
    """MNIST's four files, grey images of 28 x 28."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, (pixels, labels) in (("train", TRAIN), ("t10k", TEST)):
        for what, array in (("images", pixels[:, 0, :28, :28].copy()), ("labels", labels % classes)):
            name = f"{prefix}-{what}{dot}idx{array.ndim}-ubyte"
            if zipped:
                (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array), mtime=0))
            else:
                (folder / name).write_bytes(idx(array))
    return folder


def _batches(suffix):
    pixels, labels = TRAIN
    batches = {
        f"data_batch_{number + 1}{suffix}": (
            pixels[6 * number : 6 * number + 6],
            labels[6 * number : 6 * number + 6],
        )
        for number in range(5)
    }
    return batches | {f"test_batch{suffix}": TEST}
