"""`laughter plot timeline`: a picture a recording."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from common.errors import UsageError
from common.extras import require
from common.text import display_text
from models.constants import TRACK_HZ
from models.events.find import laughter_track
from models.events.segments import Thresholds, TrackThresholds
from models.events.windows import ANY, SCORED
from pipeline.analysis.tally import find_days
from pipeline.console import hours_and_minutes
from pipeline.outputs import PlotOutput, StepProgress, show_progress
from pipeline.paths import absolute_path
from transforms.plots.timeline import timeline_plot
from transforms.tables.find_named import find_named
from transforms.tables.read_tables import InvalidRecording, RecordingWithEvents, TableError, read_day, validate
from transforms.tables.read_windows import WindowsReader

MAX_HEADING_LENGTH = 90


@dataclasses.dataclass(frozen=True)
class TimelineOptions:
    """Everything `laughter plot timeline` was told, checked: tables, ids of recordings, and where the plots go."""

    tables: str
    recordings: tuple[str, ...]
    output: PlotOutput


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Run the command; returns its exit status."""
    return run(from_arguments(arguments))


def from_arguments(arguments: argparse.Namespace) -> TimelineOptions:
    """Check the command line and put it in order."""
    if not arguments.tables or not arguments.output:
        raise UsageError("TABLES and --output must not be empty; see `laughter plot timeline --help`")
    return TimelineOptions(
        tables=absolute_path(arguments.tables).rstrip("/"),
        recordings=tuple(dict.fromkeys(arguments.recording)),
        output=PlotOutput(absolute_path(arguments.output).rstrip("/"), arguments.dry_run, arguments.quiet),
    )


def run(options: TimelineOptions) -> int:
    """Draw each recording.

    Returns:
        The exit status: 0, or 3 where a recording could not be drawn.

    Raises:
        UsageError: there are no tables, or a package is missing.
        LaughterError: the output cannot be written.
    """
    require("matplotlib", purpose="timelines", extra="plot")
    work, output = StepProgress(doing="recordings drawn", total=len(options.recordings)), options.output
    names: list[str] = []
    troubles: list[str] = []
    with show_progress(work, output):
        for date, annotated in _find(options, troubles):
            try:
                name = f"timeline_{annotated.file_stem}.png"
                figure = draw(options.tables, date, annotated)
                if not output.dry_run:
                    output.draw(name, figure)
                names.append(name)
            except (InvalidRecording, TableError) as error:
                troubles.append(str(error))
            work.done += 1
    return output.close(names, troubles)


def _find(options: TimelineOptions, troubles: list[str]) -> Iterator[tuple[str, RecordingWithEvents]]:
    """The recordings with their days; a sentence is added to `troubles` on what cannot be read or is not there."""
    days = find_days(options.tables)
    named = find_named(options.tables, days, options.recordings)
    for date, ids in sorted(named.by_day.items()):
        try:
            for annotated in read_day(options.tables, date):
                if annotated.recording_id in ids:
                    yield date, annotated
        except TableError as error:
            troubles.append(str(error))
    troubles.extend(f"{display_text(name)}: {reason}" for name, reason in sorted(named.troubles.items()))


def draw(tables: str, date: str, annotated: RecordingWithEvents) -> Any:
    """The timeline of one recording as a figure.

    Raises:
        InvalidRecording: it failed, makes no sense, or has no windows.
        TableError: the windows table of its day cannot be read.
    """
    recording = annotated.recording
    if annotated.failed:
        raise InvalidRecording(annotated.name, "it failed, so there is nothing to draw")
    validate(annotated)
    with WindowsReader(tables) as windows:
        scores = windows.second_scores(annotated.recording_id, recording["audio_s"] or 0.0, date)
        tracked = windows.tracked(annotated.recording_id)
        thresholds: Thresholds | TrackThresholds = tracked.thresholds if tracked else windows.thresholds()
    start = recording["start_utc"]
    facts = [
        recording["network"] or "",
        f"{start:%Y-%m-%d %H:%M} UTC" if start else "",
        hours_and_minutes(annotated.length_s),
        f"{len(annotated.events)} events",
        recording["bundle_version"],
    ]
    curve, hz = scores[:, SCORED.index(ANY)], 1
    if tracked:
        curve, hz = laughter_track(tracked.tracks, recording["audio_s"] or 0.0), TRACK_HZ
    return timeline_plot(
        curve,
        [(event["start_s"], event["end_s"], event["kind"]) for event in annotated.events],
        hz=hz,
        length_s=max(annotated.length_s, float(len(scores))),
        thresholds=thresholds.levels,
        heading=display_text(recording["title"] or annotated.file_name, longest=MAX_HEADING_LENGTH),
        note=display_text(", ".join(fact for fact in facts if fact), longest=120),
    )
