"""The recipes of docs/queries.md read every row and column of days of before and after an update."""

import pytest

from tests.helpers.recipes import RECIPES, check, script_of, write_days
from transforms.tables.schemas import SCHEMAS

HERE = ["DuckDB from 1 5 on", "pandas 2 and 3", "polars"]
UNDER_ENGINES = ["DuckDB before 1 5", "pandas 2 and 3", "Spark"]


@pytest.mark.parametrize("table", SCHEMAS)
@pytest.mark.parametrize("first_is_old", [True, False])
@pytest.mark.parametrize("program", HERE)
def test_a_recipe_reads_old_and_new_days_and_those_without_a_date(
    tmp_path, monkeypatch, capsys, program, table, first_is_old
):
    write_days(tmp_path, table, first_is_old=first_is_old)
    monkeypatch.chdir(tmp_path)
    exec(script_of(program, table), {})
    check(capsys.readouterr().out, table)


def test_every_recipe_is_tested():
    assert {*RECIPES} == {*HERE, *UNDER_ENGINES}
