"""The jobs of the workflow, known by their logs and results."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from string import Formatter

from ..detection.forms import is_detector
from ..workflow import Plan

_WILDCARDS = {"seed": r"\d+", "run": r"seed\d+|pretrained", "device": "cpu|cuda"}
_NAME = r"[\w.+-]+"


@dataclass(frozen=True)
class Job:
    """A job: `output` is the last file that it writes, `wildcards` are in the order of its rule's outputs."""

    title: str
    rules: tuple[str, ...]
    log: str
    output: str
    wildcards: dict[str, str] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        return self.rules[0]

    @property
    def model(self) -> str | None:
        """The network that it is about."""
        return self.wildcards.get("model")

    @property
    def state_folder(self) -> Path | None:
        """Where a training keeps what it continues from."""
        return Path(self.output).parents[1] / "state" if self.rule.startswith("train") else None

    @property
    def slurm_names(self) -> list[str]:
        """What the executor calls it: folders of its SLURM logs, and with `_wildcards_` for / its comment."""
        values = "_".join(self.wildcards.values())
        return [f"rule_{rule}/{values}" if values else f"rule_{rule}" for rule in self.rules]


@dataclass(frozen=True)
class Stage:
    """Jobs of a kind: names of their rules, what they do, and paths with {wildcards}."""

    rules: str
    title: str
    log: str
    output: str

    def of_log(self, path: str) -> Job | None:
        """The job that writes this log."""
        return self._job(self._log_pattern.fullmatch(path))

    def of_output(self, path: str) -> Job | None:
        """The job whose last file is this."""
        return self._job(self._output_pattern.fullmatch(path))

    def of_slurm(self, name: str) -> Job | None:
        """The job whose SLURM logs are in a folder of this name."""
        return self._job(self._slurm_pattern.fullmatch(name))

    def _job(self, match: re.Match[str] | None) -> Job | None:
        if match is None:
            return None
        known = match.groupdict()
        for task in ("classification", "detection"):
            if f"/{task}/" in self.output and is_detector(known["model"]) != (task == "detection"):
                return None
        title = re.sub(r"\bseed(\d)", r"seed \1", self.title.format(**known))
        return Job(
            title,
            tuple(self.rules.split()),
            self.log.format(**known),
            self.output.format(**known),
            {name: known[name] for name in _names(self.output)},
        )

    @cached_property
    def _slurm_pattern(self) -> re.Pattern[str]:
        rule = "|".join(self.rules.split())
        wildcards = _pattern("_".join(f"{{{name}}}" for name in _names(self.output))).pattern
        return re.compile(f"rule_(?:{rule})" + (f"/{wildcards}" if wildcards else ""))

    @cached_property
    def _log_pattern(self) -> re.Pattern[str]:
        return _pattern(self.log)

    @cached_property
    def _output_pattern(self) -> re.Pattern[str]:
        return _pattern(self.output)


def _names(template: str) -> list[str]:
    """Of the wildcards, in their order."""
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def _pattern(template: str) -> re.Pattern[str]:
    parts = []
    for text, name, _, _ in Formatter().parse(template):
        parts += [re.escape(text), f"(?P<{name}>{_WILDCARDS.get(name, _NAME)})" if name else ""]
    return re.compile("".join(parts))


