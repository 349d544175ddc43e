"""The JSON files of object detection that stages exchange."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from .documents import Document, Hash

Percent = Annotated[float, Field(ge=0, le=100 + 1e-9)]


class CocoNumbers(BaseModel):
    """COCO's twelve in percent, in the order of its summary; None where the images have no such object."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    ap: Percent | None = Field(description="mean over IoU thresholds 0.50 to 0.95")
    ap50: Percent | None
    ap75: Percent | None
    ap_small: Percent | None
    ap_medium: Percent | None
    ap_large: Percent | None
    ar1: Percent | None = Field(description="average recall with one detection an image")
    ar10: Percent | None
    ar100: Percent | None
    ar_small: Percent | None
    ar_medium: Percent | None
    ar_large: Percent | None


class CategoryAp(BaseModel):
    """How well one category is detected."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    objects: int = Field(ge=0, description="crowds left out")
    ap: Percent | None


class Interval(BaseModel):
    """A number or a difference in percent with its 95 % interval, by resampling the images."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    value: float
    low: float
    high: float
    standard_error: float = Field(ge=0, description="standard deviation of the resamples")
    bias: float = Field(description="mean of the resamples minus the value; not in the interval")
    resamples: int = Field(ge=2, description="those with an object to find")


class ApBootstrap(Document):
    """AP of resampled sets of images: bootstrap.json beside metrics.json.

    Two of them over the same images and with the same seed have the same resamples, so their differences,
    resample by resample, are those of the paired bootstrap.
    """

    made_again: ClassVar[str] = "evaluate again: delete the file, or run `dcanet evaluate`"
    seed: int
    resamples: int = Field(ge=2)
    images: int = Field(ge=1)
    images_hash: Hash = Field(description="over the images' ids")
    values: dict[str, float | None] = Field(description="of all images, by the name in CocoNumbers")
    resampled: dict[str, list[float | None]] = Field(description="of each resample; None without an object")


class DetectionMetrics(Document):
    """What an evaluation of a detector found; metrics.json beside detections.parquet."""

    made_again: ClassVar[str] = "evaluate again: delete the file, or run `dcanet evaluate`"
    schema_version: Literal[2] = 2  # type: ignore[assignment]
    model: str
    options: dict[str, Any]
    weights_source: str = Field("trained", description="or where the weights come from")
    seed: int | None = Field(description="of the training; None for weights that were not trained here")
    dataset: str
    split: str
    images: int = Field(ge=1)
    bad_images_skipped: int = Field(0, ge=0)
    objects: int = Field(ge=0, description="annotated, crowds left out")
    crowds: int = Field(ge=0)
    detections: int = Field(ge=0)
    numbers: CocoNumbers
    per_category: dict[str, CategoryAp]
    intervals: dict[str, Interval] = Field({}, description="by the name in numbers")
    oracle_images: int = Field(ge=0, description="drawn for the check against pycocotools")
    oracle_difference: float = Field(ge=0, description="the largest of any number, in percent")
    weights_sha256: Hash
    data_fingerprint: Hash
    recipe_hash: Hash = ""
    files: dict[str, Hash] = Field({}, description="SHA-256 of the files beside it that it was made with")

    @property
    def origin(self) -> str:
        """Of the weights: the seed of a training here, or where they come from."""
        return self.weights_source if self.seed is None else f"seed {self.seed}"


class DetectionPicture(BaseModel):
    """An image as two detectors see it: JPEGs as data URIs, and in words for those who do not see them."""

    model_config = ConfigDict(extra="forbid")
    image_id: int
    width: int
    height: int
    baseline: str
    connected: str
    baseline_text: str
    connected_text: str
    annotated_text: str


class DetectionPictures(Document):
    """What a detector and its baseline find in the images where they differ most: pictures.json."""

    made_again: ClassVar[str] = "draw again: delete the file, or run `dcanet draw`"
    detector: str
    baseline: str
    dataset: str
    pictures: list[DetectionPicture]
