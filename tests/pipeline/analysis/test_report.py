"""`laughter report` as its users run it."""

import base64
import json
import os
import pathlib
import re

import fsspec
import pytest

from pipeline import cli
from tests.helpers.archive import make_recording
from tests.helpers.media import beeps
from tests.helpers.report import random_scores, random_tracks, write_scored
from transforms.tables.schemas import table_path

ONE, QUIET, BROKEN = (f"2016-01-01_{hour:02d}00_US_CNN_{name}" for hour, name in enumerate(("One", "Quiet", "Broken")))
LATER = "2016-01-02_0000_DE_ZDF_Later"


@pytest.fixture
def tables(tmp_path):
    """Four recordings of two days; one failed, one has no laughter."""
    quiet = random_scores(30)
    for values in quiet.by_length.values():
        values[:, 6] = 1
    write_scored(tmp_path / "tables", {ONE: random_scores(400, seed=1), QUIET: quiet}, failed=[BROKEN])
    write_scored(tmp_path / "tables", {LATER: random_scores(50, seed=2)})
    return tmp_path / "tables"


def report(tables, output, *arguments):
    return cli.main(["report", str(tables), "--output", str(output), *map(str, arguments)])


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def data_of(page: pathlib.Path):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*)</script>', page.read_text())[1])


def test_a_page_a_recording_and_an_index(tables, tmp_path, capsys):
    assert report(tables, tmp_path / "out") == 0
    assert set(contents(tmp_path / "out")) == {"index.html", *(f"{name}.html" for name in (ONE, QUIET, LATER))}
    rows = {row["id"]: row for row in data_of(tmp_path / "out" / "index.html")["recordings"]}
    assert list(rows) == [ONE, QUIET, BROKEN, LATER]
    assert (rows[ONE]["page"], rows[BROKEN]["page"]) == (f"{ONE}.html", None)
    assert (rows[QUIET]["laughs"], rows[BROKEN]["laughs"]) == (0, None)
    assert rows[BROKEN]["error"] == f"{BROKEN} is no recording; check it"
    page = data_of(tmp_path / "out" / f"{ONE}.html")
    assert rows[ONE]["laughs"] == len(page["events"]) > 0
    assert page["media"] == os.path.relpath(f"/archive/{ONE}.mp4", tmp_path / "out")
    said = capsys.readouterr()
    assert "4 (3 done, 1 failed)" in said.out
    assert "3: not where it was; --media FOLDER says where" in said.out
    assert f"open {tmp_path}/out/index.html in a browser" in said.out
    assert "2 of 2 days, 4 recordings" in said.err


def test_a_page_of_a_tracked_recording_has_its_tracks_and_their_thresholds(tmp_path):
    scored = {ONE: random_scores(60, seed=1), QUIET: random_scores(30, seed=2)}
    write_scored(tmp_path / "tables", scored, tracked={ONE: random_tracks(60)})
    assert report(tmp_path / "tables", tmp_path / "out") == 0
    tracked, plain = (data_of(tmp_path / "out" / f"{name}.html") for name in (ONE, QUIET))
    assert len(base64.b64decode(tracked["tracks"])) == 5 * 596
    assert (tracked["thresholds"]["peak"], plain["tracks"]) == (0.7, None)
    assert "peak" not in plain["thresholds"]
    assert tracked["events"]


def test_the_waveform_and_the_link_are_those_of_the_recording(tables, tmp_path, capsys):
    (tmp_path / "tv").mkdir()
    beeps(tmp_path / "tv" / f"{ONE}.mp4", [3.0], duration_s=400)
    (tmp_path / "tv" / f"{LATER}.mp4").write_text("no media")
    assert report(tables, tmp_path / "out", "--media", tmp_path / "tv") == 0
    page = data_of(tmp_path / "out" / f"{ONE}.html")
    assert (page["media"], page["media_is_audio"]) == (f"../tv/{ONE}.mp4", False)
    assert len(base64.b64decode(page["peaks"])) == 400 * page["peaks_a_second"]
    assert data_of(tmp_path / "out" / f"{LATER}.html")["peaks"] is None
    assert "1: cannot be decoded any more" in capsys.readouterr().out
    assert report(tables, tmp_path / "bare", "--media", "none", "--no-waveform") == 0
    page = data_of(tmp_path / "bare" / f"{ONE}.html")
    assert (page["media"], page["peaks"]) == (None, None)
    assert "no waveform" not in capsys.readouterr().out


