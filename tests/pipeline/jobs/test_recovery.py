"""What a run finds that an earlier one, another one, or the disk did to the store and the tables."""

import multiprocessing
import os
import pathlib
import shutil
import tempfile
import threading

import pytest

from common import temporary_files
from common.atomic_files import atomic_file
from models.bundles.bundle import open_bundle
from pipeline import cli
from tests.helpers.archive import NAMES, contents, make_recording, rows, states
from transforms.embed.store import list_day
from transforms.tables import write_tables
from transforms.tables.annotate_recordings import AnnotateSettings


def damage(path):
    """Turn four bytes of a Parquet file's data."""
    content = bytearray(path.read_bytes())
    content[200:204] = bytes(255 - byte for byte in content[200:204])
    path.write_bytes(content)


@pytest.mark.parametrize("options", [(), ("--only", "new")])
def test_a_damaged_part_is_said_and_made_anew_by_the_same_run(archive, detect, capsys, options):
    output = detect(archive)
    before = contents(output)
    damage(output / "store" / "date=2016-01-02" / f"{NAMES[2]}.parquet")
    detect(archive, *options)
    assert "parts of the store were damaged" in capsys.readouterr().err
    assert contents(output) == before


def test_a_damaged_part_whose_recording_is_not_at_hand_becomes_a_row(archive, detect):
    output = detect(archive)
    damage(output / "store" / "date=2016-01-02" / f"{NAMES[2]}.parquet")
    (archive / f"{NAMES[2]}.wav").unlink()
    detect(archive)
    (lost,) = (row for row in rows(output, "recordings") if row["status"] == "failed")
    assert (lost["recording_id"], lost["stage"]) == (NAMES[2], "store")
    assert "were damaged" in lost["error"]


def test_a_damaged_annotation_is_made_anew(archive, detect):
    output = detect(archive)
    damage(output / "annotations" / "date=2016-01-01" / f"{NAMES[0]}.parquet")
    make_recording(archive / "2016-01-01_0200_US_CNN_Four.wav", seed=3)  # so that the day is written again
    detect(archive)
    assert contents(output) == contents(detect(archive, output="clean"))


def test_a_table_cut_short_is_written_again(archive, detect):
    output = detect(archive)
    before = contents(output)
    table = output / "events" / "date=2016-01-01" / "events.parquet"
    table.write_bytes(table.read_bytes()[:-100])
    detect(archive)
    assert contents(output) == before


@pytest.mark.parametrize("folder", ["store", "annotations"])
def test_a_damaged_footer_is_found_and_made_anew(archive, detect, folder):
    output = detect(archive)
    before = contents(output)
    path = output / folder / "date=2016-01-02" / f"{NAMES[2]}.parquet"
    content = path.read_bytes()
    assert content.count(b'"audio_s": 30.0') == 1
    path.write_bytes(content.replace(b'"audio_s": 30.0', b'"audio_s": 90.0'))
    (output / "events" / "date=2016-01-02" / "events.parquet").unlink()  # so that the day is written again
    detect(archive)
    assert contents(output) == before


def test_a_damaged_note_of_a_day_only_has_it_written_again(archive, detect):
    output = detect(archive)
    before = contents(output)
    (output / "annotations" / "date=2016-01-02" / "day.json").write_bytes(b"\xff\xfe")
    detect(archive)
    assert contents(output) == before


def test_a_damaged_part_of_a_moved_archive_is_made_anew(archive, detect):
    output = detect(archive)
    damage(output / "store" / "date=2016-01-02" / f"{NAMES[2]}.parquet")
    detect(archive.rename(archive.with_name("elsewhere")))
    assert {row["status"] for row in rows(output, "recordings")} == {"done"}
    assert len(rows(output, "windows")) == 3 * 2 * 30


def test_an_older_listing_of_a_day_does_not_win_over_newer_tables(archive, detect, loudness_bundle):
    """As when a nightly run begins and ends within a long one."""
    output = detect(archive)
    before = rows(output, "recordings")
    head = open_bundle(loudness_bundle)
    settings = AnnotateSettings(str(output / "store"), str(output), head.head(), head.head().thresholds)
    parts = list_day(settings.store, "2016-01-01")
    with pytest.raises(write_tables.DayChanged):
        write_tables.write_day("2016-01-01", parts[:1], settings)
    assert rows(output, "recordings") == before
    assert not list(output.rglob(".*"))


def test_what_a_killed_run_left_is_swept_and_what_is_at_work_is_not(archive, detect):
    output = detect(archive)
    orphan = output / "store" / "date=2016-01-01" / f".{32 * 'a'}.tmp"
    orphan.write_bytes(b"half a part")
    left = pathlib.Path(tempfile.mkdtemp(prefix="laughter-run-"))
    (left / "something").touch()
    with atomic_file(str(output / "store" / "date=2016-01-01" / "other.txt")) as at_work:
        pathlib.Path(at_work).write_text("written meanwhile")
        detect(archive)
        assert pathlib.Path(at_work).exists()
    assert not orphan.exists()
    assert not left.exists()
    assert (output / "store" / "date=2016-01-01" / "other.txt").read_text() == "written meanwhile"
    assert not list(output.rglob(".*"))


def test_the_scratch_folder_holds_all_temporary_files_and_goes(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with temporary_files.scratch_folder() as folder:
        handle, name = tempfile.mkstemp()
        os.close(handle)
        assert os.path.dirname(name) == folder == os.environ["TMPDIR"]
        with temporary_files.scratch_folder():  # a second run beside it
            assert os.path.exists(name)
    assert os.environ["TMPDIR"] == str(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_sweeper_never_takes_a_file_from_its_writer(tmp_path):
    stop = threading.Event()

    def sweeping():
        while not stop.is_set():
            temporary_files.sweep(str(tmp_path))

    sweeper = threading.Thread(target=sweeping)
    sweeper.start()
    try:
        for number in range(300):
            with atomic_file(str(tmp_path / f"{number}.txt")) as temporary:
                pathlib.Path(temporary).write_text(str(number))
    finally:
        stop.set()
        sweeper.join()
    assert {path.name for path in tmp_path.iterdir()} == {f"{number}.txt" for number in range(300)}


def _run(arguments, status):
    status.value = cli.main(arguments)


def test_two_runs_at_once_end_well_and_agree(archive, detect, loudness_bundle, tmp_path):
    for number in range(4, 10):
        make_recording(archive / f"2016-01-01_0{number}00_US_CNN_More.wav", seed=number)
    clean = contents(detect(archive, output="clean"))
    spawn = multiprocessing.get_context("spawn")
    command = ["detect", str(archive), "--output", str(tmp_path / "both"), "--bundle", str(loudness_bundle), "--quiet"]
    other = [*command[:3], str(tmp_path / "other"), *command[4:], "--store", str(tmp_path / "both" / "store")]
    statuses = [spawn.Value("i", -1) for _ in range(3)]
    runs = [
        spawn.Process(target=_run, args=(arguments, status))
        for arguments, status in zip((command, command, other), statuses, strict=True)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [status.value for status in statuses] == [0, 0, 0]
    assert contents(tmp_path / "both") == clean
    shutil.copytree(tmp_path / "both" / "store", tmp_path / "other" / "store")
    assert contents(tmp_path / "other") == clean
    before = states(tmp_path / "both" / "store")
    detect(archive, output="both")
    assert contents(tmp_path / "both") == clean
    assert states(tmp_path / "both" / "store") == before
