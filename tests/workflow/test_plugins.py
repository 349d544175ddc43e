"""The workflow on a block, data set, metric and recipe of one's own, in files beside the config."""

import csv
import html
import shlex

import pytest
from working_copy import RECIPE, ROOT, planned, snakemake, working_copy

from dcanet.plan_documents import Estimate

PAIR, CONNECTED = "mine_mobilenet_v2", "dca_mine_mobilenet_v2"
#: Beside the pair of one's own: its variant, which shares the baseline.
VARIANT = f"{CONNECTED}__merge_addition"
#: What a shell, or Snakemake's formatting of shell lines, would make something of.
FILE = "my {wildcards} $(touch ran); `touch ran` | 'blocks'.py"

BLOCK = '''
import torch
from torch import nn

from dcanet.plugins import ChannelAttention, register_attention


@register_attention("mine")
class Mine(ChannelAttention):
    """sigmoid(w x mean) of each channel."""

    def __init__(self, channels):
        super().__init__(channels)
        self.weight = nn.Parameter(torch.ones(channels))

    def transform(self, extracted):
        return torch.sigmoid(self.weight * extracted)
'''
OTHERS = f'''
import numpy as np
from PIL import Image

from dcanet.plugins import register_dataset, register_metric, register_recipe


@register_dataset("shades")
def shades(folder, images=6):
    for split in ("train", "val"):
        for label in range(2):
            (folder / split / f"class {{label}}").mkdir(parents=True)
            for index in range(images):
                pixels = np.random.default_rng(index).integers(0, 80, (32, 32, 3)) + 170 * label
                file = folder / split / f"class {{label}}" / f"{{index}}.png"
                Image.fromarray(pixels.astype(np.uint8)).save(file)


@register_metric("surprise", label="Surprise", unit="bits", direction="lower")
def surprise(loss):
    """Bits of the true class."""
    return loss / np.log(2)


@register_recipe("quick")
def quick():
    return {RECIPE!r}
'''

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A working copy after a whole run."""
    root = working_copy(
        tmp_path_factory.mktemp("plugins") / "copy",
        plugins=[FILE, "others.py"],
        pairs=[PAIR, VARIANT],
        pairs_sheet="config/own.tsv",
        data={"name": "shades", "images": 8},
        recipes={"mobilenet_v2": "quick"},
    )
    (root / FILE).write_text(BLOCK)
    (root / "others.py").write_text(OTHERS)
    head = (ROOT / "config/pairs.tsv").read_text().splitlines()[0]
    plain = ["mobilenet_v2", "mobilenet_v2", "MobileNetV2", "mobilenet_v2", "none", "false", *[""] * 6]
    (root / "config/own.tsv").write_text("\n".join([head, "\t".join(plain)]) + "\n")
    result = snakemake(root)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return root


def test_the_report_has_its_row_its_difference_and_its_page(done):
    with open(done / "report/table1.csv", encoding="utf-8", newline="") as file:
        rows = {row["row"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["MobileNetV2", "MINE-MobileNetV2", "MINE-MobileNetV2, merge addition"]
    own = rows["MINE-MobileNetV2"]
    for column in ("own_surprise_value", "params_count", "throughput_cpu_images_per_second"):
        assert float(own[f"ours_baseline_{column}"]) > 0
    top1 = [float(own[f"ours_{side}_top1_percent"]) for side in ("baseline", "dca")]
    assert float(own["ours_delta_top1_points"]) == pytest.approx(top1[1] - top1[0])
    assert float(own["ours_delta_top1_points_low"]) <= top1[1] - top1[0]
    assert own["paper_imagenet_delta_top1_points"] == "not in paper"
    surprises = [float(own[f"ours_{side}_own_surprise_value"]) for side in ("baseline", "dca")]
    assert float(own["ours_delta_own_surprise_value"]) == pytest.approx(surprises[1] - surprises[0])
    page = (done / "report/index.html").read_text()
    for pair in (PAIR, VARIANT):
        assert f'id="pair-{pair}"' in page
        assert (done / f"results/tiny/profile/cpu/{pair}.json").is_file()
    assert "MINE-MobileNetV2, merge addition: block" in page  # its drawing
    assert "Surprise" in (done / "report/tables.md").read_text()
    assert Estimate.load(done / "results/tiny/plan.json").networks[0].network == PAIR


def test_the_shared_baseline_is_trained_once_by_a_command_that_works_by_hand(done):
    trained = sorted(path.name for path in (done / "results/tiny/classification").iterdir())
    assert trained == [CONNECTED, VARIANT, PAIR]
    assert f"--plugin {shlex.quote(FILE)}" in html.unescape((done / "report/index.html").read_text())


def test_no_name_of_a_file_runs_as_a_command(done):
    assert not (done / "ran").exists()


def test_only_changes_of_the_code_make_anew_what_comes_from_it(done):
    block, others = done / FILE, done / "others.py"
    block.write_text(f"# A comment.\n{BLOCK}")
    assert planned(done) == {}
    block.write_text(BLOCK.replace("torch.ones", "torch.zeros"))
    changed = planned(done)
    assert {rule: changed[rule] for rule in ("train", "evaluate", "costs", "throughput")} == {
        "train": 3,
        "evaluate": 3,
        "costs": 1,
        "throughput": 2,
    }
    assert "own_data" not in changed
    block.write_text(BLOCK)
    others.write_text(OTHERS.replace("/ np.log(2)", "/ np.log(4)"))
    # One file has the data set and the metric.
    assert {"own_data", "train", "statistics"} <= planned(done).keys()
    others.write_text(OTHERS)


def test_a_broken_plugin_is_one_line(done):
    (done / FILE).write_text(BLOCK.replace('"mine"', '"se"'))
    result = snakemake(done, "--dry-run")
    (done / FILE).write_text(BLOCK)
    assert result.returncode != 0
    assert f"{FILE}:8: attention 'se' is registered already, by dcanet" in result.stderr + result.stdout
    assert "Traceback" not in result.stderr + result.stdout
