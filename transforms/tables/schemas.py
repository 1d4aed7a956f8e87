"""What the three tables hold: their schemas, where they lie, and rows from what is known of a recording."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from common.partitions import day_folder
from common.text import utf8_text
from models.constants import BESIDE, CLASSES, LAUGHTER_KINDS, LONG_WINDOW_S, SHORT_WINDOW_S
from transforms.tables.track_columns import TRACK_COLUMNS, VALUES, track_columns

if TYPE_CHECKING:  # what reads the tables needs no network
    from models.events.find import Event, TrackBytes
    from models.events.windows import WindowScores
    from transforms.embed.store import PartInfo

UTC = pa.timestamp("us", tz="UTC")
FIRST_MOMENT, LAST_MOMENT = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31T23:59:59.999999", "us")
MODEL_FIELDS = [pa.field(name, pa.string(), nullable=False) for name in ("embedder", "head", "bundle_version")]

RECORDINGS = pa.schema(
    [
        pa.field("recording_id", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("file_name", pa.string(), nullable=False),
        pa.field("size_bytes", pa.int64()),
        pa.field("modified", UTC),
        pa.field("duration_s", pa.float64()),
        pa.field("audio_s", pa.float64()),
        pa.field("silence_filled_s", pa.float64()),
        pa.field("peak_dbfs", pa.float64()),
        pa.field("mean_dbfs", pa.float64()),
        pa.field("start_utc", UTC),
        pa.field("country", pa.string()),
        pa.field("network", pa.string()),
        pa.field("title", pa.string()),
        pa.field("codec", pa.string()),
        pa.field("sample_rate_hz", pa.int32()),
        pa.field("channels", pa.int32()),
        pa.field("status", pa.string(), nullable=False),
        pa.field("stage", pa.string()),
        pa.field("error", pa.string()),
        *MODEL_FIELDS,
        pa.field("seconds_per_second", pa.float64()),
    ]
)

WINDOWS = pa.schema(
    [
        pa.field("recording_id", pa.string(), nullable=False),
        pa.field("window_s", pa.int32(), nullable=False),
        pa.field("start_s", pa.float64(), nullable=False),
        pa.field("end_s", pa.float64(), nullable=False),
        pa.field("start_utc", UTC),
        *(pa.field(name, pa.float32(), nullable=False) for name in CLASSES),
        *(pa.field(name, VALUES) for name in TRACK_COLUMNS),
        *MODEL_FIELDS,
    ]
)

EVENTS = pa.schema(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("recording_id", pa.string(), nullable=False),
        pa.field("start_s", pa.float64(), nullable=False),
        pa.field("end_s", pa.float64(), nullable=False),
        pa.field("start_utc", UTC),
        pa.field("end_utc", UTC),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("score_max", pa.float32(), nullable=False),
        pa.field("score_mean", pa.float32(), nullable=False),
        *(pa.field(name, pa.float32(), nullable=False) for name in LAUGHTER_KINDS),
        *(pa.field(name, pa.float32()) for name in BESIDE),
        *MODEL_FIELDS,
    ]
)

SCHEMAS = {"windows": WINDOWS, "events": EVENTS, "recordings": RECORDINGS}
"""The tables in the order in which a day's files are replaced: recordings last."""


def table_path(output: str, table: str, date: str) -> str:
    """The file of one table and day."""
    folder = day_folder(f"{output.rstrip('/')}/{table}", date)
    return f"{folder}/{table}.parquet"


@dataclasses.dataclass(frozen=True)
class ModelNames:
    """Which model made a row: the embedder with its precision, the head, and the bundle with its version."""

    embedder: str
    head: str
    bundle_version: str


def window_rows(info: PartInfo, scores: WindowScores, models: ModelNames, tracks: TrackBytes | None = None) -> pa.Table:
    """Rows of the windows table for one recording: those of 1 s, then those of 10 s, by time."""
    parts = [(length, scores.by_length[length]) for length in (SHORT_WINDOW_S, LONG_WINDOW_S)]
    starts = np.concatenate([np.arange(len(values)) * float(scores.hop_s) for _, values in parts])
    lengths = np.concatenate([np.full(len(values), length, np.int32) for length, values in parts])
    values = np.concatenate([values for _, values in parts])
    tracked = track_columns(tracks, short=len(parts[0][1]), rows=len(starts), hop_s=scores.hop_s)
    columns: dict[str, Any] = {
        "recording_id": pa.repeat(info.recording.recording_id, len(starts)),
        "window_s": lengths,
        "start_s": starts,
        "end_s": np.minimum(starts + lengths, float(info.audio_s)),
        "start_utc": _utc(info, starts),
        **{name: values[:, column] for column, name in enumerate(CLASSES)},
        **dict(zip(TRACK_COLUMNS, tracked, strict=True)),
        **{name: pa.repeat(value, len(starts)) for name, value in dataclasses.asdict(models).items()},
    }
    return pa.table([columns[name] for name in WINDOWS.names], schema=WINDOWS)


