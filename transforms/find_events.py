"""FindEvents: from scores of windows to timestamped laughter."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.bundle import Thresholds
from models.classes import CLASSES, LAUGHTER_KINDS
from transforms.classify_windows import WindowScores

NONE = CLASSES.index("none")
WHEN_S, WHAT_S = 1, 10

Floats = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Event:
    """A stretch of laughter.

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


def every_second(scores: Floats, seconds: int, *, window_s: int, hop_s: int) -> Floats:
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


def laughter_probability(scores: WindowScores) -> Floats:
    """One probability of laughter for each second, float32 [seconds].

    The geometric mean of what the second's own window says and what the ten-second windows around it say: the
    short window is sharp in time but knows no context, the long ones know context but not when.
    """
    when, what = (
        every_second(scores.by_length[length], scores.seconds, window_s=length, hop_s=scores.hop_s)[:, NONE]
        for length in (WHEN_S, WHAT_S)
    )
    return np.sqrt((1 - when) * (1 - what))


def hysteresis(probability: npt.NDArray[np.floating], thresholds: Thresholds) -> list[tuple[int, int]]:
    """Stretches [start, end) of seconds: begun at `onset`, held while not below `offset`.

    Pauses shorter than min_off_s are closed first, then stretches shorter than min_on_s dropped, as pyannote's
    `Binarize` does.
    """
    stretches: list[tuple[int, int]] = []
    start = None
    for second, value in enumerate([*probability.tolist(), -1.0]):
        if start is None and value >= thresholds.onset:
            start = second
        elif start is not None and value < thresholds.offset:
            stretches.append((start, second))
            start = None
    closed = _close_pauses(stretches, thresholds.min_off_s)
    return [(start, end) for start, end in closed if end - start >= thresholds.min_on_s]


def _close_pauses(stretches: Sequence[tuple[int, int]], min_off_s: float) -> list[tuple[int, int]]:
    closed: list[tuple[int, int]] = []
    for start, end in stretches:
        if closed and start - closed[-1][1] < min_off_s:
            closed[-1] = (closed[-1][0], end)
        else:
            closed.append((start, end))
    return closed


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
    probability = laughter_probability(scores)
    kinds = every_second(scores.by_length[WHAT_S], scores.seconds, window_s=WHAT_S, hop_s=scores.hop_s)[:, :NONE]
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
