"""From scores of windows to events: how 1 s and 10 s windows are combined, the hysteresis, and the events themselves.

The flow, from top to bottom: WindowScores -> scores_per_second -> laughter_probability -> hysteresis -> Event.
Thresholds are chosen (on cards) and applied (in the pipeline) to the probability defined here.

From the tracker's ten values a second, besides, to where laughs begin and end: TrackThresholds -> track_segments.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from common.errors import ModelError
from models.constants import LAUGHTER_KINDS, LONG_WINDOW_S, NONE, SHORT_WINDOW_S, TRACK_HZ

WINDOWS_S = (SHORT_WINDOW_S, LONG_WINDOW_S)

SHORT_WINDOW_WEIGHT = 0.5
"""Of the 1 s windows against the 10 s windows; the cards' thresholds were chosen with it.

`python -m benchmarks.combination` measures other weights on clips made for that.
"""

SLOT_S = 1 / TRACK_HZ
"""Of a track's values, seconds."""

SMOOTHED_SLOTS = 3
"""The track is smoothed by a running median of so many values: a single one begins and ends nothing."""

ANY = "any laughter"
SCORED = (ANY, *LAUGHTER_KINDS)
"""Columns of `second_scores`."""

Floats = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True, eq=False)
class WindowScores:
    """Scores of a recording's windows.

    Attributes:
        seconds: embeddings of the recording.
        hop_s: seconds from one window's start to the next.
        by_length: for each length in WINDOWS_S, float32 [ceil(seconds / hop_s), 7] in the order of CLASSES.
    """

    seconds: int
    hop_s: int
    by_length: dict[int, npt.NDArray[np.float32]]


def scores_per_second(scores: Floats, seconds: int, *, window_s: int, hop_s: int) -> Floats:
    """What the windows say of each second: the mean over the windows that cover it.

    Args:
        scores: [windows, n], window i starting at second i * hop_s.
        seconds: of the recording.
        window_s, hop_s: length and hop of the windows. With a hop longer than the windows, a second that no
            window covers takes what the last window before it says.

    Returns:
        float32 [seconds, n].
    """
    reach = max(window_s, hop_s)
    total = np.zeros((seconds + 1, scores.shape[1]), np.float64)
    count = np.zeros((seconds + 1, 1), np.int64)
    starts = np.arange(len(scores)) * hop_s
    ends = np.minimum(starts + reach, seconds)
    np.add.at(total, starts, scores)
    np.add.at(total, ends, -scores.astype(np.float64))
    np.add.at(count, starts, 1)
    np.add.at(count, ends, -1)
    return (np.cumsum(total, 0)[:-1] / np.cumsum(count, 0)[:-1]).clip(0, 1).astype(np.float32)


def laughter_probability(short: Floats, long: Floats, seconds: int, *, hop_s: int = 1) -> Floats:
    """One probability of laughter for each second, float32 [seconds].

    The geometric mean of what the second's own window says and what the ten-second windows around it say: the
    short window is sharp in time but knows no context, the long ones know context but not when.

    Args:
        short, long: scores of the 1 s and of the 10 s windows, [windows, 7] each, hop_s apart.
        seconds: of the recording.
        hop_s: seconds from one window's start to the next.
    """
    short_laughs = 1 - scores_per_second(short, seconds, window_s=SHORT_WINDOW_S, hop_s=hop_s)[:, NONE]
    long_laughs = 1 - scores_per_second(long, seconds, window_s=LONG_WINDOW_S, hop_s=hop_s)[:, NONE]
    return geometric_mean(short_laughs, long_laughs, SHORT_WINDOW_WEIGHT)


def geometric_mean(first: Floats, second: Floats, weight: float) -> Floats:
    """The geometric mean of two probabilities of the same shape, `weight` in [0, 1] that of the first."""
    return (first**weight * second ** (1 - weight)).astype(np.float32)


def second_scores(short: Floats, long: Floats, seconds: int, *, hop_s: int) -> Floats:
    """Scores of each second, float32 [seconds, 7], columns SCORED: both windows combined as events are made of them.

    Args:
        short, long: scores of the 1 s and of the 10 s windows, [windows, 7] each, hop_s apart.
        seconds: of the recording.
        hop_s: seconds from one window's start to the next.
    """
    short_kinds = scores_per_second(short, seconds, window_s=SHORT_WINDOW_S, hop_s=hop_s)[:, :NONE]
    long_kinds = scores_per_second(long, seconds, window_s=LONG_WINDOW_S, hop_s=hop_s)[:, :NONE]
    laughter = laughter_probability(short, long, seconds, hop_s=hop_s)
    return np.concatenate([laughter[:, None], geometric_mean(short_kinds, long_kinds, SHORT_WINDOW_WEIGHT)], axis=1)


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """How probabilities a second become events.

    Attributes:
        onset: an event begins where the probability reaches this, in (0, 1).
        offset: it ends where the probability falls below this, in (0, onset].
        min_on_s: shorter events are dropped, seconds.
        min_off_s: shorter pauses between events are closed, seconds.
    """

    onset: float = 0.5
    offset: float = 0.3
    min_on_s: float = 1.0
    min_off_s: float = 1.0

    def __post_init__(self) -> None:
        """Refuse values that make no sense."""
        if not 0 < self.offset <= self.onset < 1:
            raise ModelError(
                f"thresholds must satisfy 0 < offset <= onset < 1, not offset {self.offset}, onset {self.onset}"
            )
        _check_durations(self)


