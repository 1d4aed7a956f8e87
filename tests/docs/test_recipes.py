"""The recipes of docs/queries.md read every table, of days of before and after an update, with and without a date."""

import pathlib
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from transforms.tables.schemas import SCHEMAS

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "queries.md"
RECIPES = re.findall(
    r"^(\S+?)(?:, from \S+ on)?:\n\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.M | re.S
)
VALUES = {"string": "x", "int32": 10, "int64": 5, "double": 1.0, "float": 0.5, "timestamp[us, tz=UTC]": 0}
DAYS = ("2016-01-01", "2016-01-02", "__HIVE_DEFAULT_PARTITION__")


def write(folder, table, date, *, before):
    schema = SCHEMAS[table]
    rows = pa.table([pa.array([VALUES[str(field.type)]], field.type) for field in schema], schema=schema)
    if before:
        kept = [field for field in schema if field.name not in ("file_name", "peak_dbfs", "mean_dbfs")]
        fields = [pa.field("window_s", pa.int8()) if field.name == "window_s" else field for field in kept]
        rows = rows.select([field.name for field in kept]).cast(pa.schema(fields))
    path = folder / "tables" / table / f"date={date}" / f"{table}.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(rows, path)


@pytest.mark.parametrize("table", SCHEMAS)
@pytest.mark.parametrize("first_is_old", [True, False])
@pytest.mark.parametrize(("program", "recipe"), RECIPES, ids=[program for program, _ in RECIPES])
def test_a_recipe_reads_old_and_new_days_and_those_without_a_date(
    tmp_path, monkeypatch, program, recipe, table, first_is_old
):
    for number, date in enumerate(DAYS):
        write(tmp_path, table, date, before=(number == 0) == first_is_old)
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(recipe.replace("tables/events", f"tables/{table}"), found)
    events = found["events"]
    dates = [row[-1] for row in events.fetchall()] if program == "DuckDB" else list(events["date"])
    assert len(dates) == 3
    assert sorted(str(date) for date in dates if str(date) not in ("None", "nan", "NaT")) == [*DAYS[:2]]


def test_there_is_a_recipe_for_each_program():
    assert [program for program, _ in RECIPES] == ["DuckDB", "pandas", "polars"]
