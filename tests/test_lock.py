"""pyproject.toml (bounds), the lock files (pins) and environment.yml agree."""

import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK, TEST_LOCK, ENVIRONMENT = "requirements.lock", "requirements-test.lock", "environment.yml"
FILES = ("pyproject.toml", LOCK, TEST_LOCK, ENVIRONMENT)

PIN = re.compile(
    r"^(?P<name>[\w.-]+)(\[[\w,-]+\])?==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\]+?))?(?: \\)?$"
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
FOREIGN = {
    "an index address": re.compile(r"--(extra-)?index-url|--find-links|^-[if] |https?://"),
    "an absolute path": re.compile(r"file:|(^|[\s=@])(/|[A-Za-z]:\\)"),
}


@dataclass(frozen=True)
class Pin:
    """A line of a lock; `marker` says on which machines it holds."""

    name: str
    version: str
    marker: str | None

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")


def read_lock(path: Path) -> tuple[dict[Pin, int], list[str]]:
    """Pins with the number of their hashes, and lines that should not be there."""
    pins: dict[Pin, int] = {}
    problems = []
    for line in path.read_text().splitlines():
        if found := PIN.match(line):
            pin = Pin(canonicalize_name(found["name"]), found["version"], found["marker"])
            pins[pin] = 0
        elif line.startswith("    --hash=") and HASH.search(line):
            pins[pin] += 1
        elif line.strip() and not line.lstrip().startswith("#"):
            problems.append(f"{path.name}: not a pin: {line}")
        problems += [f"{path.name}: {what}: {line}" for what, sign in FOREIGN.items() if sign.search(line)]
    return pins, problems


def unmet(requirements: list[str], pins: dict[Pin, int], lock: str) -> list[str]:
    """Requirements without a pin, or with one outside their bounds."""
    problems = []
    for requirement in map(Requirement, requirements):
        versions = [pin.version for pin in pins if pin.name == canonicalize_name(requirement.name)]
        if not versions:
            problems.append(f"{lock}: {requirement} is not pinned")
        problems += [
            f"{lock}: {requirement.name}=={version} is outside {requirement}"
            for version in versions
            if version not in requirement.specifier
        ]
    return problems


def holds(pin: Pin, pins: dict[Pin, int]) -> bool:
    """Whether `pins` has this one, on the same machines or on all."""
    return pin in pins or Pin(pin.name, pin.version, None) in pins


def check_environment(path: Path, requires_python: str) -> list[str]:
    environment = yaml.safe_load(path.read_text())
    conda = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    pip = [line for entry in environment["dependencies"] if isinstance(entry, dict) for line in entry["pip"]]
    wanted = {
        "channels": (environment["channels"], ["conda-forge", "nodefaults"]),
        "conda packages": ([entry.replace(" ", "") for entry in conda], [f"python{requires_python}", "pip"]),
        "pip section": (pip, [f"-r {LOCK}"]),
    }
    return [f"{path.name}: {what}: {got}, not {want}" for what, (got, want) in wanted.items() if got != want]


def disagreements(root: Path) -> list[str]:
    """What is wrong between the four files, one line each; empty when they agree."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text())
    project, uv = pyproject["project"], pyproject["tool"]["uv"]
    pins, problems = read_lock(root / LOCK)
    test_pins, test_problems = read_lock(root / TEST_LOCK)
    problems += test_problems
    problems += unmet(project["dependencies"] + uv["constraint-dependencies"], pins, LOCK)
    problems += unmet(project["optional-dependencies"]["test"], test_pins, TEST_LOCK)
    problems += [f"{TEST_LOCK}: lacks {pin} of {LOCK}" for pin in pins if not holds(pin, test_pins)]
    for lock, count in ((LOCK, pins), (TEST_LOCK, test_pins)):
        problems += [f"{lock}: {pin} has no hash" for pin, hashes in count.items() if not hashes]
        if "--universal" not in (root / lock).read_text().split("\n", 2)[1]:
            problems.append(f"{lock}: not made with --universal")
    return problems + check_environment(root / ENVIRONMENT, project["requires-python"])


def test_files_agree():
    assert disagreements(ROOT) == []


@pytest.fixture
def copy(tmp_path):
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


# Each breaks one file by a substitution; the message must name the file and the difference.
BREAKS = {
    "dependency that is not pinned": (
        "pyproject.toml",
        r'"tqdm>=4\.67"',
        '"tqdm>=4.67", "left-pad>=1"',
        f"{LOCK}: left-pad>=1 is not pinned",
    ),
    "pin outside the bounds": (
        "pyproject.toml",
        r'"pydantic>=2\.11,<3"',
        '"pydantic>=3"',
        f"{LOCK}: pydantic==.* is outside pydantic>=3",
    ),
    "one of two pins outside the bounds": (
        "pyproject.toml",
        r'"numpy>=2"',
        '"numpy>=2.5"',
        rf"{LOCK}: numpy==2\.4\.\d+ is outside numpy>=2\.5",
    ),
    "pin outside the constraint": (
        "pyproject.toml",
        r'"torch==[\d.]+"',
        '"torch==2.9.0"',
        f"{LOCK}: torch==.* is outside torch==2.9.0",
    ),
    "test extra that is not pinned": (
        "pyproject.toml",
        r'"ruff>=0\.12"',
        '"ruff>=0.12", "left-pad>=1"',
        f"{TEST_LOCK}: left-pad>=1 is not pinned",
    ),
    "test extra outside the bounds": (
        "pyproject.toml",
        r'"pytest>=8\.4"',
        '"pytest>=99"',
        f"{TEST_LOCK}: pytest==.* is outside pytest>=99",
    ),
    "pin that was taken out": (LOCK, r"(?m)^pyyaml==.*$", "# gone", f"{LOCK}: pyyaml>=6 is not pinned"),
    "locks with different pins": (
        TEST_LOCK,
        r"(?m)^jinja2==\S+",
        "jinja2==3.1.1",
        rf"{TEST_LOCK}: lacks jinja2==(?!3\.1\.1 )",
    ),
    "locks with different markers": (
        TEST_LOCK,
        r"(?m)^(colorama==\S+) ; .* \\",
        r"\1 ; sys_platform == 'linux' \\",
        f"{TEST_LOCK}: lacks colorama==.* ; sys_platform == 'win32' of {LOCK}",
    ),
    "pin without hash": (
        LOCK,
        r"(?m)^(annotated-types==\S+) \\\n(    --hash=.*\n)+",
        "\\1\n",
        f"{LOCK}: annotated-types==.* has no hash",
    ),
    "hash that is cut off": (
        LOCK,
        r"(?m)^(annotated-types==\S+) \\\n    --hash=sha256:.*",
        "\\1 \\\\\n    --hash=sha256:13b2beaa",
        f"{LOCK}: not a pin: .*13b2beaa",
    ),
    "loose requirement": (LOCK, r"(?m)^six==\S+ \\|\Z", "six>=1\n", f"{LOCK}: not a pin: six>=1"),
    "index address": (
        LOCK,
        r"\A",
        "--index-url https://packages.example/simple\n",
        f"{LOCK}: an index address: --index-url",
    ),
    "absolute path in a comment": (
        TEST_LOCK,
        r"(?m)^    # via$",
        "    # via /home/someone/pyproject.toml",
        f"{TEST_LOCK}: an absolute path: .*someone",
    ),
    "lock for one platform": (LOCK, "--universal ", "", f"{LOCK}: not made with --universal"),
    "other Python": (
        "pyproject.toml",
        r'requires-python = ">=3\.11"',
        'requires-python = ">=3.12"',
        r"environment\.yml: conda packages: .*'python>=3\.11'.*, not .*'python>=3\.12'",
    ),
    "environment without the lock": (
        ENVIRONMENT,
        "- -r requirements.lock",
        "- torch",
        r"environment\.yml: pip section: \['torch'\], not",
    ),
    "environment with a package of its own": (
        ENVIRONMENT,
        "  - pip\n",
        "  - pip\n  - numpy\n",
        "conda packages: .*'numpy'",
    ),
    "environment with another channel": (
        ENVIRONMENT,
        "- nodefaults",
        "- defaults",
        r"environment\.yml: channels: .*'defaults'",
    ),
}


@pytest.mark.parametrize("break_", BREAKS)
def test_difference_is_shown(copy, break_):
    name, pattern, replacement, message = BREAKS[break_]
    text = (copy / name).read_text()
    broken = re.sub(pattern, replacement, text, count=1)
    assert broken != text
    (copy / name).write_text(broken)
    problems = disagreements(copy)
    assert any(re.search(message, problem) for problem in problems), problems
