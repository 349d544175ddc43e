"""Initial weights as the authors' code leaves them, one rule per backbone."""

import re
from collections.abc import Iterator

from torch import nn

from .attention import Attention
from .attention.cbam import SpatialGate
from .backbones import Classifier, MnasNet, MobileNetV2, ResNet
from .table1 import ATTENTIONS


def initialise(model: Classifier, attention: str, spatial_join: str = "zeros") -> None:
    """Overwrite the framework's defaults in place; a backbone that no rule is known of stays as it is.

    A rule overwrites the weights of the paper's attention blocks too. Other blocks start as they are made,
    their connections as those of the paper's.

    `spatial_join` is what the norms in the spatial connections of a CBAM-ResNet start at: the authors'
    "zeros", or "ones".
    """
    if isinstance(model, ResNet):
        if attention == "cbam":
            _resnet_cbam(model, spatial_join)
        else:
            _resnet(model, attention)
    elif isinstance(model, MnasNet):
        # Mean 0.01 and standard deviation 1: an argument slip of the authors', kept to be exact.
        _mobile(model, attention, linear_mean=0.01, linear_std=1.0)
    elif isinstance(model, MobileNetV2):
        _mobile(model, attention, linear_mean=0.0, linear_std=0.01)


def _ruled(model: nn.Module, attention: str) -> Iterator[nn.Module]:
    """The modules whose weights a rule overwrites."""
    own: set[nn.Module] = set()
    if attention not in ATTENTIONS:
        for block in model.modules():
            if isinstance(block, Attention):
                own |= {*block.modules()}
                own -= {*block.connection.modules()} if block.connection is not None else set()
    return (module for module in model.modules() if module not in own)


def _he_fan_out(conv: nn.Conv2d) -> None:
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")


def _resnet(model: ResNet, attention: str) -> None:
    """Every convolution, attention's included; so GC's zero start of its last weight is lost."""
    for module in _ruled(model, attention):
        if isinstance(module, nn.Conv2d):
            _he_fan_out(module)


def _resnet_cbam(model: ResNet, spatial_join: str) -> None:
    """Convolutions of the main path only; all biases 0, and the norms of the spatial gates at 0.

    Scale and shift 0 in front of the ReLU of the spatial connection keep the gate from ever getting a
    gradient. "ones" starts that scale at 1 and leaves all else, so that the gate starts as the baseline's.
    """
    for name, parameter in model.named_parameters():
        if name.endswith(".bias"):
            nn.init.zeros_(parameter)
        elif re.fullmatch(r"stem\.0\.conv\.weight|.*\.conv[123]\.conv\.weight", name):
            nn.init.kaiming_normal_(parameter, mode="fan_out", nonlinearity="relu")
    nn.init.kaiming_normal_(model.head.weight, mode="fan_in", nonlinearity="relu")
    for gate in model.modules():
        if isinstance(gate, SpatialGate):
            _he_fan_out(gate.conv)
            for norm in gate.modules():
                if isinstance(norm, nn.BatchNorm2d):
                    nn.init.zeros_(norm.weight)
            if spatial_join == "ones" and gate.connection is not None:
                nn.init.ones_(gate.connection.get_parameter("merge.norm.weight"))


def _mobile(model: nn.Module, attention: str, linear_mean: float, linear_std: float) -> None:
    for module in _ruled(model, attention):
        if isinstance(module, nn.Conv2d):
            _he_fan_out(module)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, linear_mean, linear_std)
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
