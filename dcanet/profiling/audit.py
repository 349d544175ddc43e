"""Every published cost of Table 1 against the networks that this project builds."""

from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from tqdm import tqdm

from ..models import assemble, default_options
from ..profile_documents import Audit, AuditedCell
from ..sheets import Classifier, Pair
from .dead_parameters import dead_spatial_parameters
from .macs import count_macs

#: The published costs are of ImageNet models and images.
CLASSES, SIDE = 1000, 224
#: The network whose spatial attention its authors' initialisation stops from learning.
STOPPED = "dca_cbam_resnet50"

Column = Literal["params", "macs"]


def audit_costs(pairs: Sequence[Pair]) -> Audit:
    """Count every network that has printed costs, in its printed and its released form.

    Parameters, and multiply-adds of one image of 224 x 224 pixels by the authors' own counter, which is the
    "published" convention; what is dead by initialisation is measured by a few steps of training.

    Raises:
        ValueError: a row of the sheet is no model of Table 1.
    """
    printed = {
        model.id: (pair.row, model)
        for pair in pairs
        for model in pair.models
        if any(_published(model).values())
    }
    progress = tqdm(printed.values(), desc="audit", unit="model", leave=False, disable=None)
    return Audit(
        cells=[cell for row, model in progress for cell in _cells(row, model)],
        spatial_attention=[
            dead_spatial_parameters(STOPPED, spatial_join_init=start) for start in ("zeros", "ones")
        ],
    )


def _cells(row: str, model: Classifier) -> Iterator[AuditedCell]:
    printed, released = (default_options(model.id, form) for form in ("printed", "released"))
    differing = {key: value for key, value in printed.items() if released.get(key) != value}
    found = _costs(model.id, "printed")
    of_released = _costs(model.id, "released") if differing else found
    for column, value in _published(model).items():
        yield AuditedCell(
            row=row,
            model=model.id,
            column=column,
            published=f"{value:.2f}",
            found=found[column],
            released=of_released[column],
            options=differing,
        )


def _published(model: Classifier) -> dict[Column, float]:
    """Those that are printed; a row of one's own has none."""
    columns: dict[Column, float | None] = {
        "params": model.published_params_mega,
        "macs": model.published_macs_giga,
    }
    return {column: value for column, value in columns.items() if value is not None}


def _costs(name: str, form: str) -> dict[Column, int]:
    # Without memory: counting needs shapes only.
    with torch.device("meta"):
        model = assemble(name, CLASSES, form).eval()
        image = torch.empty(1, 3, SIDE, SIDE)
    return {
        "params": sum(parameter.numel() for parameter in model.parameters()),
        "macs": count_macs(model, (image,))["published"].total,
    }
