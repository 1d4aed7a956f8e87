"""How well a model's scores tell laughter, and its kinds, from everything else.

Detection is "any laughter": its score is 1 - none. Intervals are the middle 95 % over bootstrap resamples of clips.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from models.constants import CLASSES, LAUGHTER_KINDS, NONE
from models.evaluation.ranking import (
    Estimate,
    FloatArray,
    Ranking,
    Weights,
    bootstrap_weights,
    estimate,
)

Scores = npt.NDArray[np.floating[Any]]
Targets = npt.NDArray[np.uint8]

BINS = 10
"""Bins of the reliability plot, of equal width."""


@dataclasses.dataclass(frozen=True)
class Bin:
    """Clips of similar detection score: [low, high), the mean of their scores and the share that has laughter."""

    low: float
    high: float
    clips: int
    mean_score: float | None
    share_with_laughter: float | None


@dataclasses.dataclass(frozen=True)
class Metrics:
    """What `measure` measures; `dataclasses.asdict` gives it in JSON's types, None standing for what has no value.

    Attributes:
        clips, laughs: how many clips, and how many of them have laughter.
        class_clips: clips of each kind.
        detection_ap, detection_auc: average precision and area under the ROC curve of detection.
        mean_class_ap: mean of `class_ap` over the kinds that occur.
        class_ap, class_auc: of each kind against all other clips.
        top1: share of clips whose highest score is one of their classes, on a balanced set: as many clips without
            laughter as with.
        threshold: a clip counts as laughter where its detection score reaches this.
        f1, precision, recall: of detection at the threshold; precision is None where nothing reaches it.
        calibration_error: mean distance of detection score and share with laughter, over `reliability`, weighted
            by clips (expected calibration error).
        reliability: BINS bins of the detection score.
        confusion: [7][7] clips on the balanced set, rows truth, columns the highest score; see `confusion`.
    """

    clips: int
    laughs: int
    class_clips: dict[str, int]
    detection_ap: Estimate
    detection_auc: Estimate
    mean_class_ap: Estimate
    class_ap: dict[str, Estimate]
    class_auc: dict[str, Estimate]
    top1: Estimate
    threshold: float
    f1: Estimate
    precision: Estimate
    recall: Estimate
    calibration_error: float
    reliability: list[Bin]
    confusion: list[list[float]]


def measure(
    scores: Scores, targets: Targets, *, threshold: float = 0.5, bootstraps: int = 1000, seed: int = 0
) -> Metrics:
    """Measure the scores of some clips.

    Args:
        scores: float [n, 7] in [0, 1], in the order of CLASSES.
        targets: uint8 [n, 7] of 0 and 1, as `shard_format.class_targets` gives them.
        threshold: of the detection score, in [0, 1].
        bootstraps: resamples of the clips for the intervals; 0 leaves the intervals out.
        seed: of the resamples.

    Raises:
        ValueError: the arrays do not fit together, hold no clip, or a score is not in [0, 1].
    """
    _check(scores, targets)
    measures = _Measures(scores, targets, threshold)
    values = measures(np.ones((1, len(scores)), np.int64))
    drawn = [measures(weights) for weights in bootstrap_weights(len(scores), count=bootstraps, seed=seed)]
    found = {
        name: estimate(float(value[0]), np.concatenate([part[name] for part in drawn] or [np.empty(0)]))
        for name, value in values.items()
    }
    bins = reliability(detection_scores(scores), targets[:, NONE] == 0)
    return Metrics(
        clips=len(scores),
        laughs=int((targets[:, NONE] == 0).sum()),
        class_clips={kind: int(targets[:, column].sum()) for column, kind in enumerate(LAUGHTER_KINDS)},
        detection_ap=found["detection_ap"],
        detection_auc=found["detection_auc"],
        mean_class_ap=found["mean_class_ap"],
        class_ap={kind: found[f"{kind}_ap"] for kind in LAUGHTER_KINDS},
        class_auc={kind: found[f"{kind}_auc"] for kind in LAUGHTER_KINDS},
        top1=found["top1"],
        threshold=threshold,
        f1=found["f1"],
        precision=found["precision"],
        recall=found["recall"],
        calibration_error=calibration_error(bins),
        reliability=bins,
        confusion=confusion(scores, targets).tolist(),
    )


def detection_scores(scores: Scores) -> FloatArray:
    """The scores of "any laughter", float64 [n] (float32 would make ties of low scores), of scores [n, 7]."""
    return 1.0 - scores[:, NONE].astype(np.float64)


def _check(scores: Scores, targets: Targets) -> None:
    if scores.shape != (len(targets), len(CLASSES)) or scores.shape != targets.shape:
        raise ValueError(f"scores {scores.shape} and targets {targets.shape} must both be [clips, {len(CLASSES)}]")
    if not len(scores):
        raise ValueError("there is no clip to measure on")
    if not ((scores >= 0) & (scores <= 1)).all():  # NaN is neither
        raise ValueError("some scores are not numbers in [0, 1]")


class _Measures:
    """Everything that has an interval, as functions of the clips' weights."""

    def __init__(self, scores: Scores, targets: Targets, threshold: float) -> None:
        detection = detection_scores(scores)
        laughs = targets[:, NONE] == 0
        self._detection = Ranking(detection, laughs)
        self._kinds = [Ranking(scores[:, column], targets[:, column]) for column in range(len(LAUGHTER_KINDS))]
        right = highest_is_true(scores, targets)
        found = detection >= threshold
        self._groups = np.stack([laughs, ~laughs, laughs & right, ~laughs & right, found, laughs & found], axis=1)

    def __call__(self, weights: Weights) -> dict[str, FloatArray]:
        """The measures by name, float64 [b] each, NaN where there is none, of weights int [b, n]."""
        values: dict[str, FloatArray] = {}
        values["detection_ap"], values["detection_auc"] = self._detection.measure(weights)
        for kind, ranking in zip(LAUGHTER_KINDS, self._kinds, strict=True):
            values[f"{kind}_ap"], values[f"{kind}_auc"] = ranking.measure(weights)
        values["mean_class_ap"] = _mean_of_known(np.stack([values[f"{kind}_ap"] for kind in LAUGHTER_KINDS]))
        laughs, others, laughs_right, others_right, found, laughs_found = self._totals(weights)
        with np.errstate(divide="ignore", invalid="ignore"):
            values["top1"] = (laughs_right / laughs + others_right / others) / 2  # the mean over all balanced sets
            values["precision"], values["recall"] = laughs_found / found, laughs_found / laughs
            values["f1"] = 2 * laughs_found / np.where(laughs > 0, laughs + found, np.nan)
        return values

    def _totals(self, weights: Weights) -> FloatArray:
        """How many clips each group has, float64 [groups, b]."""
        return np.stack([weights[:, group].sum(axis=1) for group in self._groups.T]).astype(np.float64)


