"""The jobs as the page carries them: each once, found by its number from any cell."""

from collections.abc import Iterable, Sequence
from typing import Any

from .jobs import Facts, Job


class Ledger:
    """Numbers of jobs by their keys, and all of them as data."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.jobs = list(jobs)
        self._numbers = {job.key: number for number, job in enumerate(self.jobs)}

    def numbers(self, keys: Sequence[str]) -> str:
        """For example "3 4"; a key without a job is left out."""
        return " ".join(str(self._numbers[key]) for key in keys if key in self._numbers)

    def as_data(self) -> dict[str, Any]:
        """Jobs by their numbers; environments that many share are told once."""
        environments: dict[Facts, int] = {}
        return {
            "jobs": [
                {
                    "title": job.title,
                    "facts": job.facts,
                    "files": job.files,
                    "environment": environments.setdefault(job.environment, len(environments)),
                }
                for job in self.jobs
            ],
            "environments": list(environments),
        }
