"""`laughter query` as its users run it."""

import csv
import json
import subprocess
import sys

import duckdb
import pytest

from pipeline import cli
from tests.helpers.tables import event_row, recording_row, write_tables

ONE, TWO = "2016-01-01_0000_US_CNN_One", "2016-01-02_0000_DE_ZDF_Two"


@pytest.fixture
def tables(tmp_path):
    events = [event_row(ONE, 3 * number, 3 * number + 1 + number / 32) for number in range(30)]
    write_tables(tmp_path / "tables", [recording_row(ONE), recording_row(TWO)], [*events, event_row(TWO, 1, 60.5)])
    return tmp_path / "tables"


def query(tables, *arguments):
    return cli.main(["query", str(tables), *map(str, arguments)])


def test_without_a_name_the_questions_are_listed(tables, capsys):
    assert query(tables) == 0
    said = capsys.readouterr().out
    assert "longest-laughs" in said
    assert "Which laughs are the longest?" in said
    assert "within = 10: seconds" in said


def test_a_table_on_the_terminal_shows_the_first_rows(tables, capsys):
    assert query(tables, "longest-laughs") == 0
    said = capsys.readouterr().out
    assert said.count(ONE) == 19
    assert said.index(TWO) < said.index(ONE)
    assert "the first 20 rows; --limit shows more" in said
    assert query(tables, "longest-laughs", "--limit", 40) == 0
    said = capsys.readouterr().out
    assert said.count(ONE) == 30
    assert "shows more" not in said


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_an_answer_in_a_file(tables, tmp_path, ending, capsys):
    path = tmp_path / "new" / f"answer.{ending}"
    assert query(tables, "longest-laughs", "--output", path) == 0
    assert f"written to {path}" in capsys.readouterr().out
    rows = duckdb.sql(f"SELECT recording_id, length_s FROM '{path}'").fetchall()
    assert len(rows) == 31
    assert rows[:2] == [(TWO, 59.5), (ONE, 1 + 29 / 32)]
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert query(tables, "longest-laughs", "--limit", 3, "--output", path) == 0
    assert duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall() == [(3,)]


def test_a_table_in_a_file_is_whole(tables, tmp_path):
    assert query(tables, "longest-laughs", "--output", tmp_path / "answer.txt") == 0
    assert (tmp_path / "answer.txt").read_text(encoding="utf-8").count(ONE) == 30


def test_own_sql_over_the_views(tables, capfdbinary):
    sql = (
        "SELECT kind, count(*) AS n, sum(n) OVER () AS big, 'NaN'::DOUBLE AS odd, min(date) AS d FROM events GROUP BY 1"
    )
    assert query(tables, "--sql", sql, "--format", "json") == 0
    (row,) = json.loads(capfdbinary.readouterr().out)
    assert row == {"kind": "giggle", "n": 31, "big": 31, "odd": None, "d": "2016-01-01"}
    assert query(tables, "--sql", "SELECT * FROM windows", "--format", "json") == 0
    assert json.loads(capfdbinary.readouterr().out) == []


def test_views_for_use_elsewhere(tables, tmp_path):
    assert query(tables, "--views", tmp_path / "views.sql") == 0
    with duckdb.connect() as connection:
        connection.execute((tmp_path / "views.sql").read_text(encoding="utf-8"))
        assert connection.sql("SELECT count(*) FROM events JOIN recordings USING (recording_id)").fetchall() == [(31,)]


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["nope"], 2, "there is no question 'nope'; there are coverage, failed-recordings"),
        (["laughs-near"], 2, "laughs-near needs --param time="),
        (["coverage", "--param", "hole"], 2, "--param hole has no value"),
        (["coverage", "--sql", "SELECT 1"], 2, "NAME and --sql cannot be had together"),
        (["coverage", "--limit", "0"], 2, "--limit must be at least 1, not 0"),
        (["--sql", "SELECT 1", "--param", "a=1"], 2, "--param is for a question by its NAME"),
        (["--sql", "SELECT nope FROM events"], 1, "nope"),
        (["--sql", "CREATE TABLE x (a INTEGER)"], 1, "the SQL is not one SELECT"),
        (["--sql", ""], 1, "the SQL is not one SELECT"),
        (["--sql", "EXPLAIN ANALYZE COPY (SELECT 1) TO 'written.csv'"], 1, "the SQL is not one SELECT"),
        (["--sql", "COPY (SELECT 1) TO 'written.csv'"], 1, "the SQL is not one SELECT"),
        (["--sql", "SELECT * FROM read_text('/etc/hostname')"], 1, "file system operations are disabled"),
        (["--sql", "SELECT * FROM glob('/*')"], 1, "file system operations are disabled"),
        (["--sql", "SELECT * FROM read_csv('https://example.org/x.csv')"], 1, "DuckDB cannot answer"),
        (["--sql", "PRAGMA version"], 1, "the SQL is not one SELECT"),
        (["--sql", "INSTALL httpfs"], 1, "the SQL is not one SELECT"),
        (["coverage", "--output", ""], 2, "--output must not be empty"),
        (["--sql", "SELECT [1] AS a", "--format", "csv"], 1, "cannot be written as csv"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(tables, arguments, status, sentence, capsys):
    assert query(tables, *arguments) == status
    error = capsys.readouterr().err
    assert error.startswith("laughter: ")
    assert sentence in error
    assert len(error.splitlines()) == 1


def test_a_failed_answer_leaves_the_old_file(tables, tmp_path, capsys):
    path = tmp_path / "answer.csv"
    path.write_text("old")
    assert query(tables, "--sql", "SELECT [1] AS a", "--output", path) == 1
    assert query(tmp_path / "none", "coverage", "--output", path) == 2
    assert "holds no tables" in capsys.readouterr().err
    assert path.read_text() == "old"
    assert {file.name for file in tmp_path.iterdir()} == {"answer.csv", "tables"}


def test_a_missing_package_is_told(tables, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert query(tables, "coverage") == 2
    assert "pip install -e '.[query]'" in capsys.readouterr().err


def test_a_question_needs_neither_beam_nor_tensorflow(tables):
    program = (
        "import sys; from pipeline import cli; status = cli.main(['query', sys.argv[1], 'coverage']); "
        "sys.exit(status or 'apache_beam' in sys.modules or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tables)], check=False).returncode == 0


def test_a_csv_holds_nothing_that_a_spreadsheet_would_run_or_count(tables, tmp_path):
    words = ["=cmd()", "+1", "-x", "@sum", "12345", "1e10", "2016-01-01", "plain", "a=b", "\trun", "=", "ünder"]
    sql = (
        "SELECT unnest([" + ", ".join(f"'{word}'" for word in words) + "]) AS word, -1 AS number, NULL::TEXT AS nothing"
    )
    path = tmp_path / "answer.csv"
    assert query(tables, "--sql", sql, "--output", path) == 0
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))[1:]
    assert [row[0] for row in rows] == [word if word in ("plain", "a=b", "ünder") else f"'{word}" for word in words]
    assert {row[1] for row in rows} == {"-1"}
    assert query(tables, "--sql", sql, "--output", path, "--raw", "--bom") == 0
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert [row[0] for row in csv.reader(content.decode("utf-8-sig").splitlines())][1:] == words
