"""The tables as views of DuckDB, and the questions that ship: each a file of SQL over the views.

This module imports neither Beam nor TensorFlow, so that a question costs what DuckDB needs for it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from common import storage
from common.errors import LaughterError, UsageError
from common.extras import require
from common.listing import find_files
from common.text import display_text

TABLES = ("recordings", "windows", "events")
FOLDER = pathlib.Path(__file__).parent / "queries"

_PARAMETER = re.compile(r"^-- parameter (\w+)(?: = (.*?))?: (.*)$", re.MULTILINE)
_TYPES = {
    "string": "VARCHAR",
    "double": "DOUBLE",
    "float": "FLOAT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
    "list<item: float>": "FLOAT[]",
}


class QueryError(LaughterError):
    """DuckDB cannot answer; the message is one sentence with its reason."""


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A value that a question asks for; `default` is None where it has to be given."""

    name: str
    default: str | None
    what: str


@dataclasses.dataclass(frozen=True)
class Query:
    """A question to the tables.

    Attributes:
        name: what it is called by.
        question: one sentence.
        parameters: named in the SQL as $name.
        sql: one SELECT over the views.
    """

    name: str
    question: str
    parameters: tuple[Parameter, ...]
    sql: str


def queries() -> dict[str, Query]:
    """The questions that ship, by name."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.sql"))}


def _read(path: pathlib.Path) -> Query:
    sql = path.read_text(encoding="utf-8")
    parameters = tuple(Parameter(name, default or None, what) for name, default, what in _PARAMETER.findall(sql))
    return Query(path.stem, sql.splitlines()[0].removeprefix("-- "), parameters, sql)


def view_statements(tables: str) -> list[str]:
    """SQL that makes the views `recordings`, `windows` and `events`, each with the column `date` (null where unknown).

    Args:
        tables: folder (absolute, for use from elsewhere) or URL that `laughter detect` wrote.

    Raises:
        UsageError: there are no tables.
    """
    if not _has_files(tables, "recordings"):
        raise UsageError(f"{display_text(tables)} holds no tables; give the folder that laughter detect wrote")
    return ["SET TimeZone = 'UTC'", *(_view(tables, table) for table in TABLES)]


def _pattern(tables: str, table: str) -> str:
    return f"{glob.escape(tables.rstrip('/'))}/{table}/date=*/{table}.parquet"


def _has_files(tables: str, table: str) -> bool:
    if not storage.is_remote(tables):
        return next(glob.iglob(_pattern(tables, table)), None) is not None
    return next(find_files(f"{tables.rstrip('/')}/{table}/date=*/{table}.parquet"), None) is not None


def _view(tables: str, table: str) -> str:
    if not _has_files(tables, table):
        return f"CREATE OR REPLACE VIEW {table} AS {_nothing(table)}"
    pattern = _pattern(tables, table).replace("'", "''")
    return (
        f"CREATE OR REPLACE VIEW {table} AS "
        f"SELECT * FROM read_parquet('{pattern}', hive_partitioning = true, hive_types = {{'date': DATE}}, "
        f"union_by_name = true) UNION ALL BY NAME {_nothing(table)}"
    )


def _nothing(table: str) -> str:
    """A SELECT of no rows with the table's columns, some of which tables of before lack."""
    from transforms.tables.schemas import SCHEMAS

    columns = [f'NULL::{_TYPES[str(field.type)]} AS "{field.name}"' for field in SCHEMAS[table]]
    return f"SELECT {', '.join(columns)}, NULL::DATE AS date WHERE false"


def connect(tables: str, *, memory_limit: str | None = None) -> Any:
    """A connection to DuckDB, in memory, with the views; it reads the tables, and can do nothing else.

    Args:
        tables: folder or URL that `laughter detect` wrote.
        memory_limit: such as "4GB"; None for DuckDB's own, four fifths of the machine's.

    Raises:
        UsageError: there are no tables, or DuckDB is not installed.
        QueryError: a table cannot be read.
    """
    duckdb = require("duckdb", purpose="questions to the tables", extra="query")
    statements = view_statements(tables)
    connection = duckdb.connect(config={"memory_limit": memory_limit} if memory_limit else {})
    if storage.is_remote(tables):
        connection.register_filesystem(storage.filesystem_of(tables)[0])
    with query_errors():
        for statement in statements:
            connection.execute(statement)
        _lock(connection, tables)
    return connection


def _lock(connection: Any, tables: str) -> None:
    """Let a question reach the tables and nothing else: no file, no host, no extension, no setting."""
    place = tables.rstrip("/")
    # as we name them, as patterns name them, and as fsspec names what has no host
    places = {place, glob.escape(place), place.replace("://", ":///", 1)}
    allowed = ", ".join("'{}/'".format(one.replace("'", "''")) for one in sorted(places))
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def values_of(query: Query, given: Mapping[str, str]) -> dict[str, str]:
    """The values of a question's parameters: those given, else the defaults.

    Raises:
        UsageError: one is missing or unknown.
    """
    known = {parameter.name: parameter for parameter in query.parameters}
    if unknown := sorted(given.keys() - known.keys()):
        takes = ", ".join(known) or "none"
        raise UsageError(f"{query.name} has no parameter {', '.join(unknown)}; it takes {takes}")
    values = {name: given.get(name, parameter.default) for name, parameter in known.items()}
    for name, value in values.items():
        if value is None:
            raise UsageError(f"{query.name} needs --param {name}=..., {known[name].what}")
    return {name: str(value) for name, value in values.items()}


def ask(connection: Any, sql: str, values: Mapping[str, str] | None = None, *, limit: int | None = None) -> Any:
    """Ask `sql`; the answer is a DuckDB relation, computed when it is read.

    Args:
        connection: as `connect` gives it.
        sql: one statement that gives rows.
        values: of its parameters.
        limit: rows at most; None for all.

    Raises:
        QueryError: it is no such statement, or a value does not fit.
    """
    import duckdb

    with query_errors():
        # EXPLAIN ANALYZE runs what it explains, a COPY too
        kinds = [statement.type for statement in connection.extract_statements(sql)]
        if kinds != [duckdb.StatementType.SELECT]:
            raise QueryError("the SQL is not one SELECT; write one over recordings, windows and events")
        relation = connection.sql(sql, params=dict(values) if values else None)
        return relation if limit is None else relation.limit(limit)


@contextlib.contextmanager
def query_errors() -> Iterator[None]:
    """Turn DuckDB's errors into one sentence; they come as late as when an answer is read."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        reason = display_text(str(error).split("\n\nLINE")[0].replace("\n", " "), longest=600)
        remedy = "run laughter detect again, which writes the tables anew"
        if not isinstance(error, duckdb.IOException | duckdb.InvalidInputException):
            remedy = "check the SQL and the values of its parameters"
        raise QueryError(f"DuckDB cannot answer ({reason}); {remedy}") from error
