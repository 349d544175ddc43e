"""What the backbones share: the type of a classifier, and inverted residual blocks."""

from typing import Any

from torch import Tensor, nn

from ..attention import AttentionBuilder
from ..attention.gc import GlobalContext
from ..layers import ConvNormAct


class Classifier(nn.Module):
    """An image classifier whose last layer is the linear `head`."""

    head: nn.Linear
    #: Set by `dcanet.models.create`: id and options the model was built with.
    model_name: str
    model_options: dict[str, Any]

    def set_residual_gain(self, gain: float) -> None:
        """Start every branch that is added to its input small: its last norm, or its last convolution.

        Branches that start small let a network learn from the first step (arXiv 1706.02677, section 5.1).
        """
        for module in self.modules():
            if isinstance(norm := getattr(module, "residual_norm", None), nn.BatchNorm2d):
                nn.init.constant_(norm.weight, gain)
            if isinstance(module, GlobalContext):
                module.scale_context(gain)

    def set_linear_std(self, std: float) -> None:
        """Draw the weights of all linear layers anew, from a normal distribution around 0."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=std)


class InvertedResidual(nn.Module):
    """(x, previous) -> (x, attention): expand 1x1, depthwise, project 1x1 (arXiv 1801.04381).

    Attention acts on the projection's output, before the addition; selective kernels stand in place
    of the depthwise convolution. No expansion convolution where `expansion` is 1.
    """

    def __init__(
        self,
        channels_in: int,
        channels: int,
        kernel: int,
        stride: int,
        expansion: int,
        attention: AttentionBuilder,
        previous_channels: int,
        activation: type[nn.Module],
        momentum: float = 0.1,
        first_in_stage: bool = False,
    ) -> None:
        super().__init__()
        hidden = channels_in * expansion
        self.expand: nn.Module = nn.Identity()
        if expansion != 1:
            self.expand = ConvNormAct(channels_in, hidden, 1, activation=activation, momentum=momentum)
        if attention.replaces_convolution:
            self.selective = attention.build(
                hidden, previous_channels, first_in_stage, stride=stride, groups=hidden, activation=activation
            )
            self.attention_channels = hidden
        else:
            self.depthwise = ConvNormAct(hidden, hidden, kernel, stride, hidden, activation, 1, momentum)
            self.attention = attention.build(channels, previous_channels, first_in_stage)
            self.attention_channels = channels
        self.project = ConvNormAct(hidden, channels, 1, activation=None, momentum=momentum)
        self.adds_input = stride == 1 and channels_in == channels

    @property
    def residual_norm(self) -> nn.Module | None:
        return self.project.norm if self.adds_input else None

    def forward(self, x: Tensor, previous: Any = None) -> tuple[Tensor, Any]:
        shortcut = x

        x = self.expand(x)
        if hasattr(self, "selective"):
            x, handed_on = self.selective(x, previous)
            x = self.project(x)
        else:
            x = self.project(self.depthwise(x))
            x, handed_on = self.attention(x, previous)

        return (shortcut + x if self.adds_input else x), handed_on
