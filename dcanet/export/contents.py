"""What goes into a pack, and where in it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from ..config import read_yaml
from ..documents import Provenance
from ..errors import UserError
from ..plan_documents import Estimate
from .layout import CONFIG, ENVIRONMENT, LEFT_OUT, LOGS, REPORT, RESULTS, WEIGHTS


@dataclass(frozen=True)
class Chosen:
    """What is packed of what is there."""

    results: Path
    report: Path
    pairs: Path
    detectors: Path
    configfile: Path
    lock: Sequence[Path]
    logs: Path | None = None
    weights: bool = False


@dataclass
class Contents:
    """Files by their paths in the pack: on disk, or as text that was made for it."""

    files: dict[str, Path] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    """What is not packed although one might look for it, in words."""


def contents(chosen: Chosen, provenances: Sequence[Provenance]) -> Contents:
    """UserError for results that are not there, or sheets that cannot be packed."""
    found = Contents()
    name = chosen.results.resolve().name
    for path in _files_below(chosen.results):
        relative = path.relative_to(chosen.results)
        if any(part in LEFT_OUT for part in relative.parts[:-1]):
            continue
        if chosen.weights or path.name != WEIGHTS:
            found.files[f"{RESULTS}/{name}/{relative.as_posix()}"] = path
    if not found.files:
        raise UserError(f"{chosen.results}: has no results; name an experiment's folder, as results/digits")
    if not chosen.weights:
        found.absent.append("weights, which --weights packs")
    _add_report(found, chosen, name)
    _add_config(found, chosen)
    for path in chosen.lock:
        if path.is_file():
            found.files[f"{ENVIRONMENT}/{path.name}"] = path
        else:
            found.absent.append(f"{path}, which is not there")
    found.texts[f"{ENVIRONMENT}/environments.json"] = _environments(provenances)
    if chosen.logs:
        for path in _files_below(chosen.logs):
            found.files[f"{LOGS}/{name}/{path.relative_to(chosen.logs).as_posix()}"] = path
    return found


def _files_below(folder: Path) -> Iterator[Path]:
    """Without hidden ones, which are unfinished."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _add_report(found: Contents, chosen: Chosen, name: str) -> None:
    page = chosen.report / "index.html"
    title = f"<title>DCANet-bench: {name}</title>"
    if not page.is_file() or title not in page.read_text(encoding="utf-8", errors="replace"):
        found.absent.append(f"the report: {chosen.report} has none of {name}")
        return
    for path in _files_below(chosen.report):
        if path.name != "README.md":
            found.files[f"{REPORT}/{path.relative_to(chosen.report).as_posix()}"] = path


def _add_config(found: Contents, chosen: Chosen) -> None:
    """As it was understood when it ran, which plan.json holds; without that, the file as it is now."""
    config: Mapping[str, Any] = {}
    if (chosen.results / "plan.json").is_file():
        config = Estimate.load(chosen.results / "plan.json").config
    if config:
        text = yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)
        found.texts[f"{CONFIG}/config.yaml"] = text
    elif chosen.configfile.is_file():
        found.files[f"{CONFIG}/config.yaml"] = chosen.configfile
        config = read_yaml(chosen.configfile)
        found.absent.append(f"the config as it ran, which results do not hold: {chosen.configfile} is packed")
    for file, path in (("pairs.tsv", chosen.pairs), ("detectors.tsv", chosen.detectors)):
        if not path.is_file():
            raise UserError(f"{path}: no such sheet; name it by --{file.removesuffix('.tsv')}")
        found.files[f"{CONFIG}/{file}"] = path
    recipes = [*(config.get("recipes") or {}).values()]
    recipes += [*((config.get("detection") or {}).get("recipes") or {}).values()]
    for recipe in dict.fromkeys(map(str, recipes)):
        place = PurePosixPath(recipe)
        inside = not place.is_absolute() and ".." not in place.parts
        if inside and Path(recipe).is_file():
            found.files[place.as_posix()] = Path(recipe)
        else:
            found.absent.append(f"the recipe {recipe}, which is not there or outside this folder")


def _environments(provenances: Sequence[Provenance]) -> str:
    """Each once: packages, machine, device and commit, with how many jobs ran in it."""
    kinds = ("versions", "machine", "device", "threads", "git_commit", "git_dirty")
    texts = Counter(
        json.dumps({kind: made.model_dump(mode="json")[kind] for kind in kinds}, sort_keys=True)
        for made in provenances
    )
    listed = [{**json.loads(text), "jobs": jobs} for text, jobs in sorted(texts.items())]
    return json.dumps(listed, indent=2, sort_keys=True) + "\n"
