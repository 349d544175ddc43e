"""The three backbones of the paper's Table 1."""

from .base import Classifier
from .mnasnet import MnasNet
from .mobilenet_v2 import MobileNetV2
from .resnet import ResNet

__all__ = ["Classifier", "MnasNet", "MobileNetV2", "ResNet"]
