"""From the track of laughter, ten values a second, to where laughs begin and end.

A double threshold: what is likely enough begins an event, less holds it, and its best moment has to be very likely. For
whole seconds, from windows alone, see `events`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from common.errors import ModelError

SLOT_S = 0.1
SMOOTHED_SLOTS = 3
"""The track is smoothed by a running median of so many values: a single one begins and ends nothing."""


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
        if self.min_on_s < 0 or self.min_off_s < 0:
            raise ModelError(f"durations must not be negative: min_on_s {self.min_on_s}, min_off_s {self.min_off_s}")


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
    segments: list[tuple[int, int]] = []
    for start, end in _runs(values >= thresholds.offset):
        reached = np.flatnonzero(values[start:end] >= thresholds.onset)
        if not len(reached):
            continue
        start += int(reached[0])
        if segments and round((start - segments[-1][1]) * SLOT_S, 3) < thresholds.min_off_s:
            segments[-1] = (segments[-1][0], end)
        else:
            segments.append((start, end))
    return [
        (start, end)
        for start, end in segments
        if round((end - start) * SLOT_S, 3) >= thresholds.min_on_s and values[start:end].max() >= thresholds.peak
    ]


def _runs(on: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
