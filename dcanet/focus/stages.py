"""The four stages of a backbone, by their last blocks."""

from torch import nn

from ..errors import UserError
from ..models.backbones import Classifier, MnasNet, MobileNetV2, ResNet

#: Stacks of MnasNet after which the map's sides are 1/4, 1/8, 1/16 and 1/32 of the image's.
MNASNET_STACKS = (0, 1, 3, 5)
#: Blocks of MobileNetV2 after which they are.
MOBILENET_BLOCKS = (2, 5, 12, 16)


def stages_of(model: Classifier) -> dict[str, nn.Module]:
    """The last block whose map has 1/4, 1/8, 1/16 and 1/32 of the image's sides, by its path.

    - ResNet: the last block of each of its four stages.
    - MnasNet: the last blocks of the stacks of 24, 40, 96 and 320 channels; those of 80 and of 192 channels
      have maps of the same size as the stack after them.
    - MobileNetV2: the last blocks of 24, 32, 96 and 320 channels; those of 16 channels (1/2 of the sides)
      are before the first stage.

    Raises:
        UserError: another network.
    """
    if isinstance(model, ResNet):
        paths = [f"stages.{stage}.{len(list(model.stages[stage].children())) - 1}" for stage in range(4)]
    elif isinstance(model, MnasNet):
        paths = [
            f"stacks.{stack}.{len(list(model.stacks[stack].children())) - 1}" for stack in MNASNET_STACKS
        ]
    elif isinstance(model, MobileNetV2):
        paths = [f"blocks.{block}" for block in MOBILENET_BLOCKS]
    else:
        raise UserError(
            f"{model.model_name}: focus looks at ResNets, MnasNet and MobileNetV2; stages of other backbones "
            "are not known"
        )
    return {path: model.get_submodule(path) for path in paths}
