"""`dcanet report --watch` renders anew when results change."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from made_up import run_folder, write_run


@pytest.fixture
def watching(tmp_path: Path):
    """A function that starts the command on a folder and ends it afterwards."""
    started: list[subprocess.Popen[str]] = []

    def start(results: Path) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", "dcanet.cli", "report", str(results), "--out", str(tmp_path / "out")]
        started.append(
            subprocess.Popen(
                [*line, "--watch", "0.1"],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                preexec_fn=heeds_interrupts,
            )
        )
        return started[-1]

    yield start
    for process in started:
        with process:
            process.kill()


def heeds_interrupts() -> None:
    """Of tests in the background a shell has all processes ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def rendered(process: subprocess.Popen[str]) -> str:
    """Waits for the next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline()


def test_it_renders_now_and_after_every_change(tmp_path: Path, watching) -> None:
    results, page = tmp_path / "results", tmp_path / "out" / "index.html"
    process = watching(results)
    assert "the report is at" in rendered(process)
    assert "12.34" not in page.read_text()
    write_run(results, "se_resnet50", top1=12.34)
    while "12.34" not in page.read_text():
        assert "the report is at" in rendered(process)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def test_states_and_temporary_files_are_no_change(tmp_path: Path, watching) -> None:
    results = tmp_path / "results"
    process = watching(results)
    assert "the report is at" in rendered(process)
    state = run_folder(results, "se_resnet50", 0) / "state"
    state.mkdir(parents=True)
    (state / "state-1.pt").write_text("something")
    (state.parent / ".metrics.json.part").write_text("half of")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=20)
    assert rest == ""


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "often"])
def test_an_interval_that_is_none(seconds: str, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "dcanet.cli", "report", str(tmp_path), "--watch", seconds]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"{seconds!r} is no number of seconds above 0" in done.stderr
    assert not list(tmp_path.iterdir())
