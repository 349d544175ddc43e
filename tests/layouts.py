"""The layouts in which people have ImageNet, made from an image folder with its very bytes."""

import io
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
from scipy.io import savemat

DEVKIT = "ILSVRC2012_devkit_t12"


def add(archive, name, content):
    """A member of these bytes."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def images_of(folder):
    """(class, file) of <folder>/<class>/<file>, in no class's order: by file name."""
    return sorted(((path.parent.name, path) for path in folder.glob("*/*")), key=lambda pair: pair[1].name)


def flat(source: Path, folder: Path) -> list[str]:
    """All images in one folder; their classes in the order of their names."""
    folder.mkdir(parents=True)
    for _, path in images_of(source):
        shutil.copyfile(path, folder / path.name)
    return [label for label, _ in images_of(source)]


def meta_mat(classes) -> bytes:
    """As the real kit's: numbers in an order of its own, and inner nodes behind the leaves."""
    kinds = [("ILSVRC2012_ID", object), ("WNID", object), ("words", object), ("num_children", object)]
    rows = [(number, wnid, "a thing", 0) for number, wnid in enumerate(reversed(classes), 1)]
    rows.append((len(rows) + 1, "n00001740", "entity", len(rows)))
    file = io.BytesIO()
    savemat(file, {"synsets": np.array([[row] for row in rows], dtype=kinds)})
    return file.getvalue()


def devkit(place: Path, labels: list[str], packed: bool = False) -> None:
    """The development kit for images with these classes."""
    classes = sorted(set(labels))
    number = {wnid: index for index, wnid in enumerate(reversed(classes), 1)}
    files = {
        "ILSVRC2012_validation_ground_truth.txt": "".join(f"{number[label]}\n" for label in labels).encode(),
        "meta.mat": meta_mat(classes),
    }
    if packed:
        with tarfile.open(place / f"{DEVKIT}.tar.gz", "w:gz") as archive:
            for name, content in files.items():
                add(archive, f"{DEVKIT}/data/{name}", content)
    else:
        (place / DEVKIT / "data").mkdir(parents=True)
        for name, content in files.items():
            (place / DEVKIT / "data" / name).write_bytes(content)


def kaggle_csv(source: Path, file: Path) -> None:
    """LOC_val_solution.csv, in an order of its own, with one box or two."""
    rows = [
        f"{path.stem},{label} 1 2 30 40 " + f"{label} 5 6 70 80 " * (index % 2)
        for index, (label, path) in enumerate(reversed(images_of(source)))
    ]
    file.write_text("\n".join(["ImageId,PredictionString", *rows]) + "\n")


def train_tar(source: Path, file: Path) -> None:
    """An archive of one archive per class."""
    with tarfile.open(file, "w") as outer:
        for folder in sorted(source.iterdir()):
            inner_bytes = io.BytesIO()
            with tarfile.open(fileobj=inner_bytes, mode="w") as inner:
                for path in folder.iterdir():
                    add(inner, path.name, path.read_bytes())
            add(outer, f"{folder.name}.tar", inner_bytes.getvalue())


def flat_tar(source: Path, file: Path) -> list[str]:
    """An archive of images without folders; their classes in the order of their names."""
    with tarfile.open(file, "w") as archive:
        for _, path in images_of(source):
            add(archive, path.name, path.read_bytes())
    return [label for label, _ in images_of(source)]


def shards(
    source: Path, pattern: str, count: int = 3, label: str = "cls", indices: dict | None = None
) -> None:
    """Shards of <key>.<suffix> and <key>.cls or .json; labels are wnids, or what `indices` has for them."""
    images = images_of(source)
    for shard in range(count):
        file = Path(pattern.format(shard))
        file.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(file, "w") as archive:
            for wnid, path in images[shard::count]:
                text = wnid if indices is None else indices[wnid]
                content = f"{text}\n" if label == "cls" else json.dumps({"label": text, "width": 500})
                add(archive, path.name, path.read_bytes())
                add(archive, f"{path.name.split('.')[0]}.{label}", content.encode())
