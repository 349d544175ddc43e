"""Every command of the guide and the README does what the page says, or is at least one that can be given."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import BLOCK, Block, blocks, commands, missing_line
from snakemake.cli import get_argument_parser
from working_copy import ROOT, copy_workflow

from dcanet.cli import build_parser

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
#: Commands of others, which no parser here knows.
OTHERS = {"apptainer", "ln", "mkdir", "cd", "git", "uv", "tensorboard", "for", "done", "do", "sbatch", "."}
TARGETS = {"all", "table1", "table2", "profile", "report"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def read(page: Path) -> list[Block]:
    return list(blocks(page.read_text(encoding="utf-8")))


def outside_of_blocks(page: Path) -> str:
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def with_commands(*, slow: bool) -> list[Path]:
    """Pages with something to run; of the slow ones only those that have more than the others run."""
    marks = {"slow", "planned"} if slow else {""}
    return [page for page in PAGES if any(block.is_commands and block.mark in marks for block in read(page))]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """By bash, as a user in the activated environment; the source tree that is tested comes first."""
    environment = {key: value for key, value in os.environ.items() if not re.search("_proxy$", key, re.I)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["PYTHONPATH"] = f"{ROOT}:{environment.get('PYTHONPATH', '')}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )


def follow(page: Path, folder: Path, *, slow: bool) -> None:
    """Do what a page says from top to bottom, in a copy of the workflow."""
    copy_workflow(folder)
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs/my_blocks.py", folder / "docs")
    for block in read(page):
        where = f"{name_of(page)}, line {block.line}"
        if block.file:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.is_commands and block.mark == "planned" and slow:
            plan(block, folder, where)
        elif block.is_commands and (block.mark == "" or (block.mark == "slow" and slow)):
            for command, expected in block.steps:
                result = run(command, folder)
                assert expected or result.returncode == 0, f"{where}: {result.stdout[-3000:]}"
                line = missing_line(expected, result.stdout)
                assert line is None, f"{where}: not printed: {line}\n{result.stdout[-3000:]}"


def plan(block: Block, folder: Path, where: str) -> None:
    """Let snakemake plan what takes too long, as if the data were there."""
    for data in ("imagenet", "coco"):
        (folder / "data" / data).mkdir(parents=True, exist_ok=True)
    for line in block.script.replace("\\\n", " ").splitlines():
        if line.startswith("snakemake ") and "--report" not in line:
            result = run(line.partition("#")[0] + " --dry-run --quiet", folder)
            assert result.returncode == 0, f"{where}: {line}: {result.stdout[-3000:]}"


#: Pages whose slow commands are whole runs.
LENGTHY = {"byhand.md", "quickstart.md"}
SLOW = with_commands(slow=True)


@pytest.mark.parametrize(
    "page",
    # Of the slow ones that are not lengthy `test_slow_commands_work` gives these commands too.
    [
        pytest.param(page, id=name_of(page))
        for page in with_commands(slow=False)
        if page not in SLOW or page.name in LENGTHY
    ],
)
def test_commands_work(page, tmp_path):
    follow(page, tmp_path / "clone", slow=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=name_of(page), marks=pytest.mark.lengthy if page.name in LENGTHY else ())
        for page in SLOW
    ],
)
def test_slow_commands_work(page, tmp_path):
    follow(page, tmp_path / "clone", slow=True)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_can_be_given(page, capsys):
    """Its arguments are known, and so are its targets, and what it names in config/ is there."""
    indented = re.search(r"^ {4}(dcanet|snakemake|make) .*", outside_of_blocks(page), re.M)
    assert not indented, f"{name_of(page)}: in no fenced block, so not looked at: {indented[0]}"
    for block in read(page):
        if not block.is_commands or not block.mark:
            continue
        for words in commands(block.script):
            where = f"{name_of(page)}, line {block.line}: {' '.join(words)}"
            try:
                given(words)
            except SystemExit:
                pytest.fail(f"{where}: {capsys.readouterr().err}")
            for word in words:
                if word.startswith("config/"):
                    assert (ROOT / word).exists(), f"{where}: there is no {word}"


def given(words: list[str]) -> None:
    """Parse a command as its program does; AssertionError or SystemExit for one that it would refuse."""
    program, *arguments = words
    if "dcanet.cli" in words:
        program, arguments = "dcanet", words[words.index("dcanet.cli") + 1 :]
    if program == "dcanet":
        build_parser().parse_args(arguments)
    elif program == "snakemake":
        targets = get_argument_parser().parse_args(arguments).targets
        assert TARGETS.issuperset(targets), f"no such targets: {targets}"
    elif program == "make":
        targets = [word for word in arguments if "=" not in word]
        phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)
        assert phony
        assert set(phony[1].split()) >= set(targets), f"no such targets: {targets}"
    else:
        assert program in OTHERS or shutil.which(program), f"no such program: {program}"


def test_a_typo_is_found():
    script = "dcanet trian --model x\n"
    with pytest.raises(SystemExit):
        given(next(commands(script)))
    with pytest.raises(AssertionError, match="no such targets"):
        given(["snakemake", "tabel1"])
    with pytest.raises(ValueError, match="no such mark"):
        list(blocks("<!-- skipped: because -->\n```sh\nls\n```\n"))
    assert missing_line(["one", "...", "two"], "one\nthree\n") == "two"
