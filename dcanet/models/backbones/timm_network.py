"""Any classifier of timm as a backbone of plain rows."""

from typing import Any

from torch import Tensor, nn

from .base import Classifier


class TimmNetwork(Classifier):
    """A network of timm without pretrained weights, with a linear head on its pooled features.

    Input (N, 3, H, W), output logits (N, num_classes). It starts as timm has it.
    """

    def __init__(self, name: str, num_classes: int = 1000) -> None:
        super().__init__()
        self.body = _timm(name).create_model(name, pretrained=False, num_classes=0)
        width = getattr(self.body, "head_hidden_size", None) or self.body.num_features
        self.head = nn.Linear(width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


def check_side(name: str, side: int) -> None:
    """ValueError for a side of an image, in pixels, that the network of timm is not made for."""
    made_for = _timm(name).get_pretrained_cfg(name)
    if made_for is not None and made_for.fixed_input_size and made_for.input_size[1] != side:
        wanted = made_for.input_size[1]
        raise ValueError(f"timmnet_{name} takes images of {wanted} pixels a side, not {side}")


def _timm(name: str) -> Any:
    try:
        import timm
    except ImportError as error:
        raise ValueError(
            f"backbone timmnet_{name} needs timm, which is not installed: pip install timm"
        ) from error
    if not timm.is_model(name):
        raise ValueError(f"backbone timmnet_{name}: timm {timm.__version__} has no model {name!r}")
    return timm
