"""Files with one tier a kind of laughter: ELAN's .eaf and Praat's .TextGrid."""

from __future__ import annotations

import os
import pathlib
import tempfile
import urllib.parse
import xml.etree.ElementTree as ET
from typing import Any

from common.extras import require
from models.constants import LAUGHTER_KINDS
from transforms.decode.containers import AUDIO_EXTENSIONS
from transforms.tables.media import is_windows_path, media_url
from transforms.tables.read_tables import InvalidRecording, RecordingWithEvents, TableRow

MIME_TYPES = {
    **dict.fromkeys(AUDIO_EXTENSIONS, "audio/*"),
    ".wav": "audio/x-wav",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".mov": "video/quicktime",
}
"""As ELAN calls them; written here, for what the system knows of them differs from machine to machine."""


def eaf_text(annotated: RecordingWithEvents, media: str | None) -> str:
    """The recording's .eaf file; times are whole milliseconds.

    Args:
        annotated: the recording; each kind has a tier, also without events.
        media: path or URL of the media file to link, None for none.

    Raises:
        InvalidRecording: events of one kind overlap.
        UsageError: pympi-ling is not installed.
    """
    elan = require("pympi.Elan", purpose="ELAN's files", extra="export")
    eaf = elan.Eaf(author="laughter export")
    changed = annotated.recording["modified"]  # equal tables must give equal files, so not the time of writing
    eaf.adocument["DATE"] = f"{changed:%Y-%m-%dT%H:%M:%S}+00:00" if changed else "1970-01-01T00:00:00+00:00"
    eaf.remove_tier("default")
    for kind, events in tiers(annotated).items():
        eaf.add_tier(kind)
        for event in events:
            start_ms, end_ms = milliseconds(event)
            eaf.add_annotation(kind, start_ms, end_ms, label(event))
    _sort_time_slots(eaf)
    eaf.properties = [("lastUsedAnnotationId", eaf.maxaid)]
    if media:
        _link(eaf, media)
    document = ET.tostring(elan.to_adocument(eaf), encoding="unicode")
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{document}\n"


def textgrid_text(annotated: RecordingWithEvents) -> str:
    """The recording's .TextGrid file, from 0 to the recording's length, seconds; blanks between the events.

    Raises:
        InvalidRecording: events of one kind overlap, or nothing tells how long the recording is.
        UsageError: praatio is not installed.
    """
    textgrid = require("praatio.textgrid", purpose="Praat's TextGrid files", extra="export")
    length_s = annotated.length_s
    if not length_s > 0:
        raise InvalidRecording(annotated.name, "nothing tells how long it is, which a TextGrid file needs")
    grid = textgrid.Textgrid(0, length_s)
    for kind, events in tiers(annotated).items():
        entries = [(event["start_s"], event["end_s"], label(event)) for event in events]
        grid.addTier(textgrid.IntervalTier(kind, entries, 0, length_s), reportingMode="error")
    with tempfile.TemporaryDirectory(prefix="laughter-") as folder:  # the library writes files only
        path = os.path.join(folder, "annotation.TextGrid")
        grid.save(path, "long_textgrid", includeBlankSpaces=True, reportingMode="error")
        with open(path, encoding="utf-8") as file:
            return file.read()


def tiers(annotated: RecordingWithEvents) -> dict[str, list[TableRow]]:
    """The events by kind, all six kinds in their order.

    Raises:
        InvalidRecording: events of one kind overlap, which a tier cannot hold.
    """
    found: dict[str, list[TableRow]] = {kind: [] for kind in LAUGHTER_KINDS}
    for event in annotated.events:
        tier = found[event["kind"]]
        if tier and event["start_s"] < tier[-1]["end_s"]:
            raise InvalidRecording(annotated.name, "events of one kind overlap, which a tier cannot hold")
        tier.append(event)
    return found


def milliseconds(event: TableRow) -> tuple[int, int]:
    """Start and end of an event in whole milliseconds, the end at least one later."""
    start_ms = round(event["start_s"] * 1000)
    return start_ms, max(start_ms + 1, round(event["end_s"] * 1000))


def label(event: TableRow) -> str:
    """What people read at an event: its kind and highest probability."""
    return f"{event['kind']} {event['score_max']:.2f}"


def _sort_time_slots(eaf: Any) -> None:
    """Number the time slots by time: ELAN wants them in order, and the library numbers them as they come."""
    order = sorted(eaf.timeslots, key=lambda slot: (eaf.timeslots[slot], int(slot[2:])))
    names = {slot: f"ts{number}" for number, slot in enumerate(order, 1)}
    eaf.timeslots = {names[slot]: eaf.timeslots[slot] for slot in order}
    for aligned, *_ in eaf.tiers.values():
        for annotation, (start, end, *rest) in aligned.items():
            aligned[annotation] = (names[start], names[end], *rest)


def _link(eaf: Any, media: str) -> None:
    leaf = pathlib.PureWindowsPath(media).name if is_windows_path(media) else media.rsplit("/", 1)[-1]
    mime = MIME_TYPES.get(os.path.splitext(leaf)[1].lower(), "video/*")
    eaf.add_linked_file(media_url(media), relpath=f"./{urllib.parse.quote(leaf)}", mimetype=mime)
