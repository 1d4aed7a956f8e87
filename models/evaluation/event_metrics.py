"""How well found intervals of laughter agree with marked ones.

Frame measures take frames as infinitely short: they are of seconds. Event measures match whole events one to one, their
starts and ends within a collar (mir_eval's maximum matching). False alarms and laughs reached follow the tolerances of
PSDS's second scenario: an event of which less than a tenth is marked is a false alarm, and a laugh is reached where the
other events cover a tenth of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from common.extras import require

TOLERANCE = 0.1
"""Share of an event that has to be marked, and of a laugh that has to be covered; PSDS calls them DTC and GTC."""

Intervals = npt.NDArray[np.float64]
"""float64 [n, 2]: starts and ends in seconds, in order of the starts."""


@dataclasses.dataclass(frozen=True)
class Counts:
    """What is counted of recordings; counts of several can be added.

    Attributes:
        length_s: of the recordings.
        laughs, events: marked, found.
        matched: events matched with a laugh, one to one.
        false_alarms, reached: see TOLERANCE.
        marked_s, found_s, both_s: seconds.
        onset_errors_s, offset_errors_s: found less marked, of each matched pair.
    """

    length_s: float = 0.0
    laughs: int = 0
    events: int = 0
    matched: int = 0
    false_alarms: int = 0
    reached: int = 0
    marked_s: float = 0.0
    found_s: float = 0.0
    both_s: float = 0.0
    onset_errors_s: tuple[float, ...] = ()
    offset_errors_s: tuple[float, ...] = ()

    def __add__(self, other: Counts) -> Counts:
        """The sums, and the errors one after the other."""
        names = [field.name for field in dataclasses.fields(self)]
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclasses.dataclass(frozen=True)
class EventMetrics:
    """Measures of agreement; None for what has no value.

    Attributes:
        hours: of the recordings.
        laughs, events: marked, found.
        frame_precision, frame_recall, frame_f1: of seconds.
        event_precision, event_recall, event_f1: of events matched within the collar.
        false_alarms_per_hour, reached: events that hit no laugh, an hour, and the share of laughs that are hit.
        onset_error_s, offset_error_s: mean absolute error over matched events.
        onset_bias_s, offset_bias_s: mean error: below 0 where events begin or end too early.
    """

    hours: float
    laughs: int
    events: int
    frame_precision: float | None
    frame_recall: float | None
    frame_f1: float | None
    event_precision: float | None
    event_recall: float | None
    event_f1: float | None
    false_alarms_per_hour: float | None
    reached: float | None
    onset_error_s: float | None
    offset_error_s: float | None
    onset_bias_s: float | None
    offset_bias_s: float | None


def merged(intervals: Intervals) -> Intervals:
    """Intervals [n, 2] in order, those that overlap joined; those that only touch stay apart."""
    joined: list[list[float]] = []
    for start, end in intervals[np.argsort(intervals[:, 0], kind="stable")].tolist():
        if joined and start < joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return np.array(joined, float).reshape(-1, 2)


def seconds_in(intervals: Intervals, others: Intervals) -> npt.NDArray[np.float64]:
    """How much of each interval [n, 2] lies in others [m, 2], which do not overlap: float64 [n] seconds."""
    before = np.concatenate([[0.0], np.cumsum(others[:, 1] - others[:, 0])])

    def until(moments: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        begun = np.searchsorted(others[:, 0], moments, side="right")
        if not len(others):
            return np.zeros(len(moments))
        after_end = np.maximum(others[np.maximum(begun - 1, 0), 1] - moments, 0.0)
        return before[begun] - np.where(begun > 0, after_end, 0.0)

    return until(intervals[:, 1]) - until(intervals[:, 0])


def match(marked: Intervals, found: Intervals, *, collar_s: float, collar_share: float) -> list[tuple[int, int]]:
    """The largest set of pairs (marked, found), each event in one pair at most.

    Args:
        marked, found: [n, 2].
        collar_s: by which starts and ends may differ, at most.
        collar_share: ends may also differ by this share of the marked event's length.
    """
    if not len(marked) or not len(found):
        return []
    transcription = require("mir_eval.transcription", purpose="scores of events", extra="score")
    pitches = np.ones(len(marked)), np.ones(len(found))
    return list(
        transcription.match_notes(
            marked,
            pitches[0],
            found,
            pitches[1],
            onset_tolerance=collar_s,
            offset_ratio=collar_share,
            offset_min_tolerance=collar_s,
        )
    )


def match_starts(marked: Sequence[float], found: Sequence[float], collar: float) -> list[tuple[int, int]]:
    """Pairs (marked, found) of starts at most `collar` apart, in one unit: to each marked in turn the nearest left."""
    free, pairs = list(range(len(found))), []
    for number, start in enumerate(marked):
        near = min(free, key=lambda one: abs(found[one] - start), default=None)
        if near is not None and abs(found[near] - start) <= collar:
            pairs.append((number, near))
            free.remove(near)
    return pairs


def count(
    marked: Intervals, found: Intervals, *, length_s: float, collar_s: float = 1.0, collar_share: float = 0.2
) -> Counts:
    """Count one recording and kind.

    Args:
        marked, found: [n, 2], neither overlapping themselves.
        length_s: of the recording.
        collar_s, collar_share: see `match`.
    """
    pairs = match(marked, found, collar_s=collar_s, collar_share=collar_share)
    errors = np.array([found[two] - marked[one] for one, two in pairs]).reshape(-1, 2)
    in_marked = seconds_in(found, marked)
    hits = _reaches(in_marked, found)
    return Counts(
        length_s=length_s,
        laughs=len(marked),
        events=len(found),
        matched=len(pairs),
        false_alarms=int((~hits).sum()),
        reached=int(_reaches(seconds_in(marked, found[hits]), marked).sum()),
        marked_s=float((marked[:, 1] - marked[:, 0]).sum()),
        found_s=float((found[:, 1] - found[:, 0]).sum()),
        both_s=float(in_marked.sum()),
        onset_errors_s=tuple(errors[:, 0].tolist()),
        offset_errors_s=tuple(errors[:, 1].tolist()),
    )


def _reaches(seconds: npt.NDArray[np.float64], intervals: Intervals) -> npt.NDArray[np.bool_]:
    return seconds >= TOLERANCE * (intervals[:, 1] - intervals[:, 0]) - 1e-9


def measure_counts(counts: Counts) -> EventMetrics:
    """The measures of what was counted."""
    hours = counts.length_s / 3600
    onset, offset = (np.array(errors) for errors in (counts.onset_errors_s, counts.offset_errors_s))
    return EventMetrics(
        hours=hours,
        laughs=counts.laughs,
        events=counts.events,
        frame_precision=_ratio(counts.both_s, counts.found_s),
        frame_recall=_ratio(counts.both_s, counts.marked_s),
        frame_f1=_ratio(2 * counts.both_s, counts.found_s + counts.marked_s),
        event_precision=_ratio(counts.matched, counts.events),
        event_recall=_ratio(counts.matched, counts.laughs),
        event_f1=_ratio(2 * counts.matched, counts.events + counts.laughs),
        false_alarms_per_hour=_ratio(counts.false_alarms, hours),
        reached=_ratio(counts.reached, counts.laughs),
        onset_error_s=_ratio(float(np.abs(onset).sum()), len(onset)),
        offset_error_s=_ratio(float(np.abs(offset).sum()), len(offset)),
        onset_bias_s=_ratio(float(onset.sum()), len(onset)),
        offset_bias_s=_ratio(float(offset.sum()), len(offset)),
    )


def _ratio(value: float, of: float) -> float | None:
    return value / of if of else None
