"""The workflow on a real SLURM: whole, over nodes, and through all that ends a job before its time."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from cluster import Cluster, is_alive, run, wait_for
from small_site import PROFILE, laboratory, running
from working_copy import RECIPE, keep_pairs, snakemake

pytestmark = pytest.mark.slurm

MODEL = "mobilenet_v2"
TRAINING = f"rule_train_wildcards_{MODEL}_0"
#: Micro-batches keep a batch the same on one rank and on two.
SHORT = RECIPE | {
    "epochs": 16,
    "batch_size": 8,
    "micro_batch_size": 4,
    "optimizer": {"name": "sgd", "learning_rate": 0.01},
}


def trained_here(root: Path, **training: int) -> Path:
    """A copy in which one network was trained on this machine, without SLURM."""
    laboratory(root, images=40, recipe=SHORT, pairs=[MODEL], training={"save_minutes": 0.05, **training})
    done = snakemake(root, "--until", "train")
    assert done.returncode == 0, done.stderr[-3000:]
    return root


@pytest.fixture(scope="session")
def alone(cluster, tmp_path_factory):
    """Trained by one process."""
    return trained_here(tmp_path_factory.mktemp("alone") / "copy")


@pytest.fixture(scope="session")
def two_ranks(cluster, tmp_path_factory):
    """Trained by two processes."""
    return trained_here(tmp_path_factory.mktemp("two") / "copy", processes=2)


def untrained(reference: Path, root: Path, **resources: object) -> Path:
    """A copy of a reference whose training is to be done again, with other resources of its rule."""
    shutil.copytree(reference, root)
    for folder in (weights(root).parent, root / "logs"):
        shutil.rmtree(folder)
    if resources:
        file = root / PROFILE / "config.yaml"
        profile = yaml.safe_load(file.read_text())
        profile["set-resources"]["train"] |= resources
        file.write_text(yaml.safe_dump(profile))
    return root


def weights(root: Path) -> Path:
    return root / f"results/tiny/classification/{MODEL}/seed0/train/model.safetensors"


def log(root: Path) -> str:
    """What the training in progress or the last one has said."""
    file = root / f"logs/tiny/train/{MODEL}-seed0.log"
    return file.read_text() if file.exists() else ""


def same_weights(root: Path, reference: Path) -> bool:
    digests = {hashlib.sha256(weights(folder).read_bytes()).hexdigest() for folder in (root, reference)}
    return len(digests) == 1


def wait_for_epoch(root: Path, number: int) -> None:
    wait_for(f"epoch {number}", 120, lambda: f"epoch {number} of" in log(root))


def wait_for_the_end(processes: list[int]) -> None:
    """Of what is held: SLURM ends it, or has it save and end."""
    wait_for("the end of what is held", 150, lambda: not any(map(is_alive, processes)))


def continued_after(root: Path) -> int:
    """The step after which the last part of a training went on."""
    found = re.search(r"continues after step (\d+) of", log(root))
    assert found, log(root)
    return int(found[1])


def states(cluster: Cluster, before: int = 0) -> list[str]:
    """How the training's jobs ended, each time they ran, but for the first `before`."""
    return [state for (state,) in cluster.finished(TRAINING, "State")][before:]


@pytest.fixture
def history(cluster):
    """How many trainings the accounting knew before a test."""
    return len(cluster.finished(TRAINING, "State"))


def test_the_workflow_runs_whole(cluster, tmp_path):
    root = laboratory(tmp_path / "copy", pairs=["se_mobilenet_v2"])
    keep_pairs(root, "mobilenet_v2", "se_mobilenet_v2")
    with running(root) as whole:
        whole.finish()
    assert "SE-MobileNetV2" in (root / "report/tables.md").read_text()
    local = laboratory(tmp_path / "local", pairs=["se_mobilenet_v2"])
    keep_pairs(local, "mobilenet_v2", "se_mobilenet_v2")
    assert snakemake(local, "--until", "train").returncode == 0
    for model in ("se_mobilenet_v2", "dca_se_mobilenet_v2"):
        file = f"results/tiny/classification/{model}/seed0/train/model.safetensors"
        assert (root / file).read_bytes() == (local / file).read_bytes()
    with running(root, "--dry-run") as again:
        assert "Nothing to be done" in again.finish()


def test_two_nodes_train_as_two_ranks_do_and_go_on_after_a_warning(cluster, two_ranks, tmp_path, history):
    root = untrained(two_ranks, tmp_path / "copy")
    over_nodes(root)
    with running(root, "--until", "train") as training:
        job = cluster.running(TRAINING)
        assert job.node == "n[1-2]"
        wait_for_epoch(root, 2)
        run("scancel", "--signal=USR1", job.number)  # as SLURM does before the time limit
        output = training.finish()
    assert same_weights(root, two_ranks)
    assert continued_after(root) >= 20
    assert states(cluster, history) == ["REQUEUED", "COMPLETED"]
    assert "Trying to restart" not in output  # no retry was spent


