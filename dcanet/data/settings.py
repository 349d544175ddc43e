"""What a recipe says about images; no torch here, so that configs are checked quickly."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: What a crop sampler's own documentation draws from: (area, aspect).
RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "dali": {"area": (0.1, 1.0), "aspect": (0.8, 1.25)},
    "torchvision": {"area": (0.08, 1.0), "aspect": (3 / 4, 4 / 3)},
}


class Preprocessing(BaseModel):
    """Shorter side to `resize`, centre crop of `crop`, both in pixels; PIL's bilinear filter."""

    model_config = ConfigDict(extra="forbid")
    resize: int = Field(256, ge=1)
    crop: int = Field(224, ge=1)

    @property
    def id(self) -> str:
        """Part of every result's key: preprocessing moves top-1 by points."""
        return f"pil-resize{self.resize}-crop{self.crop}"


class Augmentation(BaseModel):
    """Random crop of a part of the image's area and aspect, resized to `size` pixels, and a flip.

    Both samplers draw the area uniformly and the aspect (width / height) uniformly in its logarithm, until
    the crop fits into the image. `dali`: 100 attempts, the aspect is checked again after rounding to whole
    pixels, at last the largest crop of an allowed aspect, placed at random; its ranges here are the DCANet
    authors'. `torchvision`: 10 attempts, at last the same crop from the centre; its ranges are those of
    RandomResizedCrop. An area or aspect that is given replaces the sampler's.
    """

    model_config = ConfigDict(extra="forbid")
    size: int = Field(ge=1)
    sampler: Literal["dali", "torchvision"] = "dali"
    area: tuple[float, float] = Field(
        RANGES["dali"]["area"], description="of the crop, as shares of the image's"
    )
    aspect: tuple[float, float] = Field(RANGES["dali"]["aspect"], description="width / height of the crop")
    flip: float = Field(0.5, ge=0, le=1, description="probability of a horizontal flip")

    @model_validator(mode="before")
    @classmethod
    def _ranges_of_the_sampler(cls, given: Any) -> Any:
        return {**RANGES.get(str(given.get("sampler")), {}), **given} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0 < self.area[0] <= self.area[1] <= 1:
            raise ValueError(f"area: {list(self.area)} must be two rising shares above 0 and up to 1")
        if not 0 < self.aspect[0] <= self.aspect[1]:
            raise ValueError(f"aspect: {list(self.aspect)} must be two rising numbers above 0")
        return self