def test_what_detect_wrote_is_reported_with_its_thresholds(tmp_path, loudness_bundle):
    recording = make_recording(tmp_path / f"{ONE}.wav")
    command = ["detect", str(recording), "--bundle", str(loudness_bundle), "--output", str(tmp_path / "t"), "--quiet"]
    assert cli.main([*command, "--onset", "0.3", "--min-off", "2.5"]) == 0
    assert report(tmp_path / "t", tmp_path / "out", "--quiet") == 0
    page = data_of(tmp_path / "out" / f"{ONE}.html")
    assert page["thresholds"] == {"onset": 0.3, "offset": 0.1, "minOn": 1.0, "minOff": 2.5}
    assert [event[:3] for event in page["events"]] == [[8.0, 11.0, 2]]
    assert (page["media"], page["media_is_audio"]) == (f"../{ONE}.wav", True)
    assert page["peaks"]


def test_only_some_recordings(tables, tmp_path, capsys):
    assert report(tables, tmp_path / "out", "--recording", LATER) == 0
    assert set(contents(tmp_path / "out")) == {f"{LATER}.html", "index.html"}
    assert report(tables, tmp_path / "none", "--recording", "gone", "--recording", BROKEN) == 3
    said = capsys.readouterr().out
    assert "it is not in the tables; check --recording:\n  gone" in said
    assert f"it failed, so it has no page:\n  {BROKEN}" in said


def test_equal_tables_give_equal_pages_and_old_ones_are_replaced(tables, tmp_path):
    report(tables, tmp_path / "one")
    report(tables, tmp_path / "two")
    (tmp_path / "two" / f"{ONE}.html").write_text("old")
    report(tables, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_bad_recording_does_not_stop_the_rest(tables, tmp_path, capsys):
    pathlib.Path(table_path(str(tables), "windows", "2016-01-01")).write_bytes(b"damaged")
    assert report(tables, tmp_path / "out") == 3
    assert set(contents(tmp_path / "out")) == {f"{LATER}.html", "index.html"}
    assert "2 x the windows table of date=2016-01-01 cannot be read" in capsys.readouterr().out
    rows = {row["id"]: row for row in data_of(tmp_path / "out" / "index.html")["recordings"]}
    assert rows[ONE]["page"] is None
    assert rows[ONE]["error"].startswith("no page: the windows table of date=2016-01-01")


def test_a_dry_run_writes_nothing(tables, tmp_path, capsys):
    before = contents(tmp_path)
    assert report(tables, tmp_path / "out", "--dry-run") == 0
    assert contents(tmp_path) == before
    said = capsys.readouterr().out
    assert "3, index.html" in said
    assert f"nothing was written (--dry-run), but would be to {tmp_path}/out" in said


def test_a_full_disk_leaves_whole_pages_only(tables, tmp_path, fill_disk, capsys):
    fill_disk(QUIET)
    assert report(tables, tmp_path / "out") == 1
    assert set(contents(tmp_path / "out")) == {f"{ONE}.html"}
    assert f"{QUIET}.html cannot be written (No space left on device)" in capsys.readouterr().err


def test_tables_and_pages_on_object_storage(tmp_path):
    memory = fsspec.filesystem("memory")
    write_scored("memory://reported/tables", {ONE: random_scores(40)})
    try:
        assert report("memory://reported/tables", "memory://reported/out", "--quiet") == 0
        assert {name.rsplit("/", 1)[-1] for name in memory.find("/reported/out")} == {f"{ONE}.html", "index.html"}
    finally:
        memory.rm("/reported", recursive=True)


def test_a_folder_without_tables_is_refused(tmp_path, capsys):
    assert report(tmp_path, tmp_path / "out") == 2
    assert "holds no tables" in capsys.readouterr().err


def test_help_shows_an_example(capsys):
    with pytest.raises(SystemExit):
        cli.main(["report", "--help"])
    assert "laughter report tables/ --output" in capsys.readouterr().out