def event_rows(info: PartInfo, events: Sequence[dict[str, Any]], models: ModelNames) -> list[dict[str, Any]]:
    """Rows of the events table for one recording; `events` are as `event_document` gave them."""
    starts = _utc(info, np.array([event["start_s"] for event in events], float))
    ends = _utc(info, np.array([event["end_s"] for event in events], float))
    shared = {"recording_id": info.recording.recording_id, **dataclasses.asdict(models)}
    return [
        {**event, **shared, "start_utc": start, "end_utc": end}
        for event, start, end in zip(events, starts.to_pylist(), ends.to_pylist(), strict=True)
    ]


def event_document(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The events as JSON holds them: the columns of the events table but for those that every row shares."""
    documents = []
    for event in events:
        document = dataclasses.asdict(event)
        document |= dict(zip(LAUGHTER_KINDS, document.pop("kinds"), strict=True))
        document |= dict(zip(BESIDE, document.pop("beside") or [None] * len(BESIDE), strict=True))
        documents.append(document)
    return documents


def recording_row(info: PartInfo, models: ModelNames) -> dict[str, Any]:
    """The recording's row of the recordings table, from its part's footer.

    What does not fit its column is null, and `error` says so.
    """
    recording, duration_s = info.recording, info.media.duration_s
    row = {**dataclasses.asdict(recording), **dataclasses.asdict(info.media), **dataclasses.asdict(models)}
    levels = ("peak_dbfs", "mean_dbfs")
    row |= {name: getattr(info, name) for name in ("audio_s", "silence_filled_s", "status", "stage", "error", *levels)}
    row["file_name"] = file_name(recording.path)
    row["size_bytes"] = None if recording.size_bytes < 0 else recording.size_bytes
    row["seconds_per_second"] = round(info.audio_s / duration_s, 4) if duration_s else None
    fitted = {field.name: fit(row[field.name], field.type) for field in RECORDINGS}
    lost = [name for name, value in fitted.items() if value is None and row[name] not in (None, "")]
    if lost:
        said = f"left out, for no column holds such values: {', '.join(lost)}"
        fitted["error"] = f"{fitted['error']}; {said}" if fitted["error"] else f"{fitted['path']}: {said}"
    return fitted


def holds(schema: pa.Schema, name: str, found: pa.DataType | None) -> bool:
    """Whether a column of a table that was read has the schema's type; tables of before have narrower integers."""
    wanted = schema.field(name).type
    if found is None or found == wanted:
        return found is not None
    return bool(pa.types.is_signed_integer(wanted) and pa.types.is_signed_integer(found)) and (
        found.bit_width <= wanted.bit_width
    )


def check_rows(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """Whether the rows can be written, every number a finite one.

    Raises:
        ValueError, TypeError, OverflowError, pyarrow.ArrowException: they cannot.
    """
    pa.Table.from_pylist(list(rows), schema=schema)
    for row in rows:
        for name, value in row.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{name} is {value}")


def file_name(path: str) -> str:
    """What people call a recording: the last part of its path, extension included."""
    return path.rsplit("/", 1)[-1]


def fit(value: Any, kind: pa.DataType) -> Any:
    """The value as a column of this type holds it; None where it cannot: too large, no number, no calendar's time."""
    if value is None:
        return None
    try:
        if pa.types.is_timestamp(kind):
            return _moment(value)
        if pa.types.is_string(kind):
            return utf8_text(str(value))
        if pa.types.is_floating(kind):
            return float(value) if math.isfinite(value) else None
        return pa.scalar(int(value), kind).as_py()
    except (TypeError, ValueError, OverflowError, pa.ArrowException):
        return None


def _moment(text: str) -> Any:
    """ISO 8601 in UTC as a datetime with microseconds; None for what is no time of the years 1 to 9999."""
    if not text:
        return None
    moment = np.datetime64(text.removesuffix("Z").removesuffix("+00:00")[:26], "us")
    return moment.item() if FIRST_MOMENT <= moment <= LAST_MOMENT else None


def _utc(info: PartInfo, seconds: np.ndarray) -> pa.Array:
    """Times of day in UTC of `seconds` after the recording's start; nulls where its name tells no time.

    Null too is what lies beyond the years 1 to 9999, which Python, pandas and SQL hold.
    """
    start = fit(info.recording.start_utc, UTC)
    if start is None:
        return pa.nulls(len(seconds), UTC)
    moments = np.datetime64(start, "us") + np.round(seconds * 1e6).astype("timedelta64[us]")
    return pa.array(moments, mask=(moments < FIRST_MOMENT) | (moments > LAST_MOMENT)).cast(UTC)
