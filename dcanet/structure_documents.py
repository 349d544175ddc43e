"""The JSON file of what connected blocks are made of: profile/structures.json."""

from typing import ClassVar, Literal

from pydantic import Field

from .documents import Document
from .profile_documents import Part

#: What a block hands on can be made of.
Origin = Literal["features", "extraction", "attention", "refined"]


class Operation(Part):
    """A step of the arithmetic; `widths` are those that a layer takes and gives."""

    name: str
    widths: tuple[int, int] | None = None


class Gate(Part):
    """One attention with its connection: E = extract(F), A = transform(merge(E, match(handed))), fuse(F, A).

    Shapes are those of one image, at the size that was looked at.
    """

    name: str = Field(description="empty, or which of a block's gates")
    features: list[int] = Field(description="shape of F")
    handed: list[int] = Field(description="shape of what the block before handed on")
    extraction: list[Operation]
    extracted: list[int]
    matching: list[Operation] = Field(description="none where the widths agree")
    merge: list[Operation]
    connections: int = Field(ge=1, description="alike, side by side: one for each branch")
    transformation: list[Operation]
    attention: list[int]
    fusion: list[Operation]
    refined: list[int]
    hand_on: list[Operation] = Field(description="none where one of its origins is handed on as it is")
    hand_on_origins: list[Origin]
    handed_on: list[int]


class BlockStructure(Part):
    """A block of a network, counted from 1, and the widths of its attention and of the one before it."""

    path: str
    number: int = Field(ge=2)
    blocks: int = Field(ge=2, description="of the network")
    width: int = Field(ge=1)
    previous_width: int = Field(ge=1)
    gates: list[Gate] = Field(min_length=1)


class Structures(Document):
    """One block of each connected network, the first in which widths have to be matched."""

    made_again: ClassVar[str] = "look again: delete the file, or run `dcanet profile costs`"
    image_size: int = Field(ge=1, description="side in pixels, at which the maps' sides are")
    models: dict[str, BlockStructure]
