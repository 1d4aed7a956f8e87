"""Annotation files read: what `laughter export` writes, and what annotators make of it, as labelled segments.

Each reader takes a local path and gives what the file says, unjudged; a damaged file raises ValueError or whatever the
format's library raises.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import json
import os
import pathlib
import unicodedata
from collections.abc import Callable
from typing import Any

from common.extras import require
from common.text import id_in_stem, safe_file_name
from transforms.decode.containers import MEDIA_EXTENSIONS


@dataclasses.dataclass(frozen=True)
class LabelledSegment:
    """A labelled segment as a file has it.

    Attributes:
        start_s, end_s: from the recording's start.
        labels: what it may be called, the likeliest first.
    """

    start_s: float
    end_s: float
    labels: tuple[str, ...]


@dataclasses.dataclass
class FileAnnotations:
    """What a file says of one recording; `length_s` is None where it does not tell."""

    segments: list[LabelledSegment] = dataclasses.field(default_factory=list)
    length_s: float | None = None


Recordings = dict[str, FileAnnotations]
"""By the recording's file name without ending, as `safe_file_name` gives it."""


def read_sfx(path: str) -> Recordings:
    """Red Hen's .sfx: absolute times, which TOP makes relative."""
    lines = [line.split("|") for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
    moments = {line[0]: _moment(line[1]) for line in lines if line[0] in ("TOP", "END")}
    if moments.keys() != {"TOP", "END"}:
        raise ValueError("it has no TOP or no END")
    start = moments["TOP"]
    found = FileAnnotations(length_s=(moments["END"] - start).total_seconds())
    for line in lines:
        if line[0][:1].isdigit():
            began, ended = ((_moment(text) - start).total_seconds() for text in line[:2])
            found.segments.append(LabelledSegment(began, ended, (line[3],)))
    return {_stem(path): found}


def _moment(text: str) -> dt.datetime:
    return dt.datetime.strptime(text if "." in text else f"{text}.0", "%Y%m%d%H%M%S.%f")


def read_eaf(path: str) -> Recordings:
    """ELAN's .eaf: the annotations of all tiers; one whose text is no kind goes by its tier's name."""
    eaf = require("pympi.Elan", purpose="ELAN's files", extra="score").Eaf(path)
    found = FileAnnotations()
    for tier in eaf.get_tier_names():
        for start_ms, end_ms, text, *_ in eaf.get_annotation_data_for_tier(tier):
            found.segments.append(LabelledSegment(start_ms / 1000, end_ms / 1000, (text or "", tier)))
    return {_stem(path): found}


def read_textgrid(path: str) -> Recordings:
    """Praat's .TextGrid: the labelled intervals of all tiers; one whose text is no kind goes by its tier's name."""
    textgrid = require("praatio.textgrid", purpose="Praat's TextGrid files", extra="score")
    grid = textgrid.openTextgrid(path, includeEmptyIntervals=False, reportingMode="error", duplicateNamesMode="rename")
    found = FileAnnotations(length_s=float(grid.maxTimestamp))
    for tier in grid.tiers:
        if isinstance(tier, textgrid.IntervalTier):
            found.segments += [LabelledSegment(start, end, (text, tier.name)) for start, end, text in tier.entries]
    return {_stem(path): found}


def read_audacity(path: str) -> Recordings:
    """Audacity's labels; lines that begin with a backslash tell of frequencies."""
    found = FileAnnotations()
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8-sig").splitlines(), 1):
        if line.strip() and not line.startswith("\\"):
            fields = line.split("\t")
            if len(fields) < 2:
                raise ValueError(f"line {number} is no start, end and label between tabs")
            found.segments.append(
                LabelledSegment(_seconds(fields[0], number), _seconds(fields[1], number), ("".join(fields[2:]),))
            )
    return {_stem(path): found}


def read_vtt(path: str) -> Recordings:
    """WebVTT: each line of a caption is a label, in square brackets or not."""
    webvtt = require("webvtt", purpose="WebVTT files", extra="score")
    found = FileAnnotations()
    for caption in webvtt.read(path):
        times = _clock(caption.start), _clock(caption.end)
        found.segments += [LabelledSegment(*times, (text.strip("[] "),)) for text in caption.text.splitlines()]
    return {_stem(path): found}


def _clock(text: str) -> float:
    """Seconds of [HH:]MM:SS.mmm."""
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part)
    return round(seconds, 3)


