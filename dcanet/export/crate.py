"""ro-crate-metadata.json: what is in a pack, for machines, as RO-Crate 1.1 has it (w3id.org/ro/crate/1.1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from .layout import METADATA

FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".safetensors": "application/octet-stream",
    ".tex": "application/x-tex",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
}


@dataclass(frozen=True)
class Member:
    """A file of a pack."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Described:
    """What is told of the whole."""

    name: str
    description: str
    license: str
    version: str
    started: datetime
    ended: datetime


def crate(described: Described, members: Mapping[str, Member]) -> str:
    """The metadata's text; nothing in it is of now, so that the same results give the same bytes."""
    parts = [_file(path, member) for path, member in sorted(members.items())]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": described.name,
        "description": described.description,
        "datePublished": _time(described.ended),
        "license": described.license,
        "hasPart": [{"@id": part["@id"]} for part in parts],
        "mentions": {"@id": "#run"},
    }
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        },
        root,
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": "The jobs of the workflow",
            "startTime": _time(described.started),
            "endTime": _time(described.ended),
            "instrument": {"@id": "#dcanet-bench"},
            "result": {"@id": "./"},
        },
        {
            "@id": "#dcanet-bench",
            "@type": "SoftwareApplication",
            "name": "DCANet-bench",
            "softwareVersion": described.version,
        },
        *parts,
    ]
    context = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "https://schema.org/sha256"}]
    return json.dumps({"@context": context, "@graph": graph}, indent=2, ensure_ascii=False) + "\n"


def _file(path: str, member: Member) -> dict[str, Any]:
    known = FORMATS.get(PurePosixPath(path).suffix)
    return {
        "@id": quote(path),
        "@type": "File",
        "contentSize": str(member.size),
        "sha256": member.sha256,
        **({"encodingFormat": known} if known else {}),
    }


def _time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
