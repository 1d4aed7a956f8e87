"""The recipes of docs/queries.md in programs that are not in this environment: an older DuckDB, pandas 3 and Spark."""

import subprocess

import pytest

from tests.docs.test_recipes import UNDER_ENGINES
from tests.engines.jobs import ENGINES, need
from tests.helpers.recipes import check, script_of, write_days
from transforms.tables.schemas import SCHEMAS

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("program", UNDER_ENGINES)
def test_a_recipe_reads_old_and_new_days_and_those_without_a_date(tmp_path, program):
    python = ENGINES / "readers" / "bin" / "python"
    need(python, "what reads the tables (on Python 3.11 and later)")
    read = []
    for first_is_old in (True, False):
        folder = tmp_path / str(first_is_old)
        for table in SCHEMAS:
            write_days(folder, table, first_is_old=first_is_old)
            read.append((table, f"import os; os.chdir({str(folder)!r})\n{script_of(program, table)}"))
    script = "\n".join(code for _, code in read)
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    for (table, _), line in zip(read, done.stdout.splitlines()[-len(read) :], strict=True):
        check(line, table)
