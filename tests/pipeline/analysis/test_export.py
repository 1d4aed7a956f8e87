"""`laughter export` as its users run it."""

import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ET

import duckdb
import fsspec
import pytest

from pipeline import cli
from tests.helpers.tables import event_row, recording_row, write_tables
from transforms.formats import writers
from transforms.formats.writers import FORMATS
from transforms.tables.schemas import table_path

ONE, QUIET, BROKEN = (f"2016-01-01_{hour:02d}00_US_CNN_{name}" for hour, name in enumerate(("One", "Quiet", "Broken")))
LATER = "2016-01-02_0000_DE_ZDF_Later"
NAMELESS = "0123456789abcdef0123"
ODD = '../..\n"odd" /etc/' + "é" * 120

STREAMS = {"laughter.rttm", "laughter.csv", "laughter.jsonl"}
ALL = [argument for name in FORMATS for argument in ("--format", name)]


@pytest.fixture
def tables(tmp_path):
    """Five recordings of which one failed, one has no laughter and one tells no start."""
    recordings = [recording_row(name) for name in (ONE, QUIET, LATER, NAMELESS)]
    recordings.append(recording_row(BROKEN, status="failed", audio_s=0.0, error="it is no recording"))
    events = [event_row(ONE, 3, 5), event_row(ONE, 4, 9, "snicker"), event_row(LATER, 1, 2), event_row(NAMELESS, 7, 8)]
    write_tables(tmp_path / "tables", recordings, events)
    return tmp_path / "tables"


def export(tables, output, *arguments):
    return cli.main(["export", str(tables), "--output", str(output), *map(str, arguments)])


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_format_of_every_recording(tables, tmp_path, capsys):
    assert export(tables, tmp_path / "out", *ALL) == 3
    endings = [format.ending for format in FORMATS.values() if not format.stream]
    names = {f"{name}.{ending}" for name in (ONE, QUIET, LATER, NAMELESS) for ending in endings}
    assert set(contents(tmp_path / "out")) == (names | STREAMS) - {f"{NAMELESS}.sfx"}
    said = capsys.readouterr()
    assert "5 (4 done, 1 failed)" in said.out
    assert f"written to {tmp_path}/out" in said.out
    assert "1 x not written as sfx: its name tells no start in UTC" in said.out
    assert NAMELESS in said.out
    assert "3 of 3 days, 5 recordings, 1 troubles" in said.err


def test_streams_hold_all_recordings(tables, tmp_path):
    assert export(tables, tmp_path, "--format", "csv", "--format", "jsonl", "--format", "rttm", "--quiet") == 0
    query = f"SELECT recording_id, start_s, kind FROM '{tmp_path}/laughter.csv' ORDER BY ALL"
    events = [(NAMELESS, 7, "giggle"), (ONE, 3, "giggle"), (ONE, 4, "snicker"), (LATER, 1, "giggle")]
    assert duckdb.sql(query).fetchall() == events
    query = f"SELECT recording_id, len(events) FROM '{tmp_path}/laughter.jsonl' ORDER BY ALL"
    assert duckdb.sql(query).fetchall() == [(NAMELESS, 1), (ONE, 2), (QUIET, 0), (LATER, 1)]
    assert len((tmp_path / "laughter.rttm").read_text().splitlines()) == 4


def test_equal_tables_give_equal_files_and_old_ones_are_replaced(tables, tmp_path):
    export(tables, tmp_path / "one", *ALL)
    export(tables, tmp_path / "two", *ALL)
    (tmp_path / "two" / f"{ONE}.eaf").write_text("old")
    export(tables, tmp_path / "two", *ALL)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_only_some_recordings(tables, tmp_path, capsys):
    chosen = ["--recording", ONE, "--recording", LATER]
    assert export(tables, tmp_path / "out", "--format", "vtt", *chosen) == 0
    assert set(contents(tmp_path / "out")) == {f"{ONE}.vtt", f"{LATER}.vtt"}
    assert export(tables, tmp_path / "none", "--format", "vtt", "--recording", "gone", "--recording", BROKEN) == 3
    said = capsys.readouterr().out
    assert "it is not in the tables; check --recording:\n  gone" in said
    assert f"it failed, so there is nothing to export:\n  {BROKEN}" in said


def test_odd_ids_stay_in_the_folder_and_apart(tmp_path):
    ids = [ODD, ODD + "a", "a/b", "a b", "a_b", ".."]
    tables = tmp_path / "a" / "tables"
    write_tables(tables, [recording_row(name) for name in ids], [event_row(name, 1, 2) for name in ids])
    before = set(contents(tmp_path))
    assert export(tables, tmp_path / "a" / "out" / "deep", "--format", "eaf", "--format", "csv") == 0
    written = set(contents(tmp_path)) - before
    assert len(written) == len(ids) + 1
    assert {str(pathlib.Path(name).parent) for name in written} == {"a/out/deep"}
    links = set()
    for name in written:
        if name.endswith(".eaf"):
            links |= {one.attrib["MEDIA_URL"] for one in ET.parse(tmp_path / name).iter("MEDIA_DESCRIPTOR")}
    assert len(links) == len(ids)
    read = duckdb.sql(f"SELECT recording_id FROM read_csv('{tmp_path}/a/out/deep/laughter.csv', quote = '\"')")
    assert {name for (name,) in read.fetchall()} == set(ids)


