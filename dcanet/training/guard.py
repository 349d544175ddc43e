"""Ends a training that has gone wrong, before its state is saved over a good one."""

import math
from typing import Any

from torch import Tensor, nn

from ..errors import UserError

#: Steps whose mean loss is looked at together; one look costs a wait for the GPU.
WINDOW = 50
#: A loss so many times its lowest, and above where it started, will not come back.
DIVERGED = 4.0


class Guard:
    """Watches the loss of every step; a look at it happens every WINDOW steps and before each save."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.lowest = float("inf")
        self._sum: Tensor | float | None = None
        self._steps = 0

    def add(self, loss: Tensor, epoch: int, step: int) -> None:
        """Note the loss of a step, a scalar; UserError as in `look`."""
        self._sum = loss.detach().double() if self._sum is None else self._sum + loss.detach()
        self._steps += 1
        if self._steps == WINDOW:
            self.look(epoch, step)

    def look(self, epoch: int, step: int) -> None:
        """Check the losses so far; whether they diverge shows at the end of every WINDOW steps.

        Raises:
            UserError: one was not finite, or their mean says that training diverged.
        """
        if self._sum is None:
            return
        mean = float(self._sum) / self._steps
        if not math.isfinite(mean):
            raise UserError(f"epoch {epoch}, step {step}: the loss became {mean}; {self._fix()}")
        if self._steps < WINDOW:
            return
        self._sum, self._steps = None, 0
        if self.first is not None and mean > max(self.first, DIVERGED * self.lowest):
            raise UserError(
                f"epoch {epoch}, step {step}: training diverged, the loss is {mean:.3g} after a lowest of "
                f"{self.lowest:.3g}; {self._fix()}"
            )
        self.first = mean if self.first is None else self.first
        self.lowest = min(self.lowest, mean)

    def look_at_weights(self, model: nn.Module, epoch: int, step: int) -> None:
        """Check the weights that are about to be saved; UserError when one is not finite."""
        if not all(bool(parameter.isfinite().all()) for parameter in model.parameters()):
            raise UserError(f"epoch {epoch}, step {step}: a weight is not finite; {self._fix()}")

    @staticmethod
    def _fix() -> str:
        return "lower the recipe's learning_rate, or set precision: float32 if it is not"

    def state_dict(self) -> dict[str, Any]:
        window = None if self._sum is None else float(self._sum)
        return {"first": self.first, "lowest": self.lowest, "sum": window, "steps": self._steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.first, self.lowest, self._sum, self._steps = (
            state[name] for name in ("first", "lowest", "sum", "steps")
        )
