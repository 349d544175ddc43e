"""The four stages of a backbone, by their last blocks."""

import torch
from torch import nn

from ..errors import UserError
from ..models.backbones import Classifier, MnasNet, MobileNetV2, ResNet

#: Stacks of MnasNet after which the map's sides are 1/4, 1/8, 1/16 and 1/32 of the image's.
MNASNET_STACKS = (0, 1, 3, 5)
#: Blocks of MobileNetV2 after which they are.
MOBILENET_BLOCKS = (2, 5, 12, 16)
#: Of the image that shows which sizes of maps a network has, in pixels.
SIDE = 64


def stages_of(model: Classifier) -> dict[str, nn.Module]:
    """The last block whose map has 1/4, 1/8, 1/16 and 1/32 of the image's sides, by its path.

    - ResNet: the last block of each of its four stages.
    - MnasNet: the last blocks of the stacks of 24, 40, 96 and 320 channels; those of 80 and of 192 channels
      have maps of the same size as the stack after them.
    - MobileNetV2: the last blocks of 24, 32, 96 and 320 channels; those of 16 channels (1/2 of the sides)
      are before the first stage.
    - Another network: the last blocks of its last four sizes of maps.

    Raises:
        UserError: a network without residual blocks that say where their attention is.
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
        paths = _last_of_each_size(model)[-4:]
    return {path: model.get_submodule(path) for path in paths}


def _last_of_each_size(model: Classifier) -> list[str]:
    """Paths of the residual blocks with attention after which the map gets smaller, and of the last."""
    sizes: dict[str, torch.Size] = {}
    blocks = {path: block for path, block in model.named_modules() if hasattr(block, "attention_channels")}
    if not blocks:
        name = getattr(model, "model_name", type(model).__name__)
        raise UserError(f"{name}: no stages are known, since no block of it has attention_channels")
    hooks = [
        block.register_forward_hook(
            lambda _, __, output, path=path: sizes.update({path: output[0].shape[2:]})
        )
        for path, block in blocks.items()
    ]
    training = model.training
    device = next(model.parameters()).device
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, 3, SIDE, SIDE, device=device))
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    last = {size: path for path, size in sizes.items()}
    return list(last.values())
