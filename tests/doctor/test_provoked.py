"""Each cause provoked for real, as far as that takes no SLURM, and found in the logs that it leaves."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from doctor.provoked import MODEL, RUN, TRAINING_LOG, run_logged, training

from dcanet.doctor.as_text import as_text
from dcanet.doctor.diagnose import diagnose
from dcanet.doctor_documents import Diagnosis, JobFinding


@pytest.fixture
def data(image_folder) -> Path:
    return image_folder(per_class=6)


def only_job(root: Path) -> JobFinding:
    found = diagnose(root, "tiny")
    assert len(found.jobs) == 1, as_text(found)
    job = found.jobs[0]
    assert (job.title, job.rule, job.log) == (f"{MODEL}, seed 0, training", "train", str(TRAINING_LOG))
    return job


def shown(job: JobFinding, root: Path) -> str:
    """The line that is the evidence, looked up where it says it is."""
    assert job.evidence is not None
    assert job.evidence.line is not None
    line = (root / job.evidence.source).read_text(errors="replace").splitlines()[job.evidence.line - 1]
    assert job.evidence.text in line
    return line


@pytest.fixture
def small_files() -> Iterator[None]:
    """Files may have 1 MB, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_truncated_image(tmp_path, data):
    image = data / "train" / "b" / "3.png"
    image.write_bytes(image.read_bytes()[:200])
    assert run_logged(tmp_path, training(tmp_path, data)) == 1
    job = only_job(tmp_path)
    assert (job.state, job.cause) == ("failed", "bad_file")
    assert str(image) in shown(job, tmp_path)
    assert job.change == "replace or remove it, or set on_bad_image: skip in the config"


def test_an_absurd_learning_rate(tmp_path, data):
    wild = {"optimizer": {"name": "sgd", "learning_rate": 1e30}, "epochs": 4}
    assert run_logged(tmp_path, training(tmp_path, data, **wild)) == 1
    job = only_job(tmp_path)
    assert (job.state, job.cause) == ("failed", "diverged")
    assert "not finite" in shown(job, tmp_path) or "loss became" in shown(job, tmp_path)
    assert "learning_rate" in (job.change or "")


def test_a_full_disk(tmp_path, data, small_files):
    assert run_logged(tmp_path, training(tmp_path, data)) == 1
    job = only_job(tmp_path)
    assert (job.state, job.cause) == ("failed", "disk_full")
    assert "cannot be written" in shown(job, tmp_path)
    assert "make room" in (job.change or "")


def test_too_little_memory(tmp_path, data):
    """Of the address space that torch itself fits into, and the maps of large images do not."""
    command = training(tmp_path, data, preprocessing={"resize": 2048, "crop": 2048}, batch_size=12)
    script = (
        "import sys, resource, torch; from dcanet.cli import main; used = int(open('/proc/self/statm').read()"
    )
    script += ".split()[0]) * resource.getpagesize(); limit = used + 500_000_000; "
    script += "resource.setrlimit(resource.RLIMIT_AS, (limit, limit)); sys.exit(main(sys.argv[1:]))"
    with open(tmp_path / TRAINING_LOG, "w") as log:
        command = [sys.executable, "-c", script, *command]
        ended = subprocess.run(command, cwd=tmp_path, stdout=log, stderr=log, timeout=120)
    assert ended.returncode != 0
    job = only_job(tmp_path)
    assert (job.state, job.cause) == ("failed", "host_memory")
    shown(job, tmp_path)


def test_asked_to_stop_and_continued(tmp_path, data):
    command = training(tmp_path, data)
    assert run_logged(tmp_path, command, ends="epoch 1 of 2") == 75
    job = only_job(tmp_path)
    assert (job.state, job.cause) == ("interrupted", "stopped")
    assert job.continues is not None
    assert (job.continues.step, job.continues.steps, job.continues.epochs) == (3, 6, 2)
    diagnosis = diagnose(tmp_path, "tiny")
    assert "    continues after step 3 of 6\n" in as_text(diagnosis)
    assert diagnosis.healthy

    assert run_logged(tmp_path, command) == 0
    assert (tmp_path / RUN / "train" / "provenance.json").is_file()
    assert diagnose(tmp_path, "tiny").counts == {"done": 1}


def test_stopped_without_a_word(tmp_path, data):
    """By a machine that went down: the log just ends, and the state is there."""
    command = training(tmp_path, data)
    run_logged(tmp_path, command, ends="epoch 1 of 2")
    log = tmp_path / TRAINING_LOG
    log.write_text("".join(line for line in log.read_text().splitlines(True) if "dcanet: " not in line))
    job = only_job(tmp_path)
    assert (job.state, job.cause) == ("interrupted", "stopped")
    assert "epoch 1 of 2" in shown(job, tmp_path)


def test_a_diagnosis_comes_back_from_its_file(tmp_path, data):
    run_logged(tmp_path, training(tmp_path, data / "nowhere"))
    found = diagnose(tmp_path, "tiny")
    assert found.jobs[0].cause == "bad_file"
    found.save(tmp_path / "found.json")
    assert Diagnosis.load(tmp_path / "found.json") == found
