"""The formats of annotation files, and what each makes of a recording: text in, files elsewhere."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

from common.extras import require
from transforms.formats.sfx import sfx_text
from transforms.formats.tiers import eaf_text, label, milliseconds, textgrid_text
from transforms.tables.media import media_path
from transforms.tables.read_tables import RecordingWithEvents, TableRow
from transforms.tables.schemas import EVENTS

SCORE_DIGITS = 4
"""Of scores in CSV and JSON lines: more are noise of float32."""


@dataclasses.dataclass(frozen=True)
class FormatSettings:
    """Settings of formats.

    Attributes:
        media: folder or URL where the media files lie; None where the tables say, NO_MEDIA for no links.
        collection: of the archive, for the header of .sfx files.
    """

    media: str | None = None
    collection: str = ""


@dataclasses.dataclass(frozen=True)
class Format:
    """A format of annotation files.

    Attributes:
        ending: of the files' names.
        text: a recording in that format; raises InvalidRecording where it does not fit.
        stream: whether all recordings go into one file.
        header: what a stream begins with.
        package: module that has to be installed; None for none.
    """

    ending: str
    text: Callable[[RecordingWithEvents, FormatSettings], str]
    stream: bool = False
    header: str = ""
    package: str | None = None


def audacity_text(annotated: RecordingWithEvents) -> str:
    """Audacity's labels: start and end in seconds and the label, between tabs."""
    return "".join(f"{event['start_s']:.6f}\t{event['end_s']:.6f}\t{label(event)}\n" for event in annotated.events)


def vtt_text(annotated: RecordingWithEvents) -> str:
    """WebVTT captions, such as `[giggle 0.83]`, for players.

    Raises:
        UsageError: webvtt-py is not installed.
    """
    webvtt = require("webvtt", purpose="WebVTT files", extra="export")
    captions = [
        webvtt.Caption(*map(_vtt_moment, milliseconds(event)), f"[{label(event)}]") for event in annotated.events
    ]
    return str(webvtt.WebVTT(captions=captions).content)


def rttm_text(annotated: RecordingWithEvents) -> str:
    """RTTM lines of type SPEAKER, which every reader takes; the kind is in the speaker's place.

    The recording goes by a safe name, for blanks end a field.
    """
    name = annotated.file_stem
    return "".join(
        f"SPEAKER {name} 1 {event['start_s']:.3f} {event['end_s'] - event['start_s']:.3f} <NA> <NA> {event['kind']} "
        f"{event['score_max']:.{SCORE_DIGITS}f} <NA>\n"
        for event in annotated.events
    )


def csv_text(annotated: RecordingWithEvents) -> str:
    """One line an event: the columns of the events table, and the recording's file name."""
    return _csv([_plain(event) | {"file_name": annotated.file_name} for event in annotated.events])


def jsonl_text(annotated: RecordingWithEvents) -> str:
    """One line a recording with a list of its events, so that those without laughter are seen too."""
    document = {**_plain(annotated.recording), "events": [_plain(event) for event in annotated.events]}
    return json.dumps(document, allow_nan=False) + "\n"


def _csv(rows: list[TableRow], *, header: bool = False) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*EVENTS.names, "file_name"], extrasaction="ignore", lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _plain(row: TableRow) -> dict[str, Any]:
    """A row with times as ISO 8601 and scores short."""
    return {name: _plain_value(value, exact=name.endswith("_s")) for name, value in row.items()}


def _plain_value(value: Any, *, exact: bool) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc).isoformat().replace("+00:00", "Z")
    return round(value, SCORE_DIGITS) if isinstance(value, float) and not exact else value


def _vtt_moment(moment_ms: int) -> str:
    """HH:MM:SS.mmm."""
    seconds, thousandths = divmod(moment_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{thousandths:03d}"


FORMATS = {
    "sfx": Format("sfx", lambda annotated, settings: sfx_text(annotated, settings.collection)),
    "eaf": Format(
        "eaf",
        lambda annotated, settings: eaf_text(annotated, media_path(annotated.recording, settings.media)),
        package="pympi",
    ),
    "textgrid": Format("TextGrid", lambda annotated, _: textgrid_text(annotated), package="praatio"),
    "audacity": Format("txt", lambda annotated, _: audacity_text(annotated)),
    "vtt": Format("vtt", lambda annotated, _: vtt_text(annotated), package="webvtt"),
    "rttm": Format("rttm", lambda annotated, _: rttm_text(annotated), stream=True),
    "csv": Format("csv", lambda annotated, _: csv_text(annotated), stream=True, header=_csv([], header=True)),
    "jsonl": Format("jsonl", lambda annotated, _: jsonl_text(annotated), stream=True),
}
