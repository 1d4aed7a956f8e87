"""The windows table read back, one recording at a time, and what the events were made from it with."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import math
from collections.abc import Sequence
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from common.errors import ModelError
from common.parquet_files import open_parquet, read_document
from common.text import display_text
from models.constants import CLASSES, LONG_WINDOW_S, SHORT_WINDOW_S
from models.events.find import Tracked
from models.events.segments import Thresholds, TrackThresholds
from models.events.windows import WINDOWS_S, WindowScores, second_scores
from transforms.decode.outcome import MIN_AUDIO_S
from transforms.tables.read_tables import InvalidRecording, TableError
from transforms.tables.schemas import WINDOWS, holds, table_path
from transforms.tables.track_columns import TRACK_COLUMNS, track_bytes

COLUMNS = ("recording_id", "window_s", "start_s", *CLASSES)
AGAIN = "run laughter detect again"


@dataclasses.dataclass(frozen=True)
class EventSettings:
    """What the events of a day were found with.

    Attributes:
        thresholds: when an event begins and ends, by the windows.
        hop_s: seconds from one window's start to the next.
        track: when an event begins and ends where the recording was tracked; None where the windows say so everywhere.
    """

    thresholds: Thresholds
    hop_s: int
    track: TrackThresholds | None = None


def read_event_settings(tables: str, date: str) -> EventSettings:
    """What the day's events table says of how it was made.

    Raises:
        TableError: it is absent, damaged or does not say.
    """
    document = read_document(table_path(tables, "events", date)) or {}
    try:
        track = document.get("track")
        return EventSettings(
            Thresholds(**document["thresholds"]), int(document["hop_s"]), track and TrackThresholds(**track)
        )
    except (KeyError, TypeError, ModelError) as error:
        raise TableError(
            f"the events table of date={date} does not say which thresholds it was made with; {AGAIN}, which writes it "
            "anew"
        ) from error


class WindowsReader:
    """The windows tables of some days, one open at a time, in memory of one recording."""

    def __init__(self, tables: str) -> None:
        """Read from `tables`, the folder or URL that `laughter detect` wrote."""
        self._tables = tables
        self._date: str | None = None
        self._open = contextlib.ExitStack()

    def __enter__(self) -> WindowsReader:
        """Nothing is open yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close what is open."""
        self._open.close()

    def scores(self, recording_id: str, audio_s: float, date: str) -> WindowScores:
        """The scores of a recording's windows, as they were when its events were found.

        Args:
            recording_id: of the recording.
            audio_s: seconds of its sound, as the recordings table says.
            date: the day that it is in, YYYY-MM-DD or Hive's null partition.

        Raises:
            TableError: the day's table is absent, damaged or of other columns.
            InvalidRecording: its windows are missing or make no sense.
        """
        try:
            if date != self._date:
                self._open_day(date)
            rows = self._rows(recording_id, COLUMNS)
        except (OSError, pa.ArrowException) as error:
            self._date = None
            raise TableError(
                f"the windows table of date={date} cannot be read ({display_text(str(error), longest=300)}); {AGAIN}, "
                "which writes it anew"
            ) from error
        return _scores(recording_id, audio_s, rows, self._settings.hop_s)

    def tracked(self, recording_id: str) -> Tracked | None:
        """What was tracked in a recording of the day last read, and how events were made of it; None where nothing was.

        Raises:
            InvalidRecording: the table holds something else.
        """
        thresholds = self._settings.track
        if thresholds is None or not self._tracked:
            return None
        try:
            rows = self._rows(recording_id, TRACK_COLUMNS)
            tracks = track_bytes([rows[name] for name in TRACK_COLUMNS])
        except (ValueError, pa.ArrowException) as error:
            raise InvalidRecording(recording_id, f"{error}; {AGAIN}") from error
        return None if tracks is None else Tracked(tracks, thresholds)

    def second_scores(self, recording_id: str, audio_s: float, date: str) -> npt.NDArray[np.float32]:
        """What the windows say of each second, float32 [seconds, 7], as `models.events.second_scores` has it.

        Args and errors are those of `scores`.
        """
        found = self.scores(recording_id, audio_s, date)
        when, what = (found.by_length[length] for length in (SHORT_WINDOW_S, LONG_WINDOW_S))
        return second_scores(when, what, found.seconds, hop_s=found.hop_s)

    def thresholds(self) -> Thresholds:
        """Those of the events of the day last read."""
        return self._settings.thresholds

    def _open_day(self, date: str) -> None:
        self._open.close()
        self._settings = read_event_settings(self._tables, date)
        self._parquet = self._open.enter_context(open_parquet(table_path(self._tables, "windows", date)))
        found = {field.name: field.type for field in self._parquet.schema_arrow}
        others = [name for name in COLUMNS if not holds(WINDOWS, name, found.get(name))]
        if others:
            raise OSError(f"the columns {', '.join(others)} are absent or of another type")
        self._tracked = all(found.get(name) == pa.list_(pa.field("element", pa.float32())) for name in TRACK_COLUMNS)
        self._groups, self._mixed = _index(self._parquet)
        self._date = date

    def _rows(self, recording_id: str, columns: Sequence[str]) -> pa.Table:
        groups = sorted({*self._groups.get(recording_id, ()), *self._mixed})
        table = self._parquet.read_row_groups(groups, columns=list(dict.fromkeys(("recording_id", *columns))))
        return table.filter(pc.field("recording_id") == recording_id) if self._mixed else table


def _index(parquet: pq.ParquetFile) -> tuple[dict[str, list[int]], list[int]]:
    """The row groups that hold one recording each, by its id, and those that may hold any."""
    groups: dict[str, list[int]] = collections.defaultdict(list)
    mixed = []
    column = parquet.schema_arrow.get_field_index("recording_id")
    for number in range(parquet.num_row_groups):
        found = parquet.metadata.row_group(number).column(column).statistics
        if found is not None and found.has_min_max and found.min == found.max:
            groups[found.min].append(number)
        else:
            mixed.append(number)
    return groups, mixed


def _scores(recording_id: str, audio_s: float, rows: pa.Table, hop_s: int) -> WindowScores:
    lengths, starts = (rows[name].to_numpy() for name in ("window_s", "start_s"))
    values = np.stack([rows[name].to_numpy() for name in CLASSES], axis=1)
    by_length = {length: np.ascontiguousarray(values[lengths == length]) for length in WINDOWS_S}
    windows = len(by_length[WINDOWS_S[0]])
    if not windows and _seconds(audio_s):
        raise InvalidRecording(recording_id, f"it has no windows; {AGAIN}")
    seconds = windows if hop_s == 1 else _seconds(audio_s)
    told = [starts[lengths == length] for length in WINDOWS_S]
    if not all(np.array_equal(mine, np.arange(math.ceil(seconds / hop_s)) * float(hop_s)) for mine in told):
        raise InvalidRecording(recording_id, f"its windows are not one every {hop_s} s; {AGAIN}")
    if not (np.isfinite(values).all() and (values >= 0).all() and (values <= 1).all()):
        raise InvalidRecording(recording_id, f"a score of its windows is no number from 0 to 1; {AGAIN}")
    return WindowScores(seconds, hop_s, by_length)


def _seconds(audio_s: float) -> int:
    """Embeddings of a recording: its whole seconds, and a last, unfinished one that holds enough sound."""
    whole, rest_ms = divmod(round(audio_s * 1000), 1000)
    return whole + (rest_ms >= MIN_AUDIO_S * 1000)
