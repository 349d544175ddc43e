"""Reading the files of an experiment; one that is absent, broken or changed is a finding, never an error."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from ..documents import CHECKSUM, Document
from ..errors import first_problem
from ..files import content_hash, sha256
from .findings import Findings

Kind = TypeVar("Kind", bound=Document)
#: No table or JSON of an experiment is near these sizes in bytes.
LARGEST_JSON, LARGEST_TABLE = 1 << 30, 1 << 34


class Files:
    """Those below a folder, by their paths in it, as `name` calls the folder in findings."""

    def __init__(self, root: Path, name: str, findings: Findings) -> None:
        self.root, self.name, self.findings = root, name, findings
        self._hashes: dict[str, str | None] = {}
        self._content: dict[str, dict[str, Any] | None] = {}

    def at(self, path: str) -> str:
        """What findings call a file."""
        return f"{self.name}/{path}"

    def there(self, path: str) -> bool:
        return (self.root / path).is_file()

    def sha256(self, path: str) -> str | None:
        """Of a file, counted as looked at; None, and a problem, where there is none."""
        if path not in self._hashes:
            self.findings.files.add(self.at(path))
            try:
                self._hashes[path] = sha256(self.root / path)
            except OSError as error:
                self._hashes[path] = None
                self.findings.problem(self.at(path), "", "a file", error.strerror or error)
        return self._hashes[path]

    def is_recorded(self, path: str, recorded: str | None, where: str, field: str) -> bool:
        """Whether a file has the hash that another one recorded; a problem at the file if not."""
        found = self.sha256(path)
        if found is None:
            return False
        if not recorded:
            self.findings.problem(where, field, f"the SHA-256 of {Path(path).name}", "none; make it again")
            return False
        return self.findings.same(self.at(path), f"SHA-256, by {where}", recorded, found)

    def document(self, path: str, kind: type[Kind], required: bool = True) -> Kind | None:
        """A JSON file of this schema that is as it was written; None, and a problem, where it is not.

        What breaks the checksum alone is read all the same, to tell which numbers are wrong.
        """
        if not required and not self.there(path):
            return None
        content = self.json(path)
        if content is None:
            return None
        try:
            found = kind.model_validate_json(json.dumps(content))
        except ValidationError as error:
            _, where, message = first_problem(error)
            self.findings.problem(self.at(path), where or "schema", message, "something else")
            return None
        except (ValueError, RecursionError) as error:
            self.findings.problem(self.at(path), "schema", f"a {kind.__name__}", error)
            return None
        self._check_checksum(path, content, kind)
        return found

    def _check_checksum(self, path: str, content: dict[str, Any], kind: type[Document]) -> None:
        recorded = content.get(CHECKSUM)
        expected = content_hash({key: value for key, value in content.items() if key != CHECKSUM})
        if recorded is None:
            self.findings.problem(
                self.at(path), CHECKSUM, "the SHA-256 of the rest", f"none; {kind.made_again}"
            )
        else:
            self.findings.same(self.at(path), CHECKSUM, expected, recorded)

    def json(self, path: str) -> dict[str, Any] | None:
        """A JSON object; None, and a problem, where it is none."""
        if path in self._content:
            return self._content[path]
        self._content[path] = None
        if self.sha256(path) is None:
            return None
        try:
            if (self.root / path).stat().st_size > LARGEST_JSON:
                raise ValueError("more than 1 GiB")
            found = json.loads((self.root / path).read_bytes(), object_pairs_hook=_each_key_once)
            if not isinstance(found, dict):
                raise ValueError(f"a {type(found).__name__}")
        except (OSError, ValueError, RecursionError) as error:
            self.findings.problem(self.at(path), "", "a JSON object", error)
            return None
        self._content[path] = found
        return found

    def table(self, path: str, columns: Mapping[str, pa.DataType]) -> pa.Table | None:
        """A Parquet file of these columns without gaps; None, and a problem, where it is none."""
        if self.sha256(path) is None:
            return None
        try:
            with pq.ParquetFile(self.root / path) as file:
                parts = (file.metadata.row_group(part) for part in range(file.metadata.num_row_groups))
                if sum(part.total_byte_size for part in parts) > LARGEST_TABLE:
                    raise ValueError("more than 16 GiB when unpacked")
                found = file.read()
            names = found.schema.names  # are decoded when they are asked for
        except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
            self.findings.problem(self.at(path), "", "a whole Parquet file", error)
            return None
        version = (found.schema.metadata or {}).get(b"schema_version", b"none").decode(errors="replace")
        types = dict(zip(names, found.schema.types, strict=True))
        good = self.findings.same(self.at(path), "schema_version", "1", version)
        good &= self.findings.same(self.at(path), "columns", dict(columns), types)
        good = good and self.findings.same(
            self.at(path), "empty cells", 0, sum(c.null_count for c in found.columns)
        )
        return found if good else None


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {twice!r} twice")
    return found
