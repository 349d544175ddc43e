"""Detection batches: the same whatever the number of workers and ranks, from any step on."""

import io
from itertools import chain

import numpy as np
import pytest
import torch
from coco_folders import annotation, document, edit, write_annotations
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dcanet.data.coco import read_coco
from dcanet.data.detection_loader import DetectionLoader, detection_evaluation_loader, trainable
from dcanet.data.order import grouped_order
from dcanet.errors import UserError

#: 26 images: 15 wider than high, of which 13 can be trained on, and 11 that are not, of which 10 can.
WIDE, OTHER = 15, 11


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Image i is of brightness 9 i, and its first box starts at (i, 1)."""
    root = tmp_path_factory.mktemp("coco")
    (root / "train2017").mkdir()
    images, annotations = [], []
    for number in range(WIDE + OTHER):
        size = (50 + number % 3, 40) if number < WIDE else (40, 40 + number % 2)
        if number == 0:
            size = (60, 31)  # too small to train on
        images.append((number, f"{number}.png", size))
        pixels = np.random.default_rng(number).integers(0, 5, (size[1], size[0], 3)) + 9 * number
        Image.fromarray(pixels.astype(np.uint8)).save(root / "train2017" / f"{number}.png", compress_level=1)
        if number == 1:
            annotations.append(annotation(number, number, (1, 1, 5, 5), crowd=1))
        elif number != WIDE:  # no box at all
            annotations.append(annotation(number, number, (number, 1, 3.5, 6)))
            annotations.append(annotation(100 + number, number, (2, 3, 7, 8), category=90))
    write_annotations(root, "train", document(images, annotations))
    return root


@pytest.fixture(scope="module")
def split(root):
    return read_coco(root, "train")


def loader(split, workers=0, **options):
    return DetectionLoader(
        split, **{"global_batch": 4, "micro_batch": 2, "seed": 5} | options, workers=workers
    )


def flat(steps):
    """The micro-batches of some steps as lists of (pixels, boxes, labels)."""
    return [
        [
            (image.tolist(), target["boxes"].tolist(), target["labels"].tolist())
            for image, target in zip(images, targets, strict=True)
        ]
        for step in steps
        for images, targets in step
    ]


def indices(steps):
    """Which images some steps are made of, by their brightness."""
    return [int(image.float().mean() // 9) for step in steps for images, _ in step for image in images]


def told(batches):
    """What the error says that ends them."""
    with pytest.raises(UserError) as caught:
        list(batches)
    return caught.value.line()


def test_what_is_trained_on(split):
    assert set(range(WIDE + OTHER)) - set(trainable(split).tolist()) == {0, 1, WIDE}
    assert loader(split).steps_per_epoch == 13 // 4 + 10 // 4


def test_form_of_a_batch(split):
    images, targets = next(loader(split).epoch(0))[0]
    assert [image.dtype for image in images] == [torch.uint8] * 2
    assert [image.shape[0] for image in images] == [3, 3]
    for target in targets:
        assert (target["boxes"].dtype, target["boxes"].shape) == (torch.float32, (2, 4))
        assert (target["labels"].dtype, target["labels"].tolist()) == (torch.int64, [1, 3])


@pytest.mark.parametrize("epoch", range(4))
def test_a_step_is_of_one_orientation_and_every_epoch_as_long(split, epoch):
    steps = list(loader(split).epoch(epoch))
    assert [len(step) for step in steps] == [2] * 5
    wide = [{image < WIDE for image in indices([step])} for step in steps]
    assert all(len(kinds) == 1 for kinds in wide)
    assert sum(kinds == {True} for kinds in wide) == 3
    seen = indices(steps)
    assert len(set(seen)) == len(seen) == 20


def test_epochs_and_seeds_differ(split):
    orders = [tuple(indices(loader(split, seed=seed).epoch(epoch))) for seed in (5, 6) for epoch in (0, 1)]
    assert len(set(orders)) == 4


def test_flips_move_pixels_and_boxes_together(split):
    flipped = []
    for step in chain(loader(split).epoch(0), loader(split).epoch(1)):
        for images, targets in step:
            for image, target in zip(images, targets, strict=True):
                number = int(image.float().mean() // 9)
                annotated = split.images[number]
                with Image.open(annotated.path) as file:
                    plain = torch.from_numpy(np.array(file)).permute(2, 0, 1)
                boxes = torch.from_numpy(annotated.boxes.astype(np.float32))
                flipped.append(not torch.equal(image, plain))
                if flipped[-1]:
                    assert torch.equal(image, plain.flip(2))
                    boxes[:, [0, 2]] = annotated.width - boxes[:, [2, 0]]
                assert torch.equal(target["boxes"], boxes)
    assert 8 < sum(flipped) < 32


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # more workers than cores, on purpose
@pytest.mark.parametrize("workers", [1, 3])
def test_any_number_of_workers_gives_the_same(split, workers):
    alone, shared = loader(split), loader(split, workers)
    for epoch in (0, 1):
        assert flat(shared.epoch(epoch)) == flat(alone.epoch(epoch))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(("world", "micro_batch"), [(2, 2), (2, 1), (4, 1), (1, 4)])
def test_ranks_and_micro_batches_share_the_same_batch(split, world, micro_batch, workers):
    """Micro-batch a of rank r is chunk a * world + r of the step's batch."""
    whole = [list(chain.from_iterable(flat([step]))) for step in loader(split).epoch(2)]
    loaders = [
        loader(split, workers, micro_batch=micro_batch, rank=rank, world=world) for rank in range(world)
    ]
    assert {each.steps_per_epoch for each in loaders} == {5}
    ranks = [list(each.epoch(2)) for each in loaders]
    for step, expected in enumerate(whole):
        turns = range(len(ranks[0][step]))
        chunks = [flat([ranks[rank][step]])[turn] for turn in turns for rank in range(world)]
        assert list(chain.from_iterable(chunks)) == expected


