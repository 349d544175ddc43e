"""What is said of data sets that are not whole: one line with the file and the fix."""

import tarfile

import layouts
import pytest

from dcanet.data.locate import list_split, present_splits
from dcanet.errors import UserError

CLASSES = ("n01440764", "n02102040")


@pytest.fixture
def source(image_folder):
    return image_folder(CLASSES, per_class=3)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture
def unique(source):
    """The val images under names that are unique over the classes."""
    for wnid in CLASSES:
        for path in sorted((source / "val" / wnid).iterdir()):
            path.rename(path.with_name(f"{wnid[-1]}{path.name}"))
    return source / "val"


def refused(root, split="val"):
    with pytest.raises(UserError) as caught:
        list_split(root, split)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_no_such_folder(tmp_path):
    assert (
        refused(tmp_path / "nowhere")
        == f"{tmp_path}/nowhere: no such folder; name the folder that holds the data set"
    )
    (tmp_path / "file.tar").touch()
    assert refused(tmp_path / "file.tar").startswith(f"{tmp_path}/file.tar: a file; name the folder")


def test_nothing_of_the_kind(root):
    message = refused(root)
    for wanted in (
        "val/<class>/<image>",
        "flat images with ground truth",
        "ILSVRC2012_img_val.tar",
        "*val*.tar",
    ):
        assert wanted in message
    with pytest.raises(UserError, match="train: no such folder"):
        present_splits(root)


def test_no_ground_truth(root, unique):
    layouts.flat(unique, root / "val")
    message = refused(root)
    assert message.startswith(f"{root}/val: no ground truth for these images; put ILSVRC2012_devkit_t12 ")
    assert f"LOC_val_solution.csv or a csv with an image and a class column into {root}" in message


def test_ground_truth_of_another_count(root, unique):
    labels = layouts.flat(unique, root / "val")
    layouts.devkit(root, [*labels, labels[0]])
    message = refused(root)
    assert "ILSVRC2012_validation_ground_truth.txt: has 7 labels, but" in message
    assert f"{root}/val has 6 images; both must be whole" in message


def test_csv_with_an_image_that_is_missing(root, unique):
    layouts.flat(unique, root / "val")
    layouts.kaggle_csv(unique, root / "LOC_val_solution.csv")
    (root / "val" / "40.png").unlink()
    assert "LOC_val_solution.csv: has 6 labels, but" in refused(root)
    assert "has 5 images (40 is missing)" in refused(root)


def test_csv_without_a_row(root, unique):
    layouts.flat(unique, root / "val")
    (root / "val.csv").write_text("image,class\n" + "".join(f"{n}.png,n01440764\n" for n in range(6)))
    assert f"val.csv: has no row for 00.png of {root}/val; add it or remove the image" in refused(root)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("image,class\na.png,\n", "line 2: image or class is empty"),
        ("image,class\na.png,x\na.png,y\n", "line 3: a.png has another class above"),
    ],
)
def test_broken_csv(root, unique, rows, message):
    layouts.flat(unique, root / "val")
    (root / "truth.csv").write_text(rows)
    assert f"truth.csv, {message}" in refused(root)


def test_csv_without_the_columns(root, unique):
    layouts.flat(unique, root / "val")
    (root / "LOC_val_solution.csv").write_text("picture,kind\na,b\n")
    assert "LOC_val_solution.csv: needs a header with an image column (imageid, " in refused(root)


@pytest.mark.parametrize("header", ["image,class,Class", "image,image,class"])
def test_csv_with_a_column_twice(root, unique, header):
    layouts.flat(unique, root / "val")
    (root / "LOC_val_solution.csv").write_text(f"{header}\na,b,c\n")
    assert "stands in the header more than once; leave one" in refused(root)


def test_two_csvs(root, unique):
    layouts.flat(unique, root / "val")
    for name in ("val_a.csv", "val_b.csv"):
        layouts.kaggle_csv(unique, root / name)
    assert "both val_a.csv and val_b.csv look like the ground truth" in refused(root)


