"""What the statistics of a table are made with."""

from dataclasses import dataclass

from ..comparison_documents import Adjustment
from ..errors import UserError
from .bootstrap import RESAMPLES


@dataclass(frozen=True)
class Settings:
    """Intervals are at 1 - alpha; `surest` is how many flipped images of each way to name."""

    alpha: float = 0.05
    adjustment: Adjustment = "holm"
    resamples: int = RESAMPLES
    seed: int = 0
    surest: int = 8

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise UserError(f"alpha {self.alpha:g}: must be between 0 and 1, as 0.05")
        if self.resamples < 2:
            raise UserError(f"resamples {self.resamples}: must be at least 2")
