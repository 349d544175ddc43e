"""What the project asks of its speed: every row of the page, whether it was measured or not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A figure that is asked for; `bound` is the least of it, or with `at_most` the most."""

    what: str
    against: str
    command: str
    bound: float | None
    unit: str = "×"
    at_most: bool = False

    def reached(self, value: float) -> bool | None:
        """None where nothing is asked."""
        if self.bound is None:
            return None
        return value <= self.bound if self.at_most else value >= self.bound

    def verdict(self, value: float) -> str:
        """In a word; none where nothing is asked."""
        return {True: "reached", False: "short", None: ""}[self.reached(value)]

    def with_unit(self, value: float) -> str:
        return f"{value:.3g} {self.unit}".strip()

    @property
    def asked(self) -> str:
        if self.bound is None:
            return "stated"
        least = "at most" if self.at_most else "at least"
        return f"{least} {self.bound:g}\N{NO-BREAK SPACE}{self.unit}".rstrip()


def at_most(what: str, against: str, command: str, bound: float, unit: str) -> Target:
    return Target(what, against, command, bound, unit, at_most=True)


def stated(what: str, command: str, unit: str) -> Target:
    return Target(what, "", command, None, unit)


GPU = "--device cuda --batch-size 128 --launch graphed compiled"
FORMULATION = "the authors' formulation"
EVALUATION = 'evaluation --validate validate.py --weights W --data DATA --timm "" "-b 4 --channels-last"'
TRAINING = "training --data DATA --timm-train train.py"

TARGETS: dict[str, Target] = {
    "evaluation": Target(
        "evaluation of 1,000 JPEGs on a CPU, end to end", "timm's validate.py, same settings", EVALUATION, 1.5
    ),
    "evaluation_best": Target(
        "evaluation of 1,000 JPEGs on a CPU, beside the fastest settings",
        "timm's validate.py at its best settings",
        EVALUATION,
        1.5,
    ),
    "training_epoch_cpu": Target(
        "training epoch on a CPU", "timm's and torchvision's train.py", TRAINING, 1.2
    ),
    "training_step_cpu": Target("training step on a CPU", "theirs, on a batch that is there", TRAINING, 1.2),
    "training_epoch_gpu": Target(
        "training epoch on a GPU", "timm's and torchvision's train.py", f"{TRAINING} --device cuda", 1.1
    ),
    "training_step_gpu": Target(
        "training step on a GPU", "theirs, on a batch that is there", f"{TRAINING} --device cuda", 1.1
    ),
    "gpu_busy": Target(
        "GPU busy while ResNet50 trains from JPEGs in bfloat16", "", f"{TRAINING} --device cuda", 90, "%"
    ),
    "input_pipeline": Target(
        "training images made per second of processor time",
        "torchvision's loader",
        "input_pipeline --data DATA",
        None,
    ),
    "inference": Target("inference in float32", FORMULATION, "model_speed", 1.5),
    "inference_bfloat16": Target("inference in bfloat16", FORMULATION, "model_speed", 2.5),
    "step": Target("training step in float32", FORMULATION, "model_speed", 1.3),
    "step_bfloat16": Target("training step in bfloat16", FORMULATION, "model_speed", 2.5),
    "inference_gpu": Target("inference on a GPU", FORMULATION, f"model_speed {GPU}", 1.5),
    "step_gpu": Target("training step on a GPU", FORMULATION, f"model_speed {GPU}", 1.3),
    "attention": at_most("what attention adds to an inference", "the plain backbone", "model_speed", 12, "%"),
    "connection": at_most(
        "what connecting adds to an inference", "the attention baseline", "model_speed", 3, "%"
    ),
    "attention_step": at_most(
        "what attention adds to a training step", "the plain backbone", "model_speed", 12, "%"
    ),
    "connection_step": at_most(
        "what connecting adds to a training step", "the attention baseline", "model_speed", 3, "%"
    ),
    "attention_step_gpu": at_most(
        "what attention adds to a training step on a GPU", "the plain backbone", f"model_speed {GPU}", 12, "%"
    ),
    "connection_step_gpu": at_most(
        "what connecting adds to a training step on a GPU",
        "the attention baseline",
        f"model_speed {GPU}",
        3,
        "%",
    ),
    "attention_gpu": at_most(
        "what attention adds to an inference on a GPU",
        "the plain backbone",
        f"model_speed {GPU}",
        12,
        "%",
    ),
    "connection_gpu": at_most(
        "what connecting adds to an inference on a GPU",
        "the attention baseline",
        f"model_speed {GPU}",
        3,
        "%",
    ),
    "coco_metrics": Target("COCO's numbers, val2017's size", "pycocotools", "detection_evaluation", 50),
    "coco_difference": at_most(
        "largest difference of COCO's numbers", "pycocotools", "detection_evaluation", 0, ""
    ),
    "ap_bootstrap": Target(
        "the bootstrap of AP", "hotcoco.compare, per resample", "detection_evaluation", None
    ),
    "depthwise": Target("training step with our depthwise gradients", "with oneDNN's", "depthwise", None),
    "statistics": stated("the statistics of Table 1, processor time", "statistics_speed", "s"),
    "paired_bootstrap": Target(
        "the bootstrap of a difference", "scipy.stats.bootstrap", "statistics_speed", None
    ),
    "coverage": stated("how often 95 % intervals hold the truth", "statistics_coverage", "%"),
    "false_verdicts": stated("tables with a verdict where none is due", "statistics_coverage", "%"),
    "power": stated("differences found that are said to be detectable", "statistics_coverage", "%"),
    "detector_inference": Target(
        "inference of a detector", "torchvision's RetinaNet, same backbone", "detection_speed", 1.0
    ),
    "detector_step": Target(
        "training step of a detector", "torchvision's RetinaNet, same backbone", "detection_speed", 1.0
    ),
    "help": at_most("dcanet --help, processor time", "", "startup", 0.3, "s"),
    "dry_run": at_most("snakemake -n, processor time", "", "startup", 5, "s"),
    "early_torch": at_most("commands that import torch before it is needed", "", "startup", 0, ""),
    "orchestration": at_most(
        "the workflow's run",
        "its stages' commands on the same cores",
        "orchestration",
        1.15,
        "×",
    ),
    "orchestration_work": at_most(
        "the workflow's run",
        "its stages' work, without starting Python and importing torch",
        "orchestration",
        1.15,
        "×",
    ),
    "growth_slope": at_most("growth with the number of models, exponent", "linear", "growth", 1.15, ""),
    "growth_seconds": at_most("tables and report of 1,000 models, processor time", "", "growth", 30, "s"),
    "growth_plan_seconds": stated("planning 1,000 trainings, processor time", "growth", "s"),
    "growth_memory": at_most("largest memory with 1,000 models", "", "growth", 2.0, "GiB"),
    "disk": at_most("files of a finished model of ImageNet's size", "its bare weights", "disk", 1.3, "×"),
    "disk_state": stated("state of a training of ImageNet's size that goes on", "disk", "×"),
}
