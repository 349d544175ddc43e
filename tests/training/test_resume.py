"""A training continues bit for bit, whatever ends it and whenever."""

import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from dcanet.distributed.ranks import Ranks
from dcanet.documents import read_history
from dcanet.errors import UserError
from dcanet.signals import CONTINUE
from dcanet.training.job import Job
from dcanet.training.recipe import Recipe
from dcanet.training.train import train

MODEL = "dca_se_mobilenet_v2"
RECIPE = {
    "epochs": 2,
    "batch_size": 8,
    "micro_batch_size": 4,
    "optimizer": {"name": "sgd", "learning_rate": 0.05},
    "schedule": {"name": "cosine", "warmup_epochs": 1},
    "ema": 0.9,
    "label_smoothing": 0.1,
    "clip_norm": 5.0,
    "augmentation": {"size": 32},
    "preprocessing": {"resize": 32, "crop": 32},
    "validate_every": 1,
    "select": "best",
}

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["dcanet.training.train"])


@pytest.fixture
def data(image_folder):
    return image_folder(per_class=14)


def job(data, out, workers=0, **changes):
    """A training that saves after every step."""
    return Job(
        model=MODEL,
        options={},
        data=data,
        recipe=Recipe.model_validate(RECIPE | changes),
        seed=0,
        out=out / "train",
        state=out / "state",
        device="cpu",
        workers=workers,
        save_minutes=0,
    )


def run(one):
    torch.set_num_threads(1)
    train(one, Ranks())


def same(first, second):
    """Whether two folders have the same weights, bit for bit, and the same history but for its times."""
    one, other = (load_file(folder / "train/model.safetensors") for folder in (first, second))
    assert one.keys() == other.keys()
    different = [name for name in one if not torch.equal(one[name], other[name])]
    timed = {"seconds", "images_per_second"}
    histories = [
        [record.model_dump(exclude=timed) for record in read_history(folder / "train/history.jsonl")]
        for folder in (first, second)
    ]
    return not different and histories[0] == histories[1]


def test_two_runs_and_any_number_of_workers_are_bit_equal(data, tmp_path):
    for name, workers in (("a", 0), ("b", 0), ("c", 2)):
        run(job(data, tmp_path / name, workers))
    assert same(tmp_path / "a", tmp_path / "b")
    assert same(tmp_path / "a", tmp_path / "c")


@pytest.mark.slow
@pytest.mark.lengthy
def test_killed_at_random_moments(data, tmp_path):
    """SIGKILL at 20 moments, during saves too, which come after every step; with a loader process."""
    lean = {"ema": None, "select": "last"}
    run(job(data, tmp_path / "undisturbed", **lean))
    moments = random.Random(0)
    kills = trainings = 0
    while kills < 20:
        out = tmp_path / f"killed{trainings}"
        trainings += 1
        finished = False
        while not finished:
            child = processes.Process(target=run, args=(job(data, out, workers=1, **lean),))
            child.start()
            child.join(moments.uniform(0.1, 2) if kills < 20 else None)
            finished = child.exitcode is not None
            if finished:
                assert child.exitcode == 0
            else:
                os.kill(child.pid, signal.SIGKILL)
                child.join()
                kills += 1
        assert same(tmp_path / "undisturbed", out)
        assert not (out / "state").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_loaders_end_with_a_killed_training(data, tmp_path):
    """However processes are started: here by a server, which is their parent and lives on."""
    child = processes.Process(target=run, args=(job(data, tmp_path, workers=1, epochs=50),))
    child.start()
    # The training saves from its first step on, and then its loaders are at work.
    while not list((tmp_path / "state").glob("*.pt")) and child.is_alive():
        time.sleep(0.05)
    loaders = children(*children(child.pid))
    assert loaders
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    deadline = time.monotonic() + 20
    while (left := [pid for pid in loaders if Path(f"/proc/{pid}").exists()]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def children(*parents):
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The command's name, which may hold anything, ends at the last bracket.
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) in parents:
                found.append(int(status.parent.name))
    return found


def command(data, out, recipe_file, *more):
    return [
        *(sys.executable, "-m", "dcanet.cli", "train", "--model", MODEL, "--data", str(data)),
        *("--recipe", str(recipe_file), "--out", str(out / "train"), "--state", str(out / "state")),
        *("--device", "cpu", "--threads", "1", *more),
    ]


