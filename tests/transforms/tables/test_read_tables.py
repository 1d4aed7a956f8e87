"""Tables read back: every recording with its events and nobody else's, and damage told of."""

import pathlib

import pyarrow.parquet as pq
import pytest

from tests.helpers.tables import event_row, recording_row, write_table, write_tables
from transforms.tables import read_tables
from transforms.tables.read_tables import (
    InvalidRecording,
    RecordingWithEvents,
    TableError,
    list_days,
    read_day,
    validate,
)
from transforms.tables.schemas import EVENTS, RECORDINGS, table_path

DAY = "2016-01-01"
IDS = [f"{DAY}_{hour:02d}00_US_CNN_{name}" for hour, name in enumerate("ABCD")]


def starts(annotated):
    return [(one.recording_id, [event["start_s"] for event in one.events]) for one in annotated]


def test_every_recording_has_its_own_events_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(read_tables, "ROWS_PER_BATCH", 1)
    events = [event_row(IDS[1], 9, 10), event_row(IDS[1], 3, 4), event_row(IDS[3], 5, 6), event_row(IDS[1], 5, 6)]
    write_tables(tmp_path, [recording_row(name) for name in IDS], events)
    assert starts(read_day(str(tmp_path), DAY)) == [(IDS[0], []), (IDS[1], [3, 5, 9]), (IDS[2], []), (IDS[3], [5])]


def test_days_are_listed_and_a_folder_without_tables_has_none(tmp_path):
    write_tables(tmp_path / "tables", [recording_row(IDS[0]), recording_row("2015-12-31_2300_US_CNN_X")])
    (tmp_path / "file").touch()
    assert list_days(str(tmp_path / "tables")) == ["2015-12-31", DAY]
    assert list_days(str(tmp_path / "tables/")) == ["2015-12-31", DAY]
    assert list_days(str(tmp_path)) == list_days(str(tmp_path / "file")) == []


def test_an_absent_table_is_told_of(tmp_path):
    write_tables(tmp_path, [recording_row(IDS[0])])
    pathlib.Path(table_path(str(tmp_path), "events", DAY)).unlink()
    with pytest.raises(TableError, match=f"date={DAY} cannot be read"):
        list(read_day(str(tmp_path), DAY))


def test_what_comes_before_damage_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(read_tables, "ROWS_PER_BATCH", 2)
    write_tables(tmp_path, [recording_row(name) for name in IDS], [event_row(name, 3, 4) for name in IDS])
    path = pathlib.Path(table_path(str(tmp_path), "events", DAY))
    column = pq.read_metadata(path).row_group(1).column(EVENTS.get_field_index("start_s"))
    first = column.dictionary_page_offset or column.data_page_offset
    damaged = bytearray(path.read_bytes())
    damaged[first : first + column.total_compressed_size] = bytes(column.total_compressed_size)
    path.write_bytes(bytes(damaged))
    read = []
    with pytest.raises(TableError, match="run laughter detect again"):
        read.extend(starts([one])[0] for one in read_day(str(tmp_path), DAY))
    # the second recording's events may go on in the damaged group, so it is not given with half of them
    assert read == [(IDS[0], [3])]


@pytest.mark.parametrize("table", ["recordings", "events"])
def test_rows_out_of_order_are_refused_and_not_given_to_others(tmp_path, table):
    write_tables(tmp_path, [recording_row(name) for name in IDS], [event_row(name, 3, 4) for name in IDS])
    make, schema = {
        "recordings": (recording_row, RECORDINGS),
        "events": (lambda name: event_row(name, 3, 4), EVENTS),
    }[table]
    write_table(tmp_path, table, DAY, [make(IDS[number]) for number in (0, 2, 1, 3)], schema)
    read = []
    with pytest.raises(TableError, match="not ordered"):
        read.extend(starts([one])[0] for one in read_day(str(tmp_path), DAY))
    assert read == [(IDS[0], [3]), (IDS[2], [3])][: len(read)]
    assert read


def test_a_recording_that_comes_twice_is_refused(tmp_path):
    write_tables(tmp_path, [recording_row(IDS[0]), recording_row(IDS[0])])
    with pytest.raises(TableError, match="not ordered"):
        list(read_day(str(tmp_path), DAY))


@pytest.mark.parametrize("stray", [0, 1, 3])
def test_events_without_a_recording_do_not_stop_the_others(tmp_path, stray):
    write_tables(tmp_path, [recording_row(name) for number, name in enumerate(IDS) if number != stray])
    write_table(tmp_path, "events", DAY, [event_row(name, 3, 4) for name in IDS], EVENTS)
    read = []
    with pytest.raises(TableError, match="events of 1 recordings"):
        read.extend(starts([one])[0] for one in read_day(str(tmp_path), DAY))
    assert read == [(name, [3]) for number, name in enumerate(IDS) if number != stray]


def test_a_table_of_other_columns_is_refused(tmp_path):
    write_tables(tmp_path, [recording_row(IDS[0])])
    schema = RECORDINGS.remove(RECORDINGS.get_field_index("status"))
    write_table(tmp_path, "recordings", DAY, [recording_row(IDS[0])], schema)
    with pytest.raises(TableError, match="the columns status are absent"):
        list(read_day(str(tmp_path), DAY))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "roar"}, "none of the six"),
        ({"start_s": 4.0}, "does not end after"),
        ({"start_s": -1.0}, "does not end after"),
        ({"end_s": float("inf")}, "no number"),
        ({"start_s": None}, "no number"),
        ({"giggle": float("nan")}, "no number"),
    ],
)
def test_events_that_make_no_sense_are_refused(changes, reason):
    good = event_row("x", 3, 4)
    validate(RecordingWithEvents(recording_row("x"), [good]))
    with pytest.raises(InvalidRecording, match=reason):
        validate(RecordingWithEvents(recording_row("x"), [good, {**good, **changes}]))


def test_a_recording_whose_duration_is_no_number_is_refused():
    with pytest.raises(InvalidRecording, match="no number"):
        validate(RecordingWithEvents(recording_row("x", duration_s=float("nan")), []))


def test_the_length_is_the_longest_that_is_known():
    event = event_row("x", 3, 70.5)
    assert RecordingWithEvents(recording_row("x"), []).length_s == 60
    assert RecordingWithEvents(recording_row("x"), [event]).length_s == 70.5
    assert RecordingWithEvents(recording_row("x", duration_s=None, audio_s=12.5), []).length_s == 12.5