@pytest.mark.parametrize("workers", [0, 2])
def test_any_start_gives_the_tail_of_the_whole_epoch(split, workers):
    batches = loader(split, workers)
    whole = flat(batches.epoch(1))
    for step in (1, 3, 5):
        assert flat(batches.epoch(1, step)) == whole[2 * step :]


def test_images_before_the_start_are_not_read(root, split):
    early = indices(loader(split).epoch(0))[:12]
    late = read_coco(root, "train")
    read = late.images.storage.read

    def only_late(index):
        assert index not in early
        return read(index)

    late.images.storage.read = only_late
    assert len(list(loader(late).epoch(0, 3))) == 2


def test_too_few_images_for_a_batch(split):
    with pytest.raises(UserError) as caught:
        loader(split, global_batch=14)
    assert str(caught.value) == (
        f"{split.annotation_file}: 23 images to train on make no batch of 14 that are all wider than high, "
        "or none; lower the batch or add images"
    )
    with pytest.raises(ValueError, match="2 ranks with micro-batches of 3 do not make a batch of 4"):
        loader(split, micro_batch=3, world=2)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(("world", "batch"), [(1, 4), (3, 2), (1, 100)])
def test_evaluation_sees_every_image_once_in_batches_of_one_size(split, workers, world, batch):
    seen = []
    for rank in range(world):
        for images, positions in detection_evaluation_loader(split, batch, workers, rank, world):
            assert len(images) == len(positions) <= batch
            assert len({image.shape for image in images}) == 1
            for image, position in zip(images, positions.tolist(), strict=True):
                with Image.open(split.images[position].path) as file:
                    assert torch.equal(image, torch.from_numpy(np.array(file)).permute(2, 0, 1))
            seen += positions.tolist()
    assert sorted(seen) == list(range(WIDE + OTHER))


def test_an_image_of_another_size_than_annotated_is_told(root, tmp_path, split):
    (tmp_path / "train2017").symlink_to(root / "train2017")
    write_annotations(tmp_path, "train", split.annotation_file.read_text())
    edit(tmp_path, "train", lambda content: content["images"][3].update(width=77))
    assert told(detection_evaluation_loader(read_coco(tmp_path, "train"), 4, 1)) == (
        f"{tmp_path}/train2017/3.png: is 50 x 40 pixels, instances_train2017.json says 77 x 40; "
        "run `dcanet data check`"
    )


@pytest.mark.parametrize("workers", [0, 1])
def test_an_unreadable_image_is_told_in_one_line(root, workers):
    broken = read_coco(root, "train")
    read = broken.images.storage.read
    broken.images.storage.read = lambda index: b"broken" if index == 7 else read(index)
    message = told(detection_evaluation_loader(broken, 4, workers))
    assert message.startswith(f"{root}/train2017/7.png: not a readable image (")


def test_greyscale_and_jpeg_are_rgb(tmp_path):
    (tmp_path / "val2017").mkdir()
    file = io.BytesIO()
    Image.linear_gradient("L").resize((40, 36)).save(file, "JPEG")
    (tmp_path / "val2017" / "a.jpg").write_bytes(file.getvalue())
    write_annotations(tmp_path, "val", document([(1, "a.jpg", (40, 36))], [annotation(1, 1, (1, 1, 5, 5))]))
    ((images, _),) = detection_evaluation_loader(read_coco(tmp_path, "val"), 4, 0)
    assert images[0].shape == (3, 36, 40)
    assert torch.equal(images[0][0], images[0][2])


@given(
    groups=st.lists(st.booleans(), max_size=60),
    batch=st.integers(1, 9),
    seed=st.integers(0, 2**64),
    epoch=st.integers(0, 9),
)
def test_grouped_order(groups, batch, seed, epoch):
    kinds = np.array(groups, dtype=bool)
    order = grouped_order(kinds, batch, seed, epoch)
    assert order.shape == ((kinds.sum() // batch) + ((~kinds).sum() // batch), batch)
    assert len(np.unique(order)) == order.size
    assert all(len(set(kinds[row].tolist())) == 1 for row in order)
    assert np.array_equal(order, grouped_order(kinds, batch, seed, epoch))
