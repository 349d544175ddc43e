"""Metrics of plug-ins: functions of what a network said of every image."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..errors import UserError
from .registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Columns of predictions.parquet that a metric can ask for, in words.
ARRAYS = {
    "target": "(N,) true classes",
    "top5": "(N, 5) best classes, best first; fewer where there are fewer classes",
    "top5_scores": "(N, 5) their probabilities",
    "loss": "(N,) negative log-likelihoods of the true class, in nats",
}
Function = Callable[..., Any]


@dataclass(frozen=True)
class OwnMetric:
    """A registered metric, and how its column is written."""

    name: str
    function: Function
    label: str
    unit: str
    direction: Literal["higher", "lower"]
    decimals: int
    description: str

    def of(self, arrays: "Mapping[str, NDArray[Any]]") -> "NDArray[np.float64] | float":
        """One number for each image, or one; UserError for anything else."""
        import numpy as np

        count = len(arrays["target"])
        asked = {name: arrays[name] for name in inspect.signature(self.function).parameters}
        try:
            found = np.asarray(self.function(**asked), dtype=np.float64)
        except Exception as error:  # whatever a plug-in's code may raise
            from .failure import told

            raise UserError(f"metric {self.name!r}: {told(error, self.function)}") from error
        if found.shape not in ((), (count,)):
            raise UserError(
                f"metric {self.name!r}: gives an array of shape {found.shape} for {count} images; return "
                f"({count},), one number for each, or one number"
            )
        if not np.isfinite(found).all():
            raise UserError(f"metric {self.name!r}: gives a number that is not finite")
        return found if found.shape else float(found)


METRICS: Registry[OwnMetric] = Registry("metric")


def register_metric(
    name: str,
    label: str | None = None,
    unit: str = "score",
    direction: Literal["higher", "lower"] = "higher",
    decimals: int = 3,
) -> Callable[[Function], Function]:
    """Decorator: show a number of one's own as a column of Table 1.

    The function's parameters are names of arrays, as many as it needs: target, top5, top5_scores, loss. It
    returns (N,) numbers, one for each image, whose mean is shown with its interval and the pair's paired
    difference; or one number, of which there is no interval. Its docstring's first line is the column's
    description.

    Args:
        label: the column's heading; the name by default.
        direction: which is better.
        decimals: that are shown.

    Raises:
        UserError: the name is taken, or the function asks for what there is not.
    """
    METRICS.check(name)

    def register(function: Function) -> Function:
        if not callable(function):
            raise UserError(f"metric {name!r}: is a {type(function).__name__}; decorate a function")
        for asked in inspect.signature(function).parameters:
            if asked not in ARRAYS:
                raise UserError(f"metric {name!r}: asks for {asked!r}; there are {', '.join(ARRAYS)}")
        if direction not in ("higher", "lower"):
            raise UserError(f"metric {name!r}: direction must be 'higher' or 'lower', not {direction!r}")
        described = (inspect.getdoc(function) or "A plug-in's metric.").splitlines()[0]
        METRICS.add(name, OwnMetric(name, function, label or name, unit, direction, decimals, described))
        return function

    return register
