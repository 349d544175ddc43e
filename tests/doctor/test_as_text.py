"""What the terminal shows of a diagnosis."""

from hypothesis import given
from hypothesis import strategies as st

from dcanet.doctor.as_text import SHOWN, as_text
from dcanet.doctor_documents import Continues, Diagnosis, Evidence, JobFinding, Obstacle


def failed(title: str, **changes: object) -> JobFinding:
    fields: dict[str, object] = {
        "title": title,
        "rule": "train",
        "output": "o",
        "log": "l",
        "state": "failed",
        "cause": "host_memory",
        "evidence": Evidence(source=f"{title}.log", line=3, text="MemoryError"),
        "change": "more",
    }
    return JobFinding.model_validate(fields | changes)


def shown(*jobs: JobFinding, **fields: object) -> list[str]:
    whole = {"experiment": "x", "counts": {"failed": len(jobs)}, "obstacles": [], "jobs": jobs}
    return as_text(Diagnosis.model_validate(whole | fields)).splitlines()


def test_jobs_alike_share_a_block():
    lines = shown(failed("a"), failed("b", change="other"), failed("c"))
    assert lines == [
        "x, 3 jobs: 3 failed",
        "",
        "a: out of memory",
        "    a.log:3: MemoryError",
        "    change: more",
        "    the same: c",
        "",
        "b: out of memory",
        "    b.log:3: MemoryError",
        "    change: other",
    ]


def test_a_terminal_is_not_flooded():
    lines = shown(*(failed(str(number)) for number in range(SHOWN + 3)))
    assert len(lines) == 6
    assert lines[-1].endswith(f"; {SHOWN} and 2 more (--json names all)")


def test_what_a_command_said_has_no_line():
    said = Evidence(source="sacct", line=None, text="job 12 TIMEOUT")
    continues = Continues(step=3, steps=None, epochs=None)
    lines = shown(failed("a", evidence=said, continues=continues))
    assert lines[3:5] == ["    sacct: job 12 TIMEOUT", "    continues after step 3"]


def test_obstacles_come_first_and_are_no_health():
    obstacle = Obstacle(problem="a lock", change="unlock")
    found = Diagnosis(experiment="x", counts={"done": 2}, obstacles=[obstacle], jobs=[])
    assert as_text(found) == "x, 2 jobs: 2 done\n\nIn the way: a lock\n    change: unlock\n"
    assert not found.healthy


@given(st.text(), st.text(), st.integers() | st.none())
def test_any_finding_is_shown_and_stored(title, text, line):
    job = failed(title, evidence=Evidence(source="s", line=line, text=text))
    found = Diagnosis(experiment="x", counts={"failed": 1}, obstacles=[], jobs=[job])
    assert title in as_text(found)
    assert Diagnosis.model_validate_json(found.model_dump_json()) == found
