"""`laughter score`: events against truth, by recording and in total, of any laughter and by kind."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from common.errors import UsageError
from common.extras import require
from common.text import display_text
from models.constants import CLASSES, TRACK_HZ
from models.evaluation.event_metrics import Counts, Intervals, count, measure_counts, merged
from models.evaluation.threshold_curves import Curves, Frames, load_library, measure_curves
from models.events.find import laughter_track
from models.events.windows import ANY, SCORED
from pipeline import outputs
from pipeline.analysis import score_table
from pipeline.paths import absolute_path
from transforms.formats.annotations import (
    PAST_END_S,
    Annotations,
    RecordingAnnotations,
    plain_label,
    read_annotations,
)
from transforms.plots.score import false_alarms_plot, precision_recall_plot
from transforms.tables.read_tables import InvalidRecording, TableError
from transforms.tables.read_windows import WindowsReader


@dataclasses.dataclass(frozen=True)
class ScoreOptions:
    """Everything `laughter score` was told, checked.

    Attributes:
        found, truth: folders, files or URLs.
        found_format, truth_format: of files; None for what their names say.
        labels: kinds, or `none`, by what the files call them.
        collar_s, collar_share: see `models.evaluation.event_metrics.match`.
        duration_s: of recordings of which nothing tells it; None where it was not given.
        curves: measure over all thresholds too.
        output: folder or URL of the report; None for none.
    """

    found: str
    truth: str
    found_format: str | None = None
    truth_format: str | None = None
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    collar_s: float = 1.0
    collar_share: float = 0.2
    duration_s: float | None = None
    curves: bool = True
    output: str | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Pair:
    """A recording both sides know: what was found, what is true, and its length in seconds."""

    name: str
    found: RecordingAnnotations
    truth: RecordingAnnotations
    length_s: float


@dataclasses.dataclass(eq=False)
class ScoreResult:
    """What was measured.

    Attributes:
        recordings: counts by recording and class (SCORED).
        total: counts by class.
        curves: by class, of those with truth; empty without windows.
        troubles: a sentence each.
    """

    recordings: dict[str, dict[str, Counts]]
    total: dict[str, Counts]
    curves: dict[str, Curves]
    troubles: list[str]


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Run the command; returns its exit status."""
    return run(from_arguments(arguments))


def from_arguments(arguments: argparse.Namespace) -> ScoreOptions:
    """Check the command line and put it in order."""
    if not arguments.found or not arguments.truth:
        raise UsageError("FOUND and TRUTH must not be empty; see `laughter score --help`")
    for name, value in (("--collar", arguments.collar), ("--duration", arguments.duration)):
        if value is not None and not 0 < value < math.inf:
            raise UsageError(f"{name} must be above 0 seconds, not {value:g}")
    if not 0 <= arguments.collar_share < math.inf:
        raise UsageError(f"--collar-share must not be negative, but is {arguments.collar_share:g}")
    return ScoreOptions(
        found=absolute_path(arguments.found),
        truth=absolute_path(arguments.truth),
        found_format=arguments.found_format,
        truth_format=arguments.truth_format,
        labels=_labels(arguments.label or []),
        collar_s=arguments.collar,
        collar_share=arguments.collar_share,
        duration_s=arguments.duration,
        curves=not arguments.no_curves,
        output=absolute_path(arguments.output).rstrip("/") if arguments.output else None,
    )


def _labels(pairs: list[str]) -> dict[str, str]:
    labels = {}
    for pair in pairs:
        label, _, kind = pair.rpartition("=")
        if not label or kind not in CLASSES:
            raise UsageError(f"--label {display_text(pair)} is no LABEL=KIND; KIND is one of {', '.join(CLASSES)}")
        labels[plain_label(label)] = kind
    return labels


def run(options: ScoreOptions) -> int:
    """Measure, show the tables, write the report.

    Returns:
        The exit status: 0, or 3 where something could not be used as it is.

    Raises:
        UsageError: there is nothing to compare, or a package is missing.
        LaughterError: the report cannot be written.
    """
    require("mir_eval", purpose="scores of events", extra="score")
    if options.output:
        require("matplotlib", purpose="the plots", extra="score")
    scored = score(options)
    score_table.show(scored.recordings, scored.total, scored.curves, collar_s=options.collar_s)
    for trouble in scored.troubles:
        score_table.say(trouble)
    if options.output:
        written = write_report(scored, options)
        print(f"written to {display_text(options.output)}: {', '.join(written)}")
    return 3 if scored.troubles else 0


def score(options: ScoreOptions) -> ScoreResult:
    """Measure what both sides know; see `run`."""
    truth = read_annotations(options.truth, file_format=options.truth_format, labels=options.labels)
    found = read_annotations(
        options.found, file_format=options.found_format, labels=options.labels, only=truth.recordings.keys()
    )
    troubles = [*truth.troubles, *found.troubles]
    pairs = pair(found, truth, options, troubles)
    if not pairs:
        raise UsageError(
            f"no recording of {display_text(options.truth)} is in {display_text(options.found)}; files are known by "
            f"the recording's name ({'; '.join(troubles[:3])})"
        )
    counted = {one.name: _count(one, options) for one in pairs}
    total = {name: sum((counts[name] for counts in counted.values()), Counts()) for name in SCORED}
    return ScoreResult(counted, total, _curves(pairs, options, troubles), troubles)


