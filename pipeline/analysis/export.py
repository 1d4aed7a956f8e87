"""`laughter export`: the tables to files of annotation tools."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import time
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from common.errors import UsageError
from common.extras import require
from common.text import display_text
from pipeline import progress
from pipeline.analysis.tally import TablesProgress, each_recording, find_days
from pipeline.console import hours_and_minutes
from pipeline.paths import absolute_media, absolute_path
from transforms.formats.export import ExportFiles
from transforms.formats.writers import FORMATS, FormatSettings
from transforms.tables.read_tables import InvalidRecording, RecordingWithEvents, validate


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """Everything `laughter export` was told, checked.

    Attributes:
        tables: folder or URL that `laughter detect` wrote.
        formats: to write, each once.
        output: folder or URL of the files.
        recordings: names of those that are wanted; all where empty.
        settings: of the formats.
    """

    tables: str
    formats: tuple[str, ...]
    output: str
    recordings: tuple[str, ...]
    settings: FormatSettings
    dry_run: bool = False
    quiet: bool = False


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Run the command; returns its exit status."""
    return run(from_arguments(arguments))


def from_arguments(arguments: argparse.Namespace) -> ExportOptions:
    """Check the command line and put it in order."""
    if not arguments.output or not arguments.tables:
        raise UsageError("TABLES and --output must not be empty; see `laughter export --help`")
    return ExportOptions(
        tables=absolute_path(arguments.tables).rstrip("/"),
        formats=tuple(dict.fromkeys(arguments.format)),
        output=absolute_path(arguments.output).rstrip("/"),
        recordings=tuple(dict.fromkeys(arguments.recording or ())),
        settings=FormatSettings(absolute_media(arguments.media), arguments.collection),
        dry_run=arguments.dry_run,
        quiet=arguments.quiet,
    )


def run(options: ExportOptions) -> int:
    """Write the files, say how it goes and what came of it.

    Returns:
        The exit status: 0, or 3 where something could not be exported.

    Raises:
        UsageError: there are no tables, or a package is missing.
        LaughterError: the output cannot be written.
    """
    for name in options.formats:
        if module := FORMATS[name].package:
            require(module, purpose=f"files of the format {name}", extra="export")
    days = find_days(options.tables)
    began = time.monotonic()
    tally = TablesProgress(total=len(days))
    files = ExportFiles(options.output, options.formats, options.settings, dry_run=options.dry_run)
    with contextlib.nullcontext() if options.quiet else progress.watching(tally), files:
        for _, annotated in each_recording(options.tables, days, options.recordings, tally):
            _export_recording(annotated, options, files, tally)
    _show(tally, files, options, time.monotonic() - began)
    return 3 if tally.troubles else 0


def _export_recording(
    annotated: RecordingWithEvents, options: ExportOptions, files: ExportFiles, tally: TablesProgress
) -> None:
    if annotated.failed:
        if options.recordings:  # detect has said so of the others
            tally.trouble("it failed, so there is nothing to export", annotated.name)
        return
    try:
        validate(annotated)
    except InvalidRecording as error:
        tally.trouble(error.reason, annotated.name)
        return
    tally.events += len(annotated.events)
    for name in options.formats:
        try:
            files.add(annotated, name)
        except InvalidRecording as error:
            tally.trouble(f"not written as {name}: {error.reason}", annotated.name)


def _show(tally: TablesProgress, files: ExportFiles, options: ExportOptions, wall_s: float) -> None:
    console = Console(soft_wrap=True, highlight=False)
    table = Table(title="laughter export", show_header=False)
    table.add_row("recordings", escape(tally.recordings()))
    table.add_row("events", f"{tally.events}")
    for name, count in files.recordings.items():
        leaf = files.path(name).rsplit("/", 1)[-1] if FORMATS[name].stream else f"*.{FORMATS[name].ending}"
        table.add_row(name, f"{count} recordings, {leaf}")
    table.add_row("time", hours_and_minutes(wall_s))
    console.print(table)
    tally.show_troubles(console)
    output = display_text(options.output)
    print(f"nothing was written (--dry-run), but would be to {output}" if options.dry_run else f"written to {output}")
