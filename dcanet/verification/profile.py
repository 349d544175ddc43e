"""profile/: parameters against the weights, published costs against the sheet, speeds from their rounds."""

import math
from collections.abc import Iterable, Mapping
from statistics import mean, median, stdev

from scipy import stats

from ..profile_documents import Audit, Costs, Measurement, ModelCosts, Throughput
from ..sheets import Classifier
from ..structure_documents import Structures
from .files import Files
from .runs import Run

COSTS, AUDIT, STRUCTURES = (f"profile/{name}.json" for name in ("costs", "audit", "structures"))


def check_costs(files: Files, runs: Iterable[Run]) -> Costs | None:
    """costs.json: parameters are those of the weights, but for the number of classes."""
    costs = files.document(COSTS, Costs, required=False)
    if costs is None:
        return None
    for run in runs:
        found = costs.models.get(run.model)
        if found is None and files.there(f"{run.folder}/eval/metrics.json"):
            files.findings.problem(files.at(COSTS), f"models.{run.model}", "its costs", "none")
        elif isinstance(found, ModelCosts):
            _check_parameters(files, run, found)
    for name, model in costs.models.items():
        if isinstance(model, ModelCosts):
            fewest = model.macs["conv_linear"].total if "conv_linear" in model.macs else 0
            for convention, count in model.macs.items():
                files.findings.same(
                    files.at(COSTS),
                    f"models.{name}.macs.{convention}, no less than conv_linear",
                    True,
                    count.total >= fewest,
                )
    return costs


def _check_parameters(files: Files, run: Run, costs: ModelCosts) -> None:
    """Of the same options; a classifier's head is counted with ImageNet's classes, whatever the data have."""
    weights = run.weights
    if weights is None:
        return
    field, name = f"models.{run.model}.parameters", files.at(COSTS)
    if run.task != "classification":
        return  # counted in its published size, which a demonstration's is not
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
    from ..models import TRIPLES, default_options

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


def check_speeds(files: Files) -> dict[str, dict[str, Throughput]]:
    """Timings by device and pair: every speed and its interval from the rounds."""
    found: dict[str, dict[str, Throughput]] = {}
    for path in sorted((files.root / "profile").glob("*/*.json")):
        place = path.relative_to(files.root).as_posix()
        timing = files.document(place, Throughput)
        if timing is None:
            continue
        files.findings.same(files.at(place), "pair", path.stem, timing.pair)
        files.findings.same(files.at(place), "device", path.parent.name, timing.device)
        for number, measured in enumerate(timing.measurements):
            _check_measurement(files, files.at(place), f"measurements[{number}]", measured)
        found.setdefault(path.parent.name, {})[path.stem] = timing
    return found


def _check_measurement(files: Files, name: str, field: str, measured: Measurement) -> None:
    findings = files.findings
    times = []
    for model, speed in measured.models.items():
        here = f"{field}.models.{model}"
        if len(speed.rounds) < 2 or min(speed.rounds) <= 0:
            findings.problem(name, f"{here}.rounds", "two or more above 0", speed.rounds)
            return
        times.append([1 / number for number in speed.rounds])
        findings.close(name, f"{here}.images_per_second", median(speed.rounds), speed.images_per_second)
        fields = [f"{here}.interval[{end}]" for end in (0, 1)]
        findings.all_close(name, fields, median_interval(speed.rounds), speed.interval, 1e-6)
    if not findings.same(
        name, f"{field}.overhead_percent, of a pair", len(times) == 2, measured.overhead_percent is not None
    ):
        return
    if len(times) == 2 and len(times[0]) == len(times[1]):
        ratios = [second / first for first, second in zip(*times, strict=True)]
        findings.close(
            name, f"{field}.overhead_percent", 100 * (median(ratios) - 1), measured.overhead_percent
        )
        ends = [100 * (end - 1) for end in median_interval(ratios)]
        fields = [f"{field}.overhead_interval[{end}]" for end in (0, 1)]
        findings.all_close(name, fields, ends, measured.overhead_interval or (math.nan, math.nan), 1e-6)


def median_interval(values: list[float]) -> tuple[float, float]:
    """At 95 %: order statistics of six values or more, of fewer Student's t on the logarithms."""
    ordered, count = sorted(values), len(values)
    if count < 6:
        logs = [math.log(value) for value in ordered]
        half = float(stats.t.isf(0.025, count - 1)) * stdev(logs) / math.sqrt(count)
        ends = math.exp(mean(logs) - half), math.exp(mean(logs) + half)
        return min(ends[0], median(ordered)), max(ends[1], median(ordered))
    # The largest rank below which, and above its mirror image, a fair coin puts no more than 5 %.
    rank = max(k for k in range(count // 2) if 2 * stats.binom.cdf(k, count, 0.5) <= 0.05)
    return ordered[rank], ordered[-1 - rank]