@pytest.fixture
def recipe_file(tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text(yaml.safe_dump(RECIPE | {"epochs": 40}))
    return file


@pytest.mark.parametrize(
    ("number", "ranks", "workers"),
    [
        (signal.SIGUSR1, 2, 0),
        *(pytest.param(signal.SIGTERM, 1, workers, marks=pytest.mark.slow) for workers in (0, 1)),
    ],
)
def test_a_signal_saves_and_asks_to_be_continued(data, tmp_path, recipe_file, number, ranks, workers):
    """With a loader process it goes to the whole process group, as a terminal or a scheduler sends it."""

    def send(child):
        os.killpg(child.pid, number) if workers else child.send_signal(number)

    line = command(data, tmp_path, recipe_file, "--processes", str(ranks), "--workers", str(workers))
    child = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    assert "epoch 1 of 40" in first, first + child.stdout.read()
    send(child)
    rest, _ = child.communicate(timeout=60)
    assert child.returncode == CONTINUE, rest
    assert rest.strip().endswith("the state is saved; the same command continues")
    assert "Traceback" not in rest

    recipe_file.write_text(yaml.safe_dump(RECIPE | {"epochs": 41}))
    refused = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert "recipe.epochs: 40.0 there, 41.0 now" in refused.stderr
    assert "Traceback" not in refused.stderr

    recipe_file.write_text(yaml.safe_dump(RECIPE | {"epochs": 40}))
    child = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert child.stdout is not None
    assert child.stdout.readline().startswith("continues after step ")
    send(child)
    assert child.wait(60) == CONTINUE


def test_two_ranks_give_the_weights_of_one_process(data, tmp_path, recipe_file):
    """The same global batch in the same micro-batches; sums are in another order, so to float tolerance."""
    recipe_file.write_text(yaml.safe_dump(RECIPE))
    for ranks in ("1", "2"):
        line = command(data, tmp_path / ranks, recipe_file, "--processes", ranks)
        done = subprocess.run(line, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
    one, two = (load_file(tmp_path / ranks / "train/model.safetensors") for ranks in "12")
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-3, atol=1e-5, msg=name)
    first, second = (read_history(tmp_path / ranks / "train/history.jsonl") for ranks in "12")
    assert [r.train_loss for r in first] == pytest.approx([r.train_loss for r in second], rel=1e-4)
    assert [r.valid_loss for r in first] == pytest.approx([r.valid_loss for r in second], rel=1e-3)


def test_a_rank_that_dies_ends_the_training(data, tmp_path, recipe_file):
    line = command(data, tmp_path, recipe_file, "--processes", "2")
    child = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert child.stdout is not None
    assert "epoch 1 of 40" in child.stdout.readline()
    ranks = subprocess.run(["pgrep", "-P", str(child.pid)], capture_output=True, text=True).stdout.split()
    assert len(ranks) == 2
    os.kill(int(ranks[1]), signal.SIGKILL)
    began = time.monotonic()
    rest, _ = child.communicate(timeout=60)
    assert time.monotonic() - began < 60
    assert child.returncode == 1
    assert "rank 1" in rest
    assert "Traceback" not in rest


def test_a_state_that_is_broken_is_not_used(data, tmp_path, capsys):
    """Both generations damaged: a message each, and the training starts afresh."""
    one = job(data, tmp_path, epochs=8)
    child = processes.Process(target=run, args=(one,))
    child.start()
    while not len(list(one.state.glob("state-*.json"))) >= 2:
        assert child.is_alive()
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    for file in one.state.glob("state-*.pt"):
        with open(file, "r+b") as stream:
            stream.seek(5000)
            stream.write(b"damage")
    run(one)
    run(job(data, tmp_path / "undisturbed", epochs=8))
    assert same(tmp_path, tmp_path / "undisturbed")
    assert "does not match its checksum" in capsys.readouterr().err


def test_best_without_validation_is_refused():
    with pytest.raises(ValueError, match="best needs validate_every"):
        Recipe.model_validate(RECIPE | {"validate_every": 0})


def test_a_diverging_training_keeps_its_last_good_state(data, tmp_path):
    wild = {"optimizer": {"name": "sgd", "learning_rate": 1e25}, "clip_norm": None, "epochs": 20}
    with pytest.raises(UserError, match=r"the loss became (nan|inf)"):
        run(job(data, tmp_path, **wild))
    kept = sorted((tmp_path / "state").glob("state-*.pt"))
    for file in kept:
        state = torch.load(file, weights_only=True)
        assert all(torch.isfinite(tensor).all() for tensor in state["model"].values())
