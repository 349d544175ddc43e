"""The three backbones of the paper's Table 1, and other depths of ResNet."""

from .base import Classifier
from .mnasnet import MnasNet
from .mobilenet_v2 import MobileNetV2
from .resnet import ResNet, ResNet18, ResNet34, ResNet101

__all__ = ["Classifier", "MnasNet", "MobileNetV2", "ResNet", "ResNet18", "ResNet34", "ResNet101"]
