"""A COCO data set's dataset.json."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..documents import Document, Hash


class CategoryFacts(BaseModel):
    """A category by the id that annotations and results name it with."""

    model_config = ConfigDict(extra="forbid")
    id: int
    name: str


class CocoSplitFacts(BaseModel):
    """One split; images are named by their file names."""

    model_config = ConfigDict(extra="forbid")
    annotations: str = Field(description="file name of the annotations")
    images: int
    images_without_boxes: int
    boxes: int = Field(description="valid ones of single objects")
    small: int = Field(description="boxes of objects with an area below 32 x 32 pixels")
    medium: int = Field(description="up to 96 x 96 pixels")
    large: int
    crowds: int = Field(description="boxes around many objects, ignored in training")
    dropped: dict[str, int] = Field(description="boxes that are left out, by reason")
    fingerprint: Hash = Field(description="over categories, image ids, sizes and boxes")
    per_category: dict[str, int] = Field(description="boxes of each category, by name")
    bad_images: dict[str, str] = Field({}, description="why each cannot be used; they are to be skipped")
    notes: dict[str, list[str]] = Field({}, description="images that are unusual but fine, by kind")


class CocoDataset(Document):
    """What is in a COCO data set, and what a check of it found.

    Broken images, notes and duplicates are known only after `dcanet data check`.
    """

    format: Literal["coco"] = "coco"
    name: str
    categories: list[CategoryFacts] = Field(description="by id; the k-th has label k, label 0 is background")
    category_hash: Hash = Field(description="over ids and names: equal hashes, equal labels")
    splits: dict[str, CocoSplitFacts]
    shared_ids: list[int] = Field([], description="ids of images in more than one split")
    duplicates: list[list[str]] = Field([], description="groups of <split>/<file> with the same bytes")
