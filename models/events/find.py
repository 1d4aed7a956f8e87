"""Events: when somebody laughs, by the tracker where it heard the recording, and which kind, by the windows."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.constants import BESIDE, LAUGHTER_KINDS, LONG_WINDOW_S, NONE, SHORT_WINDOW_S, TRACK_HZ, TRACKS
from models.events.segments import Thresholds, TrackThresholds, hysteresis, smoothed, track_segments
from models.events.windows import Floats, WindowScores, laughter_probability, scores_per_second

LAUGHTER = TRACKS.index("laughter")

TrackBytes = npt.NDArray[np.uint8]


class Tracked(NamedTuple):
    """What the tracker heard in a recording, and how events are made of it.

    Attributes:
        tracks: uint8 [seconds, 10, 5], 255 times what is heard, in the order of TRACKS.
        thresholds: when an event begins and ends.
    """

    tracks: TrackBytes
    thresholds: TrackThresholds


@dataclasses.dataclass(frozen=True)
class Event:
    """A laugh, or laughs with short pauses between them.

    Attributes:
        event_id: 16 hex digits from the recording and the times: the same in every run that finds it.
        start_s, end_s: seconds from the recording's start.
        kind: the most probable of LAUGHTER_KINDS.
        score_max, score_mean: of the windows' probability a second, over the event, in [0, 1].
        kinds: the mean score of each kind, in the order of LAUGHTER_KINDS.
        beside: the mean of each track of BESIDE over the event; None where nothing was tracked.
    """

    event_id: str
    start_s: float
    end_s: float
    kind: str
    score_max: float
    score_mean: float
    kinds: tuple[float, ...]
    beside: tuple[float, ...] | None = None


def find_events(
    recording_id: str,
    audio_s: float,
    scores: WindowScores,
    thresholds: Thresholds,
    tracked: Tracked | None = None,
) -> list[Event]:
    """The recording's laughter, in order, never overlapping, within [0, audio_s].

    Where the recording was tracked, the tracker says when and whether, to a tenth of a second, and the windows say
    which kind and how probable: a second counts as often as the event has tenths in it. Else the windows say all of it,
    to whole seconds.

    Args:
        recording_id: for the events' ids.
        audio_s: the length of the sound; an event in a last, unfinished second or tenth ends there.
        scores: of the windows.
        thresholds: when an event of the windows begins and ends.
        tracked: what the tracker heard, and its thresholds; None where it did not.
    """
    if not scores.seconds:
        return []
    short, long = scores.by_length[SHORT_WINDOW_S], scores.by_length[LONG_WINDOW_S]
    probability = laughter_probability(short, long, scores.seconds, hop_s=scores.hop_s)
    kinds = scores_per_second(long, scores.seconds, window_s=LONG_WINDOW_S, hop_s=scores.hop_s)[:, :NONE]
    if tracked is None:
        return [
            _event(recording_id, float(start), min(float(end), audio_s), probability[start:end], kinds[start:end])
            for start, end in hysteresis(probability, thresholds)
        ]
    slots = track_slots(tracked.tracks, audio_s)
    events = []
    for start, end in track_segments(slots[:, LAUGHTER] / 255, tracked.thresholds):
        seconds = np.arange(start, end) // TRACK_HZ
        times = start / TRACK_HZ, min(end / TRACK_HZ, audio_s)
        beside = track_means(slots[start:end])
        events.append(_event(recording_id, *times, probability[seconds], kinds[seconds], beside))
    return events


def track_slots(tracks: TrackBytes, audio_s: float) -> TrackBytes:
    """The tracks of a recording's sound alone, uint8 [slots, 5]: what fills up its last second is left out."""
    return tracks.reshape(-1, len(TRACKS))[: math.ceil(round(audio_s * TRACK_HZ, 6))]


def laughter_track(tracks: TrackBytes, audio_s: float) -> Floats:
    """What the thresholds of tracks are held against, float32 [slots], in [0, 1]: ten values a second."""
    return smoothed(track_slots(tracks, audio_s)[:, LAUGHTER] / 255)


def track_means(slots: TrackBytes) -> tuple[float, ...]:
    """The mean of each track of BESIDE over some slots, uint8 [slots, 5], in [0, 1]."""
    sums = slots.sum(axis=0, dtype=np.int64)
    return tuple(float(sums[TRACKS.index(name)]) / (255 * len(slots)) for name in BESIDE)


def _event(
    recording_id: str,
    start_s: float,
    end_s: float,
    probability: Floats,
    kinds: Floats,
    beside: tuple[float, ...] | None = None,
) -> Event:
    """Of the probability and the kinds of each second, or of each tenth's second, [n] and [n, 6]."""
    means = kinds.mean(axis=0)
    name = f"{recording_id}|{start_s:.3f}|{end_s:.3f}"
    return Event(
        event_id=hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16],
        start_s=start_s,
        end_s=end_s,
        kind=LAUGHTER_KINDS[int(means.argmax())],
        score_max=float(probability.max()),
        score_mean=float(probability.mean()),
        kinds=tuple(float(mean) for mean in means),
        beside=beside,
    )
