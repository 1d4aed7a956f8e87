"""Pages of a report: one HTML file a recording that works alone, from disk and without a network, and an index."""

from __future__ import annotations

import base64
import datetime as dt
import pathlib
import urllib.parse
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.constants import BESIDE, LAUGHTER_KINDS, LONG_WINDOW_S, NONE, SHORT_WINDOW_S
from models.events.find import Tracked, track_slots
from models.events.segments import Thresholds, TrackThresholds
from models.events.windows import WindowScores, laughter_probability, scores_per_second
from transforms.decode.containers import AUDIO_EXTENSIONS
from transforms.pages.html import html_page
from transforms.pages.peaks import PEAKS_PER_SECOND
from transforms.tables.read_tables import RecordingWithEvents

ASSETS = pathlib.Path(__file__).parent / "assets" / "report"
STYLES = ("page.css",)
RECORDING_SCRIPTS = (
    *("format.js", "events.js", "marks.js", "table.js", "drawing.js", "timeline.js", "player.js", "thresholds.js"),
    *("cells.js", "keys.js", "recording.js"),
)
INDEX_SCRIPTS = ("format.js", "table.js", "index.js")

INDEX_NAME = "index.html"

FACTS = (
    "recording_id",
    "file_name",
    "title",
    "network",
    "country",
    "status",
    "error",
    "bundle_version",
    "embedder",
    "head",
)
"""Columns of the recordings table that a page shows as they are."""


def page_name(annotated: RecordingWithEvents) -> str:
    """The file's name of a recording's page; never the index's."""
    name = annotated.file_stem
    return f"{name}~.html" if f"{name}.html".lower() == INDEX_NAME else f"{name}.html"


def recording_page(
    annotated: RecordingWithEvents,
    scores: WindowScores,
    thresholds: Thresholds,
    *,
    tracked: Tracked | None = None,
    peaks: npt.NDArray[np.uint8] | None = None,
    media: str | None = None,
) -> str:
    """The page of one recording.

    Args:
        annotated: the recording and its events.
        scores: of its windows; the page gets what they say of each second, in float32, as find_events has it.
        thresholds: with which the events were found in windows.
        tracked: what was tracked, and with which thresholds the events were found in it; None where nothing was.
        peaks: of the recording, as read_peaks gives them; None for no waveform.
        media: link to the media file; None for no player.
    """
    recording = annotated.recording
    data = {name: recording[name] for name in FACTS}
    data |= {
        "file_stem": annotated.file_stem,
        "start_utc": iso(recording["start_utc"]),
        "length_s": max(annotated.length_s, float(scores.seconds)),
        "audio_s": recording["audio_s"] or 0.0,
        "kinds": LAUGHTER_KINDS,
        "thresholds": thresholds_data(tracked.thresholds if tracked else thresholds),
        "events": [_event(event) for event in annotated.events],
        "scores": seconds_data(scores),
        "tracks": None if tracked is None else tracks_data(tracked, recording["audio_s"] or 0.0),
        "beside": BESIDE,
        "peaks": None if peaks is None else _base64(peaks),
        "peaks_a_second": PEAKS_PER_SECOND,
        "media": media,
        "media_is_audio": bool(media) and str(media).lower().endswith(AUDIO_EXTENSIONS),
    }
    title = f"{recording['title'] or annotated.file_name}: laughter"
    return html_page(
        ASSETS,
        "recording.html",
        title=title,
        styles=STYLES,
        scripts=RECORDING_SCRIPTS,
        data=data,
        media=[media],
        own_media=True,
    )


def index_page(rows: Sequence[dict[str, Any]]) -> str:
    """The page that lists recordings.

    Args:
        rows: as index_row gives them.
    """
    title, data = "Laughter in recordings", {"recordings": rows}
    return html_page(ASSETS, "index.html", title=title, styles=STYLES, scripts=INDEX_SCRIPTS, data=data)


def index_row(annotated: RecordingWithEvents, *, page: str | None, trouble: str | None = None) -> dict[str, Any]:
    """What the index says of a recording.

    Args:
        annotated: the recording and its events.
        page: name of its page; None where it has none.
        trouble: why it has none, where that is not for its status.
    """
    recording = annotated.recording
    usable = page is not None
    return {
        "id": annotated.recording_id,
        "file_name": annotated.file_name,
        "page": page and urllib.parse.quote(page),
        "title": recording["title"],
        "network": recording["network"],
        "start_utc": iso(recording["start_utc"]),
        "audio_s": recording["audio_s"] if usable else None,
        "laughs": len(annotated.events) if usable else None,
        "laughing_s": sum(event["end_s"] - event["start_s"] for event in annotated.events) if usable else None,
        "status": recording["status"],
        "error": trouble or recording["error"],
    }


def iso(moment: dt.datetime | None) -> str | None:
    """ISO 8601 in UTC, as JavaScript reads it."""
    return moment.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def seconds_data(scores: WindowScores) -> dict[str, str]:
    """What the windows say of each second: little-endian float32, the kinds second by second."""
    when, what = scores.by_length[SHORT_WINDOW_S], scores.by_length[LONG_WINDOW_S]
    if not scores.seconds:
        return {"probability": "", "kinds": ""}
    kinds = scores_per_second(what, scores.seconds, window_s=LONG_WINDOW_S, hop_s=scores.hop_s)[:, :NONE]
    probability = laughter_probability(when, what, scores.seconds, hop_s=scores.hop_s)
    return {"probability": _base64(probability.astype("<f4")), "kinds": _base64(kinds.astype("<f4"))}


def thresholds_data(thresholds: Thresholds | TrackThresholds) -> dict[str, float]:
    """The thresholds as the page has them; `peak` only of a track."""
    return {**thresholds.levels, "minOn": thresholds.min_on_s, "minOff": thresholds.min_off_s}


def tracks_data(tracked: Tracked, audio_s: float) -> str:
    """The tracks of the recording's sound: a byte a value, track by track, in the order of TRACKS."""
    return _base64(track_slots(tracked.tracks, audio_s).T)


def _event(event: Any) -> list[float | int | None]:
    """Start, end, number of the kind, highest and mean probability, the six mean scores, what was heard beside."""
    kind = LAUGHTER_KINDS.index(event["kind"])
    scores = [event[name] for name in ("score_max", "score_mean", *LAUGHTER_KINDS, *BESIDE)]
    return [event["start_s"], event["end_s"], kind, *scores]


def _base64(values: npt.NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
