"""WriteTables: the recordings, windows and events tables, one Parquet file a table and day, over the whole store."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import apache_beam as beam
import pyarrow as pa

from common import storage
from common.atomic_files import read_text, write_errors, write_text
from common.parquet_files import AtomicWriter, atomic_parquet, open_parquet
from common.partitions import day_folder, list_days
from common.text import utf8_text
from transforms import run_metrics
from transforms.embed.embed_recordings import EmbedResult
from transforms.embed.recordings import Recording
from transforms.embed.store import PartInfo, StorePart, fingerprint, list_day
from transforms.tables.annotate_recordings import AnnotateSettings, annotations_folder, current_annotation
from transforms.tables.schemas import (
    EVENTS,
    RECORDINGS,
    SCHEMAS,
    check_rows,
    event_rows,
    recording_row,
    table_path,
)

logger = logging.getLogger(__name__)

ROWS_PER_GROUP = 10_000


class DayChanged(Exception):
    """What a day's tables were being made from was changed meanwhile, by another run; they stay as they were."""


def day_fingerprint(parts: Iterable[StorePart], settings: AnnotateSettings) -> str:
    """Of everything that a day's tables are made from."""
    versions = sorted((part.recording_id, part.version) for part in parts)
    return settings.fingerprint(fingerprint({"parts": versions}))


def day_state_path(output: str, date: str) -> str:
    """The file that notes what a day's tables were last made from.

    It lies beside the tables and not in them, for it changes with the time at which a part was written, and equal
    input has to give equal tables.
    """
    return f"{day_folder(annotations_folder(output), date)}/day.json"


def is_up_to_date(date: str, settings: AnnotateSettings) -> bool:
    """Whether the day's tables say what the store and the head would have them say now."""
    parts = list_day(settings.store, date)
    found = {table: storage.look_up(table_path(settings.output, table, date)) for table in SCHEMAS}
    tables = {table: file and file.version for table, file in found.items()}
    return _read_day_state(settings.output, date) == _day_state(day_fingerprint(parts, settings), tables)


def _read_day_state(output: str, date: str) -> str | None:
    try:
        return read_text(day_state_path(output, date))
    except ValueError:  # damaged, and no text any more
        return None


def _day_state(fingerprint: str, tables: Mapping[str, str | None]) -> str:
    """What is noted of a day: what it was made from, and which very files came of it.

    The files are named because another run may replace them with an older state before this one notes its own.
    """
    return json.dumps({"fingerprint": fingerprint, "tables": tables}, sort_keys=True) + "\n"


def stale_days(settings: AnnotateSettings) -> Iterator[str]:
    """The days whose tables have to be written."""
    for date in list_days(settings.store):
        if not is_up_to_date(date, settings):
            yield date


def write_day(date: str, parts: Iterable[StorePart], settings: AnnotateSettings) -> None:
    """Write the three tables of one day from its recordings' annotations, in memory that does not grow.

    Raises:
        DayChanged: another run changed the store or the annotations meanwhile; nothing was replaced.

    The files are complete before the first of them replaces an older one; recordings comes last, so that a reader
    who joins from it never sees half a day. The footer of the events says which thresholds and hop they were made with.
    """
    parts = sorted(parts, key=lambda part: part.recording_id)
    with contextlib.ExitStack() as stack:
        # entered in reverse, for the last one entered is the first to be left, and so renamed
        writers = {
            table: stack.enter_context(atomic_parquet(table_path(settings.output, table, date), SCHEMAS[table]))
            for table in reversed(SCHEMAS)
        }
        recordings, events = (_Rows(writers[table], SCHEMAS[table]) for table in ("recordings", "events"))
        writers["events"].document = event_settings_document(settings)
        for part in parts:
            _write_recording(part, settings, writers["windows"], recordings, events)
        recordings.flush()
        events.flush()
        written = day_fingerprint(parts, settings)
        if day_fingerprint(list_day(settings.store, date), settings) != written:
            raise DayChanged(f"the store's parts of date={date} were changed while the day was written")
    versions = {table: writer.version for table, writer in writers.items()}
    write_text(day_state_path(settings.output, date), _day_state(written, versions))