def test_unknown_wnid_in_the_ground_truth(root, unique):
    layouts.flat(unique, root / "val")
    names = [path.name for _, path in layouts.images_of(unique)]
    wnids = ["n01440764", "n0210204", "n02102040", "n15075141", "n01440764", "n01440764"]
    rows = [f"{name},{wnid}" for name, wnid in zip(names, wnids, strict=True)]
    (root / "val.csv").write_text("\n".join(["file,wnid", *rows]))
    message = refused(root)
    assert (
        "val.csv: 'n0210204' is not one of ImageNet's 1,000 classes, as the others are (nearest: n02102040)"
        in message
    )


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b not really", b"MATLAB 5.0 MAT-file" + b"\0" * 200])
def test_broken_kit(root, unique, content):
    layouts.devkit(root, layouts.flat(unique, root / "val"))
    (root / layouts.DEVKIT / "data" / "meta.mat").write_bytes(content)
    assert "ground_truth.txt: the kit's meta.mat beside it cannot be read" in refused(root)


def test_kit_with_a_number_that_it_does_not_know(root, unique):
    layouts.devkit(root, layouts.flat(unique, root / "val"))
    (root / layouts.DEVKIT / "data" / "ILSVRC2012_validation_ground_truth.txt").write_text(
        "1\n2\n9\n1\n1\n1\n"
    )
    assert "class number 9 is not in meta.mat" in refused(root)


def test_cut_kit_archive(root, unique):
    layouts.devkit(root, layouts.flat(unique, root / "val"), packed=True)
    kit = root / "ILSVRC2012_devkit_t12.tar.gz"
    kit.write_bytes(kit.read_bytes()[:200])
    assert refused(root).startswith(f"{kit}: ")
    assert "cannot be read (Compressed file ended before" in refused(root)


def test_images_beside_class_folders(root, unique):
    layouts.flat(unique, root / "val")
    (root / "val" / "n01440764").mkdir()
    assert "holds class folders and 6 images beside them, e.g. 00.png; move these" in refused(root)


def test_shard_without_labels(root, unique):
    with tarfile.open(root / "val-0.tar", "w") as archive:
        for label, path in layouts.images_of(unique):
            layouts.add(archive, path.name, path.read_bytes())
            if label == CLASSES[1]:
                layouts.add(archive, f"{path.stem}.cls", label.encode())
    assert f"{root}/val-0.tar: 40.png: has no label; shards need <key>.cls or <key>.json" in refused(root)


def test_label_beyond_the_classes(root, unique):
    layouts.shards(unique, f"{root}/val-{{}}.tar", indices=dict.fromkeys(CLASSES, 1000))
    assert "label 1000 is beyond the 1,000 classes, which count from 0; " in refused(root)
    assert "list the classes in a classes.txt beside the shards" in refused(root)


def test_the_same_image_in_two_shards(root, unique):
    layouts.shards(unique, f"{root}/val-{{}}.tar", count=1)
    (root / "val-1.tar").write_bytes((root / "val-0.tar").read_bytes())
    assert "val-0.tar: 40.png and " in refused(root)
    assert "are both image 'n01440764/40.png'; remove one" in refused(root)


def test_shard_without_images(root):
    with tarfile.open(root / "val-0.tar", "w"):
        pass
    assert "val-0.tar: holds no images" in refused(root)


@pytest.mark.parametrize("name", ["val.tar.gz", "val-000.tgz", "val.tar.zst"])
def test_compressed_archive(root, name):
    (root / name).touch()
    assert refused(root).startswith(f"{root / name}: compressed archives cannot be read in place; decompress")


def test_compressed_content_under_a_plain_name(root, unique):
    with tarfile.open(root / "val.tar", "w:gz") as archive:
        archive.add(unique, "val")
    assert refused(root).startswith(
        f"{root}/val.tar: is compressed, which cannot be read in place; decompress"
    )


def test_name_that_is_not_text(root, source):
    (source / "val" / CLASSES[0] / "0.png").rename(source / "val" / CLASSES[0] / "caf\udce9.png")
    assert "the name is not UTF-8; rename the image" in refused(source)


def test_train_and_val_are_told_by_words(root, unique):
    """'carnival-train' is no val."""
    layouts.shards(unique, f"{root}/carnival-train-{{}}.tar", count=1)
    layouts.shards(unique, f"{root}/carnival-val-{{}}.tar", count=1)
    assert list_split(root, "val").where(0).startswith(f"{root}/carnival-val-0.tar")
    assert list_split(root, "train").where(0).startswith(f"{root}/carnival-train-0.tar")
