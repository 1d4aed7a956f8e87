"""Average precision and AUC of one score, for many weightings of the clips at a time.

A bootstrap resample of the clips is a weighting (how often each was drawn), so that a thousand resamples cost one
sort and a few passes over whole numbers instead of a thousand sorts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Weights = npt.NDArray[np.integer[Any]]

_RESAMPLED = 2_000_000
"""Clips drawn at a time, over all resamples of a batch: 16 MB."""


class Ranking:
    """The clips in the order of a score, best first; clips of one score count as found together."""

    def __init__(self, scores: npt.NDArray[np.floating[Any]], truth: npt.NDArray[Any]) -> None:
        """Sort.

        Args:
            scores: float [n], finite.
            truth: [n], true (or 1) for the clips that should have high scores.
        """
        self._order = np.argsort(-scores, kind="stable")
        starts = np.flatnonzero(np.diff(scores[self._order], prepend=np.inf))
        ends = np.append(starts[1:], len(scores))
        self._positives = np.flatnonzero(truth[self._order])
        first, last = np.searchsorted(self._positives, starts), np.searchsorted(self._positives, ends)
        some = last > first  # only where a tie holds a positive does either measure gain anything
        self._starts, self._ends, self._first, self._last = starts[some], ends[some], first[some], last[some]

    def measure(self, weights: Weights) -> tuple[FloatArray, FloatArray]:
        """Average precision and AUC, float64 [b] each, of every row of `weights`, int [b, n].

        Average precision is the sum over thresholds of the gain in recall times the precision there, as
        scikit-learn's; NaN where the weights leave no positive (for the AUC: or no negative).
        """
        ordered = weights[:, self._order]
        clips, positives = _running_sum(ordered), _running_sum(ordered[:, self._positives])
        gained = positives[:, self._last] - positives[:, self._first]
        found, reached = positives[:, self._last], clips[:, self._ends]
        wrong_before = clips[:, self._starts] - positives[:, self._first]
        wrong = (wrong_before + reached - found) / 2  # half of a tie's negatives come before its positives
        every = positives[:, -1]
        others = clips[:, -1] - every
        precision = np.divide(found, reached, out=np.zeros(found.shape), where=reached > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            average_precision = (gained * precision).sum(axis=1) / every
            auc = (gained * (others[:, None] - wrong)).sum(axis=1) / every / others
        return average_precision, auc


def _running_sum(values: Weights) -> npt.NDArray[np.int64]:
    """Sums of the first 0, 1, ... n columns, int64 [b, n + 1]."""
    sums = np.zeros((values.shape[0], values.shape[1] + 1), np.int64)
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def precision_recall(
    scores: npt.NDArray[np.floating[Any]], truth: npt.NDArray[Any]
) -> tuple[FloatArray, FloatArray] | None:
    """The curve of precision over recall, float64 [points] each, recall rising; None without positives."""
    if not np.any(truth):
        return None
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    found = np.cumsum(truth[order].astype(np.int64))[last]
    return found / (last + 1), found / found[-1]


def bootstrap_weights(clips: int, *, count: int, seed: int) -> Iterator[Weights]:
    """Bootstrap resamples of the clips, as how often each clip was drawn.

    Args:
        clips: how many there are.
        count: how many resamples.
        seed: the same seed gives the same resamples, so that models are compared on equal ones.

    Yields:
        int64 [b, clips], `count` rows in all, each with the sum `clips`.
    """
    rng = np.random.default_rng(seed)
    rows = max(1, _RESAMPLED // clips)
    for first in range(0, count, rows):
        part = min(rows, count - first)
        drawn = rng.integers(clips, size=(part, clips)) + clips * np.arange(part)[:, None]
        yield np.bincount(drawn.ravel(), minlength=part * clips).reshape(part, clips)


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A measure and the middle 95 % of its bootstrap resamples; None for what the clips do not tell."""

    value: float | None
    low: float | None = None
    high: float | None = None


def estimate(value: float, drawn: FloatArray) -> Estimate:
    """The estimate of a measure.

    Args:
        value: on the clips as they are; NaN where it has none.
        drawn: float64 [resamples], NaN where a resample has none; those are left out.
    """
    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or not len(known):
        return Estimate(float(value) if np.isfinite(value) else None)
    low, high = np.quantile(known, (0.025, 0.975))
    return Estimate(float(value), float(low), float(high))
