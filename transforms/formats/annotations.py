"""Annotations of recordings from files or from our tables: laughter by kind, judged and put in order."""

from __future__ import annotations

import collections
import dataclasses
import math
import os
import re
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from common import storage
from common.errors import UsageError
from common.listing import files_below
from common.text import display_text
from models.constants import CLASSES, LAUGHTER_KINDS
from models.evaluation.event_metrics import Intervals, merged
from transforms.formats.readers import ENDINGS, READERS, FileAnnotations, LabelledSegment, Recordings, recording_key
from transforms.tables.find_named import ids_and_paths
from transforms.tables.read_tables import TableError, list_days, read_day

LONGEST_S = 7 * 24 * 3600.0
"""No recording is longer; what begins later is a time of another clock, such as seconds since 1970."""

PAST_END_S = 60.0
"""So far beyond a recording's end a stretch may end: players and tools count differently."""

_SCORE = re.compile(r"\s+[01]?\.\d+$")
"""What the export adds to a label."""


@dataclasses.dataclass(frozen=True, eq=False)
class RecordingAnnotations:
    """The laughter of one recording.

    Attributes:
        kinds: float64 [n, 2] of (start, end) in seconds by kind, in order, none overlapping another.
        length_s: of the recording; None where nothing tells.
        date: whose day of the tables it is in; None where it is from a file.
        name: of the recording.
        recording_id: where it is from tables.
        keys: what annotations of it may be named after.
    """

    name: str
    kinds: Mapping[str, Intervals]
    length_s: float | None = None
    date: str | None = None
    recording_id: str = ""
    keys: tuple[str, ...] = ()


@dataclasses.dataclass
class Annotations:
    """What was read: recordings by the safe name of their id, and a sentence on each trouble."""

    recordings: dict[str, RecordingAnnotations] = dataclasses.field(default_factory=dict)
    troubles: list[str] = dataclasses.field(default_factory=list)
    failed: set[str] = dataclasses.field(default_factory=set)


def read_annotations(
    path: str, *, file_format: str | None = None, labels: Mapping[str, str] | None = None, only: Collection[str] = ()
) -> Annotations:
    """Read a file, a folder of files, or the folder of our tables.

    Args:
        path: local or a URL.
        file_format: one of READERS; None for what the names' endings say.
        labels: kinds, or `none`, by what people call them.
        only: keys of the recordings to keep, of tables; empty for all.

    Raises:
        UsageError: there is nothing of the kind, or files of several formats.
    """
    if file_format is None and list_days(path):
        return _read_tables(path, only)
    files = _files(path, file_format)
    formats = {name for _, name in files}
    if not files:
        endings = ", ".join(ENDINGS)
        raise UsageError(f"{display_text(path)} holds neither tables nor annotation files ({endings}); check the path")
    if len(formats) > 1:
        raise UsageError(
            f"{display_text(path)} holds files of the formats {', '.join(sorted(formats))}; name one of them"
        )
    found = Annotations()
    for file, name in files:
        try:
            with storage.local_copy(file) as place:  # the libraries open nothing else
                said = READERS[name](place)
        except (UsageError, storage.StorageError):
            raise
        except Exception as error:  # the libraries raise what they like, and one damaged file must not stop the rest
            reason = display_text(str(error), longest=200) or type(error).__name__
            found.troubles.append(f"{display_text(file)} cannot be read as {name} ({reason}); it is left out")
            continue
        _add(found, said, file, labels or {})
    return found


def _files(path: str, file_format: str | None) -> list[tuple[str, str]]:
    """The files with their formats, in order."""
    names = [path] if storage.is_file(path) else [entry.path for entry in files_below(path)]
    formats = [(name, ENDINGS.get(os.path.splitext(name)[1].lower())) for name in sorted(names)]
    known = [(name, found) for name, found in formats if found and file_format in (None, found)]
    if file_format and not known and names == [path]:
        return [(path, file_format)]  # a single file may be called as it likes
    return known


def _add(found: Annotations, said: Recordings, file: str, labels: Mapping[str, str]) -> None:
    for key, of_recording in said.items():
        if key in found.recordings:
            found.troubles.append(
                f"{display_text(file)} tells of {display_text(key)}, which is there already; it is left out"
            )
            continue
        where = display_text(file) if len(said) == 1 else f"{display_text(file)}, {display_text(key)}"
        kinds = clean_segments(of_recording, labels, where, found.troubles)
        found.recordings[key] = RecordingAnnotations(key, kinds, of_recording.length_s)


