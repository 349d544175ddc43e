"""`dcanet plan` as a user meets it, and docs/plan.md, which shows what it prints."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dcanet.errors import UserError
from dcanet.plan_documents import Estimate
from dcanet.planning.units import number

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
TRANSCRIPTS = re.findall(r"```\n\$ dcanet plan (.*?)\n(.*?)```", PAGE, flags=re.S)


Estimator = Callable[..., Estimate]


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("arguments", "printed"), TRANSCRIPTS, ids=[text for text, _ in TRANSCRIPTS])
def test_the_page_shows_what_is_printed(
    run_plan: Callable[..., None], capsys: pytest.CaptureFixture[str], arguments: str, printed: str
) -> None:
    run_plan(*arguments.split())
    assert capsys.readouterr().out == printed, (
        f"docs/plan.md does not show what dcanet plan {arguments} prints"
    )


@pytest.mark.parametrize("config", ["paper", "paper_coco"])
def test_the_page_sums_up(estimated: Estimator, config: str) -> None:
    one, eight = (estimated(config, count=count).total for count in (1, 8))
    cells = [
        *(one.device_hours, one.wall_hours / 24, eight.wall_hours / 24),
        *(one.energy_kwh, one.kept_bytes / 1e9),
    ]
    assert f"| `config/{config}.yaml` | {' | '.join(map(number, cells))} |" in PAGE


def test_the_page_has_both_papers_on_one_and_on_eight() -> None:
    wanted = {
        f"--configfile config/{config}.yaml --device-spec h100 --gpus {count}"
        for config in ("paper", "paper_coco")
        for count in (1, 8)
    }
    assert wanted <= {arguments for arguments, _ in TRANSCRIPTS}


def test_nothing_is_written_unless_asked(
    project: Path, run_plan: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(project)
    run_plan("--device-spec", "cpu", "--cores", "4")
    assert files(project) == before
    shown = capsys.readouterr()
    assert shown.out.startswith("config/config.yaml: experiment digits on 4 x processor core\n")
    assert not shown.err
    run_plan("--device-spec", "cpu", "--cores", "4", "--json", "results/digits/plan.json")
    assert files(project) - before == {project / "results/digits/plan.json"}
    estimate = Estimate.load(Path("results/digits/plan.json"))
    assert estimate.devices.count == 4
    assert all(
        text.split(".")[0].split(":")[0] in shown.out.replace("\n  ", " ") for text in estimate.assumptions
    )


def test_defaults_are_the_machines_and_the_configs(
    run_plan: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    run_plan("--set", "device=cpu")
    assert "x processor core" in capsys.readouterr().out
    run_plan("--configfile", "config/paper.yaml", "--device-spec", "A100")
    assert "on 8 x NVIDIA A100" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--configfile", "no.yaml"], "no.yaml: cannot be read"),
        (["--gpus", "0"], "--gpus: must be at least 1"),
        (["--device-spec", "h10"], "unknown device 'h10'; did you mean 'h100'?"),
        (["--set", "pairs=se_resnet"], "config/config.yaml: pairs: unknown pair 'se_resnet'"),
        (["--set", "recipes.resnet50=no.yaml"], "no.yaml: cannot be read"),
        (["--set", "seeds=[]"], "config/config.yaml: seeds: needs at least one seed"),
    ],
)
def test_mistakes_are_one_line(
    project: Path, run_plan: Callable[..., None], arguments: list[str], message: str
) -> None:
    before = files(project)
    with pytest.raises(UserError) as told:
        run_plan(*arguments, "--json", "plan.json")
    assert message in told.value.line()
    assert "\n" not in told.value.line()
    assert files(project) == before


def test_the_workflows_config_can_come_through_a_pipe(project: Path) -> None:
    """As the workflow gives it: its config may be changed on snakemake's command line."""
    code = "import argparse; from dcanet.commands import plan as p; a = argparse.ArgumentParser(); "
    code += "p.add_arguments(a); p.run(a.parse_args())"
    command = [
        sys.executable,
        "-c",
        code,
        "--configfile",
        "/dev/stdin",
        "--device-spec",
        "cpu",
        "--gpus",
        "2",
    ]
    config = (project / "config" / "config.yaml").read_text()
    shown = subprocess.run(command, input=config, capture_output=True, text=True, check=True, cwd=project)
    assert "experiment digits on 2 x processor core" in shown.stdout


def test_nothing_heavy_is_imported(project: Path) -> None:
    code = (
        "import sys, argparse; from dcanet.commands import plan as p; a = argparse.ArgumentParser(); "
        "p.add_arguments(a); p.run(a.parse_args(['--device-spec', 'h100'])); "
        "print(*sys.modules, file=sys.stderr)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=project
    )
    assert not {"torch", "pandas", "scipy", "numpy", "snakemake", "requests"} & set(shown.stderr.split())
