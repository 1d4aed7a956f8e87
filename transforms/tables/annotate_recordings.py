"""Annotations: what the head says of each recording, one Parquet part a recording, from which the tables are made.

A part holds the recording's rows of the windows table, and in its footer the events and what the embedding store
knows of the recording. It is used again while the recording, the head, the thresholds and the hop stay the same.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
from apache_beam import pvalue

from common.atomic_files import write_errors
from common.parquet_files import atomic_parquet, is_whole, read_document
from models.bundles.bundle import HeadSpec
from models.events.find import Tracked, find_events
from models.events.segments import Thresholds, TrackThresholds
from models.events.windows import WindowScores
from transforms.embed.store import PartInfo, StorePart, fingerprint, part_path, read_info, read_tracks
from transforms.tables.classify_windows import ClassifyWindows
from transforms.tables.schemas import WINDOWS, ModelNames, event_document, window_rows

logger = logging.getLogger(__name__)

ANNOTATION_FORMAT = 5
"""Of annotations and tables; those of another format are made again."""


@dataclasses.dataclass(frozen=True)
class AnnotateSettings:
    """How the store is annotated.

    Attributes:
        store: root of the embedding store.
        output: folder of the tables; annotations lie in its folder `annotations`.
        head: which head.
        thresholds: when an event begins and ends, by the windows.
        hop_s: seconds from one window's start to the next.
        track: when an event begins and ends where the part has tracks; None for whole seconds everywhere.
    """

    store: str
    output: str
    head: HeadSpec
    thresholds: Thresholds
    hop_s: int = 1
    track: TrackThresholds | None = None

    def fingerprint(self, version: str) -> str:
        """Of everything that changes what is said of a recording, or of a day, of that version."""
        return fingerprint(
            {
                "format": ANNOTATION_FORMAT,
                "version": version,
                "head": self.head.fingerprint,
                "bundle": [self.head.name, self.head.version],
                "thresholds": dataclasses.asdict(self.thresholds),
                "hop_s": self.hop_s,
                "track": self.track and dataclasses.asdict(self.track),
            }
        )

    def annotation_path(self, part: StorePart) -> str:
        """Where the recording's annotation lies."""
        return part_path(annotations_folder(self.output), part.date, part.recording_id)

    def model_names(self, info: PartInfo) -> ModelNames:
        """The models behind a recording's rows."""
        return ModelNames(info.embedder, self.head.label, f"{self.head.name} {self.head.version}")


def annotations_folder(output: str) -> str:
    """Where the annotations of the tables in `output` lie."""
    return f"{output.rstrip('/')}/annotations"


@dataclasses.dataclass(frozen=True)
class Annotation:
    """What an annotation's footer holds.

    Attributes:
        fingerprint: of the part, the head, thresholds and hop that it was made with.
        info: of the recording, as its part had it.
        events: by start: the columns of the events table but for those that every row shares.
    """

    fingerprint: str
    info: PartInfo
    events: Sequence[dict[str, Any]]

    def to_document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"fingerprint": self.fingerprint, "info": self.info.to_document(), "events": list(self.events)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Annotation:
        """What `to_document` gave; KeyError or ValueError where it lacks something."""
        return cls(str(document["fingerprint"]), PartInfo.from_document(document["info"]), document["events"])


def current_annotation(part: StorePart, settings: AnnotateSettings) -> Annotation | None:
    """The part's annotation, where it is there and made from this part by this head; else None."""
    document = read_document(settings.annotation_path(part))
    try:
        found = Annotation.from_document(document) if document else None
    except (KeyError, ValueError):
        return None
    return found if found and found.fingerprint == settings.fingerprint(part.version) else None


def save_annotation(part: StorePart, scores: WindowScores, settings: AnnotateSettings) -> None:
    """Find the recording's events and write its annotation."""
    info = read_info(part.path)
    if info is None:
        raise OSError(f"{part.path} has gone or was damaged since it was read; run again to embed the recording anew")
    tracks = read_tracks(part.path)
    tracked = None if tracks is None or settings.track is None else Tracked(tracks, settings.track)
    events = find_events(part.recording_id, info.audio_s, scores, settings.thresholds, tracked)
    annotation = Annotation(settings.fingerprint(part.version), info, event_document(events))
    with atomic_parquet(settings.annotation_path(part), WINDOWS) as writer:
        writer.write(window_rows(info, scores, settings.model_names(info), tracks))
        writer.document = annotation.to_document()


@dataclasses.dataclass(eq=False)
class AnnotateRecordings(beam.PTransform):
    """Parts of the store to the same parts, annotated: ClassifyWindows, FindEvents, and a part that keeps both."""

    settings: AnnotateSettings

    def expand(self, parts: beam.PCollection[StorePart]) -> beam.PCollection[StorePart]:
        """Leave alone what is annotated already."""
        settings = self.settings
        sides = parts | "Sort" >> beam.ParDo(_SplitStale(settings)).with_outputs("fresh", main="ready")
        annotated = (
            sides.fresh
            | "ClassifyWindows" >> ClassifyWindows(settings.head, settings.store, hop_s=settings.hop_s)
            | "FindEvents" >> beam.MapTuple(lambda part, scores: _save(part, scores, settings))
        )
        return (sides.ready, annotated) | "Flatten" >> beam.Flatten()


class _SplitStale(beam.DoFn):
    def __init__(self, settings: AnnotateSettings) -> None:
        self._settings = settings

    def process(self, part: StorePart) -> Iterator[Any]:
        fits = current_annotation(part, self._settings) and is_whole(self._settings.annotation_path(part))
        yield part if fits else pvalue.TaggedOutput("fresh", part)


def _save(part: StorePart, scores: WindowScores, settings: AnnotateSettings) -> StorePart:
    with write_errors(settings.output):
        save_annotation(part, scores, settings)
    return part