def event_settings_document(settings: AnnotateSettings) -> dict[str, Any]:
    """What the footer of the events says: with which thresholds, of windows and of tracks, and which hop."""
    track = settings.track and dataclasses.asdict(settings.track)
    return {"thresholds": dataclasses.asdict(settings.thresholds), "hop_s": settings.hop_s, "track": track}


def _write_recording(
    part: StorePart, settings: AnnotateSettings, windows: AtomicWriter, recordings: _Rows, events: _Rows
) -> None:
    annotation = current_annotation(part, settings)
    if annotation is None:
        raise DayChanged(f"the annotation {settings.annotation_path(part)} was changed while its day was written")
    models = settings.model_names(annotation.info)
    try:
        row, found = recording_row(annotation.info, models), event_rows(annotation.info, annotation.events, models)
        check_rows([row], RECORDINGS)
        check_rows(found, EVENTS)
    except (ArithmeticError, LookupError, TypeError, ValueError, pa.ArrowException) as error:
        logger.warning("the rows of %s cannot be written (%s); it is listed as failed", part.recording_id, error)
        recordings.add([recording_row(_without_rows(part, annotation.info, error), models)])
        return
    recordings.add([row])
    events.add(found)
    with open_parquet(settings.annotation_path(part)) as parquet:
        for group in range(parquet.num_row_groups):
            windows.write(parquet.read_row_group(group))


def _without_rows(part: StorePart, info: PartInfo, error: Exception) -> PartInfo:
    """A recording of which only its name and the reason can be told."""
    path = utf8_text(str(info.recording.path))
    sentence = f"{path}: its rows cannot be written ({error}); run on the recording again with --recompute"
    return PartInfo.failed(Recording(part.recording_id, path, -1, ""), stage="store", error=sentence)


@dataclasses.dataclass
class _Rows:
    """Collects rows and writes them in groups."""

    writer: AtomicWriter
    schema: pa.Schema
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        self.rows.extend(rows)
        if len(self.rows) >= ROWS_PER_GROUP:
            self.flush()

    def flush(self) -> None:
        self.writer.write(pa.Table.from_pylist(self.rows, schema=self.schema))
        self.rows = []


@dataclasses.dataclass(eq=False)
class ListStaleDays(beam.PTransform):
    """Once all recordings are embedded: the parts of every day whose tables are not up to date, over the workers."""

    settings: AnnotateSettings

    def expand(self, embedded: beam.PCollection[EmbedResult]) -> beam.PCollection[StorePart]:
        """List the store, which covers more than this run's recordings."""
        settings = self.settings
        done = beam.pvalue.AsSingleton(embedded | "AllEmbedded" >> beam.combiners.Count.Globally())
        return (
            embedded.pipeline
            | "Store" >> beam.Create([settings.store])
            | "StaleDays" >> beam.FlatMap(lambda _, done: stale_days(settings), done)
            | "Parts" >> beam.FlatMap(lambda date: list_day(settings.store, date))
            | "Spread" >> beam.Reshuffle()
        )


@dataclasses.dataclass(eq=False)
class WriteTables(beam.PTransform):
    """Annotated parts to the tables of their days; gives the days written."""

    settings: AnnotateSettings

    def expand(self, parts: beam.PCollection[StorePart]) -> beam.PCollection[str]:
        """Gather each day's parts, names only, and write it."""
        settings = self.settings
        return (
            parts
            | "KeyByDay" >> beam.WithKeys(lambda part: part.date).with_output_types(tuple[str, StorePart])
            | "GroupByDay" >> beam.GroupByKey()
            | "WriteDay" >> beam.FlatMapTuple(lambda date, parts: _write(date, parts, settings))
        )


def _write(date: str, parts: Iterable[StorePart], settings: AnnotateSettings) -> Iterator[str]:
    try:
        with write_errors(settings.output):
            write_day(date, parts, settings)
        yield date
    except DayChanged as error:
        logger.warning("%s; it is left for another pass", error)
        run_metrics.count("days_changed_meanwhile")