def _mean_of_known(values: FloatArray) -> FloatArray:
    """Mean over the first axis of what is not NaN; NaN where nothing is known."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(axis=0) / np.where(known.any(axis=0), known.sum(axis=0), np.nan)


def highest_is_true(scores: Scores, targets: Targets) -> npt.NDArray[np.bool_]:
    """Whether the highest of a clip's seven scores is one of its classes, bool [n]."""
    return targets[np.arange(len(targets)), scores.argmax(axis=1)] == 1


def confusion(scores: Scores, targets: Targets) -> FloatArray:
    """Which class gets the highest score, float64 [7, 7]: rows truth, columns the highest score.

    A clip of several kinds counts in the row of the highest score where that is one of them, else in its first
    kind's, so that the diagonal holds what `Metrics.top1` counts as right. The row of none is scaled to as many clips
    as have laughter: the mean over all balanced sets.
    """
    highest = scores.argmax(axis=1)
    truth = np.where(highest_is_true(scores, targets), highest, targets.argmax(axis=1))
    counts = np.zeros((len(CLASSES), len(CLASSES)))
    np.add.at(counts, (truth, highest), 1)
    laughs, others = counts[:NONE].sum(), counts[NONE].sum()
    if laughs and others:
        counts[NONE] *= laughs / others
    return counts


def reliability(detection: FloatArray, laughs: npt.NDArray[np.bool_]) -> list[Bin]:
    """The clips in BINS bins of equal width by detection score; the last one includes 1.

    Args:
        detection: float64 [n] in [0, 1].
        laughs: bool [n], whether the clip has laughter.
    """
    number = np.minimum((detection * BINS).astype(np.int64), BINS - 1)
    clips = np.bincount(number, minlength=BINS)
    scored, laughing = (np.bincount(number, weights=values, minlength=BINS) for values in (detection, laughs))
    bins = []
    for index, count in enumerate(clips.tolist()):
        means = (float(scored[index] / count), float(laughing[index] / count)) if count else (None, None)
        bins.append(Bin(index / BINS, (index + 1) / BINS, count, *means))
    return bins


def calibration_error(bins: list[Bin]) -> float:
    """The expected calibration error in [0, 1]: |mean score - share with laughter|, weighted by clips."""
    total = sum(part.clips for part in bins)
    return sum(
        part.clips / total * abs(part.mean_score - part.share_with_laughter)
        for part in bins
        if part.mean_score is not None and part.share_with_laughter is not None
    )
