"""A real SLURM on this one machine: munged, slurmctld, two slurmd, and the database of accounting.

No systemd and no cgroups are needed, but root and Debian's slurm-wlm, slurmdbd, munge and mariadb-server.
The nodes claim 4 processors and 2 GPUs each; the GPUs are clones of /dev/null, so that jobs are told theirs.
Jobs of the partition `high` preempt those of `low`. All files are in one folder, but for links in /etc/slurm:
the executor's jobs drop the variable that would name it.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PROGRAMS = ("munged", "slurmctld", "slurmd", "slurmdbd", "mariadbd", "mariadb-install-db")
ETC = Path("/etc/slurm")
SETTINGS = ("slurm.conf", "gres.conf", "cgroup.conf", "slurmdbd.conf")
NODES = ("n1", "n2")
PORT = 16800
HERE = Path(__file__).parent

GRANTS = """\
create database if not exists slurm_acct_db;
create user if not exists slurm@'127.0.0.1' identified by 'slurm';
create user if not exists slurm@localhost identified by 'slurm';
grant all on slurm_acct_db.* to slurm@'127.0.0.1';
grant all on slurm_acct_db.* to slurm@localhost;
"""


def why_not() -> str | None:
    """Why SLURM cannot be started here, if it cannot."""
    if os.geteuid() != 0:
        return "SLURM is started by root only"
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        return f"{missing[0]} is not installed (Debian: slurm-wlm slurmdbd munge mariadb-server)"
    if any(_in_use(ETC / name) for name in SETTINGS):
        return "/etc/slurm has files: this machine has a cluster of its own, or another test's"
    return None


def _in_use(file: Path) -> bool:
    """Whether a file of settings is another cluster's; the links of tests that were killed are not."""
    if not file.is_symlink():
        return file.exists()
    controller = file.readlink().parents[1] / "run/slurmctld.pid"
    return controller.exists() and is_alive(int(controller.read_text()))


def run(*command: str, timeout: float = 60, check: bool = True) -> str:
    """Standard output of a command."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout


def wait_for(what: str, seconds: float, condition: Callable[[], T]) -> T:
    """Wait until the condition gives something, and give it; TimeoutError says for what."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.2)
    return found


@dataclass(frozen=True)
class Job:
    """A job as squeue tells of it; of Snakemake's, `comment` is the rule and its wildcards."""

    number: str
    state: str
    comment: str
    node: str


