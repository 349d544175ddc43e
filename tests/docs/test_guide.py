"""The guide builds without a warning, its messages are those of the code, and links lead somewhere."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from working_copy import ROOT

from dcanet.cli import VERBS

FOLDERS = ("docs", "config", "benchmarks", "results", "report", "tests/oracle")
MARKDOWN = [path for folder in (".", *FOLDERS) for path in sorted((ROOT / folder).glob("*.md"))]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """As `make docs` does."""
    out = tmp_path_factory.mktemp("docs")
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-b", "html"]
    result = subprocess.run(
        [*build, "-d", str(out / "doctrees"), str(ROOT / "docs"), str(out / "html")],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return out / "html"


def test_the_reference_has_every_verb(built):
    page = (built / "commands.html").read_text(encoding="utf-8")
    for verb in VERBS:
        assert f'id="dcanet-{verb}"' in page
    for argument in ("--save-minutes", "--accept-change", "--fail-if-worse", "--structures"):
        assert argument in page


def test_nothing_is_fetched_by_the_pages(built):
    for page in built.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'<(script|img|iframe)[^>]*\ssrc="https?:', text), page.name
        assert not re.search(r'<link[^>]*rel="stylesheet"[^>]*href="https?:', text), page.name


def test_messages_in_troubleshooting_are_those_of_the_code():
    said = "\n".join(
        node.value
        for path in (ROOT / "dcanet").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| message .*?\n\n", page, re.M | re.S)
    messages = [row for table in tables for row in re.findall(r"^\| `(.*?)` \|", table, re.M)]
    assert len(messages) > 10
    for message in messages:
        for part in filter(None, map(str.strip, message.split("…"))):
            assert part in said, message


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_citation_file_cites_the_software_and_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    required = {"cff-version", "message", "title", "authors"}
    assert required <= citation.keys()
    assert citation["type"] == "software"
    assert f'version = "{citation["version"]}"' in (ROOT / "pyproject.toml").read_text()
    (paper,) = citation["references"]
    assert {"type", "title", "authors"} <= paper.keys()
    assert "2007.05099" in str(paper["identifiers"])
    known = {"family-names", "given-names", "name", "orcid", "affiliation"}
    for person in [*citation["authors"], *paper["authors"]]:
        assert person.keys() <= known


def test_what_snakemakes_catalogue_asks_for_is_there():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert isinstance(usage["mandatory-flags"]["flags"], str)
    assert set(usage["software-stack-deployment"].values()) == {True, False}
    assert usage["report"] is True
    for file in ("workflow/Snakefile", "config/README.md", "LICENSE"):
        assert (ROOT / file).is_file()
    assert {"snakemake", "workflow"} <= set(re.findall(r"\w+", (ROOT / "README.md").read_text().lower()))
