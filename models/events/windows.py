"""What the windows say of each second: scores of 1 s and 10 s windows, and how they are combined.

Thresholds are chosen (on cards) and applied (in the pipeline) to the probability defined here.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from models.constants import LAUGHTER_KINDS, LONG_WINDOW_S, NONE, SHORT_WINDOW_S

WINDOWS_S = (SHORT_WINDOW_S, LONG_WINDOW_S)

SHORT_WINDOW_WEIGHT = 0.5
"""Of the 1 s windows against the 10 s windows; the cards' thresholds were chosen with it.

`python -m benchmarks.combination` measures other weights on clips made for that.
"""

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
