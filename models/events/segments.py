"""From a probability over time to stretches of laughter: thresholds, hysteresis, pauses and lengths.

Of seconds, as the windows give them (`hysteresis`), and of tenths, as the tracker does (`track_segments`).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from common.errors import ModelError
from models.constants import TRACK_HZ

SMOOTHED_SLOTS = 3
"""The track is smoothed by a running median of so many values: a single one begins and ends nothing."""


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

    @property
    def levels(self) -> dict[str, float]:
        """Those that values are held against, by name."""
        return {"onset": self.onset, "offset": self.offset}


def hysteresis(probability: npt.NDArray[np.floating[Any]], thresholds: Thresholds) -> list[tuple[int, int]]:
    """Segments [start, end) of whole seconds: begun at `onset`, held while not below `offset`.

    Pauses shorter than min_off_s are closed first, then segments shorter than min_on_s dropped, as pyannote's
    `Binarize` does.
    """
    return _segments(probability, thresholds, shortest=thresholds.min_on_s, pause=thresholds.min_off_s)


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

    @property
    def levels(self) -> dict[str, float]:
        """Those that values are held against, by name."""
        return {"onset": self.onset, "offset": self.offset, "peak": self.peak}


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
    shortest, pause = (round(seconds * TRACK_HZ, 6) for seconds in (thresholds.min_on_s, thresholds.min_off_s))
    segments = _segments(values, thresholds, shortest=shortest, pause=pause)
    return [(start, end) for start, end in segments if float(values[start:end].max()) >= thresholds.peak]


def _segments(
    values: npt.NDArray[np.floating[Any]],
    thresholds: Thresholds | TrackThresholds,
    *,
    shortest: float,
    pause: float,
) -> list[tuple[int, int]]:
    """Stretches held by onset and offset, pauses below `pause` values closed, then those below `shortest` dropped."""
    closed = _close_pauses(_held(values, thresholds.onset, thresholds.offset), pause)
    return [(start, end) for start, end in closed if end - start >= shortest]


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
    if not (0 <= thresholds.min_on_s < math.inf and 0 <= thresholds.min_off_s < math.inf):
        raise ModelError(
            "durations must be seconds, none of them negative: "
            f"min_on_s {thresholds.min_on_s}, min_off_s {thresholds.min_off_s}"
        )
