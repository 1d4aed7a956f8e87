"""Measures over all thresholds, of scores over time: PSDS, precision over recall, false alarms an hour over recall.

All by sed_scores_eval, which finds the exact curves without a grid of thresholds (Ebbers et al., ICASSP 2022).
"""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from common.extras import require
from models.evaluation.event_metrics import TOLERANCE, Intervals
from models.evaluation.ranking import FloatArray
from models.events.windows import ANY, Floats

STRICT = 0.7
"""Tolerances of PSDS's first scenario; TOLERANCE are those of its second."""

MAX_FALSE_ALARMS = 100.0
"""An hour; PSDS is the area under recall up to there."""


class Frames(NamedTuple):
    """Scores of one class in a recording, [n], `hz` of them a second."""

    scores: Floats
    hz: int = 1


@dataclasses.dataclass(frozen=True, eq=False)
class Curves:
    """Measures of one class over all thresholds.

    Attributes:
        psds_strict, psds_lenient: polyphonic sound detection scores of one class in [0, 1], with tolerances of 0.7
            and of 0.1 (scenarios 1 and 2 of DCASE, without cross triggers).
        second_ap: average precision of single seconds.
        event_precision, event_recall: from the highest threshold to the lowest, events matched within the collar.
        best_event_f1, best_threshold: the highest event F1 of any threshold, which is kind to the scores, and where;
            None where it is 0.
        second_precision, second_recall: likewise, of seconds.
        false_alarms_per_hour, reached: over thresholds, with tolerances of 0.1.
    """

    psds_strict: float
    psds_lenient: float
    second_ap: float
    best_event_f1: float
    best_threshold: float | None
    event_precision: FloatArray
    event_recall: FloatArray
    second_precision: FloatArray
    second_recall: FloatArray
    false_alarms_per_hour: FloatArray
    reached: FloatArray

    def scalars(self) -> dict[str, float | None]:
        """What is no array, by name."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value for name, value in values.items() if not isinstance(value, np.ndarray)}

    def arrays(self) -> dict[str, list[float]]:
        """The arrays, by name."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value.tolist() for name, value in values.items() if isinstance(value, np.ndarray)}


def measure_curves(
    scores: Mapping[str, Frames],
    marked: Mapping[str, Intervals],
    lengths_s: Mapping[str, float],
    *,
    collar_s: float,
    collar_share: float,
) -> Curves | None:
    """Measure one class over recordings; None where nothing is marked.

    Args:
        scores: by recording, of the class.
        marked: by the same recordings, [n, 2], not overlapping.
        lengths_s: by the same recordings; what no score covers scores 0.
        collar_s, collar_share: see `models.evaluation.event_metrics.match`.
    """
    if not any(len(intervals) for intervals in marked.values()):
        return None
    library = load_library()
    lengths = {name: _length(lengths_s[name], marked[name]) for name in marked}
    frames = {name: _frame(library, scores[name], lengths[name]) for name in marked}
    truth = {name: [(start, end, ANY) for start, end in marked[name].tolist()] for name in marked}
    collars = {"onset_collar": collar_s, "offset_collar": collar_s, "offset_collar_rate": collar_share}
    event_precision, event_recall = _by_threshold(
        library.collar_based.precision_recall_curve(frames, truth, **collars)[ANY]
    )
    best = library.collar_based.best_fscore(frames, truth, **collars)
    seconds = {"audio_durations": lengths, "segment_length": 1.0}
    second_precision, second_recall = _by_threshold(
        library.segment_based.precision_recall_curve(frames, truth, **seconds)[ANY]
    )
    average = library.segment_based.average_precision(frames, truth, **seconds)[0]
    strict, *_ = _psds(library, frames, truth, lengths, STRICT)
    lenient, reached, alarms = _psds(library, frames, truth, lengths, TOLERANCE)
    return Curves(
        psds_strict=strict,
        psds_lenient=lenient,
        second_ap=float(average[ANY]),
        best_event_f1=float(best[0][ANY]),
        best_threshold=float(best[3][ANY]) if math.isfinite(best[3][ANY]) else None,
        event_precision=event_precision,
        event_recall=event_recall,
        second_precision=second_precision,
        second_recall=second_recall,
        false_alarms_per_hour=alarms,
        reached=reached,
    )


def load_library() -> Any:
    """sed_scores_eval, without its own libraries' warnings at import.

    Raises:
        UsageError: it is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return require("sed_scores_eval", purpose="curves over thresholds (--no-curves does without)", extra="score")


def _by_threshold(curve: Any) -> tuple[FloatArray, FloatArray]:
    """Precision and recall from the highest threshold to the lowest; the library orders equal recalls as it likes."""
    precision, recall, thresholds, *_ = (np.asarray(values, float) for values in curve[:3])
    order = np.argsort(-thresholds, kind="stable")
    return precision[order], recall[order]


def _length(length_s: float, marked: Intervals) -> float:
    return max(length_s, float(marked[-1, 1]) if len(marked) else 0.0)


def _frame(library: Any, scored: Frames, length_s: float) -> Any:
    """The scores as the library wants them: a row each, the last one ending with the recording."""
    rows = max(1, math.ceil(length_s * scored.hz - 1e-6))
    padded = np.zeros((rows, 1))
    known = min(rows, len(scored.scores))
    padded[:known, 0] = scored.scores[:known]
    times = np.append(np.arange(rows, dtype=float) / scored.hz, length_s)
    return library.base_modules.scores.create_score_dataframe(padded, times, [ANY])


def _psds(
    library: Any, frames: Any, truth: Any, lengths: Mapping[str, float], tolerance: float
) -> tuple[float, FloatArray, FloatArray]:
    """The score, and its curve: shares of laughs reached over false alarms an hour."""
    value, _, (reached, alarms), _ = library.intersection_based.psds(
        frames,
        truth,
        dict(lengths),
        dtc_threshold=tolerance,
        gtc_threshold=tolerance,
        max_efpr=MAX_FALSE_ALARMS,
    )
    return float(value), np.asarray(reached, float), np.asarray(alarms, float)