def clean_segments(
    said: FileAnnotations, labels: Mapping[str, str], where: str, troubles: list[str]
) -> dict[str, npt.NDArray[np.float64]]:
    """The intervals by kind; a sentence is added to `troubles` on those that are left out or joined.

    Args:
        said: of one recording.
        labels: kinds, or `none`, by what people call them.
        where: the file, for the sentences.
        troubles: to add to.
    """
    kinds: dict[str, list[tuple[float, float]]] = {kind: [] for kind in LAUGHTER_KINDS}
    unknown: collections.Counter[str] = collections.Counter()
    backwards = beyond = 0
    for one in said.segments:
        kind = kind_of(one, labels)
        if kind is None:
            unknown[one.labels[0]] += 1
        elif not (0 <= one.start_s < one.end_s < math.inf):
            backwards += 1
        elif one.end_s > (said.length_s or LONGEST_S) + PAST_END_S:
            beyond += 1
        elif kind != "none":
            kinds[kind].append((one.start_s, one.end_s))
    for label, count in sorted(unknown.items()):
        troubles.append(
            f"{where}: the label {display_text(label, longest=60)!r} ({count} times) is no kind of laughter and is "
            "left out; say what it is with --label LABEL=KIND, or LABEL=none"
        )
    if beyond:
        end = (
            f"{said.length_s:.0f} s of the recording"
            if said.length_s
            else f"{LONGEST_S:.0f} s, more than any recording"
        )
        troubles.append(
            f"{where}: stretches that end after the {end} are left out ({beyond}); give seconds from its start"
        )
    if backwards:
        troubles.append(
            f"{where}: stretches that do not end after their start are left out ({backwards}); correct them"
        )
    arrays = {kind: np.array(sorted(intervals), float).reshape(-1, 2) for kind, intervals in kinds.items()}
    joined = {kind: merged(intervals) for kind, intervals in arrays.items()}
    if overlaps := sum(len(arrays[kind]) - len(joined[kind]) for kind in arrays):
        troubles.append(f"{where}: stretches that overlap another of their kind are joined with it ({overlaps})")
    return joined


def kind_of(said: LabelledSegment, labels: Mapping[str, str]) -> str | None:
    """The first of its labels that names one of the seven classes; None where none does."""
    for label in said.labels:
        name = plain_label(label)
        if labels.get(name, name) in CLASSES:
            return labels.get(name, name)
    return None


def plain_label(label: str) -> str:
    """As the classes are written: small letters, words joined by underscores, without the score behind."""
    return re.sub(r"[^a-z0-9]+", "_", _SCORE.sub("", label.strip()).lower()).strip("_")


def _read_tables(path: str, only: Collection[str]) -> Annotations:
    found, several = Annotations(), set()
    for date in _days_holding(path, only) if only else list_days(path):
        try:
            for annotated in read_day(path, date):
                keys = keys_of(annotated.recording_id, annotated.recording["path"])
                key = next((key for key in keys if key in only), None) if only else keys[0]
                if key is None:
                    continue
                if key in found.recordings or key in found.failed:
                    several.add(key)
                    continue
                if annotated.failed:
                    found.failed.add(key)
                    continue
                segments = [
                    LabelledSegment(event["start_s"], event["end_s"], (event["kind"],)) for event in annotated.events
                ]
                said = FileAnnotations(segments, annotated.recording["audio_s"])
                kinds = clean_segments(said, {}, display_text(annotated.name), found.troubles)
                found.recordings[key] = RecordingAnnotations(
                    annotated.name, kinds, said.length_s, date, annotated.recording_id, tuple(keys)
                )
        except TableError as error:
            found.troubles.append(str(error))
    for key in sorted(several):
        found.recordings.pop(key, None)
        found.troubles.append(
            f"several recordings of {display_text(path)} are called {display_text(key)}; name annotations after an id"
        )
    return found


def keys_of(recording_id: str, path: str) -> list[str]:
    """What annotations of a recording may be named after: its id, its file's name without and with the extension."""
    name = path.rsplit("/", 1)[-1]
    return [recording_key(one) for one in (recording_id, os.path.splitext(name)[0], name)]


def _days_holding(tables: str, keys: Collection[str]) -> Iterator[str]:
    """The days that hold recordings of these keys, and those that cannot be read, which is said when they are."""
    for date in list_days(tables):
        try:
            rows = ids_and_paths(tables, date)
            if any(key in keys for recording_id, path in rows for key in keys_of(recording_id, path)):
                yield date
        except (OSError, KeyError, pa.ArrowException):
            yield date
