"""plan.json adds up, and the results are of the config that it holds."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..comparison_documents import TableStatistics
from ..detection.forms import DETECTORS, is_detector
from ..documents import Provenance
from ..errors import UserError
from ..files import hash_of
from ..models.forms import TRIPLES
from ..plan_documents import STAGES, Estimate
from ..profile_documents import Costs, ModelCosts
from .files import Files
from .runs import Run

PLAN = "plan.json"
SUMMED = ("device_hours", "energy_kwh")


def check_plan(files: Files, costs: Costs | None) -> Estimate | None:
    """Amounts of the networks and of everything from the jobs, parameters those that were counted."""
    plan = files.document(PLAN, Estimate, required=False)
    if plan is None:
        return None
    name, findings = files.at(PLAN), files.findings
    findings.same(name, "stages", True, all(job.stage in STAGES for job in plan.jobs))
    for network in plan.networks:
        jobs = [job for job in plan.jobs if job.network == network.network and job.stage != "profile"]
        for field in SUMMED:
            total = sum(getattr(job, field) for job in jobs)
            findings.close(name, f"{network.network}.{field}", total, getattr(network.amounts, field))
        counted = costs.models.get(network.network) if costs else None
        if isinstance(counted, ModelCosts) and not is_detector(network.network):
            total = counted.parameters.total
            findings.close(name, f"{network.network}.parameters", total, network.parameters)
    for field in SUMMED:
        findings.close(
            name, f"total.{field}", sum(getattr(job, field) for job in plan.jobs), getattr(plan.total, field)
        )
    for field in ("kept_bytes", "download_bytes"):
        total = sum(getattr(network.amounts, field) for network in plan.networks)
        findings.close(name, f"total.{field}", total, getattr(plan.total, field))
    return plan


def check_config(
    files: Files, plan: Estimate, runs: Iterable[Run], statistics: TableStatistics | None, base: Path
) -> None:
    """Seeds, options, recipes and settings of the results are the config's.

    A config's hash may differ where what it changed decides nothing of a result, as one more seed does not:
    that is a note.

    Args:
        base: the folder that the config's paths start from.
    """
    config, findings = plan.config, files.findings
    if not config:
        findings.note(f"{files.at(PLAN)}: holds no config, so results were not held against one")
        return
    expected = hash_of(config)
    others: dict[str, list[str]] = {}
    hashes = _recipe_hashes(config, base, findings.note)
    for run in runs:
        _check_run(files, run, config, hashes)
        for stage in ("train", "eval"):
            path = f"{run.folder}/{stage}/provenance.json"
            made = files.document(path, Provenance, required=False)
            if made and made.config_hash not in (None, expected):
                others.setdefault(str(made.config_hash), []).append(files.at(path))
    if statistics is not None:
        settings = config.get("statistics", {})
        for field, key in (("alpha", "alpha"), ("adjustment", "adjust"), ("resamples", "resamples")):
            if key in settings:
                findings.same(
                    files.at("statistics.json"),
                    f"{field}, of the config",
                    settings[key],
                    getattr(statistics, field),
                )
    for other, paths in others.items():
        findings.note(
            f"{len(paths)} results (as {paths[0]}) are of the config {other}, {files.at(PLAN)} of "
            f"{expected}; what decides them agrees unless a problem says otherwise"
        )


def _check_run(files: Files, run: Run, config: Mapping[str, Any], hashes: Mapping[str, str]) -> None:
    findings, name = files.findings, files.at(f"{run.folder}/train/provenance.json")
    if run.seed is not None:
        seeds = config.get("seeds", [])
        if run.seed not in seeds:
            findings.note(f"{files.at(run.folder)}: its seed is none of the config's, {json.dumps(seeds)}")
        key = _recipe_key(run)
        if run.training is not None and key in hashes:
            findings.same(name, "recipe_hash, of the config's recipe", hashes[key], run.training.recipe_hash)
    if run.weights is not None and run.seed is not None:
        own = config.get("options", {}).get(run.model, {})
        for option, value in own.items():
            weights = files.at(f"{run.folder}/train/model.safetensors")
            findings.same(
                weights, f"options.{option}, of the config", value, run.weights.said.options.get(option)
            )


def _recipe_key(run: Run) -> str:
    """Of a classifier its backbone, of a detector its kind."""
    if run.task == "detection":
        return next((kind for kind in DETECTORS if run.model.startswith(f"{kind}_")), "")
    return TRIPLES[run.model][0] if run.model in TRIPLES else ""


def _recipe_hashes(config: Mapping[str, Any], base: Path, note: Any) -> dict[str, str]:
    """Of the recipes that are at hand; recipes are settings, and read as the workflow reads them."""
    from ..training.recipe import DetectionRecipe, Recipe, load_recipe, recipe_hash

    detection = config.get("detection") or {}
    readers: tuple[tuple[dict[str, object], Callable[[Path], str]], ...] = (
        (config.get("recipes") or {}, lambda path: recipe_hash(load_recipe(path, Recipe))),
        (detection.get("recipes") or {}, lambda path: recipe_hash(load_recipe(path, DetectionRecipe))),
    )
    found = {}
    for paths, hash_at in readers:
        for key, path in paths.items():
            if not isinstance(path, str) or not (base / path).is_file():
                note(f"{path}: is not at hand, so its hash was not compared with the results'")
                continue
            try:
                found[key] = hash_at(base / path)
            except UserError as error:
                note(f"{error.line()}, so its hash was not compared with the results'")
    return found
