"""The JSON file of what networks look at, and how far their focus drifts from stage to stage.

Places and ways are in shares of the image's sides, overlaps in shares of the heat.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .comparison_documents import Estimate, NotCompared
from .documents import Document, Hash
from .profile_documents import Part

Jpeg = Annotated[str, Field(pattern=r"^data:image/jpeg;base64,[A-Za-z0-9+/]+=*$")]
Share = Annotated[float, Field(ge=0, le=1 + 1e-9)]


class Stage(Part):
    """Where a network is looked into."""

    block: str = Field(description="path of the stage's last block")
    height: int = Field(ge=1, description="of its map")
    width: int = Field(ge=1)

    @property
    def size(self) -> str:
        """In words."""
        return f"{self.height} × {self.width}"

    @property
    def has_focus(self) -> bool:
        """Whether there is anything to locate."""
        return (self.height, self.width) != (1, 1)


class Compared(Part):
    """Means over the images of both networks, and connected minus baseline, with 95 % intervals."""

    baseline: Estimate
    connected: Estimate
    difference: Estimate
    p_value: float = Field(ge=0, le=1, description="that it is 0; from the resamples' standard error")


class Drift(Part):
    """How the focus changes from a stage to the next, or on average over such steps."""

    images: int = Field(ge=2, description="in which both networks have heat at all these stages")
    shift: Compared = Field(description="way of the centre of mass")
    overlap: Compared = Field(description="of the maps as distributions, sum of min(p, q)")


class NetworkFocus(Part):
    """One network image by image; the images are the file's."""

    model: str
    origin: str = Field(description="of the weights: the seed of a training here, or where they come from")
    weights_sha256: Hash
    centres: list[list[tuple[Share, Share] | None]] = Field(description="of each stage: x and y by image")
    shifts: list[list[float | None]] = Field(description="from each stage to the next, by image")
    overlaps: list[list[float | None]]


class SeenBy(Part):
    """An image with one network's heat after each stage, side by side."""

    strip: Jpeg
    answer: str = Field(description="the network's first guess")
    confidence: Share
    centres: list[tuple[Share, Share] | None] = Field(description="of each stage")


class SeenImage(Part):
    """An image as both networks of a pair look at it."""

    image: str
    label: str = Field(description="its true class")
    baseline: SeenBy
    connected: SeenBy


class PairFocus(Part):
    """A baseline and its connected partner."""

    baseline: NetworkFocus
    connected: NetworkFocus
    stages: list[Stage] = Field(min_length=2)
    steps: list[Drift | NotCompared] = Field(description="from each stage to the next")
    overall: Drift | NotCompared = Field(description="each image's mean over the steps that can be told")
    pictures: list[SeenImage]


class Focus(Document):
    """Grad-CAM of pairs of networks on the same images: focus/<backbone>.json."""

    made_again: ClassVar[str] = "look again: delete the file, or run `dcanet focus`"
    dataset: str
    split: str
    preprocessing: str
    score: Literal["true class", "answer"] = Field(description="of which class the heat is")
    data_fingerprint: Hash
    images: list[str] = Field(description="that the numbers are of")
    resamples: int = Field(ge=2, description="of these images, for the intervals")
    originals: dict[str, Jpeg] = Field(description="the images that are drawn, by their ids")
    pairs: dict[str, PairFocus] = Field(description="by their ids")
