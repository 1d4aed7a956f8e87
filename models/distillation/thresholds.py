"""Thresholds of the compact bundle, chosen on held-out mixtures by the events that come out of them."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

from common.errors import UsageError
from models.distillation.data import TeacherScores
from models.events.segments import Thresholds, hysteresis

ARCHIVE_SHARE = 0.03
"""The share of seconds with laughter that thresholds are chosen for: about that of mixed programming."""

ONSETS = tuple(step / 20 for step in range(2, 20))
OFFSET_SHARES = (0.5, 0.7, 0.9)
LENGTHS_S = (1.0, 2.0, 3.0)
PAUSES_S = (1.0, 2.0, 3.0, 4.0, 5.0)
"""What is tried for onset, for offset as a share of it, for min_on_s, and for min_off_s."""

_RUNS = Thresholds(onset=0.5, offset=0.5, min_on_s=1.0, min_off_s=1.0)

Bools = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class EventCounts:
    """What thresholds make of mixtures.

    Attributes:
        laughs, found: the laughs, each a run of laughing seconds, and those of them that a right event touches.
        right, false: events with at least as many laughing as quiet seconds, and those with fewer: so that long pauses
            are not closed for nothing. Events in seconds alone of which little is known count as neither.
    """

    laughs: int
    found: int
    right: int
    false: int

    def f05(self, false_weight: float) -> float:
        """F0.5, which counts precision more than recall; each false event counts `false_weight` times."""
        precision = self.right / max(1e-9, self.right + false_weight * self.false)
        recall = self.found / max(1, self.laughs)
        return 1.25 * precision * recall / max(1e-9, 0.25 * precision + recall)


def second_truth(scored: TeacherScores) -> tuple[Bools, Bools]:
    """What is known of the seconds of mixtures: (laughing, quiet), [programmes, 10] each.

    Seconds in which a laugh only begins or ends, or where something unlabelled is heard, are neither.
    """
    return scored.laughter >= 0.3, scored.known & (scored.laughter < 0.03)


def inside_events(probability: npt.NDArray[np.floating[Any]], thresholds: Thresholds) -> Bools:
    """Seconds inside events, bool [programmes, seconds] as `probability`; each programme is a recording of its own."""
    inside = np.zeros(probability.shape, bool)
    for row, values in zip(inside, probability, strict=True):
        for start, end in hysteresis(values, thresholds):
            row[start:end] = True
    return inside


def count_events(
    probability: npt.NDArray[np.floating[Any]], laughing: Bools, quiet: Bools, thresholds: Thresholds
) -> EventCounts:
    """Count events and laughs; all arrays are [programmes, seconds]."""
    laughs = found = right = false = 0
    for values, laugh, silence in zip(probability, laughing, quiet, strict=True):
        inside = np.zeros(len(values), bool)
        for start, end in hysteresis(values, thresholds):
            loud, still = laugh[start:end].sum(), silence[start:end].sum()
            false += bool(loud < still)
            if loud and loud >= still:
                right += 1
                inside[start:end] = True
        runs = hysteresis(laugh.astype(np.float32), _RUNS)
        laughs += len(runs)
        found += sum(bool(inside[start:end].any()) for start, end in runs)
    return EventCounts(laughs, found, right, false)


def choose_thresholds(scored: TeacherScores, probability: npt.NDArray[np.floating[Any]]) -> dict[str, Any]:
    """The thresholds with the best F0.5 of events, and what they make of the mixtures.

    False events count as often as they would where only ARCHIVE_SHARE of all seconds have laughter: mixtures have far
    more.

    Args:
        scored: the mixtures.
        probability: float32 [programmes, 10], of laughter in each second.

    Returns:
        What the card says of them: `thresholds`, those chosen, and what was counted.

    Raises:
        UsageError: the mixtures have no laughter, or nothing else.
    """
    laughing, quiet = second_truth(scored)
    if not laughing.any() or not quiet.any():
        raise UsageError("the held-out mixtures lack laughing or quiet seconds; make more with --programmes")
    weight = laughing.sum() / quiet.sum() * (1 - ARCHIVE_SHARE) / ARCHIVE_SHARE
    tried = [
        Thresholds(onset, round(share * onset, 3), min_on_s=on_s, min_off_s=off_s)
        for onset, share, on_s, off_s in itertools.product(ONSETS, OFFSET_SHARES, LENGTHS_S, PAUSES_S)
    ]
    counted = [count_events(probability, laughing, quiet, thresholds) for thresholds in tried]
    thresholds, counts = max(zip(tried, counted, strict=True), key=lambda pair: pair[1].f05(weight))
    inside = inside_events(probability, thresholds)
    return {
        "thresholds": dataclasses.asdict(thresholds),
        f"events_f0.5_at_{ARCHIVE_SHARE:.0%}_laughter": round(counts.f05(weight), 3),
        "laughs": counts.laughs,
        "laughs_found": round(counts.found / counts.laughs, 3),
        "events_right": counts.right,
        "events_false": counts.false,
        "quiet_seconds": int(quiet.sum()),
        "quiet_seconds_inside_events": int((inside & quiet).sum()),
    }
