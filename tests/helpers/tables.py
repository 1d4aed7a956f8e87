"""Small tables as `laughter detect` writes them, made without a recording."""

import collections
import datetime as dt
import pathlib

import pyarrow as pa

from common.parquet_files import atomic_parquet
from models.constants import BESIDE, CLASSES, LAUGHTER_KINDS
from transforms.embed.recordings import parse_archive_name
from transforms.tables.schemas import EVENTS, RECORDINGS, WINDOWS, table_path

MODELS = {"embedder": "compact", "head": "compact-head", "bundle_version": "compact 1"}


def recording_row(recording_id, **changes):
    """A row of the recordings table; where the id is in the archive's style, with what it tells."""
    facts = parse_archive_name(recording_id)
    start = facts.pop("start_utc", None)
    path = changes.get("path", f"/archive/{recording_id}.mp4")
    return {
        "recording_id": recording_id,
        "path": path,
        "file_name": path.rsplit("/", 1)[-1],
        "size_bytes": 1,
        "modified": dt.datetime(2016, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc),
        "duration_s": 60.0,
        "audio_s": 60.0,
        "silence_filled_s": 0.0,
        "start_utc": dt.datetime.fromisoformat(start.replace("Z", "+00:00")) if start else None,
        "status": "done",
        **facts,
        **MODELS,
        **changes,
    }


def event_row(recording_id, start_s, end_s, kind="giggle", score=0.75, **changes):
    """A row of the events table."""
    scores = {name: score if name == kind else 0.125 for name in LAUGHTER_KINDS}
    return {
        "event_id": f"{recording_id}@{start_s}",
        "recording_id": recording_id,
        "start_s": float(start_s),
        "end_s": float(end_s),
        "kind": kind,
        "score_max": score,
        "score_mean": score / 2,
        **scores,
        **dict.fromkeys(BESIDE),
        **MODELS,
        **changes,
    }


FOUND_WITH = {"thresholds": {"onset": 0.5, "offset": 0.35, "min_on_s": 1.0, "min_off_s": 1.0}, "hop_s": 1}
"""What the footer of an events table says."""


def write_tables(folder: pathlib.Path | str, recordings, events=()):
    """Write both tables, a file a day, ordered as detect does."""
    days = collections.defaultdict(list)
    for row in sorted(recordings, key=lambda row: row["recording_id"]):
        days[str(row["start_utc"].date()) if row["start_utc"] else "__HIVE_DEFAULT_PARTITION__"].append(row)
    for date, rows in days.items():
        ids = {row["recording_id"] for row in rows}
        found = sorted((row for row in events if row["recording_id"] in ids), key=lambda row: row["recording_id"])
        write_table(folder, "recordings", date, rows, RECORDINGS)
        write_table(folder, "events", date, found, EVENTS, FOUND_WITH)


def write_table(folder, table, date, rows, schema, document=None):
    """Write one table of one day, in the order given, a few rows a group; `document` goes into its footer."""
    with atomic_parquet(table_path(str(folder), table, date), schema) as writer:
        writer.document = document or {}
        for first in range(0, len(rows), 2):
            writer.write(pa.Table.from_pylist(rows[first : first + 2], schema=schema))


def write_windows(folder, recording, probability):
    """Write the windows table of a day with one recording: each second's probability in its windows."""
    rows = [
        {
            "recording_id": recording["recording_id"],
            "window_s": length,
            "start_s": float(second),
            "end_s": min(second + length, recording["audio_s"]),
            **{
                name: value if name in ("laughter", "giggle") else 1 - value if name == "none" else 0.0
                for name in CLASSES
            },
            **MODELS,
        }
        for length in (1, 10)
        for second, value in enumerate(probability)
    ]
    date = str(recording["start_utc"].date()) if recording["start_utc"] else "__HIVE_DEFAULT_PARTITION__"
    write_table(folder, "windows", date, rows, WINDOWS)
