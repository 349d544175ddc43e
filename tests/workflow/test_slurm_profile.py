"""The profile for SLURM speaks of rules that there are, and of all of them that need more than a little."""

import re

import yaml
from working_copy import ROOT

PROFILE = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
TEXT = "\n".join(file.read_text() for file in [ROOT / "Snakefile", *ROOT.glob("workflow/rules/*.smk")])
_, *BLOCKS = re.split(r"^(?:rule|use rule \w+ as) (\w+)", TEXT, flags=re.MULTILINE)
RULES = dict(zip(BLOCKS[::2], BLOCKS[1::2], strict=True))
LOCAL = {name for name, block in RULES.items() if "localrule: True" in block}


def test_every_rule_that_it_names_exists():
    groups = {entry.split("=")[0] for entry in PROFILE["groups"]}
    assert set(PROFILE["set-resources"]) | set(PROFILE["set-threads"]) | groups <= set(RULES) - LOCAL


def test_downloads_and_the_report_are_local():
    assert {"fetch_weights", "fetch_log", "report", "all"} <= LOCAL


def test_timings_are_alone():
    assert PROFILE["set-resources"]["throughput"]["slurm_extra"] == "--exclusive"
    assert "throughput" not in {entry.split("=")[0] for entry in PROFILE["groups"]}


def test_trainings_are_warned_and_put_back():
    trainings = {name for name in RULES if name.startswith("train")}
    for name in trainings:
        assert "--signal=USR1@" in PROFILE["set-resources"][name]["slurm_extra"]
        assert PROFILE["set-resources"][name]["on_warning"] == "requeue"
