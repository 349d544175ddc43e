"""Causes in lines as SLURM, torch, Python and this package write them, and which of several counts."""

import re

import pytest

from dcanet.doctor.advice import TITLES, Facts, change_for
from dcanet.doctor.log_end import Line
from dcanet.doctor.signs import SIGNS, STATES, clue_in, clue_of, last_attempt, last_words
from dcanet.doctor.slurm import Record
from dcanet.doctor.stages import Job
from dcanet.doctor_documents import Continues, Evidence

LINES = [
    ("MissingOutputException in rule train in file ...", "late_files"),
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has ...", "gpu_memory"),
    ("RuntimeError: CUDA error: out of memory", "gpu_memory"),
    (
        "slurmstepd: error: Detected 1 oom_kill event in StepId=12.0. Some of the step tasks ...",
        "host_memory",
    ),
    ("slurmstepd: error: Detected 1 oom-kill event(s) in StepId=12.batch.", "host_memory"),
    ("srun: error: n1: task 0: Out Of Memory", "host_memory"),
    ("slurmstepd: error: Exceeded job memory limit", "host_memory"),
    ("slurmstepd: error: StepId=12.0 exceeded memory limit (900 > 300), being killed", "host_memory"),
    (
        "RuntimeError: [enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory",
        "host_memory",
    ),
    ("OSError: [Errno 12] Cannot allocate memory", "host_memory"),
    (
        "dcanet: a loader process died: DataLoader worker (pid 7) is killed by signal: Killed; "
        "if memory is short, lower the number of workers",
        "host_memory",
    ),
    (
        "RuntimeError: DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that "
        "dataloader's workers are out of shared memory.",
        "shared_memory",
    ),
    ("OSError: [Errno 28] No space left on device: 'results/x'", "disk_full"),
    ("OSError: [Errno 122] Disk quota exceeded", "disk_full"),
    (
        "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT ***",
        "time_limit",
    ),
    (
        "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO NODE FAILURE, SEE ...",
        "node_failure",
    ),
    (
        "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO PREEMPTION ***",
        "preempted",
    ),
    ("slurmstepd: error: *** STEP 12.0 ON n1 CANCELLED AT 2026-01-01T00:00:00 ***", "cancelled"),
    ("dcanet: epoch 1, step 50: the loss became nan; lower the recipe's learning_rate", "diverged"),
    (
        "dcanet: se_resnet50 could not be fetched: drive:ID: Google Drive's quota page (too many ...)",
        "network",
    ),
    ("dcanet: se_resnet50: not here, and `offline` is set: fetch ...", "network"),
    ("dcanet: data/x/a 1.png: image is missing", "bad_file"),
    ("dcanet: labels.csv, line 3: image or class is empty; fill it in", "bad_file"),
    ("dcanet: device: no CUDA GPU here; use device=cpu or device=auto", "refused"),
    ("dcanet: rank 1: lost contact with another rank (timed out); see its own error", "lost_rank"),
    ("dcanet: rank 1: ended with exit code 3", "lost_rank"),
    (
        "dcanet: rank 1: killed by SIGKILL (did the machine run out of memory?); the other ranks were ended",
        "killed",
    ),
    ("bash: line 1:   123 Killed                  dcanet train", "killed"),
    ("command returned non-zero exit status 137.", "killed"),
    ("dcanet: stopped as asked, the state is saved; the same command continues", "stopped"),
    (
        "SLURM sbatch failed. The error message was 'sbatch: error: invalid partition specified: gpu'",
        "submission",
    ),
]


@pytest.mark.parametrize(("text", "cause"), LINES, ids=[text[:40] for text, _ in LINES])
def test_a_line_tells_its_cause(text, cause):
    clue = clue_in([Line(1, "epoch 1"), Line(2, text), Line(3, "epoch 2")], "a.log")
    assert clue is not None
    assert (clue.cause, clue.evidence.line, clue.evidence.text) == (cause, 2, text)


def test_every_cause_of_a_line_is_tried():
    assert {cause for _, cause in LINES} == {cause for cause, _ in SIGNS} | {"bad_file"}


@pytest.mark.parametrize(
    "text",
    [
        "se_resnet50 seed 0 epoch 1 of 2: train loss 1.2, 137 images/s",
        "dcanet: waiting for 1 of the GPU(s) 0, which other jobs have taken",
        "dcanet: state/state-7.pt: does not match its checksum; trying the state of step 3",
        "continues after step 137 of 200",
        "",
    ],
)
def test_an_ordinary_line_is_no_sign(text):
    assert clue_in([Line(1, text)], "a.log") is None


