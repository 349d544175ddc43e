"""How the accuracy of each class changes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..comparison_documents import ClassDelta
from .many import adjusted
from .models import estimate, of_signs
from .paired import mcnemar_mid_p, tango
from .seeds import crossed_difference
from .settings import Settings


def class_deltas(
    images: Sequence[str], targets: NDArray[np.int32], differences: NDArray[np.float64], settings: Settings
) -> dict[str, ClassDelta]:
    """Of each class that has at least two images, by the name of their folder, in the order of targets.

    Args:
        images: (N,) ids, <class>/<file name>.
        targets: (N,) true classes.
        differences: (S, N) of each training: 1 for images gained, -1 for those lost, 0 for the others.
    """
    order = np.argsort(targets, kind="stable")
    starts = np.flatnonzero(np.diff(targets[order], prepend=-1))
    members = [places for places in np.split(order, starts[1:]) if len(places) > 1]
    if not members:
        return {}
    sizes = np.array([len(places) for places in members])
    gained, lost = (
        np.array([np.count_nonzero(differences[:, places] == sign) for places in members]) for sign in (1, -1)
    )
    if len(differences) == 1:
        low, high = tango(gained, lost, sizes, settings.alpha)
        p_values = mcnemar_mid_p(gained, lost)
        deltas = [
            estimate(value, ends, 100)
            for value, ends in zip((gained - lost) / sizes, zip(low, high, strict=True), strict=True)
        ]
    else:
        signs = [differences[:, places] for places in members]
        means = [crossed_difference(each) for each in signs]
        p_values = [mean.p_value for mean in means]
        deltas = [of_signs(*pair, settings.alpha) for pair in zip(signs, means, strict=True)]
    adjusted_p = adjusted(p_values, settings.adjustment)
    return {
        images[places[0]].partition("/")[0]: ClassDelta(
            images=len(places),
            gained=int(up),
            lost=int(down),
            difference=delta,
            p_adjusted=float(p),
        )
        for places, up, down, delta, p in zip(members, gained, lost, deltas, adjusted_p, strict=True)
    }
