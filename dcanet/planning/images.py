"""How many images there are: counted where they were, else what is known of the data set."""

from dataclasses import dataclass
from pathlib import Path

from ..config_sections import CocoData, DigitsData, ScenesData
from ..data.coco_dataset import CocoDataset
from ..documents import Dataset
from ..workflow import Plan

#: Of extra test sets that go by these names.
TESTS = {"imagenetv2": 10_000, "sketch": 50_889}


@dataclass(frozen=True)
class Images:
    """What a data set has, and how it is known."""

    train: int
    val: int
    embedded: bool  #: tiny and made here
    known: str  #: empty, or an assumption in words

    def of_test(self, name: str) -> int:
        """Of an extra test set: where it is not a known one, as many as in val."""
        return TESTS.get(name, self.val)


IMAGENET = Images(
    1_281_167,
    50_000,
    False,
    "{} Taken to be ImageNet: 1,281,167 and 50,000 images.",
)
#: Of train2017's 118,287 images 1,021 have no box and are not trained on.
COCO = Images(
    118_287 - 1_021,
    5_000,
    False,
    "{} Taken to be COCO: 117,266 of 118,287 training images have boxes, 5,000 are evaluated.",
)


def images_of(plan: Plan) -> Images:
    """Of the classifiers' data set; UserError for a dataset.json that cannot be read."""
    data, path = plan.config.data, Path(plan.dataset)
    embedded = isinstance(data, DigitsData)
    if path.is_file():
        splits = Dataset.load(path).splits
        counts = {name: split.images - len(split.bad_images) for name, split in splits.items()}
        return Images(counts.get("train", 0), counts.get("val", 0), embedded, "")
    if isinstance(data, DigitsData):
        return Images(4_000, 1_000, True, "")
    return Images(IMAGENET.train, IMAGENET.val, False, IMAGENET.known.format(_uncounted(data.folder, path)))


def images_of_detection(plan: Plan) -> Images | None:
    """Of the detectors' data set, trained on those with boxes; None without detectors."""
    if plan.detection is None:
        return None
    data, path = plan.detection.settings.data, Path(plan.detection.dataset)
    embedded = isinstance(data, ScenesData)
    if path.is_file():
        splits = CocoDataset.load(path).splits
        counts = {name: split.images - len(split.bad_images) for name, split in splits.items()}
        boxless = splits["train"].images_without_boxes if "train" in splits else 0
        return Images(counts.get("train", 0) - boxless, counts.get("val", 0), embedded, "")
    if isinstance(data, CocoData):
        return Images(COCO.train, COCO.val, False, COCO.known.format(_uncounted(data.path, path)))
    return Images(data.train_images, data.val_images, True, "")


def _uncounted(folder: str, dataset: Path) -> str:
    if not Path(folder).exists():
        return f"There is no {folder} here yet."
    return f"The images of {folder} are not counted yet, there is no {dataset}."