def test_a_damaged_day_among_good_ones(tables, tmp_path, capsys):
    path = pathlib.Path(table_path(str(tables), "events", "2016-01-01"))
    path.write_bytes(path.read_bytes()[:-100])
    assert export(tables, tmp_path / "out", "--format", "vtt", "--format", "csv") == 3
    assert set(contents(tmp_path / "out")) == {f"{NAMELESS}.vtt", f"{LATER}.vtt", "laughter.csv"}
    said = capsys.readouterr().out
    assert "1 x the tables of a day cannot be read to their end" in said
    assert "date=2016-01-01 cannot be read" in said


def test_one_bad_recording_does_not_stop_the_rest(tmp_path, capsys, monkeypatch):
    write_tables(tmp_path / "t", [recording_row(name) for name in (ONE, QUIET, LATER)], [event_row(ONE, 5, 5)])
    broken = writers.FORMATS["vtt"]
    refuse = {QUIET: ValueError("the library is unhappy")}

    def text(annotated, settings):
        if annotated.recording_id in refuse:
            raise refuse[annotated.recording_id]
        return broken.text(annotated, settings)

    monkeypatch.setitem(writers.FORMATS, "vtt", type(broken)("vtt", text))
    assert export(tmp_path / "t", tmp_path / "out", "--format", "vtt", "--format", "audacity") == 3
    assert set(contents(tmp_path / "out")) == {f"{QUIET}.txt", f"{LATER}.txt", f"{LATER}.vtt"}
    said = capsys.readouterr().out
    assert f"1 x an event does not end after its start; run laughter detect again:\n  {ONE}" in said
    assert "it does not fit the format vtt (the library is unhappy)" in said


def test_many_of_one_trouble_are_counted_and_some_named(tmp_path, capsys):
    write_tables(tmp_path / "t", [recording_row(f"{number:020x}") for number in range(9)])
    assert export(tmp_path / "t", tmp_path / "out", "--format", "sfx") == 3
    said = capsys.readouterr().out
    assert "9 x not written as sfx" in said
    assert "  and 4 more" in said


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(tables, tmp_path, capsys):
    before = contents(tmp_path)
    assert export(tables, tmp_path / "out", *ALL, "--dry-run") == 3
    assert contents(tmp_path) == before
    assert not (tmp_path / "out").exists()
    said = capsys.readouterr().out
    assert "3 recordings, *.sfx" in said
    assert "4 recordings, laughter.csv" in said
    assert f"nothing was written (--dry-run), but would be to {tmp_path}/out" in said


def test_what_is_broken_off_leaves_no_temporary_file(tables, tmp_path, fill_disk, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "laughter.csv").write_text("old")
    fill_disk(LATER)
    assert export(tables, tmp_path / "out", "--format", "csv", "--format", "eaf") == 1
    written = contents(tmp_path / "out")
    assert set(written) == {"laughter.csv", f"{ONE}.eaf", f"{QUIET}.eaf"}
    assert written["laughter.csv"] == b"old"
    error = capsys.readouterr().err
    assert f"{LATER}.eaf cannot be written (No space left on device)" in error


def test_tables_and_output_on_object_storage(tmp_path):
    memory = fsspec.filesystem("memory")
    write_tables("memory://exported/tables", [recording_row(ONE)], [event_row(ONE, 3, 5)])
    try:
        assert export("memory://exported/tables", "memory://exported/out", *ALL, "--quiet") == 0
        found = {name.rsplit("/", 1)[-1] for name in memory.find("/exported/out")}
        assert found == STREAMS | {f"{ONE}.{format.ending}" for format in FORMATS.values() if not format.stream}
        assert b"giggle 0.75" in memory.cat(f"/exported/out/{ONE}.vtt")
    finally:
        memory.rm("/exported", recursive=True)


def test_media_may_lie_elsewhere_or_stay_unlinked(tables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export(tables, tmp_path / "one", "--format", "eaf", "--recording", ONE, "--media", "tv")
    assert f'MEDIA_URL="file://{tmp_path}/tv/{ONE}.mp4"' in (tmp_path / "one" / f"{ONE}.eaf").read_text()
    export(tables, tmp_path / "two", "--format", "eaf", "--recording", ONE, "--media", "none")
    assert "MEDIA_URL" not in (tmp_path / "two" / f"{ONE}.eaf").read_text()


def test_an_unknown_format_is_refused(tables, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        export(tables, tmp_path / "out", "--format", "docx")
    assert stopped.value.code == 2
    assert "invalid choice: 'docx'" in capsys.readouterr().err


def test_a_folder_without_tables_is_refused(tmp_path, capsys):
    assert export(tmp_path, tmp_path / "out", "--format", "csv") == 2
    assert "holds no tables" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_missing_package_is_told_before_anything_is_written(tables, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "praatio", None)
    assert export(tables, tmp_path / "out", "--format", "csv", "--format", "textgrid") == 2
    error = capsys.readouterr().err
    assert error.startswith("laughter: files of the format textgrid need the package praatio: ")
    assert "pip install -e '.[export]'" in error
    assert not (tmp_path / "out").exists()


def test_help_shows_an_example(capsys):
    with pytest.raises(SystemExit):
        cli.main(["export", "--help"])
    assert "laughter export tables/ --format" in capsys.readouterr().out


def test_an_export_needs_neither_beam_nor_tensorflow(tables, tmp_path):
    program = (
        "import sys; from pipeline import cli; status = cli.main(['export', *sys.argv[1:], '--quiet']); "
        "sys.exit(status or 'apache_beam' in sys.modules or 'tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(tables), "--output", str(tmp_path / "out"), "--format", "csv"]
    assert subprocess.run(command, check=False).returncode == 0
