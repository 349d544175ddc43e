"""Images that become unreadable while a command reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from children import dcanet
from fault_counting import HEALED, Faults
from laboratory import STAGES, forget
from outcomes import stopped_in_one_line

pytestmark = pytest.mark.faults


@dataclass(frozen=True)
class Spoil:
    """Called in a process, spoils an image when the `number`-th (from 0) has been asked for."""

    image: Path
    number: int
    how: Callable[[Path], object]

    def __call__(self) -> None:
        from dcanet.data.loader import Images

        read, asked = Images.__getitem__, 0

        def getitem(images: Images, key: tuple[int, int]) -> object:
            nonlocal asked
            asked += 1
            if asked == self.number + 1 and self.image.exists():
                self.how(self.image)
            return read(images, key)

        Images.__getitem__ = getitem  # type: ignore[method-assign, assignment]


def delete(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garble(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize(
    "how", [delete, garble, *(pytest.param(how, marks=pytest.mark.lengthy) for how in (cut, empty))]
)
@pytest.mark.parametrize(
    ("name", "image", "more"),
    [
        ("train", "images/train/class0/0.png", ()),
        ("train", "images/train/class1/0.jpg", ("--workers", "1")),
        ("train", "images/val/class1/0.jpg", ()),
        ("evaluate", "images/val/class1/3.jpg", ()),
    ],
)
def test_an_image_is_spoilt_after_the_start(name, image, more, how, run, same, faults: Faults):
    stage, path = STAGES[name], run / image
    forget(run, stage)
    content = path.read_bytes()
    # A training has then been through its twelve images once.
    ended = dcanet(run, *stage.command, *more, fault=Spoil(path, 12 if name == "train" else 0, how))
    assert stopped_in_one_line(ended), ended.text
    assert image in ended.text
    assert not any((run / file).exists() for file in stage.files)
    path.write_bytes(content)
    ended = dcanet(run, *stage.command, *more)
    assert ended.code == 0, ended.text
    assert same(run, stage)
    faults.count(f"image: {how.__name__} in mid-epoch", name, HEALED)