def read_rttm(path: str) -> Recordings:
    """RTTM: lines of type SPEAKER; any other type and comments are passed over."""
    found: Recordings = {}
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        if len(fields) < 8:
            raise ValueError(f"line {number} has fewer than the eight fields that a SPEAKER line needs")
        start, length = (_seconds(field, number) for field in fields[3:5])
        found.setdefault(_exported(fields[1]), FileAnnotations()).segments.append(
            LabelledSegment(start, round(start + length, 3), (fields[7],))
        )
    if not found:
        raise ValueError("it has no line of type SPEAKER")
    return found


def read_csv(path: str) -> Recordings:
    """CSV with a line a stretch: recording_id or recording, start_s, end_s, kind or label.

    A line without times names a recording without laughter.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        columns = set(rows.fieldnames or ())
        recording, label = (
            next((name for name in names if name in columns), "")
            for names in (("recording_id", "recording"), ("kind", "label"))
        )
        if not recording or not label or not {"start_s", "end_s"} <= columns:
            raise ValueError("its first line lacks one of recording_id, start_s, end_s, kind")
        found: Recordings = {}
        for row in rows:
            of = found.setdefault(_key(row[recording] or ""), FileAnnotations())
            if row["start_s"] or row["end_s"]:
                start, end = (_seconds(row[name], rows.line_num) for name in ("start_s", "end_s"))
                of.segments.append(LabelledSegment(start, end, (row[label] or "",)))
    return found


def read_jsonl(path: str) -> Recordings:
    """JSON lines: a recording a line, with its length and a list of its events; those that failed are passed over."""
    found: Recordings = {}
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            document: dict[str, Any] = json.loads(line)
            events = [
                LabelledSegment(float(one["start_s"]), float(one["end_s"]), (one["kind"],))
                for one in document["events"]
            ]
            length = document.get("audio_s") or document.get("duration_s")
            if document.get("status") != "failed":
                found[recording_key(document["recording_id"])] = FileAnnotations(events, length and float(length))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"line {number} is no recording with events ({error!r})") from error
    return found


def _seconds(text: str | None, line: int) -> float:
    try:
        return float(text or "")
    except ValueError:
        raise ValueError(f"in line {line} {text!r} is no time in seconds") from None


def recording_key(name: str) -> str:
    """A recording's name as annotations are kept by: a file's name, in Unicode's composed form."""
    return safe_file_name(unicodedata.normalize("NFC", name))


def _stem(path: str) -> str:
    """The key that a file's name tells."""
    return _exported(os.path.splitext(os.path.basename(path))[0])


def _exported(name: str) -> str:
    """The key in a name that `laughter export` gave, which has a tilde where the id has odd letters or is a hash."""
    return id_in_stem(name) or (name if "~" in name else recording_key(name))


def _key(recording: str) -> str:
    """Of an id, or of a media file's path, by which people name recordings too."""
    stem, ending = os.path.splitext(recording.strip())
    return recording_key(os.path.basename(stem) if ending.lower() in MEDIA_EXTENSIONS else recording.strip())


READERS: dict[str, Callable[[str], Recordings]] = {
    "sfx": read_sfx,
    "eaf": read_eaf,
    "textgrid": read_textgrid,
    "audacity": read_audacity,
    "vtt": read_vtt,
    "rttm": read_rttm,
    "csv": read_csv,
    "jsonl": read_jsonl,
}
ENDINGS = {f".{name}": name for name in READERS if name != "audacity"} | {".txt": "audacity"}
