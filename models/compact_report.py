"""How well the compact embedder and its head find laughter: in clips, and in the seconds of mixtures."""

import dataclasses
import pathlib
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from models.bundle import Thresholds
from models.classes import FIRST_AUDIOSET_INDEX, LAUGHTER_KINDS
from models.compact import Network
from models.compact_data import LAUGHTER_LABELS, Row, Scored, read_audio
from models.events import WHAT_S, WHEN_S, hysteresis, laughter_probability
from models.fit_compact import batched, embed
from models.hybrid_head import HeadWeights
from models.log_mel import SECOND_SAMPLES, log_mel_patches
from models.postprocess import PcaParams
from models.teacher import CONTEXT_S, TEACHER_RATE, Teacher, require

ARCHIVE_SHARE = 0.03
"""The share of seconds with laughter that thresholds are chosen for: about that of mixed programming."""


ClipScore = Callable[[pathlib.Path], float]


@dataclasses.dataclass(frozen=True)
class ClipReport:
    """Clip measures with 95 % bootstrap intervals, and each label's clips, mean score and share found."""

    laughs: int
    others: int
    auc: float
    auc_interval: tuple[float, float]
    average_precision: float
    average_precision_interval: tuple[float, float]
    by_label: dict[str, dict[str, float]]


def seconds_probability(head: HeadWeights, embeddings: np.ndarray) -> np.ndarray:
    """The probability of laughter in each second, float32 [seconds], as the pipeline computes it."""
    when, what = (head.window_scores(embeddings, window_s=length, hop_s=1) for length in (WHEN_S, WHAT_S))
    return laughter_probability(when, what, len(embeddings))


def clip_score(network: Network, pca: PcaParams, head: HeadWeights) -> ClipScore:
    """A function of an audio file: the largest probability of laughter in any of its seconds."""

    raw_embeddings = batched(network)

    def score(path: pathlib.Path) -> float:
        samples = read_audio(path, rate_hz=SECOND_SAMPLES)
        seconds = np.pad(samples, (0, -len(samples) % SECOND_SAMPLES)).reshape(-1, SECOND_SAMPLES)
        embeddings = embed(raw_embeddings, pca, np.asarray(log_mel_patches(seconds)))
        return float(seconds_probability(head, embeddings).max())

    return score


def teacher_score(teacher: Teacher) -> ClipScore:
    """A function of an audio file: the teacher's largest score of a kind of laughter in any second."""

    def score(path: pathlib.Path) -> float:
        samples = read_audio(path, rate_hz=TEACHER_RATE)
        margin = CONTEXT_S * TEACHER_RATE
        padded = np.pad(samples, (margin, margin + -len(samples) % TEACHER_RATE))
        scores = teacher(padded)
        return float(scores[:, FIRST_AUDIOSET_INDEX : FIRST_AUDIOSET_INDEX + len(LAUGHTER_KINDS)].max())

    return score


def clip_report(
    score: ClipScore, audio: pathlib.Path, rows: Sequence[Row], *, threshold: float, bootstraps: int = 1000
) -> ClipReport:
    """Score the rows' clips and measure how well the score tells laughter labels from the others.

    Raises:
        ValueError: the rows lack laughter, or lack anything else.
    """
    laughs = np.array([row.label in LAUGHTER_LABELS for row in rows], bool)
    if laughs.all() or not laughs.any():
        raise ValueError("a report needs clips with laughter and clips without")
    scores = np.array([score(audio / row.path) for row in rows])
    measures = require("sklearn.metrics")
    groups = np.array([row.group for row in rows])
    auc, precision = measures.roc_auc_score, measures.average_precision_score
    return ClipReport(
        int(laughs.sum()),
        int((~laughs).sum()),
        float(auc(laughs, scores)),
        _interval(auc, laughs, scores, groups, bootstraps),
        float(precision(laughs, scores)),
        _interval(precision, laughs, scores, groups, bootstraps),
        _by_label(rows, scores, threshold),
    )


def _interval(
    measure: Callable[..., float], laughs: np.ndarray, scores: np.ndarray, groups: np.ndarray, bootstraps: int
) -> tuple[float, float]:
    """The middle 95 % of the measure over bootstrap samples of groups, for clips of one speaker resemble each other."""
    rng = np.random.default_rng(0)
    values: list[float] = []
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    while len(values) < bootstraps:
        drawn = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        if 0 < laughs[drawn].sum() < len(drawn):
            values.append(measure(laughs[drawn], scores[drawn]))
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _by_label(rows: Sequence[Row], scores: np.ndarray, threshold: float) -> dict[str, dict[str, float]]:
    found = defaultdict(list)
    for row, value in zip(rows, scores, strict=True):
        found[row.label].append(float(value))
    return {
        label: {
            "clips": len(values),
            "mean_score": round(float(np.mean(values)), 3),
            "share_found": round(float(np.mean(np.array(values) >= threshold)), 3),
        }
        for label, values in sorted(found.items(), key=lambda item: -float(np.mean(item[1])))
    }


def second_truth(scored: Scored) -> tuple[np.ndarray, np.ndarray]:
    """What is known of the seconds of mixtures: (laughter bool, known bool), [programmes, 10] each.

    Seconds in which a laugh only begins or ends, or where something unlabelled is heard, count as not known.
    """
    laughing, quiet = scored.laughter >= 0.3, scored.known & (scored.laughter < 0.03)
    return laughing, laughing | quiet


def inside_events(probability: np.ndarray, *, onset: float, offset: float) -> np.ndarray:
    """Seconds inside events, bool, of the shape of `probability` [programmes, seconds], taken as one recording."""
    inside = np.zeros(probability.size, bool)
    for start, end in hysteresis(probability.ravel(), Thresholds(onset, offset, min_on_s=0, min_off_s=0)):
        inside[start:end] = True
    return inside.reshape(probability.shape)


def choose_thresholds(scored: Scored, probability: np.ndarray) -> dict[str, float]:
    """The onset and offset with the best F0.5 of the seconds of held-out mixtures.

    F0.5 counts precision more than recall, and false seconds count as often as they would where only
    ARCHIVE_SHARE of all seconds have laughter: mixtures have far more.

    Args:
        probability: float32 [programmes, 10], of laughter in each second.
    """
    laughing, known = second_truth(scored)
    there, quiet = float(np.sum(laughing)), float(np.sum(known & ~laughing))
    weight = there / max(1.0, quiet) * (1 - ARCHIVE_SHARE) / ARCHIVE_SHARE
    best = (-1.0, 0.5, 0.5)
    for onset in np.arange(0.1, 0.96, 0.05):
        for share in (0.5, 0.7, 0.9):
            inside = inside_events(probability, onset=float(onset), offset=float(onset * share))
            right, wrong = float(np.sum(inside & laughing)), weight * float(np.sum(inside & known & ~laughing))
            value = 1.25 * right / max(1e-9, 0.25 * there + right + wrong)
            best = max(best, (value, float(onset), float(onset * share)))
    return {"onset": round(best[1], 3), "offset": round(best[2], 3), "f05": round(best[0], 3)}
