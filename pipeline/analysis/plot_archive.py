"""`laughter plot archive`: how much laughter there is by hour of the day, by network, by month."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from common.errors import UsageError
from common.extras import require
from common.text import display_text
from pipeline.outputs import PlotOutput, StepProgress, show_progress
from pipeline.paths import absolute_path
from transforms.plots.archive import LaughterRate, bars_plot, columns_plot
from transforms.plots.archive_totals import (
    ArchiveTotals,
    archive_totals,
    by_hour,
    by_month,
    by_network,
    check_zone,
    months_between,
)
from transforms.tables.query import connect

NETWORKS_SHOWN = 20
HOURS = [f"{hour:02}" for hour in range(24)]


@dataclasses.dataclass(frozen=True)
class ArchiveOptions:
    """Everything `laughter plot archive` was told, checked: tables, time zone, and where the plots go."""

    tables: str
    zone: str
    output: PlotOutput


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Run the command; returns its exit status."""
    return run(from_arguments(arguments))


def from_arguments(arguments: argparse.Namespace) -> ArchiveOptions:
    """Check the command line and put it in order."""
    if not arguments.tables or not arguments.output:
        raise UsageError("TABLES and --output must not be empty; see `laughter plot archive --help`")
    return ArchiveOptions(
        tables=absolute_path(arguments.tables).rstrip("/"),
        zone=arguments.zone,
        output=PlotOutput(absolute_path(arguments.output).rstrip("/"), arguments.dry_run, arguments.quiet),
    )


def run(options: ArchiveOptions) -> int:
    """Draw the archive.

    Returns:
        The exit status, 0.

    Raises:
        UsageError: there are no tables or no such time zone, no audio in them, or a package is missing.
        QueryError: a table cannot be read.
        LaughterError: the output cannot be written.
    """
    require("matplotlib", purpose="plots of an archive", extra="plot")
    work, output = StepProgress(doing="questions asked", total=3), options.output
    with show_progress(work, output), contextlib.closing(connect(options.tables)) as connection:
        check_zone(connection, options.zone)
        archive = archive_totals(connection)
        if not archive.hours:
            raise UsageError(f"the tables in {display_text(options.tables)} have no audio; run laughter detect on some")
        figures = {}
        for name, figure in _figures(connection, archive, options.zone):
            figures[name] = figure
            work.done += 1
    _say(archive)
    for name, figure in figures.items() if not output.dry_run else ():
        output.draw(name, figure)
    return output.close(list(figures), [])


def _figures(connection: Any, archive: ArchiveTotals, zone: str) -> Iterator[tuple[str, Any]]:
    timed = archive.recordings - archive.failed - archive.without_start
    note = f"{timed:,} recordings, {archive.hours - archive.hours_without_start:,.1f} h of audio"
    if archive.without_start:
        note += f"; {archive.without_start:,} more without a start time"
    if hours := by_hour(connection, zone):
        labels = {"heading": "Laughter by hour of the day", "note": note, "below": f"hour, {zone}"}
        yield "laughter_by_hour.png", columns_plot(hours, names=HOURS, **labels)
    networks = by_network(connection)
    labels = {"heading": "Laughter by network", "note": _of_networks(networks, archive)}
    yield "laughter_by_network.png", bars_plot(networks[:NETWORKS_SHOWN], **labels)
    if months := by_month(connection, zone):
        labels = {"heading": "Laughter by month", "note": note, "below": f"month, {zone}"}
        names = months_between(months[0].name, months[-1].name)
        yield "laughter_by_month.png", columns_plot(months, names=names, **labels)


def _of_networks(networks: Sequence[LaughterRate], archive: ArchiveTotals) -> str:
    note = f"{archive.recordings - archive.failed:,} recordings, {archive.hours:,.1f} h of audio"
    if len(networks) > NETWORKS_SHOWN:
        note += f"; the {NETWORKS_SHOWN} of {len(networks)} networks with the most laughter"
    return note


def _say(archive: ArchiveTotals) -> None:
    failed = f", {archive.failed:,} of them failed" if archive.failed else ""
    print(f"{archive.recordings:,} recordings{failed}; {archive.hours:,.1f} h of audio")
    minutes = 60 * archive.laughing_hours / archive.hours
    print(f"{archive.laughs:,} laughs, {minutes:.2f} minutes of laughter per hour of audio")
    if archive.without_start:
        count, hours = f"{archive.without_start:,} recordings", f"{archive.hours_without_start:,.1f} h"
        print(f"{count} ({hours}) have no start time, so they are in no hour and no month")
