"""What a recipe says about images; no torch here, so that configs are checked quickly."""

from pydantic import BaseModel, ConfigDict, Field


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
    """Random crop of a part of the image's area and aspect, resized to `size` pixels, and a flip."""

    model_config = ConfigDict(extra="forbid")
    size: int = Field(ge=1)
    area: tuple[float, float] = (0.1, 1.0)
    aspect: tuple[float, float] = (0.8, 1.25)
    flip: float = Field(0.5, ge=0, le=1, description="probability of a horizontal flip")
