"""Which of a model's outputs stands for each class of a data set."""

from collections.abc import Sequence

from ..data.imagenet import membership, wnids
from ..errors import UserError


def outputs_of(classes: Sequence[str], num_outputs: int) -> list[int]:
    """The index of each class among a model's outputs.

    Folders named by ImageNet's wnids, all of them or some, are found among the 1,000 outputs of a model
    for ImageNet.

    Raises:
        UserError: another number of classes.
    """
    if num_outputs == len(wnids()) and membership(classes) != "no":
        return [wnids().index(name) for name in classes]
    if len(classes) != num_outputs:
        raise UserError(
            f"the data set has {len(classes):,} classes, the weights were made for {num_outputs:,}; evaluate "
            "them on their own classes (ImageNet's, or some of them, in folders named by wnid as n01440764)"
        )
    return list(range(num_outputs))
