"""`laughter query`: questions to the tables."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from common.atomic_files import atomic_file, write_errors, write_text
from common.errors import LaughterError, UsageError
from common.text import display_text
from pipeline.analysis import query_output
from pipeline.paths import absolute_path
from transforms.tables.query import (
    Query,
    ask,
    connect,
    queries,
    query_errors,
    values_of,
    view_statements,
)

ROWS_SHOWN = 20
"""Of a table on the terminal where --limit does not say."""


@dataclasses.dataclass(frozen=True)
class QueryOptions:
    """Everything `laughter query` was told, checked.

    Attributes:
        tables: folder or URL that `laughter detect` wrote.
        query: the question that ships; None for none.
        sql: own SQL; None for none.
        values: of the question's parameters.
        views: file for the views; None for none.
        limit: rows at most; None for all.
        format: of the answer.
        output: file or URL of the answer; None for the terminal.
        raw: leave text in CSV as it is, for machines.
        bom: begin CSV with the mark by which Excel knows UTF-8.
    """

    tables: str
    query: Query | None = None
    sql: str | None = None
    values: dict[str, str] = dataclasses.field(default_factory=dict)
    views: str | None = None
    limit: int | None = None
    format: str = "table"
    output: str | None = None
    raw: bool = False
    bom: bool = False


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Run the command; returns its exit status."""
    return run(from_arguments(arguments))


def from_arguments(arguments: argparse.Namespace) -> QueryOptions:
    """Check the command line and put it in order."""
    if "" in (arguments.tables, arguments.views, arguments.output):
        raise UsageError("TABLES, --views and --output must not be empty; see `laughter query --help`")
    given = [name for name, value in _ways(arguments).items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} cannot be had together; give one of them")
    if arguments.limit is not None and arguments.limit < 1:
        raise UsageError(f"--limit must be at least 1, not {arguments.limit}")
    query = _query(arguments.name) if arguments.name is not None else None
    values = _values(arguments.param or [])
    if values and query is None:
        raise UsageError("--param is for a question by its NAME; write the values into the SQL")
    return QueryOptions(
        tables=absolute_path(arguments.tables),
        query=query,
        sql=arguments.sql,
        values=values_of(query, values) if query else {},
        views=absolute_path(arguments.views) if arguments.views else None,
        limit=arguments.limit,
        format=arguments.format or _format_of(arguments.output),
        output=absolute_path(arguments.output) if arguments.output else None,
        raw=arguments.raw,
        bom=arguments.bom,
    )


def _ways(arguments: argparse.Namespace) -> dict[str, str | None]:
    return {"NAME": arguments.name, "--sql": arguments.sql, "--views": arguments.views}


def _query(name: str) -> Query:
    known = queries()
    if name not in known:
        raise UsageError(f"there is no question {name!r}; there are {', '.join(known)}")
    return known[name]


def _values(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"--param {pair} has no value; write it as KEY=VALUE")
    return dict(pair.split("=", 1) for pair in pairs)


def _format_of(output: str | None) -> str:
    """By the ending of the file's name; a table where it tells nothing."""
    ending = os.path.splitext(output or "")[1].lstrip(".").lower()
    return ending if ending in query_output.WRITERS else "table"


def run(options: QueryOptions) -> int:
    """Answer, or list what can be asked.

    Returns:
        The exit status, 0.

    Raises:
        UsageError: there are no tables, or a package is missing.
        QueryError: DuckDB cannot answer.
        LaughterError: the answer cannot be written.
    """
    if options.views:
        with write_errors(options.views, instead="another file"):
            write_text(options.views, ";\n".join([*view_statements(options.tables), ""]))
        print(f"written to {display_text(options.views)}")
        return 0
    if options.query is None and options.sql is None:
        view_statements(options.tables)  # a folder without tables is told of at once
        query_output.list_queries(queries().values())
        return 0
    _answer(options)
    return 0


def _answer(options: QueryOptions) -> None:
    sql = options.query.sql if options.query else str(options.sql)
    with contextlib.closing(connect(options.tables)) as connection, query_errors():
        if options.format == "table":
            _answer_table(connection, sql, options)
            return
        relation = ask(connection, sql, options.values, limit=options.limit)
        with _target(options.output) as file:
            try:
                if options.format == "csv":
                    query_output.write_csv(relation, file, raw=options.raw, bom=options.bom)
                else:
                    query_output.WRITERS[options.format](relation, file)
            except pa.ArrowException as error:
                raise LaughterError(
                    f"the answer cannot be written as {options.format} ({display_text(str(error), longest=200)}); "
                    "take another --format, or other columns"
                ) from error


def _answer_table(connection: Any, sql: str, options: QueryOptions) -> None:
    limit = ROWS_SHOWN if options.limit is None and options.output is None else options.limit
    # one row more than is shown tells whether there are more
    relation = ask(connection, sql, options.values, limit=None if limit is None else limit + 1)
    if options.output is None:
        query_output.show_table(relation, limit=limit)
        return
    with _target(options.output) as file, io.TextIOWrapper(file, encoding="utf-8") as text:
        query_output.show_table(relation, limit=limit, file=text)


@contextlib.contextmanager
def _target(output: str | None) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        return
    with (
        write_errors(output, instead="another file"),
        atomic_file(output) as temporary,
        open(temporary, "wb") as file,
    ):
        yield file
    print(f"written to {display_text(output)}")
