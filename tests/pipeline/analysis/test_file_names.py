"""Recordings whose names are not in the archive's style have hashes for ids: people know them by their files' names."""

import json

import pytest

from pipeline import cli
from tests.helpers.tables import event_row, recording_row, write_tables, write_windows
from transforms.formats.readers import READERS
from transforms.formats.writers import FORMATS

FIRST, SECOND, BROKEN = "0123456789abcdef0123", "f" * 20, "ab" * 10
STEM = f"Evening_News~{FIRST}"
EACH = [name for name in FORMATS if name != "sfx"]  # which needs a start


@pytest.fixture
def tables(tmp_path):
    recordings = [
        recording_row(FIRST, path="/tv/Evening News.mp4"),
        recording_row(BROKEN, path="/tv/Broken Show.mp4", status="failed", audio_s=0.0),
    ]
    write_tables(tmp_path / "tables", recordings, [event_row(FIRST, 3, 9)])
    write_windows(tmp_path / "tables", recordings[0], [0.1] * 60)
    return tmp_path / "tables"


def run(*arguments):
    return cli.main([*map(str, arguments)])


@pytest.mark.parametrize("name", EACH)
def test_exports_bear_the_name_and_are_known_when_they_come_back(tables, tmp_path, name):
    assert run("export", tables, "--output", tmp_path / "out", "--format", name, "--quiet") == 0
    [file] = (tmp_path / "out").iterdir()
    assert file.stem == ("laughter" if FORMATS[name].stream else STEM)
    if FORMATS[name].stream:
        assert "Evening" in file.read_text(encoding="utf-8")
    assert READERS[name](str(file)).keys() == {FIRST}


def test_pages_bear_the_name(tables, tmp_path):
    assert run("report", tables, "--output", tmp_path / "out", "--quiet", "--media", "none") == 0
    assert {page.name for page in (tmp_path / "out").iterdir()} == {"index.html", f"{STEM}.html"}
    assert "<title>Evening News.mp4: laughter</title>" in (tmp_path / "out" / f"{STEM}.html").read_text()
    index = (tmp_path / "out" / "index.html").read_text()
    assert '"file_name":"Evening News.mp4"' in index.replace('": "', '":"')


@pytest.mark.parametrize("command", ["export", "report"])
def test_messages_name_the_file(tables, tmp_path, capsys, command):
    more = ["--format", "csv"] if command == "export" else []
    assert run(command, tables, "--output", tmp_path, "--quiet", *more, "--recording", "Broken Show") == 3
    assert f"Broken Show.mp4 ({BROKEN})" in capsys.readouterr().out


def test_tables_as_the_truth_know_files_named_after_the_recording(tables, tmp_path):
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "Evening News.txt").write_text("3\t9\tgiggle\n", encoding="utf-8")
    assert run("score", tmp_path / "found", tables, "--output", tmp_path / "score") == 0
    assert json.loads((tmp_path / "score" / "score.json").read_text())["total"]["giggle"]["event_f1"] == 1


def test_a_name_that_two_recordings_of_the_truth_have_is_refused(tmp_path, capsys):
    rows = [recording_row(name, path=f"/{name}/Evening News.mp4") for name in (FIRST, SECOND)]
    write_tables(tmp_path / "tables", rows, [event_row(FIRST, 3, 9)])
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "Evening News.txt").write_text("3\t9\tgiggle\n", encoding="utf-8")
    (tmp_path / "found" / f"{SECOND}.txt").write_text("3\t9\tgiggle\n", encoding="utf-8")
    assert run("score", tmp_path / "found", tmp_path / "tables") == 3
    said = capsys.readouterr().out.replace("\n", " ")
    assert "are called Evening_News" in said
    assert f"Evening News.mp4 ({FIRST}) is left out" in said