def hysteresis(probability: npt.NDArray[np.floating[Any]], thresholds: Thresholds) -> list[tuple[int, int]]:
    """Segments [start, end) of whole seconds: begun at `onset`, held while not below `offset`.

    Pauses shorter than min_off_s are closed first, then segments shorter than min_on_s dropped, as pyannote's
    `Binarize` does.
    """
    closed = _close_pauses(_held(probability, thresholds.onset, thresholds.offset), thresholds.min_off_s)
    return [(start, end) for start, end in closed if end - start >= thresholds.min_on_s]


@dataclasses.dataclass(frozen=True)
class TrackThresholds:
    """How the track of laughter becomes events.

    Attributes:
        onset: an event begins where the track reaches this, in (0, 1).
        offset: it ends where the track falls below this, in (0, onset].
        peak: it counts where the track reaches this within it, in [onset, 1).
        min_on_s: shorter events are dropped, seconds.
        min_off_s: shorter pauses between events are closed, seconds.
    """

    onset: float = 0.55
    offset: float = 0.385
    peak: float = 0.9
    min_on_s: float = 0.3
    min_off_s: float = 0.5

    def __post_init__(self) -> None:
        """Refuse values that make no sense."""
        if not 0 < self.offset <= self.onset <= self.peak < 1:
            raise ModelError(
                "thresholds of a track must satisfy 0 < offset <= onset <= peak < 1, not "
                f"offset {self.offset}, onset {self.onset}, peak {self.peak}"
            )
        _check_durations(self)


def smoothed(track: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
    """The running median of a track, float32 [n]; the first and the last value stand for what lies beyond them."""
    if not len(track):
        return np.zeros(0, np.float32)
    around = np.pad(track.astype(np.float32), SMOOTHED_SLOTS // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(around, SMOOTHED_SLOTS), axis=1).astype(np.float32)


def track_segments(track: npt.NDArray[np.floating[Any]], thresholds: TrackThresholds) -> list[tuple[int, int]]:
    """Segments [start, end) of a track in [0, 1], in tenths of a second, in order.

    Begun at `onset`, held while not below `offset`; pauses are closed before the peak and the length are looked at.
    """
    values = smoothed(track)
    shortest, pause = (round(seconds / SLOT_S, 6) for seconds in (thresholds.min_on_s, thresholds.min_off_s))
    closed = _close_pauses(_held(values, thresholds.onset, thresholds.offset), pause)
    return [
        (start, end) for start, end in closed if end - start >= shortest and values[start:end].max() >= thresholds.peak
    ]


def _held(values: npt.NDArray[np.floating[Any]], onset: float, offset: float) -> list[tuple[int, int]]:
    """Stretches [start, end) begun at `onset` and held while not below `offset`."""
    stretches: list[tuple[int, int]] = []
    start = None
    for place, value in enumerate([*values.tolist(), -1.0]):
        if start is None and value >= onset:
            start = place
        elif start is not None and value < offset:
            stretches.append((start, place))
            start = None
    return stretches


def _close_pauses(segments: Sequence[tuple[int, int]], shortest: float) -> list[tuple[int, int]]:
    closed: list[tuple[int, int]] = []
    for start, end in segments:
        if closed and start - closed[-1][1] < shortest:
            closed[-1] = (closed[-1][0], end)
        else:
            closed.append((start, end))
    return closed


def _check_durations(thresholds: Thresholds | TrackThresholds) -> None:
    if thresholds.min_on_s < 0 or thresholds.min_off_s < 0:
        raise ModelError(
            f"durations must not be negative: min_on_s {thresholds.min_on_s}, min_off_s {thresholds.min_off_s}"
        )


@dataclasses.dataclass(frozen=True)
class Event:
    """A laugh, or laughs with short pauses between them.

    Attributes:
        event_id: 16 hex digits from the recording and the times: the same in every run that finds it.
        start_s, end_s: seconds from the recording's start.
        kind: the most probable of LAUGHTER_KINDS.
        score_max, score_mean: of the probability a second, in [0, 1].
        kinds: the mean score of each kind, in the order of LAUGHTER_KINDS.
    """

    event_id: str
    start_s: float
    end_s: float
    kind: str
    score_max: float
    score_mean: float
    kinds: tuple[float, ...]


def find_events(recording_id: str, audio_s: float, scores: WindowScores, thresholds: Thresholds) -> list[Event]:
    """The recording's laughter, in order, never overlapping, within [0, audio_s].

    Args:
        recording_id: for the events' ids.
        audio_s: the length of the sound; an event in a last, partial second ends there.
        scores: of the windows.
        thresholds: when an event begins and ends.
    """
    if not scores.seconds:
        return []
    short, long = scores.by_length[SHORT_WINDOW_S], scores.by_length[LONG_WINDOW_S]
    probability = laughter_probability(short, long, scores.seconds, hop_s=scores.hop_s)
    kinds = scores_per_second(long, scores.seconds, window_s=LONG_WINDOW_S, hop_s=scores.hop_s)[:, :NONE]
    return [
        _event(recording_id, start, min(float(end), audio_s), probability[start:end], kinds[start:end])
        for start, end in hysteresis(probability, thresholds)
    ]


def _event(recording_id: str, start: int, end_s: float, probability: Floats, kinds: Floats) -> Event:
    means = kinds.mean(axis=0)
    name = f"{recording_id}|{start:.3f}|{end_s:.3f}"
    return Event(
        event_id=hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16],
        start_s=float(start),
        end_s=end_s,
        kind=LAUGHTER_KINDS[int(means.argmax())],
        score_max=float(probability.max()),
        score_mean=float(probability.mean()),
        kinds=tuple(float(mean) for mean in means),
    )
