"""Every command reads tables of before an update, which lack columns and have other types, until they are made anew."""

import pytest

from pipeline import cli
from tests.helpers.recipes import as_before
from tests.helpers.tables import event_row, recording_row, write_tables, write_windows

ONE, TWO = "2016-01-01_0000_US_CNN_One", "2016-01-02_0000_US_CNN_Two"


@pytest.fixture
def tables(tmp_path):
    """A day of before and a day of now."""
    for name in (ONE, TWO):
        row = recording_row(name)
        write_tables(tmp_path / "tables", [row], [event_row(name, 3, 9)])
        write_windows(tmp_path / "tables", row, [0.1] * 3 + [0.9] * 6 + [0.1] * 51)
    for file in (tmp_path / "tables").glob("*/date=2016-01-01/*.parquet"):
        as_before(file)
    return tmp_path / "tables"


@pytest.mark.parametrize(
    "command",
    [
        ("report", "--media", "none"),
        ("export", "--format", "csv", "--format", "jsonl", "--format", "eaf"),
        ("plot", "timeline", "--recording", ONE, "--recording", TWO),
        ("plot", "archive"),
        ("query", "longest-laughs"),
        ("query", "coverage"),
        ("score",),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_command_reads_a_day_of_before(tables, tmp_path, command):
    words = 2 if command[0] == "plot" else 1
    output = {"query": tmp_path / "out.csv"}.get(command[0], tmp_path / "out")
    more = (str(tables),) if command[0] == "score" else ()
    if command[0] == "query":
        arguments = (command[0], str(tables), *command[1:])
    else:
        arguments = (*command[:words], str(tables), *more, *command[words:])
    assert cli.main([*arguments, "--output", str(output)]) == 0
