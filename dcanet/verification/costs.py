"""profile/costs.json and audit.json against the weights, the sheet and one another; structures.json."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ..detection.forms import is_detector, split_name
from ..models.forms import TRIPLES, default_options
from ..profile_documents import Audit, Costs, ModelCosts, Parts
from ..sheets import Classifier
from ..structure_documents import Structures
from .files import Files
from .runs import Run

COSTS, AUDIT, STRUCTURES = (f"profile/{name}.json" for name in ("costs", "audit", "structures"))


def check_costs(files: Files, runs: Iterable[Run], sheet: Mapping[str, Classifier]) -> Costs | None:
    """costs.json: parameters are those of the weights, what networks share is counted alike in all."""
    costs = files.document(COSTS, Costs, required=False)
    if costs is None:
        return None
    name = files.at(COSTS)
    for run in runs:
        found = costs.models.get(run.model)
        if found is None and files.there(f"{run.folder}/eval/metrics.json"):
            files.findings.problem(name, f"models.{run.model}", "its costs", "none")
        elif isinstance(found, ModelCosts) and run.task == "classification":
            _check_parameters(files, run, found)
    counted = {model: found for model, found in costs.models.items() if isinstance(found, ModelCosts)}
    for (kind, *_), models in _alike(counted).items():
        first = next(iter(models))
        for model in models:
            for field, expected in _shared(counted[first]).items():
                count = _shared(counted[model])[field]
                files.findings.close(name, f"models.{model}.{field}, as of {first} ({kind})", expected, count)
    for model, found in counted.items():
        classifier = split_name(model)[1] if is_detector(model) else model
        if classifier in TRIPLES and not TRIPLES[classifier][2]:
            for field, parts in _parts(found).items():
                files.findings.close(name, f"models.{model}.{field}.connection", 0, parts.connection)
        if model in sheet and _is_printed(model, found):
            _check_printed(files, name, model, found, sheet[model])
    return costs


def _alike(counted: Mapping[str, ModelCosts]) -> dict[tuple[Any, ...], list[str]]:
    """Networks by backbone, detector and size: in these the backbone and the head are the same."""
    found: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for model, costs in counted.items():
        detector = split_name(model)[0] if is_detector(model) else ""
        classifier = split_name(model)[1] if detector else model
        if classifier in TRIPLES:
            kind = f"{detector} {TRIPLES[classifier][0]}".strip()
            found[kind, costs.height, costs.width, costs.classes].append(model)
    return found


def _parts(costs: ModelCosts) -> dict[str, Parts]:
    return {"parameters": costs.parameters} | {
        f"macs.{key}": count.parts for key, count in costs.macs.items()
    }


def _shared(costs: ModelCosts) -> dict[str, int]:
    return {
        f"{field}.{part}": getattr(parts, part)
        for field, parts in _parts(costs).items()
        for part in ("backbone", "head")
    }


def _check_printed(files: Files, name: str, model: str, costs: ModelCosts, row: Classifier) -> None:
    """A network in its printed form has the printed costs, to their two decimals."""
    printed = {
        "parameters": (row.published_params_mega, costs.parameters.total / 10**6),
        "macs.published": (row.published_macs_giga, costs.macs["published"].total / 10**9),
    }
    for field, (expected, found) in printed.items():
        files.findings.numbers += 1
        files.findings.same(name, f"models.{model}.{field}, printed", f"{expected:.2f}", f"{found:.2f}")


def _check_parameters(files: Files, run: Run, costs: ModelCosts) -> None:
    """Of the same options; a classifier's head is counted with ImageNet's classes, whatever the data have."""
    weights = run.weights
    if weights is None:
        return
    field, name = f"models.{run.model}.parameters", files.at(COSTS)
    files.findings.same(
        name, f"models.{run.model}.options, by the weights", weights.said.options, costs.options
    )
    head = weights.shapes.get("head.weight", (0, 0))
    files.findings.same(
        files.at(f"{run.folder}/train/model.safetensors"), "outputs", weights.said.num_classes, head[0]
    )
    connection = weights.parameters("connection")
    of_head = (head[-1] + 1) * costs.classes
    body = weights.parameters() - weights.parameters("head")
    files.findings.close(name, f"{field}.head", of_head, costs.parameters.head)
    files.findings.close(name, f"{field}.connection", connection, costs.parameters.connection)
    both = costs.parameters.backbone + costs.parameters.attention
    files.findings.close(name, f"{field}.backbone + attention", body - connection, both)


def check_audit(files: Files, sheet: Mapping[str, Classifier], costs: Costs | None) -> None:
    """audit.json: the published costs are the sheet's, ours those of costs.json."""
    audit = files.document(AUDIT, Audit, required=False)
    if audit is None:
        return
    name = files.at(AUDIT)
    for cell in audit.cells:
        field, row = f"{cell.model}, {cell.column}", sheet.get(cell.model)
        if row is not None:
            printed = row.published_params_mega if cell.column == "params" else row.published_macs_giga
            files.findings.same(name, f"{field}, published", f"{printed:.2f}", cell.published)
        if not cell.options:
            files.findings.close(name, f"{field}, released", cell.found, cell.released)
        model = costs.models.get(cell.model) if costs else None
        if isinstance(model, ModelCosts) and _is_printed(cell.model, model):
            found = model.parameters if cell.column == "params" else model.macs["published"].parts
            files.findings.close(name, f"{field}, found", found.total, cell.found)
    for dead in audit.spatial_attention:
        files.findings.same(name, "dead_blocks, no more than blocks", True, dead.dead_blocks <= dead.blocks)


def _is_printed(name: str, costs: ModelCosts) -> bool:
    """Whether it was counted in the form and at the size that the audit is of."""
    same = name in TRIPLES and costs.options == default_options(name)
    return (
        same and (costs.height, costs.width, costs.classes) == (224, 224, 1000) and "published" in costs.macs
    )


def check_structures(files: Files) -> None:
    """structures.json: every block is one of its network's."""
    found = files.document(STRUCTURES, Structures, required=False)
    for name, block in (found.models if found else {}).items():
        inside = block.number <= block.blocks
        files.findings.same(files.at(STRUCTURES), f"models.{name}.number, no more than blocks", True, inside)
