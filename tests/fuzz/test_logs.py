"""Logs that the doctor reads: whatever jobs, Snakemake and SLURM wrote."""

from pathlib import Path

import hostile
from damage import damaged
from fuzzing import fuzz
from hypothesis import given

from dcanet.doctor.log_end import last_lines
from dcanet.doctor.signs import clue_in, last_words
from dcanet.doctor.slurm import parse_sacct, parse_scontrol, parse_squeue
from dcanet.doctor.snakemake_log import read_run

RECORDED = Path(__file__).parents[1] / "doctor/recorded"
LOGS = [path.read_bytes()[-3000:] for path in sorted(RECORDED.rglob("*.log"))]
WORDS = [
    *(text.encode("utf-8", "surrogatepass") for text in hostile.TEXTS),
    *(
        b"Error in rule x:\n    jobid: 1\n    output: ",
        b"\x1b[31m" * 50,
        b"\r" * 99,
        b"CUDA out of memory",
        b" " * 5000,
    ),
    *(
        b"Killed",
        b"DUE TO TIME LIMIT",
        b"9" * 5000,
        b"(missing locally" * 50,
        b"=" * 3000,
        b"Traceback " * 300,
    ),
]


@fuzz(1200)
@given(content=damaged(*LOGS, words=WORDS))
def test_logs(cases, content):
    path = cases.file("some.snakemake.log", content)
    cases.run(read_run, path)
    lines = cases.run(last_lines, path)
    cases.run(clue_in, lines, "some.log")
    cases.run(last_words, lines, "some.log")


SACCT = (
    b"1|COMPLETED|0:0|4G|00:10|n1\n2|OUT_OF_MEMORY|0:125|4G|00:10:00|\n3|TIMEOUT|0:15|4Gn|1-00:00:00|n[1-2]\n"
)
SCONTROL = (
    b"JobId=1 JobName=x JobState=FAILED ExitCode=1:0 RunTime=00:00:01 TimeLimit=00:10:00 MinMemoryNode=1G\n\n"
)


@fuzz(1000)
@given(content=damaged(SACCT, SCONTROL, words=WORDS))
def test_answers_of_slurm(cases, content):
    text = content.decode("utf-8", "replace")
    for parse in (parse_sacct, parse_scontrol, parse_squeue):
        cases.run(parse, text)
