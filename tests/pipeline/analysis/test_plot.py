"""`laughter plot timeline` and `laughter plot archive` as their users run them."""

import datetime as dt
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from pipeline import cli
from pipeline.analysis import plot_timeline
from tests.helpers.report import TRACK_THRESHOLDS, random_scores, random_tracks, write_scored
from tests.helpers.tables import event_row, recording_row, write_tables, write_windows
from transforms.plots.archive_totals import archive_totals, by_hour, by_month, by_network, months_between
from transforms.tables.query import connect

ONE, TWO, FAILED = "2016-01-01_0000_US_CNN_One", "2016-02-29_2330_DE_ZDF_Two", "2016-01-01_0100_US_CNN_Broken"
PLAIN = "c0ffee"
HOSTILE = r"$\frac{ <img src=x>"


@pytest.fixture
def tables(tmp_path):
    recordings = [
        recording_row(ONE, duration_s=3600.0, audio_s=3600.0),
        recording_row(TWO, duration_s=3600.0, audio_s=3600.0, network=HOSTILE, title=HOSTILE),
        recording_row(FAILED, status="failed", audio_s=0.0, duration_s=None),
        recording_row(PLAIN, duration_s=1800.0, audio_s=1800.0),
    ]
    events = [
        event_row(recording["recording_id"], start, end, start_utc=_after(recording, start), end_utc=None)
        for recording, start, end in (
            (recordings[0], 10, 70),
            (recordings[1], 1790, 1820),
            (recordings[1], 2000, 2030),
            (recordings[3], 5, 20),
        )
    ]
    write_tables(tmp_path / "tables", recordings, events)
    probability = np.zeros(120)  # a row group holds two windows here, so few are quick
    probability[10:70] = 0.9
    for recording in recordings[:2]:
        write_windows(tmp_path / "tables", {**recording, "audio_s": 120.0}, probability)
    return tmp_path / "tables"


def _after(recording, seconds):
    return recording["start_utc"] and recording["start_utc"] + dt.timedelta(seconds=seconds)


def plot(name, tables, *arguments):
    return cli.main(["plot", name, str(tables), "--quiet", *map(str, arguments)])


