"""Data sets that Hugging Face's library wrote are the folders that they were made from."""

import io
import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from dcanet.data.check import check
from dcanet.data.describe import fingerprint, usable
from dcanet.data.imagenet import wnids
from dcanet.data.locate import NoSuchSplit, list_split, present_splits
from dcanet.errors import UserError

datasets = pytest.importorskip("datasets", reason="needs Hugging Face's datasets to write its files")
datasets.disable_progress_bars()

CLASSES = ("cat", "dog", "T-shirt")


@pytest.fixture
def source(image_folder):
    return image_folder(CLASSES)


def features(names=CLASSES):
    return datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=list(names))})


def library(source, split):
    """The library's own form of a split of a folder, shuffled."""
    rows = [
        {"image": str(path), "label": CLASSES.index(path.parent.name)}
        for path in sorted((source / split).glob("*/*"))
    ]
    return datasets.Dataset.from_list(rows, features=features()).shuffle(seed=3)


def saved(source, root):
    parts = {"train": library(source, "train"), "validation": library(source, "val")}
    datasets.DatasetDict(parts).save_to_disk(root, num_shards={"train": 3, "validation": 1})


def parquet(source, root, pattern="data/{}-{:05d}-of-00002.parquet"):
    for split, name in (("train", "train"), ("val", "validation")):
        whole = library(source, split)
        for shard in range(2):
            path = root / pattern.format(name, shard)
            path.parent.mkdir(parents=True, exist_ok=True)
            # As the library uploads them: with the images themselves.
            table = whole.shard(2, shard).flatten_indices().data.table
            embedded = datasets.table.embed_table_storage(table)
            pq.write_table(embedded.replace_schema_metadata(table.schema.metadata), path)


def parquet_by_folders(source, root):
    parquet(source, root, "default/{}/{:04d}.parquet")


def parquet_in_the_folder(source, root):
    parquet(source, root, "pets-{}-{}.parquet")


LAYOUTS = [saved, parquet, parquet_by_folders, parquet_in_the_folder]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_every_layout_is_the_folder(source, tmp_path, layout):
    layout(source, tmp_path / "hub")
    splits = present_splits(tmp_path / "hub")
    assert [split.name for split in splits] == ["train", "val"]
    for split in splits:
        folder = list_split(source, split.name)
        assert (split.classes, split.images, split.targets) == (folder.classes, folder.images, folder.targets)
        assert split.sizes == folder.sizes
        read = [split.read(index) for index in range(len(split.images))]
        assert read == [folder.read(index) for index in range(len(folder.images))]
        assert fingerprint(split) == fingerprint(folder)
        assert split.where(0).startswith(f"{tmp_path}/hub/")
        assert ": row " in split.where(0)
    assert list_split(tmp_path / "hub", "test").images == splits[1].images


def test_images_without_names_of_their_own_are_numbered(tmp_path):
    rows = {
        "image": [Image.fromarray(np.full((8, 8, 3), shade, np.uint8)) for shade in range(5)],
        "label": [1, 0, 1, 0, 0],
    }
    names = ["T - shirt / top", "Bag"]
    datasets.Dataset.from_dict(rows, features=features(names)).save_to_disk(tmp_path / "made")
    split = list_split(tmp_path / "made", "test")
    shirts = [f"T - shirt - top/00000{number}.png" for number in (1, 3, 4)]
    assert split.images == ["Bag/000000.png", "Bag/000002.png", *shirts]


def test_one_part_alone(source, tmp_path):
    library(source, "val").save_to_disk(tmp_path / "alone")
    assert list_split(tmp_path / "alone", "test").images == list_split(source, "val").images
    with pytest.raises(NoSuchSplit):
        list_split(tmp_path / "alone", "train")
    state = tmp_path / "alone" / "state.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "_split": "train"}))
    assert list_split(tmp_path / "alone", "train").classes == sorted(CLASSES)


def _read(split, index):
    return split.read(index)


@pytest.mark.parametrize("layout", [saved, parquet], ids=lambda layout: layout.__name__)
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_reads_in_other_processes(source, tmp_path, layout, method):
    layout(source, tmp_path / "hub")
    split = list_split(tmp_path / "hub", "train")
    expected = [split.read(index) for index in range(4)]
    assert len(pickle.dumps(split.storage)) < 2000 + 40 * len(split.images)  # no image travels
    with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
        assert list(pool.map(_read, [split] * 4, range(4))) == expected


