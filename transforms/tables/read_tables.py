"""The recordings and events tables read back, one recording with its events at a time.

A day's tables are ordered by recording, so both are read side by side, in memory that grows neither with the archive
nor with a day: an archive whose names tell no date is all one day.
"""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from common import partitions
from common.errors import LaughterError
from common.parquet_files import open_parquet
from common.text import display_text, file_stem
from models.constants import BESIDE, LAUGHTER_KINDS
from transforms.tables.schemas import EVENTS, RECORDINGS, file_name, holds, table_path

ROWS_PER_BATCH = 4096

NUMBERS = ("start_s", "end_s", "score_max", "score_mean", *LAUGHTER_KINDS)
"""Columns of the events table that every event has a number in."""

LATER = ("file_name", "peak_dbfs", "mean_dbfs", *BESIDE)
"""Columns that tables of before do not have."""

TableRow = Mapping[str, Any]


class TableError(LaughterError):
    """A day's tables cannot be read, or not to their end; the message is one sentence."""


class InvalidRecording(LaughterError):
    """What the tables say of one recording makes no sense, or does not fit a format.

    Attributes:
        reason: why, without the recording's name, so that equal reasons can be counted.
    """

    def __init__(self, recording_id: str, reason: str) -> None:
        """Name the recording and the reason."""
        super().__init__(f"{display_text(recording_id, longest=120)}: {reason}")
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class RecordingWithEvents:
    """A recording and its events, as the tables have them.

    Attributes:
        recording: its row of the recordings table.
        events: its rows of the events table, by start.
    """

    recording: TableRow
    events: Sequence[TableRow]

    @property
    def recording_id(self) -> str:
        """Of the recording."""
        return str(self.recording["recording_id"])

    @property
    def file_name(self) -> str:
        """What people call the recording."""
        return str(self.recording["file_name"] or "")

    @property
    def name(self) -> str:
        """For messages: the id, before which its file's name stands where the id does not tell it."""
        told = not self.file_name or os.path.splitext(self.file_name)[0] == self.recording_id
        return self.recording_id if told else f"{self.file_name} ({self.recording_id})"

    @property
    def file_stem(self) -> str:
        """Of files about the recording, without an ending."""
        return file_stem(self.recording_id, self.file_name)

    @property
    def failed(self) -> bool:
        """Whether nothing is known of the recording's sound."""
        return self.recording["status"] not in ("done", "partial")

    @property
    def length_s(self) -> float:
        """Seconds: what the container says, or the sound's or the last event's end where that is later."""
        told = (self.recording["duration_s"] or 0.0, self.recording["audio_s"] or 0.0)
        return float(max((*told, *(event["end_s"] for event in self.events))))


def read_day(tables: str, date: str) -> Iterator[RecordingWithEvents]:
    """Every recording of one day with its events, by recording_id.

    Args:
        tables: folder or URL that `laughter detect` wrote.
        date: YYYY-MM-DD, or Hive's null partition.

    Raises:
        TableError: a table is absent, damaged, of other columns or out of order; what came before is good.
    """
    try:
        with (
            open_parquet(table_path(tables, "recordings", date)) as recordings,
            open_parquet(table_path(tables, "events", date)) as events,
        ):
            yield from _join(_rows(recordings, RECORDINGS, once=True), _grouped(_rows(events, EVENTS)))
    except (OSError, pa.ArrowException, KeyError) as error:
        raise TableError(
            f"the tables of date={date} cannot be read ({display_text(str(error), longest=300)}); run laughter detect "
            "again, which writes them anew"
        ) from error


def list_days(tables: str) -> list[str]:
    """The days that the tables have recordings of, sorted; empty where there are no tables."""
    return partitions.list_days(f"{tables.rstrip('/')}/recordings")


def validate(annotated: RecordingWithEvents) -> None:
    """Refuse what no format can hold.

    Raises:
        InvalidRecording: a kind is unknown, a time or score is no number, or an event does not end after its start.
    """
    again = "run laughter detect again"
    if not all(math.isfinite(value) for value in annotated.recording.values() if isinstance(value, float)):
        raise InvalidRecording(annotated.name, f"a time is no number; {again}")
    for event in annotated.events:
        heard = [event[name] for name in BESIDE if event[name] is not None]
        if not all(value is not None and math.isfinite(value) for value in [*heard, *(event[n] for n in NUMBERS)]):
            raise InvalidRecording(annotated.name, f"a time or score of an event is no number; {again}")
        if event["kind"] not in LAUGHTER_KINDS:
            raise InvalidRecording(annotated.name, f"an event's kind is none of the six; {again}")
        if not 0 <= event["start_s"] < event["end_s"]:
            raise InvalidRecording(annotated.name, f"an event does not end after its start; {again}")


def _rows(parquet: pq.ParquetFile, schema: pa.Schema, *, once: bool = False) -> Iterator[TableRow]:
    """The rows by recording_id; with `once`, no recording may come twice."""
    found = {field.name: field.type for field in parquet.schema_arrow}
    others = [name for name in schema.names if name not in LATER and not holds(schema, name, found.get(name))]
    if others:
        raise OSError(f"the columns {', '.join(others)} are absent or of another type")
    before = ""
    columns = [name for name in schema.names if name in found]
    missing = [name for name in schema.names if name not in found]
    for batch in parquet.iter_batches(batch_size=ROWS_PER_BATCH, columns=columns):
        for row in batch.to_pylist():
            row = dict.fromkeys(missing) | row
            if "file_name" in missing:
                row["file_name"] = file_name(row["path"])
            name = row["recording_id"] or ""
            if name < before or (once and name == before):
                raise OSError("its rows are not ordered by recording_id")
            before = name
            yield row


def _grouped(rows: Iterator[TableRow]) -> Iterator[tuple[str, list[TableRow]]]:
    """The events of one recording after the other: not before the next one's first row is read without damage."""
    group: list[TableRow] = []
    for row in rows:
        if group and row["recording_id"] != group[0]["recording_id"]:
            yield group[0]["recording_id"], group
            group = []
        group.append(row)
    if group:
        yield group[0]["recording_id"], group


def _join(
    recordings: Iterator[TableRow], groups: Iterator[tuple[str, list[TableRow]]]
) -> Iterator[RecordingWithEvents]:
    """Recordings with their events; events without a recording are told of at the end, for the rest is good."""
    group, strays = next(groups, None), 0
    for recording in recordings:
        while group and group[0] < recording["recording_id"]:
            group, strays = next(groups, None), strays + 1
        if group and group[0] == recording["recording_id"]:
            yield RecordingWithEvents(
                recording, sorted(group[1], key=lambda event: (event["start_s"] or 0, event["end_s"] or 0))
            )
            group = next(groups, None)
        else:
            yield RecordingWithEvents(recording, ())
    strays += bool(group) + sum(1 for _ in groups)
    if strays:
        raise OSError(f"there are events of {strays} recordings that the recordings table does not know")