class Cluster:
    """The daemons, started by `start` and ended by `stop`, by their process ids."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self) -> None:
        for name in ("etc", "run", "log", "controller", "dev", "database", *(f"spool/{n}" for n in NODES)):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o755)
        self._write_settings()
        self._start_munge()
        self._start_accounting()
        self.start_controller()
        for node in NODES:
            self.start_node(node)
        self.wait_for_nodes()

    def stop(self) -> None:
        for name in (*(f"slurmd-{node}" for node in NODES), "slurmctld", "slurmdbd", "mariadbd", "munged"):
            self._end(name)
        for link in ETC.iterdir():
            if link.is_symlink() and link.readlink().parent == self.folder / "etc":
                link.unlink()

    def jobs(self) -> list[Job]:
        """Jobs that are not finished; none where the controller does not answer."""
        lines = run("squeue", "-h", "-o", "%A|%T|%k|%N", check=False).splitlines()
        return [Job(*line.split("|")) for line in lines]

    def cancel_jobs(self) -> None:
        """End what a test that failed has left."""
        if jobs := [job.number for job in self.jobs()]:
            run("scancel", *jobs, check=False)
            wait_for("the end of all jobs", 60, lambda: not self.jobs())

    def running(self, comment: str) -> Job:
        """The running job with that comment, which has to come within a minute."""

        def look() -> list[Job]:
            return [job for job in self.jobs() if job.comment == comment and job.state == "RUNNING"]

        return wait_for(f"a running {comment}", 60, look)[0]

    def finished(self, comment: str, *fields: str) -> list[tuple[str, ...]]:
        """Fields of the accounting, of all jobs with that comment and each time that they ran, in order."""
        columns = ",".join((*fields, "Comment"))
        out = run("sacct", "-a", "-n", "-P", "-X", "-D", "-S", "now-1days", "-o", columns)
        rows = [tuple(line.split("|")) for line in out.splitlines()]
        return [row[:-1] for row in rows if row[-1] == comment]

    def start_controller(self) -> None:
        run("slurmctld", "-f", str(ETC / "slurm.conf"))
        wait_for("slurmctld", 30, lambda: "UP" in run("scontrol", "ping", check=False))

    def stop_controller(self) -> None:
        self._end("slurmctld")

    def start_node(self, node: str) -> None:
        run("slurmd", "-N", node, "-f", str(ETC / "slurm.conf"))

    def kill_node(self, node: str) -> None:
        """End a node's daemon and all that its jobs run, as a power cut does."""
        for number in (self._process("slurmd-" + node), *self._job_processes(node)):
            send(int(number), signal.SIGKILL)
        (self.folder / f"run/slurmd-{node}.pid").unlink(missing_ok=True)

    @contextlib.contextmanager
    def held(self, comment: str) -> Iterator[list[int]]:
        """Stop the processes of a running training; at exit those that SLURM has not let go on do so.

        However quick the machine is, a training that is held does not end before SLURM has something to say,
        and SLURM has stopped processes go on with the signal that it sends them.
        """
        job = self.running(comment)

        def look() -> list[int]:
            return [int(number) for number in self._job_processes(job.node) if is_training(number)]

        found = wait_for(f"a process of {comment}", 60, look)
        try:
            for number in found:
                send(number, signal.SIGSTOP)
            yield found
        finally:
            for number in found:
                send(number, signal.SIGCONT)

    def wait_for_nodes(self) -> None:
        def are_up() -> bool:
            states = dict(
                line.split() for line in run("sinfo", "-h", "-N", "-p", "main", "-o", "%N %t").splitlines()
            )
            return all(re.fullmatch("idle|mix|alloc|comp", states.get(node, "")) for node in NODES)

        wait_for("the nodes", 60, are_up)

    def _write_settings(self) -> None:
        gpus = [self.folder / f"dev/gpu{number}" for number in range(2)]
        for gpu in gpus:
            os.mknod(gpu, 0o666 | 0o020000, os.makedev(1, 3))
        values = {
            "folder": self.folder,
            "host": socket.gethostname().split(".")[0],
            "nodes": ",".join(NODES),
            "controller_port": PORT + 17,
            "accounting_port": PORT + 19,
            "database_port": PORT + 6,
            "node_ports": f"{PORT + 21}-{PORT + 20 + len(NODES)}",
        }
        etc = self.folder / "etc"
        (etc / "slurm.conf").write_text((HERE / "slurm.conf").read_text().format(**values))
        (etc / "gres.conf").write_text(
            f"AutoDetect=off\nNodeName={values['nodes']} Name=gpu File={self.folder}/dev/gpu[0-1]\n"
        )
        (etc / "cgroup.conf").write_text("CgroupAutomount=no\n")
        database = etc / "slurmdbd.conf"
        database.touch(mode=0o600)
        database.write_text((HERE / "slurmdbd.conf").read_text().format(**values))
        ETC.mkdir(exist_ok=True)
        for name in SETTINGS:
            (ETC / name).unlink(missing_ok=True)
            (ETC / name).symlink_to(etc / name)

    def _start_munge(self) -> None:
        key = self.folder / "etc/munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        at = self.folder / "run/munge.sock"
        run(
            "munged",
            "--force",
            f"--key-file={key}",
            f"--socket={at}",
            f"--pid-file={self.folder}/run/munged.pid",
            f"--log-file={self.folder}/log/munged.log",
            f"--seed-file={self.folder}/run/munged.seed",
        )
        wait_for("munged", 10, lambda: run("munge", "-n", "-S", str(at), check=False))

    def _start_accounting(self) -> None:
        data, at = self.folder / "database/mysql", self.folder / "run/mysql.sock"
        shared = ("--no-defaults", "--user=root", f"--datadir={data}")
        run("mariadb-install-db", *shared, "--skip-test-db", "--auth-root-authentication-method=normal")
        with (self.folder / "log/mariadbd.log").open("w") as log:
            subprocess.Popen(
                [
                    "mariadbd",
                    *shared,
                    f"--socket={at}",
                    f"--pid-file={self.folder}/run/mariadbd.pid",
                    "--bind-address=127.0.0.1",
                    f"--port={PORT + 6}",
                    "--innodb-buffer-pool-size=64M",
                    "--innodb-lock-wait-timeout=900",
                    "--innodb-flush-log-at-trx-commit=0",
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        client = ("mariadb", "--no-defaults", "-S", str(at), "-e")
        wait_for("mariadbd", 60, lambda: run(*client, "select 1", check=False))
        run(*client, GRANTS)
        run("slurmdbd")
        wait_for("slurmdbd", 30, lambda: "Cluster" in run("sacctmgr", "list", "cluster", check=False))
        for entry in (("cluster", "lab"), ("account", "labacct"), ("user", "root", "account=labacct")):
            run("sacctmgr", "-i", "add", *entry, check=False)

    def _process(self, name: str) -> int | None:
        file = self.folder / f"run/{name}.pid"
        return int(file.read_text()) if file.exists() and file.read_text().strip() else None

    def _end(self, name: str) -> None:
        number = self._process(name)
        if number is None or not is_alive(number):
            return
        os.kill(number, signal.SIGTERM)
        try:
            wait_for(f"the end of {name}", 30, lambda: not is_alive(number))
        except TimeoutError:
            os.kill(number, signal.SIGKILL)

    def _job_processes(self, node: str) -> Sequence[str]:
        """What jobs run on a node: slurmstepd names the node in nothing, but its children know it."""
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"SLURMD_NODENAME={node}".encode() in environment.read_bytes().split(b"\0"):
                    found.append(environment.parent.name)
            except OSError:
                continue
        steps = {parent_of(number) for number in found}
        return [*(n for n in steps if name_of(n).startswith("slurmstepd")), *found]


def is_alive(number: int) -> bool:
    """Whether a process runs; one that has ended and was not yet waited for does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{number}/status").read_text()
    except OSError:
        return False


def is_training(number: str) -> bool:
    """Whether a process runs `dcanet train`."""
    try:
        program, command = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")[1:3]
    except (OSError, ValueError):
        return False
    return program.endswith(b"/dcanet") and command == b"train"


def send(number: int, what: signal.Signals) -> None:
    """Send a process a signal, unless it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, what)


def name_of(number: str) -> str:
    try:
        return Path(f"/proc/{number}/comm").read_text().strip()
    except OSError:
        return ""


def parent_of(number: str) -> str:
    try:
        status = Path(f"/proc/{number}/status").read_text()
    except OSError:
        return ""
    return status.split("\nPPid:\t")[1].split()[0]