def write(path, columns, metadata=None):
    """A Parquet file of columns, described as the library does or not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    if metadata:
        described = {b"huggingface": json.dumps({"info": {"features": metadata}}).encode()}
        table = table.replace_schema_metadata(described)
    pq.write_table(table, path)


def pictures(count):
    return [{"bytes": b"\xff\xd8\xff" + bytes([number]), "path": None} for number in range(count)]


def test_files_without_a_description(tmp_path):
    """As pandas writes them."""
    write(tmp_path / "train.parquet", {"img": pictures(3), "label": ["b", "a", "b"], "note": [1, 2, 3]})
    assert list_split(tmp_path, "train").images == ["a/000001.jpg", "b/000000.jpg", "b/000002.jpg"]


def test_the_hubs_imagenet_has_wnids(tmp_path):
    names = ["tench, Tinca tinca", *(f"kind {number}" for number in range(1, 1000))]
    label = {"names": names, "_type": "ClassLabel"}
    write(tmp_path / "val.parquet", {"image": pictures(3), "label": [0, 999, 5]}, {"label": label})
    assert list_split(tmp_path, "val").classes == [wnids()[number] for number in (0, 5, 999)]


def test_the_finer_of_two_labels(tmp_path):
    kinds = {name: {"names": ["x", "y"], "_type": "ClassLabel"} for name in ("coarse_label", "fine_label")}
    columns = {"img": pictures(2), "coarse_label": [0, 0], "fine_label": [0, 1]}
    write(tmp_path / "train.parquet", columns, kinds)
    assert list_split(tmp_path, "train").classes == ["x", "y"]


LABEL = {"label": {"names": ["x", "y"], "_type": "ClassLabel"}}


@pytest.mark.parametrize(
    ("columns", "metadata", "message"),
    [
        ({"image": pictures(1)}, None, "has no column of classes; call the one to take 'label'"),
        ({"label": [1]}, LABEL, "has no column of images; call the one to take 'image'"),
        ({"a": pictures(1), "b": pictures(1), "label": [0]}, LABEL, "several columns of images (a, b); call"),
        ({"image": pictures(1), "label": [2]}, LABEL, "row 0: has label 2, there are 2 classes"),
        ({"image": pictures(2), "label": [0, -1]}, LABEL, "row 1: has no label in 'label'; leave such rows"),
        ({"image": pictures(2), "label": [None, 0]}, LABEL, "row 0: has no label in 'label'"),
        ({"image": pictures(1), "label": [0.5]}, LABEL, "column 'label' holds double; classes must be whole"),
        ({"image": pictures(1), "label": [0]}, {"label": {"names": [0], "_type": "ClassLabel"}}, "no names"),
        (
            {"image": [*pictures(1), {"bytes": None, "path": "/etc/hostname"}], "label": [0, 1]},
            LABEL,
            "row 1: holds no image; save the data set by save_to_disk",
        ),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path, columns, metadata, message):
    write(tmp_path / "train.parquet", columns, metadata)
    assert message in refused(tmp_path)


def refused(root, split="train"):
    with pytest.raises(UserError) as caught:
        list_split(root, split)
    message = str(caught.value)
    assert message.startswith(str(root))
    assert "\n" not in message
    return message


def test_a_git_clone_without_its_large_files(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train-00000-of-00001.parquet").write_text("version https://git-lfs...\n" * 4)
    assert "not a whole parquet file (" in refused(tmp_path)
    assert "(in a git clone: git lfs pull)" in refused(tmp_path)


def test_shards_of_different_columns(tmp_path):
    write(tmp_path / "train-0.parquet", {"image": pictures(1), "label": [0]})
    write(tmp_path / "train-1.parquet", {"image": pictures(1), "class": [0]})
    assert "train-1.parquet: has no column 'label', as train-0.parquet has" in refused(tmp_path)


def test_broken_images_are_found_and_left_out(tmp_path):
    rows = [{"bytes": b"\xff\xd8\xff no", "path": "a.jpg"}, *named_pictures(3)]
    write(tmp_path / "train.parquet", {"image": rows, "label": [0, 1, 0, 1]}, LABEL)
    found = check(tmp_path, workers=1)
    assert list(found.dataset.splits["train"].bad_images) == ["x/a.jpg"]
    left = usable(found.splits[0], found.dataset)
    assert left.images == ["x/1.png", "y/0.png", "y/2.png"]
    assert [left.read(index) for index in range(3)] == [rows[index]["bytes"] for index in (2, 1, 3)]


def named_pictures(count):
    """Whole ones with names of their own."""
    found = []
    for number in range(count):
        file = io.BytesIO()
        Image.new("RGB", (8, 8), (40 * number, 0, 0)).save(file, "PNG")
        found.append({"bytes": file.getvalue(), "path": f"pictures/{number}.png"})
    return found


def test_several_data_sets(tmp_path):
    for name in ("cats", "dogs"):
        write(tmp_path / name / "train-0.parquet", {"image": pictures(1), "label": [0]})
    assert "has the data sets cats and dogs; name one of these folders" in refused(tmp_path)


def test_parquet_beyond_the_memory(source, tmp_path, monkeypatch):
    parquet(source, tmp_path / "hub")
    monkeypatch.setattr("dcanet.data.arrow_images.MOST_MEMORY", 1e-9)
    assert "save the data set by the library's save_to_disk and name that folder" in refused(tmp_path / "hub")
    saved(source, tmp_path / "disk")
    assert list_split(tmp_path / "disk", "train").images


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"_data_files": [{"filename": "../../x.arrow"}]}'])
def test_a_broken_state(source, tmp_path, content):
    saved(source, tmp_path / "hub")
    (tmp_path / "hub" / "train" / "state.json").write_text(content)
    assert "train/state.json: " in refused(tmp_path / "hub")


def test_offsets_that_lead_out_of_the_file(tmp_path):
    rows = {"image": named_pictures(3), "label": [0, 1, 0]}
    datasets.Dataset.from_dict(rows, features=features()).save_to_disk(tmp_path / "hub")
    ends = np.cumsum([0, *(len(row["bytes"]) for row in rows["image"])]).astype("<i4")
    (file,) = (tmp_path / "hub").glob("*.arrow")
    before = file.read_bytes()
    ends_of_others = ends.copy()
    ends_of_others[-1] = 2**31 - 1
    assert before.count(ends.tobytes()) == 1
    file.write_bytes(before.replace(ends.tobytes(), ends_of_others.tobytes()))
    with pytest.raises(UserError, match="not a whole arrow file"):
        list_split(tmp_path / "hub", "test")


def test_cut_and_missing_arrow_files(source, tmp_path):
    saved(source, tmp_path / "hub")
    file = tmp_path / "hub" / "train" / "data-00001-of-00003.arrow"
    file.write_bytes(file.read_bytes()[:300])
    assert f"{file}: not a whole arrow file (" in refused(tmp_path / "hub")
    file.unlink()
    assert f"{file}: no such file, but state.json names it; copy the whole folder" in refused(
        tmp_path / "hub"
    )