def leaves(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_several_recordings_give_a_timeline_each(tables, tmp_path, capsys):
    out = tmp_path / "out"
    assert plot("timeline", tables, "--recording", ONE, "--recording", TWO, "--output", out) == 0
    assert leaves(out) == [f"timeline_{ONE}.png", f"timeline_{TWO}.png"]
    assert Image.open(out / f"timeline_{ONE}.png").size[0] > 600
    assert f"timeline_{TWO}.png" in capsys.readouterr().out
    before = (out / f"timeline_{ONE}.png").read_bytes()
    assert plot("timeline", tables, "--recording", ONE, "--output", out) == 0
    assert (out / f"timeline_{ONE}.png").read_bytes() == before


def test_a_tracked_recording_is_drawn_by_its_track(tmp_path, monkeypatch):
    tracks = random_tracks(90, seed=4)
    write_scored(tmp_path / "tables", {ONE: random_scores(90)}, tracked={ONE: tracks})
    drawn = []
    real = plot_timeline.timeline_plot

    def noted(curve, events, **options):
        drawn.append((curve, options))
        return real(curve, events, **options)

    monkeypatch.setattr(plot_timeline, "timeline_plot", noted)
    assert plot("timeline", tmp_path / "tables", "--recording", ONE, "--output", tmp_path / "out") == 0
    ((curve, options),) = drawn
    assert len(curve) == 896  # the sound ends 0.4 s before the last second
    assert curve[500] == np.float32(np.median(tracks.reshape(-1, 5)[499:502, 0]) / 255)
    assert options["hz"] == 10
    assert options["thresholds"] == {name: getattr(TRACK_THRESHOLDS, name) for name in ("onset", "offset", "peak")}


def test_what_cannot_be_drawn_is_told_and_the_rest_is_drawn(tables, tmp_path, capsys):
    out = tmp_path / "out"
    wanted = [part for one in ("nobody", FAILED, PLAIN, ONE) for part in ("--recording", one)]
    assert plot("timeline", tables, *wanted, "--output", out) == 3
    said = capsys.readouterr().err
    assert "nobody: it is not in the tables; check --recording" in said
    assert f"{FAILED}: it failed, so there is nothing to draw" in said
    assert "cannot be read" in said  # the windows of the day without a date are not there
    assert leaves(out) == [f"timeline_{ONE}.png"]


def test_a_name_that_is_no_file_name_is_drawn(tmp_path):
    name = "../up $x$\n"
    recording = recording_row(name)
    write_tables(tmp_path / "tables", [recording], [event_row(name, 1, 2)])
    write_windows(tmp_path / "tables", recording, np.full(60, 0.25))
    assert plot("timeline", tmp_path / "tables", "--recording", name, "--output", tmp_path / "out") == 0
    assert leaves(tmp_path) == ["out", "tables"]
    assert len(leaves(tmp_path / "out")) == 1


def test_the_archive_as_a_plain_count_has_it(tables):
    with connect(str(tables)) as connection:
        archive = archive_totals(connection)
        assert (archive.recordings, archive.failed, archive.without_start, archive.laughs) == (4, 1, 1, 4)
        assert (archive.hours, archive.hours_without_start) == (2.5, 0.5)
        assert archive.laughing_hours == pytest.approx((60 + 30 + 30 + 15) / 3600)
        assert by_hour(connection, "UTC") == [
            ("00", 1.5, 2, pytest.approx((60 + 30) / 60 / 1.5)),  # the second recording goes on after midnight
            ("23", 0.5, 1, pytest.approx(30 / 60 / 0.5)),
        ]
        assert [share.name for share in by_hour(connection, "Europe/Berlin")] == ["00", "01"]
        assert by_month(connection, "UTC") == [("2016-01", 1.0, 1, 1.0), ("2016-02", 1.0, 2, 1.0)]
        assert [share.name for share in by_month(connection, "Europe/Berlin")] == ["2016-01", "2016-03"]
        assert by_network(connection) == [(HOSTILE, 1.0, 2, 1.0), ("CNN", 1.0, 1, 1.0), ("not known", 0.5, 1, 0.5)]


def test_months_between_are_all_named():
    assert months_between("2015-11", "2016-02") == ["2015-11", "2015-12", "2016-01", "2016-02"]
    assert months_between("2016-07", "2016-07") == ["2016-07"]


def test_three_plots_of_an_archive(tables, tmp_path, capsys):
    out = tmp_path / "out"
    assert plot("archive", tables, "--zone", "America/New_York", "--output", out) == 0
    assert leaves(out) == ["laughter_by_hour.png", "laughter_by_month.png", "laughter_by_network.png"]
    said = capsys.readouterr().out
    assert "4 recordings, 1 of them failed; 2.5 h of audio" in said
    assert "4 laughs, 0.90 minutes of laughter per hour of audio" in said
    assert "1 recordings (0.5 h) have no start time, so they are in no hour and no month" in said


def test_an_archive_without_times_has_its_networks_only(tmp_path):
    write_tables(tmp_path / "tables", [recording_row(PLAIN)], [])
    assert plot("archive", tmp_path / "tables", "--output", tmp_path / "out") == 0
    assert leaves(tmp_path / "out") == ["laughter_by_network.png"]


@pytest.mark.parametrize("arguments", [("archive",), ("timeline", "--recording", ONE)])
def test_a_dry_run_writes_nothing(tables, tmp_path, arguments, capsys):
    name, *others = arguments
    assert plot(name, tables, *others, "--dry-run", "--output", tmp_path / "out") == 0
    assert "nothing was written (--dry-run), but would be to" in capsys.readouterr().out
    assert leaves(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("name", "arguments", "status", "sentence"),
    [
        ("archive", ["--zone", "Mars/Olympus"], 2, "there is no time zone Mars/Olympus; give one such as"),
        ("archive", ["--output", ""], 2, "must not be empty"),
        ("timeline", ["--recording", ONE, "--output", "file/out"], 1, "see to the disk and its permissions"),
        ("archive", ["--output", "file/out"], 1, "see to the disk and its permissions"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(tables, tmp_path, monkeypatch, name, arguments, status, sentence, capsys):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.chdir(tmp_path)
    assert plot(name, tables, *arguments) == status
    said = capsys.readouterr().err.strip()
    assert sentence in said
    assert "\n" not in said


@pytest.mark.parametrize("arguments", [("archive",), ("timeline", "--recording", ONE)])
def test_a_folder_without_tables_is_refused(tmp_path, arguments, capsys):
    name, *others = arguments
    assert plot(name, tmp_path, *others) == 2
    assert "holds no tables" in capsys.readouterr().err


def test_tables_without_audio_are_refused(tmp_path, capsys):
    write_tables(tmp_path / "tables", [recording_row(FAILED, status="failed", audio_s=0.0)])
    assert plot("archive", tmp_path / "tables", "--output", tmp_path / "out") == 2
    assert "have no audio" in capsys.readouterr().err


def test_a_damaged_table_is_told(tables, tmp_path, capsys):
    (tables / "events" / "date=2016-01-01" / "events.parquet").write_bytes(b"PAR1 no more")
    assert plot("archive", tables, "--output", tmp_path / "out") == 1
    assert plot("timeline", tables, "--recording", ONE, "--recording", TWO, "--output", tmp_path / "out") == 3
    assert leaves(tmp_path / "out") == [f"timeline_{TWO}.png"]
    said = capsys.readouterr().err
    assert "DuckDB cannot answer" in said
    assert "the tables of date=2016-01-01 cannot be read" in said


def test_an_archive_needs_neither_beam_nor_tensorflow(tables, tmp_path):
    program = (
        f"import sys; from pipeline import cli; cli.main(['plot', 'archive', {str(tables)!r}, '--output', "
        f"{str(tmp_path / 'out')!r}]); print(sorted({{'tensorflow', 'apache_beam'}} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
