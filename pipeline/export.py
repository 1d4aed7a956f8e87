"""`laughter export`: the tables to files of annotation tools."""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import time

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.errors import UsageError
from models.extras import require
from pipeline import progress
from pipeline.detect_options import absolute
from transforms.export_files import ExportFiles
from transforms.export_formats import FORMATS, NO_MEDIA, FormatSettings
from transforms.printable import printable
from transforms.read_tables import Annotated, BadRecording, TableError, check, list_days, read_day

EXAMPLES = 5
"""Recordings named with each trouble."""

UNREADABLE_DAY = "the tables of a day cannot be read to their end"


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """Everything `laughter export` was told, checked.

    Attributes:
        tables: folder or URL that `laughter detect` wrote.
        formats: to write, each once.
        output: folder or URL of the files.
        recordings: only these; all where empty.
        settings: of the formats.
    """

    tables: str
    formats: tuple[str, ...]
    output: str
    recordings: frozenset[str]
    settings: FormatSettings
    dry_run: bool = False
    quiet: bool = False


@dataclasses.dataclass
class Report:
    """What came of an export; also its progress, a day at a time.

    Attributes:
        total, done: days.
        statuses: recordings by status.
        events: of the recordings that were exported.
        troubles: recordings, or days, by reason.
        examples: some of their names, by reason; for days what was wrong.
    """

    total: int
    done: int = 0
    statuses: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    events: int = 0
    troubles: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    examples: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def trouble(self, reason: str, example: str) -> None:
        """Count one more of `reason`."""
        self.troubles[reason] += 1
        if self.troubles[reason] <= EXAMPLES:
            self.examples.setdefault(reason, []).append(example)

    def look(self) -> None:
        """Nothing to look at: the counts are kept up by the run itself."""

    def describe(self) -> str:
        """One line."""
        troubles = f", {sum(self.troubles.values())} troubles" if self.troubles else ""
        return f"{self.done} of {self.total} days, {sum(self.statuses.values())} recordings{troubles}"


def from_arguments(arguments: argparse.Namespace) -> ExportOptions:
    """Check the command line and put it in order."""
    if not arguments.output or not arguments.tables:
        raise UsageError("TABLES and --output must not be empty; see `laughter export --help`")
    media = arguments.media
    return ExportOptions(
        tables=absolute(arguments.tables).rstrip("/"),
        formats=tuple(dict.fromkeys(arguments.format)),
        output=absolute(arguments.output).rstrip("/"),
        recordings=frozenset(arguments.recording or ()),
        settings=FormatSettings(absolute(media) if media and media != NO_MEDIA else media, arguments.collection),
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
    days = list_days(options.tables)
    if not days:
        raise UsageError(f"{printable(options.tables)} holds no tables; give the folder that laughter detect wrote")
    began = time.monotonic()
    report = Report(total=len(days))
    files = ExportFiles(options.output, options.formats, options.settings, dry_run=options.dry_run)
    with contextlib.nullcontext() if options.quiet else progress.watching(report), files:
        _export_days(days, options, files, report)
    _show(report, files, options, time.monotonic() - began)
    return 3 if report.troubles else 0


def _export_days(days: list[str], options: ExportOptions, files: ExportFiles, report: Report) -> None:
    missing = set(options.recordings)
    for date in days:
        try:
            for annotated in read_day(options.tables, date):
                if not options.recordings or annotated.recording_id in options.recordings:
                    missing.discard(annotated.recording_id)
                    _export_recording(annotated, options, files, report)
        except TableError as error:
            report.trouble(UNREADABLE_DAY, str(error))
        report.done += 1
        if options.recordings and not missing:
            break
    for recording_id in sorted(missing):
        report.trouble("it is not in the tables; check --recording", recording_id)


def _export_recording(annotated: Annotated, options: ExportOptions, files: ExportFiles, report: Report) -> None:
    report.statuses[annotated.recording["status"]] += 1
    if annotated.failed:
        if options.recordings:  # detect has said so of the others
            report.trouble("it failed, so there is nothing to export", annotated.recording_id)
        return
    try:
        check(annotated)
    except BadRecording as error:
        report.trouble(error.reason, annotated.recording_id)
        return
    report.events += len(annotated.events)
    for name in options.formats:
        try:
            files.add(annotated, name)
        except BadRecording as error:
            report.trouble(f"not written as {name}: {error.reason}", annotated.recording_id)


def _show(report: Report, files: ExportFiles, options: ExportOptions, wall_s: float) -> None:
    console = Console(soft_wrap=True, highlight=False)
    table = Table(title="laughter export", show_header=False)
    statuses = ", ".join(f"{count} {escape(str(status))}" for status, count in report.statuses.most_common())
    table.add_row("recordings", f"{sum(report.statuses.values())}" + (f" ({statuses})" if statuses else ""))
    table.add_row("events", f"{report.events}")
    for name, count in files.recordings.items():
        leaf = files.path(name).rsplit("/", 1)[-1] if FORMATS[name].stream else f"*.{FORMATS[name].ending}"
        table.add_row(name, f"{count} recordings, {leaf}")
    table.add_row("time", progress.hours_and_minutes(wall_s))
    console.print(table)
    for reason, count in report.troubles.most_common():
        console.print(f"{count} x {reason}:", markup=False)
        for example in report.examples[reason]:
            console.print(f"  {printable(example)}", markup=False)
        if count > EXAMPLES:
            console.print(f"  and {count - EXAMPLES} more", markup=False)
    output = printable(options.output)
    print(f"nothing was written (--dry-run), but would be to {output}" if options.dry_run else f"written to {output}")
