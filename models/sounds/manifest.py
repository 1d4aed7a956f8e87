"""The manifest.csv of a folder of labelled clips: a line a clip, with where it comes from."""

from __future__ import annotations

import dataclasses
import pathlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from common import csv_files
from common.errors import UsageError

MANIFEST = "manifest.csv"
MANIFEST_COLUMNS = ("path", "label", "group", "use", "licence", "source")
"""Those that are read; there may be others."""


@dataclasses.dataclass(frozen=True)
class LabelledClipRow:
    """One line of a manifest: a labelled clip, `path` with the manifest's folder before it, and where it comes from."""

    path: pathlib.Path
    label: str
    group: str
    use: str
    licence: str
    source: str


def read_manifest(folder: pathlib.Path) -> list[LabelledClipRow]:
    """The rows of the manifest in `folder`.

    Raises:
        UsageError: there is no such file, it is no CSV file, a column is missing, or a line is too short.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise UsageError(f"the manifest {path} is not there: --audio takes folders that hold one")
    rows = csv_files.read_csv(str(path), MANIFEST_COLUMNS, what="labelled sounds", error=UsageError)
    return [_row(row, where, folder) for row, where in rows]


def training_data(rows: Sequence[LabelledClipRow]) -> list[dict[str, Any]]:
    """What a card says was trained on: the sources of the `train` rows, with licence and number, and made sounds."""
    sources = Counter((row.source.split(":")[0], row.licence) for row in rows if row.use == "train")
    data: list[dict[str, Any]] = [
        {"source": source, "licence": licence, "clips": clips} for (source, licence), clips in sorted(sources.items())
    ]
    data.append({"source": "models/sounds/synthesis.py (synthetic)", "licence": "the project's own", "clips": None})
    return data


def _row(row: csv_files.CsvRow, where: str, folder: pathlib.Path) -> LabelledClipRow:
    name, *facts = (row[column] for column in MANIFEST_COLUMNS)
    told = [fact for fact in facts if fact is not None]
    if name is None or len(told) < len(facts):
        raise UsageError(f"{where}: a column is missing; give all that the first line names")
    return LabelledClipRow(folder / name, *told)
