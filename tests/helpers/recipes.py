"""The recipes of docs/queries.md, and tables with days of before and after an update, with and without a date."""

from __future__ import annotations

import datetime
import json
import pathlib
import re

import pyarrow as pa
import pyarrow.parquet as pq

from models.constants import BESIDE
from transforms.tables.schemas import SCHEMAS
from transforms.tables.track_columns import TRACK_COLUMNS

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "queries.md"
RECIPES = {
    re.sub(r"\W+", " ", program): code
    for program, code in re.findall(
        r"^([^\n]+):\n\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
}
"""The code by the program that it is for, as the line before it names it."""

DATES = (datetime.date(2016, 1, 1), datetime.date(2016, 1, 2), None)
_ADDED = ("file_name", "peak_dbfs", "mean_dbfs", *BESIDE, *TRACK_COLUMNS)
_VALUES = {"string": "x", "int32": 10, "int64": 5, "double": 1.0, "float": 0.5, "timestamp[us, tz=UTC]": 0}
_VALUES["list<item: float>"] = [0.25] * 10


def write_days(folder: pathlib.Path, table: str, *, first_is_old: bool) -> None:
    """Write a day of a row for each of `DATES` into `folder`: the first, or all others, as before an update."""
    for number, date in enumerate(DATES):
        schema = SCHEMAS[table]
        rows = pa.table([pa.array([_VALUES[str(field.type)]], field.type) for field in schema], schema=schema)
        path = folder / "tables" / table / f"date={date or '__HIVE_DEFAULT_PARTITION__'}" / f"{table}.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(rows, path)
        if (number == 0) == first_is_old:
            as_before(path)


def as_before(path: pathlib.Path) -> None:
    """Write a table anew as it was before the updates: without the columns that came later, `window_s` a byte."""
    rows = pq.ParquetFile(path).read()
    kept = [field for field in rows.schema if field.name not in _ADDED]
    fields = [pa.field("window_s", pa.int8()) if field.name == "window_s" else field for field in kept]
    pq.write_table(rows.select([field.name for field in kept]).cast(pa.schema(fields, rows.schema.metadata)), path)


_LOOK = {
    "DuckDB": "columns, types = events.columns, events.types; dates = [row[-1] for row in events.fetchall()]",
    "pandas": "columns, types, dates = [*events.columns], events.dtypes, [*events['date'].astype(object)]",
    "polars": "columns, types, dates = events.columns, events.dtypes, events['date'].to_list()",
    "Spark": "columns, types = zip(*events.dtypes); dates = [row[-1] for row in events.collect()]",
}
_PRINT = "import json; print(json.dumps([[*columns], [*map(str, types)], [*map(str, dates)]]))"


def script_of(program: str, table: str) -> str:
    """Python that runs the recipe on a table and prints the columns, their types and the dates of the rows, as JSON."""
    code = RECIPES[program].replace("tables/events", f"tables/{table}")
    return f"{code}\n{_LOOK[program.split()[0]]}\n{_PRINT}\n"


def check(printed: str, table: str) -> None:
    """Refuse what lacks a row or a column, or has `window_s` as a byte."""
    columns, types, dates = json.loads(printed)
    assert set(columns) == {*SCHEMAS[table].names, "date"}
    assert sorted(dates) == sorted(map(str, DATES))
    if "window_s" in columns:  # 60 times 10 is 88 in a byte
        assert types[columns.index("window_s")] in ("INTEGER", "int32", "Int32", "int")