def test_two_nodes_evaluate_as_one_process_does(cluster, two_ranks, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for root in (one, two):
        shutil.copytree(two_ranks, root)
    over_nodes(two)
    with running(two, "--until", "evaluate", "--rerun-triggers", "mtime") as evaluation:
        assert cluster.running(f"rule_evaluate_wildcards_{MODEL}_seed0").node == "n[1-2]"
        evaluation.finish()
    assert snakemake(one, "--until", "evaluate").returncode == 0
    answers = [
        json.loads((root / f"results/tiny/classification/{MODEL}/seed0/eval/metrics.json").read_text())
        for root in (one, two)
    ]
    assert answers[0]["images"] == answers[1]["images"] == 12
    assert answers[0]["top1_percent"] == answers[1]["top1_percent"]
    assert answers[0]["nll"] == pytest.approx(answers[1]["nll"], rel=1e-5)


def over_nodes(root: Path) -> None:
    """Change a copy's config: one rank on each of two nodes."""
    file = root / "config/config.yaml"
    spread = {"nodes": 2, "processes": 1}
    config = yaml.safe_load(file.read_text())
    config["training"] |= spread
    file.write_text(yaml.safe_dump(config | {"evaluation": spread}))


def test_a_cancelled_training_goes_on(cluster, alone, tmp_path, history):
    root = untrained(alone, tmp_path / "copy")
    with running(root, "--until", "train") as training:
        job = cluster.running(TRAINING)
        wait_for_epoch(root, 2)
        run("scancel", job.number)
        output = training.finish()
    assert same_weights(root, alone)
    assert continued_after(root) >= 20
    first, second = states(cluster, history)
    assert (first.split()[0], second) == ("CANCELLED", "COMPLETED")
    assert output.count("Trying to restart") == 1


def test_a_training_goes_on_after_its_node_died(cluster, alone, tmp_path, history):
    root = untrained(alone, tmp_path / "copy")
    with running(root, "--until", "train") as training:
        job = cluster.running(TRAINING)
        wait_for_epoch(root, 4)
        cluster.kill_node(job.node)
        try:
            training.finish()
        finally:
            cluster.start_node(job.node)
            cluster.wait_for_nodes()
    assert same_weights(root, alone)
    assert continued_after(root) >= 1  # the last save within the epoch, of three seconds before at most
    assert states(cluster, history)[-1] == "COMPLETED"


def test_a_preempted_training_goes_on(cluster, alone, tmp_path, history):
    root = untrained(alone, tmp_path / "copy", slurm_partition="low")
    with running(root, "--until", "train") as training:
        cluster.running(TRAINING)
        wait_for_epoch(root, 2)
        with cluster.held(TRAINING) as processes:
            run("sbatch", "-p", "high", "-N2", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 3")
            wait_for_the_end(processes)
        output = training.finish()
    assert same_weights(root, alone)
    assert continued_after(root) >= 20
    assert states(cluster, history)[-1] == "COMPLETED"
    assert "Trying to restart" not in output


def test_a_training_survives_a_restart_of_the_controller(cluster, alone, tmp_path, history):
    root = untrained(alone, tmp_path / "copy")
    with running(root, "--until", "train") as training:
        cluster.running(TRAINING)
        wait_for_epoch(root, 2)
        with cluster.held(TRAINING):
            cluster.stop_controller()
            wait_for("a poll that finds nobody", 60, lambda: "MinJobAge=None" in training.output)
        wait_for_epoch(root, 8)
        cluster.start_controller()
        training.finish()
    assert same_weights(root, alone)
    assert states(cluster, history) == ["COMPLETED"]


def test_a_training_longer_than_its_time_limit(cluster, alone, tmp_path, history):
    root = untrained(alone, tmp_path / "copy", runtime=1, slurm_extra="--signal=USR1@15 --open-mode=append")
    with running(root, "--until", "train") as training:
        wait_for_epoch(root, 1)
        with cluster.held(TRAINING) as processes:
            wait_for_the_end(processes)
        training.finish()
    assert same_weights(root, alone)
    assert continued_after(root) >= 1
    assert states(cluster, history)[-1] == "COMPLETED"
    assert len(states(cluster, history)) > 1


def test_memory_alone_grows_where_memory_was_lacking(cluster, alone, tmp_path, history):
    root = untrained(alone, tmp_path / "copy", mem_mb=400)
    with running(root, "--until", "train") as training:
        training.finish()
    assert same_weights(root, alone)
    asked = run(
        "sacct", "-a", "-n", "-P", "-X", "-D", "-S", "now-1days", "-o", "ReqMem,Timelimit,State,Comment"
    )
    attempts = [line.split("|") for line in asked.splitlines() if line.endswith(TRAINING)][history:]
    assert [memory for memory, *_ in attempts[:2]] == ["400M", "800M"]
    assert {limit for _, limit, *_ in attempts} == {"00:10:00"}
    assert attempts[-1][2] == "COMPLETED"


def test_snakemake_interrupted_leaves_no_job_and_goes_on(cluster, alone, tmp_path):
    root = untrained(alone, tmp_path / "copy")
    with running(root, "--until", "train") as training:
        cluster.running(TRAINING)
        wait_for_epoch(root, 2)
        training.process.send_signal(2)
        training.process.wait(60)
        wait_for("the end of its jobs", 60, lambda: not cluster.jobs())
    with running(root, "--until", "train") as training:
        training.finish()
    assert same_weights(root, alone)
    assert continued_after(root) >= 20


def test_a_step_over_nodes_outside_a_job_says_what_to_do(cluster, alone):
    arguments = [
        "--data",
        "images",
        "--recipe",
        "config/recipes/tiny.yaml",
        "--out",
        "out",
        "--device",
        "cpu",
        "--nodes",
        "2",
    ]
    command = [shutil.which("dcanet") or "dcanet", "train", "--model", MODEL, *arguments]
    done = subprocess.run(command, cwd=alone, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no job of SLURM" in done.stderr
