"""LaTeX that compiles, whatever the texts are."""

import shutil
import subprocess
from pathlib import Path

import pytest
from experiments import rendered, small

from dcanet.report.latex_text import PACKAGES, latex

HOSTILE = r"\input{x} & % $ # _ { } ~ ^ ^^M [1] *s* a--b ''q'' <script> | ` \" é ł 中 ½ ▲ θ “q” – …"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("a & b % c", r"a \& b \% c"),
        ("[1] *", "{[}1{]} {*}"),
        ("a--b", "a-{}-b"),
        ("−0.12 ± 1", r"$-$0.12 $\pm$ 1"),
        ("two\nlines\t", "two lines"),
        ("é", "é"),
        ("中", "{[}U+4E2D{]}"),
        ("\x00", "{[}U+0000{]}"),
    ],
)
def test_texts(text: str, written: str) -> None:
    assert latex(text) == written


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_both_tables_compile(tmp_path: Path) -> None:
    results = tmp_path / "results"
    pairs, detectors = small(results)
    pairs[1] = pairs[1].model_copy(update={"row": HOSTILE})
    rendered(results, pairs, detectors, tmp_path, data_note=HOSTILE)
    (tmp_path / "all.tex").write_text(
        rf"\documentclass{{article}}\usepackage{{{','.join(PACKAGES)}}}\begin{{document}}"
        r"\input{table1}\input{table2}\end{document}"
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 10_000
