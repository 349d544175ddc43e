"""Networks that were not trained and yet look somewhere."""

import torch
from torch import nn

from dcanet.models import Classifier, create


def settled(name: str, num_classes: int, images: torch.Tensor) -> Classifier:
    """Nothing is left at zero, and every norm has the statistics of these images, in their precision."""
    torch.manual_seed(0)
    model = create(name, num_classes).to(images.dtype)
    for parameter in model.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.momentum = 1.0
    with torch.no_grad():
        model.train()(images)
    return model.eval()