@pytest.mark.parametrize(
    ("root", "follows"),
    [
        (
            "torch.OutOfMemoryError: CUDA out of memory.",
            "dcanet: rank 0: lost contact with another rank (closed by peer); see its own error",
        ),
        ("dcanet: a/0.png: image is missing", "dcanet: rank 0: lost contact with another rank (x)"),
        (
            "slurmstepd: error: *** JOB 1 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT ***",
            "srun: error: n1: task 0: Killed",
        ),
        (
            "slurmstepd: error: *** JOB 1 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT ***",
            "dcanet: stopped as asked, the state is saved; the same command continues",
        ),
        (
            "slurmstepd: error: *** STEP 1.0 ON n1 CANCELLED AT 2026 ***",
            "command returned non-zero exit status 137.",
        ),
    ],
)
def test_the_root_outweighs_what_follows(root, follows):
    for lines in ([root, follows], [follows, root]):
        clue = clue_in([Line(number, text) for number, text in enumerate(lines, 1)], "a.log")
        assert clue is not None
        assert clue.evidence.text == root


@pytest.mark.parametrize("state", [*STATES, "CANCELLED by 1000", "CANCELLED+"])
def test_a_state_tells_its_cause(state):
    clue = clue_of(Record("12", state, "sacct", "0:9", "2000M", "00:30:00", "n1"))
    assert clue is not None
    assert clue.cause == STATES[re.split("[ +]", state)[0]]
    assert clue.evidence.text == f"job 12 {state}, exit code 0:9, memory 2000M, time limit 00:30:00, on n1"


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED", "RUNNING", ""])
def test_other_states_tell_none(state):
    assert clue_of(Record("12", state, "sacct")) is None


def test_attempts_before_the_last_do_not_count():
    started = "  Command: snakemake --executor slurm-jobstep --jobs 1"
    texts = [started, "DUE TO TIME LIMIT", started, "dcanet: a/0.png: image is missing"]
    lines = [Line(number, text) for number, text in enumerate(texts, 1)]
    clue = clue_in(last_attempt(lines), "a.log")
    assert clue is not None
    assert clue.cause == "bad_file"
    killed_early = [Line(1, "CANCELLED AT 2026 DUE TO PREEMPTION"), Line(2, started)]
    assert last_attempt(killed_early) == killed_early


def test_the_last_error_speaks_for_an_unknown_cause():
    texts = ["Traceback (most recent call last):", "ZeroDivisionError: division by zero", "", "=====", "bye"]
    words = last_words([Line(number, text) for number, text in enumerate(texts, 1)], "a.log")
    assert words is not None
    assert (words.is_error, words.evidence.line) == (True, 2)
    words = last_words([Line(1, "epoch 1"), Line(2, "")], "a.log")
    assert words is not None
    assert (words.is_error, words.evidence.text) == (False, "epoch 1")
    assert last_words([], "a.log") is None


JOB = Job(
    "x, seed 0, training", ("train",), "logs/x.log", "r/x/seed0/train/p.json", {"model": "x", "seed": "0"}
)


@pytest.mark.parametrize("cause", TITLES)
@pytest.mark.parametrize("on_slurm", [True, False])
@pytest.mark.parametrize("evidence", [None, Evidence(source="a.log", line=1, text="dcanet: a: b; mend it")])
def test_every_cause_has_one_change(cause, on_slurm, evidence):
    change = change_for(cause, Facts(JOB, evidence, on_slurm=on_slurm))
    assert change
    assert "\n" not in change


@pytest.mark.parametrize(
    ("memory", "raised"), [("2000M", "4000 (it had 2000)"), ("2G", "4096 (it had 2048)"), ("0", "mem_mb")]
)
def test_memory_is_doubled(memory, raised):
    change = change_for(
        "host_memory", Facts(JOB, record=Record("1", "x", "sacct", memory=memory), on_slurm=True)
    )
    assert change.startswith("raise profiles/slurm/config.yaml: set-resources: train: mem_mb")
    assert change.endswith(raised)


def test_a_training_with_a_state_needs_no_more_time():
    continues = Continues(step=3, steps=6, epochs=2)
    assert change_for("time_limit", Facts(JOB, continues=continues)).startswith("run again, it continues")
    record = Record("1", "TIMEOUT", "sacct", time_limit="00:30:00")
    assert change_for("time_limit", Facts(JOB, record=record)).endswith("runtime (it had 00:30:00)")


def test_a_message_of_ours_ends_with_the_change():
    evidence = Evidence(
        source="a.log", line=1, text="dcanet: x could not be fetched: a: b. By hand: fetch u; put it v"
    )
    assert change_for("network", Facts(JOB, evidence)) == "fetch u; put it v"
