"""The tracker's thresholds, chosen on held-out scenes by the events that come out of them."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

from common.errors import UsageError
from common.runs import runs_of
from models.constants import TRACK_HZ
from models.distillation.thresholds import ARCHIVE_SHARE
from models.evaluation.event_metrics import match_starts
from models.events.segments import TrackThresholds, track_segments

ONSETS = (0.4, 0.5, 0.6, 0.7)
OFFSET_SHARES = (0.5, 0.7, 0.9)
PEAKS = (0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95)
LENGTHS_S = (0.2, 0.3, 0.5)
PAUSES_S = (0.3, 0.5, 0.8)
"""What is tried for onset, for offset as a share of it, for peak, for min_on_s and for min_off_s."""

COLLAR_S = 0.5

Tracks = npt.NDArray[np.floating[Any]]


@dataclasses.dataclass
class TrackCounts:
    """What thresholds make of scenes.

    Attributes:
        marked, both: tenths of a second with a laugh, and those of them inside events.
        beside, false: tenths without one, inside events that touch a laugh, and inside others.
        laughs, events, begun: laughs, events that touch one, and laughs whose start an event's meets within COLLAR_S.
        false_events: events that touch no laugh, and nothing that may be one.
    """

    marked: int = 0
    both: int = 0
    beside: int = 0
    false: int = 0
    laughs: int = 0
    events: int = 0
    begun: int = 0
    false_events: int = 0

    def f1(self, false_weight: float) -> tuple[float, float]:
        """F1 of tenths, and of starts; what is false counts `false_weight` times."""
        found = self.both + self.beside + false_weight * self.false
        frames = 2 * self.both / max(1.0, found + self.marked)
        starts = 2 * self.begun / max(1.0, self.events + false_weight * self.false_events + self.laughs)
        return frames, starts


def count_tracks(track: Tracks, truth: Tracks, weight: Tracks, thresholds: TrackThresholds) -> TrackCounts:
    """Count events and laughs of scenes; all arrays are [scenes, slots], of the track of laughter."""
    counts = TrackCounts()
    for values, share, counted in zip(track, truth, weight, strict=True):
        laugh, known = share >= 0.5, counted > 0
        may_be = (share > 0) | ~known
        runs = runs_of(laugh & known)
        segments = track_segments(values, thresholds)
        counts.marked += int((laugh & known).sum())
        counts.laughs += len(runs)
        touching = [(start, end) for start, end in segments if may_be[start:end].any()]
        counts.events += sum(bool((laugh & known)[start:end].any()) for start, end in touching)
        counts.false_events += len(segments) - len(touching)
        for start, end in segments:
            inside = known[start:end]
            counts.both += int((laugh[start:end] & inside).sum())
            quiet = int((~laugh[start:end] & inside).sum())
            if may_be[start:end].any():
                counts.beside += quiet
            else:
                counts.false += quiet
        starts = [start for start, _ in runs], [start for start, _ in touching]
        counts.begun += len(match_starts(*starts, COLLAR_S * TRACK_HZ))
    return counts


def choose_track_thresholds(track: Tracks, truth: Tracks, weight: Tracks) -> dict[str, Any]:
    """The thresholds with the best sum of F1 of tenths and of starts, and what they make of the scenes.

    False events count as often as they would where only ARCHIVE_SHARE of all time has laughter: scenes have far more.

    Args:
        track: float [scenes, slots], of laughter, in [0, 1].
        truth, weight: as in models.tracking.data.TrackedScenes, of laughter.

    Raises:
        UsageError: the scenes have no laughter, or nothing else.
    """
    laughing = float(((truth >= 0.5) & (weight > 0)).sum())
    quiet = float(((truth < 0.5) & (weight > 0)).sum())
    if not laughing or not quiet:
        raise UsageError("the held-out scenes lack laughter or all else; make more with --scenes")
    false_weight = laughing / quiet * (1 - ARCHIVE_SHARE) / ARCHIVE_SHARE
    tried = [
        TrackThresholds(onset, round(share * onset, 3), max(peak, onset), min_on_s=on_s, min_off_s=off_s)
        for onset, share, peak, on_s, off_s in itertools.product(ONSETS, OFFSET_SHARES, PEAKS, LENGTHS_S, PAUSES_S)
    ]
    counted = [count_tracks(track, truth, weight, thresholds) for thresholds in tried]
    thresholds, counts = max(zip(tried, counted, strict=True), key=lambda pair: sum(pair[1].f1(false_weight)))
    frames, starts = counts.f1(false_weight)
    hours = track.size / TRACK_HZ / 3600
    return {
        "thresholds": dataclasses.asdict(thresholds),
        f"f1_of_tenths_at_{ARCHIVE_SHARE:.0%}_laughter": round(frames, 3),
        f"f1_of_starts_at_{ARCHIVE_SHARE:.0%}_laughter": round(starts, 3),
        "laughs": counts.laughs,
        "recall_of_tenths": round(counts.both / max(1, counts.marked), 3),
        "false_events_an_hour": round(counts.false_events / hours, 2),
        "hours": round(hours, 2),
    }
