"""Reading the Parquet files of an evaluation, which have a row for each image or box."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import UserError
from ..recorded import check_recorded


def read_rows(path: Path, schema: pa.Schema, kind: str) -> pa.Table:
    """The table of a file that was written with this schema and schema version.

    Args:
        kind: what the file is, in a word, for messages.

    Raises:
        UserError: a file that is not whole or not ours.
    """
    check_recorded(path, "evaluate again: delete the file")
    try:
        table = pq.read_table(path)
        table.validate(full=True)  # also that texts are UTF-8
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:  # names of columns are texts too
        raise UserError(f"{path}: not a readable {kind} file ({error}); evaluate again") from error
    version = schema.metadata[b"schema_version"]
    found = (table.schema.metadata or {}).get(b"schema_version")
    if not table.schema.equals(schema) or found != version:
        raise UserError(f"{path}: not a {kind} file of schema version {version.decode()}; evaluate again")
    return table
