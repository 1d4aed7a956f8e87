"""The windows table read back: each recording's own scores, whatever the row groups, and damage told of."""

import dataclasses
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from common.parquet_files import atomic_parquet
from models.events.segments import Thresholds
from tests.helpers.report import THRESHOLDS, TRACK_THRESHOLDS, random_scores, random_tracks, write_scored
from tests.helpers.tables import write_table
from transforms.tables.read_tables import InvalidRecording, TableError, read_day
from transforms.tables.read_windows import WindowsReader, read_event_settings
from transforms.tables.schemas import EVENTS, WINDOWS, table_path
from transforms.tables.track_columns import TRACK_COLUMNS

DAY = "2016-01-01"
IDS = [f"{DAY}_{hour:02d}00_US_CNN_{name}" for hour, name in enumerate("ABC")]


def scores_of(windows, annotated, date=DAY):
    return windows.scores(annotated.recording_id, annotated.recording["audio_s"], date)


def read_all(folder):
    with WindowsReader(str(folder)) as windows:
        return {one.recording_id: scores_of(windows, one) for one in read_day(str(folder), DAY)}


def rewrite(folder, change):
    """Change the windows table; it becomes one row group."""
    path = table_path(str(folder), "windows", DAY)
    table = change(pq.read_table(path, partitioning=None))
    with atomic_parquet(path, table.schema) as writer:
        writer.write(table)


@pytest.mark.parametrize("hop_s", [1, 3, 12])
@pytest.mark.parametrize("one_group", [False, True])
def test_every_recording_gets_its_own_scores_back(tmp_path, hop_s, one_group):
    scored = {name: random_scores(40 + i, seed=i, hop_s=hop_s) for i, name in enumerate(IDS)}
    write_scored(tmp_path, scored)
    if one_group:
        rewrite(tmp_path, lambda table: table)
    read = read_all(tmp_path)
    assert set(read) == set(IDS)
    for name, scores in scored.items():
        assert (read[name].seconds, read[name].hop_s) == (scores.seconds, hop_s)
        for length, values in scores.by_length.items():
            np.testing.assert_array_equal(read[name].by_length[length], values)


@pytest.mark.parametrize("hop_s", [1, 3])
@pytest.mark.parametrize("one_group", [False, True])
def test_every_recording_gets_its_own_tracks_back(tmp_path, hop_s, one_group):
    scored = {name: random_scores(40 + i, seed=i, hop_s=hop_s) for i, name in enumerate(IDS)}
    tracked = {name: random_tracks(scored[name].seconds, seed=i) for i, name in enumerate(IDS[:2])}
    write_scored(tmp_path, scored, tracked=tracked)
    if one_group:
        rewrite(tmp_path, lambda table: table)
    with WindowsReader(str(tmp_path)) as windows:
        for one in read_day(str(tmp_path), DAY):
            scores_of(windows, one)
            found = windows.tracked(one.recording_id)
            if one.recording_id == IDS[2]:
                assert found is None  # nothing was tracked in it
                continue
            np.testing.assert_array_equal(found.tracks, tracked[one.recording_id])
            assert found.thresholds == TRACK_THRESHOLDS


@pytest.mark.parametrize("change", [lambda values: values[:-1], lambda values: [1.5, *values[1:]]])
def test_tracks_that_make_no_sense_are_told_of(tmp_path, change):
    write_scored(tmp_path, {IDS[0]: random_scores(9)}, tracked={IDS[0]: random_tracks(9)})

    def changed(table):
        column = table["track_music"].to_pylist()
        column[4] = change(column[4])
        place = table.schema.get_field_index("track_music")
        return table.set_column(place, table.schema.field(place), pa.array(column, table.schema.field(place).type))

    rewrite(tmp_path, changed)
    with WindowsReader(str(tmp_path)) as windows:
        (one,) = read_day(str(tmp_path), DAY)
        scores_of(windows, one)
        with pytest.raises(InvalidRecording, match="its tracks .*; run laughter detect again"):
            windows.tracked(one.recording_id)


