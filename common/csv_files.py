"""CSV files that people write by hand, read with the line in every complaint."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from common import storage
from common.errors import UsageError

CsvRow = dict[str, str | None]


def read_csv(path: str, columns: Sequence[str], *, what: str, error: type[UsageError]) -> list[tuple[CsvRow, str]]:
    """The rows of the CSV file `path` (local or a URL), each with where it stands, for messages.

    Args:
        path: of the file; UTF-8, its first line names the columns.
        columns: those that must be there.
        what: the file holds, such as "labels".
        error: raised, with one sentence, where the file is absent, no CSV file, or lacks a column.
    """
    try:
        with storage.open_file(path, "r", encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [column for column in columns if column not in (rows.fieldnames or ())]
            if missing:
                raise error(f"{path} lacks the columns {', '.join(missing)}; add them to its first line")
            return [(row, f"{path}, line {rows.line_num}") for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise error(f"{path} cannot be read as a CSV file of {what} ({cause}); check it") from cause