def stages(experiment: str) -> list[Stage]:
    """All kinds of jobs; several rules make the same file where only one of them is in a workflow."""
    logs, results = f"logs/{experiment}", f"results/{experiment}"
    classifier, detector = f"{results}/classification/{{model}}", f"{results}/detection/{{model}}"
    train, pretrained = f"{logs}/train/{{model}}-seed{{seed}}.log", f"{logs}/train/{{model}}-pretrained.log"
    evaluate, files = f"{logs}/evaluate/{{model}}-{{run}}.log", "train/provenance.json"
    return [
        Stage("train", "{model}, seed {seed}, training", train, f"{classifier}/seed{{seed}}/{files}"),
        Stage("train_detector", "{model}, seed {seed}, training", train, f"{detector}/seed{{seed}}/{files}"),
        Stage("convert_weights", "{model}, conversion", pretrained, f"{classifier}/pretrained/{files}"),
        Stage("convert_detector", "{model}, conversion", pretrained, f"{detector}/pretrained/{files}"),
        Stage(
            "evaluate",
            "{model}, {run}, evaluation",
            evaluate,
            f"{classifier}/{{run}}/eval/provenance.json",
        ),
        Stage(
            "evaluate_detector",
            "{model}, {run}, evaluation",
            evaluate,
            f"{detector}/{{run}}/eval/provenance.json",
        ),
        Stage(
            "evaluate_test score_real_labels",
            "{model}, {run}, evaluation on {test}",
            f"{logs}/evaluate/{{model}}-{{run}}-{{test}}.log",
            f"{classifier}/{{run}}/test-{{test}}/metrics.json",
        ),
        Stage(
            "fetch_weights",
            "{model}, weights fetched",
            f"{logs}/fetch/{{model}}-pretrained.log",
            "weights/{model}.checkpoint",
        ),
        Stage(
            "fetch_log",
            "{model}, training log fetched",
            f"{logs}/fetch/{{model}}-log.log",
            "weights/{model}.log",
        ),
        Stage(
            "draw_detections",
            "{model}, pictures",
            f"{logs}/draw/{{model}}.log",
            f"{detector}/pictures.json",
        ),
        Stage(
            "throughput",
            "{pair}, timing on {device}",
            f"{logs}/profile/{{device}}/{{pair}}.log",
            f"{results}/profile/{{device}}/{{pair}}.json",
        ),
        Stage(
            "focus",
            "{backbone}, focus",
            f"{logs}/focus/{{backbone}}.log",
            f"{results}/focus/{{backbone}}.json",
        ),
        Stage("costs", "costs", f"{logs}/profile/costs.log", f"{results}/profile/costs.json"),
        Stage("audit", "audit of costs", f"{logs}/profile/audit.log", f"{results}/profile/audit.json"),
        Stage("describe_folder", "data set", f"{logs}/data/describe.log", f"{results}/dataset.json"),
        Stage("describe_coco", "detection data set", f"{logs}/data/coco.log", f"{results}/coco.json"),
        Stage("statistics", "statistics", f"{logs}/statistics.log", f"{results}/statistics.json"),
        Stage("thumbnails", "thumbnails", f"{logs}/thumbnails.log", f"{results}/flips.json"),
        Stage("plan", "plan", f"{logs}/plan.log", f"{results}/plan.json"),
        Stage("report", "report", f"{logs}/report.log", "report/index.html"),
        Stage(
            "digits",
            "digits",
            "logs/data/digits-{size}px-seed{digits_seed}.log",
            "data/digits-{size}px-seed{digits_seed}/dataset.json",
        ),
        Stage(
            "scenes",
            "scenes",
            "logs/data/scenes-{size}px-{images_train}+{images_val}-seed{scenes_seed}.log",
            "data/scenes-{size}px-{images_train}+{images_val}-seed{scenes_seed}/dataset.json",
        ),
    ]


def planned_outputs(plan: Plan) -> Iterator[str]:
    """The last file of every job of a workflow; weights are fetched only where they are not here."""
    results, detection = f"results/{plan.config.experiment}", plan.detection
    for task, models in (("classification", plan.networks), ("detection", plan.detectors)):
        for model in models:
            for run in plan.runs_of(model):
                folder = f"{results}/{task}/{model}/{run}"
                yield f"{folder}/train/provenance.json"
                if model in (*plan.models, *plan.detectors):
                    yield f"{folder}/eval/provenance.json"
                if model in plan.models:
                    yield from (f"{folder}/test-{test}/metrics.json" for test in plan.tests)
    for model in plan.pretrained:
        yield from (plan.checkpoint_of(model), *plan.log_of(model))
    yield from (f"{results}/profile/{plan.device}/{pair}.json" for pair in plan.timed)
    yield from (f"{results}/focus/{backbone}.json" for backbone in plan.watched)
    names = ("profile/costs", "profile/audit", "statistics", "flips", "plan")
    yield from (f"{results}/{name}.json" for name in names)
    yield plan.dataset
    if detection:
        yield detection.dataset
        yield from (f"{results}/detection/{detector}/pictures.json" for detector in detection.compared)
    yield "report/index.html"