def pair(found: Annotations, truth: Annotations, options: ScoreOptions, troubles: list[str]) -> list[Pair]:
    """The recordings that both sides know; a sentence is added to `troubles` on those that only the truth knows."""
    pairs, unknown_length = [], []
    called = collections.Counter(key for true in truth.recordings.values() for key in {*true.keys})
    for name, true in truth.recordings.items():
        key = next((key for key in (name, *true.keys) if key in found.recordings), name)
        if key not in found.recordings:
            why = "failed in" if key in found.failed else "is not in"
            troubles.append(f"{display_text(true.name)} {why} {display_text(options.found)}; it is left out")
            continue
        if key != name and called[key] > 1:
            troubles.append(
                f"several recordings of {display_text(options.truth)} are called {display_text(key)}, so "
                f"{display_text(true.name)} is left out; name annotations after an id"
            )
            continue
        one = found.recordings[key]
        told = next((length for length in (one.length_s, true.length_s, options.duration_s) if length), None)
        if told is None:
            unknown_length.append(key)
        else:
            one, true = (_within(side, told, troubles) for side in (one, true))
        last = max(
            (intervals[-1, 1] for side in (one, true) for intervals in side.kinds.values() if len(intervals)),
            default=0.0,
        )
        pairs.append(Pair(one.name, one, true, float(max(told or 0.0, last))))
    if unknown_length:
        example = display_text(unknown_length[0])
        troubles.append(
            f"nothing tells the length of {len(unknown_length)} recordings, such as {example}, so "
            "they are taken to end with their last event and false alarms an hour are too many; give --duration"
        )
    return pairs


def _within(side: RecordingAnnotations, length_s: float, troubles: list[str]) -> RecordingAnnotations:
    """Without what lies far beyond the recording's end; a sentence is added to `troubles` on that."""
    kinds = {kind: found[found[:, 1] <= length_s + PAST_END_S] for kind, found in side.kinds.items()}
    if lost := sum(len(side.kinds[kind]) - len(kinds[kind]) for kind in kinds):
        troubles.append(
            f"{display_text(side.name)}: stretches beyond its {length_s:.0f} s are left out ({lost}); "
            "give seconds from its start"
        )
    return dataclasses.replace(side, kinds=kinds)


def _of(marked: RecordingAnnotations, name: str) -> Intervals:
    """The intervals of one class; of any laughter, those of different kinds that overlap are joined."""
    return merged(np.concatenate(list(marked.kinds.values()))) if name == ANY else marked.kinds[name]


def _count(one: Pair, options: ScoreOptions) -> dict[str, Counts]:
    collars = {"collar_s": options.collar_s, "collar_share": options.collar_share}
    return {
        name: count(_of(one.truth, name), _of(one.found, name), length_s=one.length_s, **collars) for name in SCORED
    }


def _scores_of_day(
    windows: WindowsReader, date: str, of_day: list[Pair], troubles: list[str]
) -> dict[str, dict[str, Frames]]:
    """What events are made of, by the pair's name and by class: of any laughter the track where there is one."""
    scores = {}
    for one in of_day:
        name = one.found.recording_id
        try:
            seconds = windows.second_scores(name, one.found.length_s or 0.0, date)
            tracked = windows.tracked(name)
        except InvalidRecording as error:
            troubles.append(str(error))
            continue
        scores[one.name] = {label: Frames(seconds[:, column]) for column, label in enumerate(SCORED)}
        if tracked:
            scores[one.name][ANY] = Frames(laughter_track(tracked.tracks, one.found.length_s or 0.0), TRACK_HZ)
    return scores


def _curves(pairs: list[Pair], options: ScoreOptions, troubles: list[str]) -> dict[str, Curves]:
    days: dict[str, list[Pair]] = collections.defaultdict(list)
    for one in pairs:
        if one.found.date is not None:
            days[one.found.date].append(one)
    if not options.curves or not days:
        return {}
    load_library()  # misses a package before the windows are read, not after
    scores: dict[str, dict[str, Frames]] = {}
    with WindowsReader(options.found) as windows:
        for date, of_day in sorted(days.items()):
            try:
                scores |= _scores_of_day(windows, date, of_day, troubles)
            except TableError as error:
                troubles.append(f"{error}, or give --no-curves")
    having = [one for one in pairs if one.name in scores]
    if len(having) < len(pairs):
        troubles.append(f"the curves leave out recordings that have no windows ({len(pairs) - len(having)})")
    curves = {}
    for name in SCORED if having else ():
        measured = measure_curves(
            {one.name: scores[one.name][name] for one in having},
            {one.name: _of(one.truth, name) for one in having},
            {one.name: one.length_s for one in having},
            collar_s=options.collar_s,
            collar_share=options.collar_share,
        )
        if measured:
            curves[name] = measured
    return curves


def write_report(scored: ScoreResult, options: ScoreOptions) -> list[str]:
    """Write score.json and, where there are curves, the plots to the output folder; returns the names of the files."""
    figures = {}
    if ANY in scored.curves:
        metrics = {name: measure_counts(counts) for name, counts in scored.total.items()}
        curve = precision_recall_plot(scored.curves[ANY], metrics[ANY], collar_s=options.collar_s)
        figures = {
            "precision_recall.png": curve,
            "false_alarms.png": false_alarms_plot(scored.curves, metrics),
        }
    return outputs.write_report(str(options.output), "score.json", document(scored, options), figures)


def document(scored: ScoreResult, options: ScoreOptions) -> dict[str, Any]:
    """What score.json says: `EventMetrics` by recording and class and in total, the curves, and the troubles."""

    def measured(counts: Mapping[str, Counts]) -> dict[str, Any]:
        return {name: dataclasses.asdict(measure_counts(one)) for name, one in counts.items()}

    return {
        "found": options.found,
        "truth": options.truth,
        "collar_s": options.collar_s,
        "collar_share": options.collar_share,
        "total": measured(scored.total),
        "curves": {name: {**one.scalars(), **one.arrays()} for name, one in scored.curves.items()},
        "recordings": {name: measured(counts) for name, counts in scored.recordings.items()},
        "troubles": scored.troubles,
    }
