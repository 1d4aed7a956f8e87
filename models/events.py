"""From scores of windows to stretches of laughter: how 1 s and 10 s windows are combined, and the hysteresis.

Thresholds are chosen (on cards) and applied (in the pipeline) to the probability defined here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.bundle import Thresholds
from models.classes import CLASSES

NONE = CLASSES.index("none")
WHEN_S, WHAT_S = 1, 10
"""Lengths of the windows, in seconds: one says when, ten say what."""

WEIGHT_OF_WHEN = 0.5
"""Of the 1 s windows against the 10 s windows; the cards' thresholds were chosen with it.

`python -m benchmarks.combination` measures other weights on clips made for that.
"""

Floats = npt.NDArray[np.float32]


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


def laughter_probability(when: Floats, what: Floats, seconds: int, *, hop_s: int = 1) -> Floats:
    """One probability of laughter for each second, float32 [seconds].

    The geometric mean of what the second's own window says and what the ten-second windows around it say: the
    short window is sharp in time but knows no context, the long ones know context but not when.

    Args:
        when, what: scores of the 1 s and of the 10 s windows, [windows, 7] each, hop_s apart.
        seconds: of the recording.
        hop_s: seconds from one window's start to the next.
    """
    sharp = 1 - every_second(when, seconds, window_s=WHEN_S, hop_s=hop_s)[:, NONE]
    wide = 1 - every_second(what, seconds, window_s=WHAT_S, hop_s=hop_s)[:, NONE]
    return combined(sharp, wide, WEIGHT_OF_WHEN)


def combined(sharp: Floats, wide: Floats, weight: float) -> Floats:
    """The geometric mean of two probabilities of the same shape, `weight` in [0, 1] that of the first."""
    return (sharp**weight * wide ** (1 - weight)).astype(np.float32)


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
