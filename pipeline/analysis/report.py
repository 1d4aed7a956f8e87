"""`laughter report`: the tables to pages on which people look, listen and correct."""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from common.atomic_files import write_errors, write_text
from common.errors import UsageError
from common.storage import is_remote
from common.text import display_text
from pipeline import progress
from pipeline.analysis.tally import TablesProgress, each_recording, find_days
from pipeline.console import hours_and_minutes
from pipeline.paths import absolute_media, absolute_path
from transforms.decode.outcome import DecodeError
from transforms.pages.peaks import read_peaks
from transforms.pages.report import INDEX_NAME, index_page, index_row, page_name, recording_page
from transforms.tables.media import media_href, media_path
from transforms.tables.read_tables import InvalidRecording, RecordingWithEvents, TableError, validate
from transforms.tables.read_windows import WindowsReader


@dataclasses.dataclass(frozen=True)
class ReportOptions:
    """Everything `laughter report` was told, checked.

    Attributes:
        tables: folder or URL that `laughter detect` wrote.
        output: folder or URL of the pages.
        recordings: names of those that are wanted; all where empty.
        media: folder or URL of the recordings; None where the tables say, NO_MEDIA for no player.
        waveform: whether to decode the recordings for their waveforms.
    """

    tables: str
    output: str
    recordings: tuple[str, ...]
    media: str | None
    waveform: bool = True
    dry_run: bool = False
    quiet: bool = False


@dataclasses.dataclass
class Pages:
    """What has been made.

    Attributes:
        rows: of the index.
        written: pages of recordings (in a dry run, those that would be).
        plain: recordings whose page has no waveform, by reason.
    """

    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    written: int = 0
    plain: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Run the command; returns its exit status."""
    return run(from_arguments(arguments))


def from_arguments(arguments: argparse.Namespace) -> ReportOptions:
    """Check the command line and put it in order."""
    if not arguments.output or not arguments.tables:
        raise UsageError("TABLES and --output must not be empty; see `laughter report --help`")
    return ReportOptions(
        tables=absolute_path(arguments.tables).rstrip("/"),
        output=absolute_path(arguments.output).rstrip("/"),
        recordings=tuple(dict.fromkeys(arguments.recording or ())),
        media=absolute_media(arguments.media),
        waveform=not arguments.no_waveform,
        dry_run=arguments.dry_run,
        quiet=arguments.quiet,
    )


def run(options: ReportOptions) -> int:
    """Write the pages, say how it goes and what came of it.

    Returns:
        The exit status: 0, or 3 where some page could not be made.

    Raises:
        UsageError: there are no tables.
        LaughterError: the output cannot be written.
    """
    days = find_days(options.tables)
    began = time.monotonic()
    tally, pages = TablesProgress(total=len(days)), Pages()
    watched = contextlib.nullcontext() if options.quiet else progress.watching(tally)
    with watched, WindowsReader(options.tables) as windows:
        for date, annotated in each_recording(options.tables, days, options.recordings, tally):
            pages.rows.append(_report_recording(annotated, date, windows, options, tally, pages))
        _write(f"{options.output}/{INDEX_NAME}", index_page(pages.rows), options)
    _show(tally, pages, options, time.monotonic() - began)
    return 3 if tally.troubles else 0


def _report_recording(
    annotated: RecordingWithEvents,
    date: str,
    windows: WindowsReader,
    options: ReportOptions,
    tally: TablesProgress,
    pages: Pages,
) -> dict[str, Any]:
    """Write the recording's page; returns its row of the index."""
    if annotated.failed:
        if options.recordings:  # the index says so of the others
            tally.trouble("it failed, so it has no page", annotated.name)
        return index_row(annotated, page=None)
    name = page_name(annotated)
    path = f"{options.output}/{name}"
    place = media_path(annotated.recording, options.media)
    try:
        validate(annotated)
        scores = windows.scores(annotated.recording_id, annotated.recording["audio_s"] or 0.0, date)
        tracked = windows.tracked(annotated.recording_id)
    except (InvalidRecording, TableError) as error:
        reason = error.reason if isinstance(error, InvalidRecording) else str(error)
        tally.trouble(reason, annotated.name)
        return index_row(annotated, page=None, trouble=f"no page: {reason}")
    if not options.dry_run:
        peaks = _peaks(place, annotated, tally, pages) if options.waveform else None
        media = media_href(place, path) if place else None
        page = recording_page(annotated, scores, windows.thresholds(), tracked=tracked, peaks=peaks, media=media)
        _write(path, page, options)
    tally.events += len(annotated.events)
    pages.written += 1
    return index_row(annotated, page=name)


def _peaks(
    place: str | None, annotated: RecordingWithEvents, tally: TablesProgress, pages: Pages
) -> npt.NDArray[np.uint8] | None:
    """The recording's peaks; None where it cannot be decoded here, which is counted and no trouble."""

    def say(second: int) -> None:
        done = f"{hours_and_minutes(second)} of {hours_and_minutes(annotated.length_s)}"
        tally.doing = f"decoding {display_text(annotated.name, longest=60)}, {done}"

    if place is None or is_remote(place) or not os.path.exists(place):
        pages.plain["not where it was; --media FOLDER says where" if place else "--media none"] += 1
        return None
    try:
        return read_peaks(place, on_second=say)
    except DecodeError:
        pages.plain["cannot be decoded any more"] += 1
        return None
    finally:
        tally.doing = ""


def _write(path: str, text: str, options: ReportOptions) -> None:
    if options.dry_run:
        return
    with write_errors(path):
        write_text(path, text)


def _show(tally: TablesProgress, pages: Pages, options: ReportOptions, wall_s: float) -> None:
    console = Console(soft_wrap=True, highlight=False)
    table = Table(title="laughter report", show_header=False)
    table.add_row("recordings", escape(tally.recordings()))
    table.add_row("events", f"{tally.events}")
    table.add_row("pages", f"{pages.written}, {INDEX_NAME}")
    for reason, count in pages.plain.most_common():
        table.add_row("no waveform", f"{count}: {reason}")
    table.add_row("time", hours_and_minutes(wall_s))
    console.print(table)
    tally.show_troubles(console)
    output = display_text(options.output)
    if options.dry_run:
        print(f"nothing was written (--dry-run), but would be to {output}")
    else:
        print(f"written to {output}; open {output}/{INDEX_NAME} in a browser")