def test_tables_of_before_the_tracker_have_no_tracks(tmp_path):
    write_scored(tmp_path, {IDS[0]: random_scores(9)}, tracked={IDS[0]: random_tracks(9)})
    rewrite(tmp_path, lambda table: table.drop_columns(list(TRACK_COLUMNS)))
    with WindowsReader(str(tmp_path)) as windows:
        (one,) = read_day(str(tmp_path), DAY)
        scores_of(windows, one)
        assert windows.tracked(one.recording_id) is None


def test_recordings_of_other_groups_are_not_read(tmp_path, monkeypatch):
    write_scored(tmp_path, {name: random_scores(40, seed=i) for i, name in enumerate(IDS)})
    groups = []
    read = pq.ParquetFile.read_row_groups

    def noted(self, wanted, **options):
        groups.append(wanted)
        return read(self, wanted, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", noted)
    read_all(tmp_path)
    assert groups == [[0], [1], [2]]


def test_the_events_tell_their_thresholds(tmp_path):
    write_scored(tmp_path, {IDS[0]: random_scores(40, hop_s=3)}, Thresholds(0.7, 0.3, 2.5, 4))
    settings = read_event_settings(str(tmp_path), DAY)
    assert (settings.thresholds, settings.hop_s) == (Thresholds(0.7, 0.3, 2.5, 4), 3)


@pytest.mark.parametrize("document", [None, {"hop_s": 1}, {"thresholds": {"onset": 2}, "hop_s": 1}])
def test_events_without_thresholds_are_told_of(tmp_path, document):
    write_table(tmp_path, "events", DAY, [], EVENTS, document)
    with pytest.raises(TableError, match=f"date={DAY} does not say which thresholds"):
        read_event_settings(str(tmp_path), DAY)


def test_a_damaged_or_absent_table_is_told_of(tmp_path):
    write_scored(tmp_path, {IDS[0]: random_scores(40)})
    path = pathlib.Path(table_path(str(tmp_path), "windows", DAY))
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(TableError, match=f"windows table of date={DAY} cannot be read"):
        read_all(tmp_path)
    path.unlink()
    with pytest.raises(TableError, match="run laughter detect again"):
        read_all(tmp_path)


def test_other_columns_are_told_of(tmp_path):
    write_scored(tmp_path, {IDS[0]: random_scores(40)})
    rewrite(tmp_path, lambda table: table.drop_columns(["giggle"]))
    with pytest.raises(TableError, match="the columns giggle are absent"):
        read_all(tmp_path)


def test_missing_windows_are_told_of(tmp_path):
    write_scored(tmp_path, {name: random_scores(40) for name in IDS})
    rewrite(tmp_path, lambda table: table.slice(7))
    with pytest.raises(InvalidRecording, match="not one every 1 s"):
        read_all(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.5])
def test_scores_that_are_none_are_told_of(tmp_path, value):
    write_scored(tmp_path, {IDS[0]: random_scores(40)})

    def change(table):
        column = table["giggle"].to_numpy().copy()
        column[5] = value
        return table.set_column(WINDOWS.get_field_index("giggle"), WINDOWS.field("giggle"), pa.array(column))

    rewrite(tmp_path, change)
    with pytest.raises(InvalidRecording, match="no number from 0 to 1"):
        read_all(tmp_path)


def test_a_day_that_cannot_be_read_does_not_hide_the_next(tmp_path):
    later = "2016-01-02_0000_US_CNN_D"
    for name in (IDS[0], later):
        write_scored(tmp_path, {name: random_scores(40)})
    pathlib.Path(table_path(str(tmp_path), "windows", DAY)).unlink()
    with WindowsReader(str(tmp_path)) as windows:
        (first,), (second,) = (list(read_day(str(tmp_path), name[:10])) for name in (IDS[0], later))
        with pytest.raises(TableError):
            scores_of(windows, first)
        assert scores_of(windows, second, later[:10]).seconds == 40
        assert dataclasses.asdict(windows.thresholds()) == dataclasses.asdict(THRESHOLDS)
