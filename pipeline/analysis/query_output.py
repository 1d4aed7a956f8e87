"""How `laughter query` shows its answers: on the terminal, or as CSV, JSON or Parquet, a batch of rows at a time."""

from __future__ import annotations

import codecs
import datetime as dt
import decimal
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, TextIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from rich.markup import escape
from rich.table import Table

from common.text import display_text
from pipeline.console import console
from transforms.tables.query import Query

ROWS_PER_BATCH = 65_536

_TEMPTING = r"^(?:[=+\-@\t\r]|[0-9]+(?:[.,:/\- ][0-9]+)*(?:[eE][0-9]+)?$)"
"""Text that a spreadsheet takes for a formula, a number or a date."""

_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT$|U?INTEGER$|DOUBLE$|FLOAT$|DECIMAL")


def list_queries(queries: Iterable[Query]) -> None:
    """Print the questions with their parameters."""
    table = Table(title="laughter query TABLES NAME", title_justify="left")
    for heading in ("name", "question", "parameters (--param KEY=VALUE)"):
        table.add_column(heading, overflow="fold")
    for query in queries:
        parameters = [
            f"{one.name}{'' if one.default is None else f' = {one.default}'}: {one.what}" for one in query.parameters
        ]
        table.add_row(query.name, query.question, escape("\n".join(parameters)))
    console().print(table)


def show_table(relation: Any, *, limit: int | None, file: TextIO | None = None) -> None:
    """Print an answer of at most `limit` rows to the terminal or to `file`, and say where there are more."""
    table = Table()
    for name, kind in zip(relation.columns, relation.types, strict=True):
        table.add_column(escape(name), justify="right" if _NUMBER.match(str(kind)) else "left", overflow="fold")
    rows = relation.fetchall()
    for row in rows[:limit]:
        table.add_row(*(escape(_shown(value)) for value in row))
    out = console(file)
    out.print(table)
    if limit is not None and len(rows) > limit:
        out.print(f"the first {limit} rows; --limit shows more")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, dt.datetime):
        return _moment(value)
    return display_text(str(value))


def _moment(value: dt.datetime) -> str:
    """ISO 8601, in UTC where it tells its zone."""
    return (value.astimezone(dt.timezone.utc) if value.tzinfo else value).isoformat().replace("+00:00", "Z")


def _batches(relation: Any) -> pa.RecordBatchReader:
    return relation.fetch_arrow_reader(ROWS_PER_BATCH)


def write_csv(relation: Any, file: BinaryIO, *, raw: bool = False, bom: bool = False) -> None:
    """A line a row under a line of names.

    Args:
        relation: the answer.
        file: where to.
        raw: leave text as it is, for machines; else a spreadsheet gets no text that it would take for a formula or for
            a number: an apostrophe comes before.
        bom: begin with the mark by which Excel knows UTF-8.
    """
    reader = _batches(relation)
    if bom:
        file.write(codecs.BOM_UTF8)
    with pa_csv.CSVWriter(file, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch if raw else _for_spreadsheets(batch))


def _for_spreadsheets(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        pc.if_else(
            pc.fill_null(pc.match_substring_regex(column, _TEMPTING), False),
            pc.binary_join_element_wise("'", column, ""),
            column,
        )
        if pa.types.is_string(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def write_parquet(relation: Any, file: BinaryIO) -> None:
    """Parquet, zstd."""
    reader = _batches(relation)
    with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)


def write_json(relation: Any, file: BinaryIO) -> None:
    """A list of objects, one a line; what is no number is null."""
    before = b"[\n"
    for row in _rows(relation):
        document = {name: _plain(value) for name, value in row.items()}
        file.write(before + json.dumps(document, allow_nan=False, ensure_ascii=False, default=str).encode())
        before = b",\n"
    file.write(b"\n]\n" if before == b",\n" else b"[]\n")


def _rows(relation: Any) -> Iterator[dict[str, Any]]:
    for batch in _batches(relation):
        yield from batch.to_pylist()


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return _moment(value)
    if isinstance(value, decimal.Decimal):  # so Arrow gives whole numbers of 128 bits
        return int(value) if value == int(value) else float(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


WRITERS: dict[str, Callable[[Any, BinaryIO], None]] = {
    "csv": write_csv,
    "json": write_json,
    "parquet": write_parquet,
}
