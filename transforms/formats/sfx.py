"""Red Hen's .sfx files: lines of fields between bars, at absolute times in UTC."""

from __future__ import annotations

import datetime as dt
import math
import os
import uuid

from common.text import display_text
from transforms.tables.read_tables import InvalidRecording, RecordingWithEvents

TAG = "SFX_01"
CODEBOOK = "Start|End|Tag|Kind|Score_Max|Score_Mean"


def sfx_text(annotated: RecordingWithEvents, collection: str) -> str:
    """The recording's .sfx file: header, legend, one line an event, end.

    Args:
        annotated: the recording; its length gives DUR and the time at END, which is rounded up to whole seconds.
        collection: of the archive, for the header.

    Raises:
        InvalidRecording: its name tells no start.
    """
    recording, start = annotated.recording, annotated.recording["start_utc"]
    if start is None:
        raise InvalidRecording(annotated.name, "its name tells no start in UTC, which an .sfx file needs")
    name = _field(_base_name(annotated))
    program = "laughter export, {bundle_version}, head {head}, embedder {embedder}".format(**recording)
    lines = [
        ("TOP", f"{start:%Y%m%d%H%M%S}", name),
        ("COL", _field(collection)),
        ("UID", str(uuid.uuid5(uuid.NAMESPACE_URL, annotated.recording_id))),
        ("SRC", _field(", ".join(recording[part] for part in ("network", "country") if recording[part]))),
        ("DUR", _duration(annotated.length_s)),
        ("VID", ""),  # the tables know the sound only
        # The tables tell no day of the run, and equal tables must give equal files: so it is the recording's own.
        (TAG, f"{start:%Y-%m-%d}", f"Source_Program={_field(program)}", "Source_Person=", f"Codebook={CODEBOOK}"),
    ]
    for event in annotated.events:
        scores = (f"{event[score]:.4f}" for score in ("score_max", "score_mean"))
        lines.append((_moment(start, event["start_s"]), _moment(start, event["end_s"]), TAG, event["kind"], *scores))
    end = start + dt.timedelta(seconds=math.ceil(annotated.length_s))
    lines.append(("END", f"{end:%Y%m%d%H%M%S}", name))
    return "".join("|".join(line) + "\n" for line in lines)


def _base_name(annotated: RecordingWithEvents) -> str:
    """The media file's name without its ending; the id where the file is not known any more."""
    return os.path.splitext(annotated.file_name)[0] or annotated.recording_id


def _field(text: str) -> str:
    return display_text(text.replace("|", "/"))


def _moment(start: dt.datetime, seconds: float) -> str:
    """YYYYMMDDHHMMSS.mmm, rounded."""
    moment = start + dt.timedelta(milliseconds=round(seconds * 1000))
    return f"{moment:%Y%m%d%H%M%S}.{moment.microsecond // 1000:03d}"


def _duration(seconds: float) -> str:
    """H:MM:SS.ss."""
    minutes, hundredths = divmod(round(seconds * 100), 6000)
    return f"{minutes // 60}:{minutes % 60:02d}:{hundredths // 100:02d}.{hundredths % 100:02d}"
