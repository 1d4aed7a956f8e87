"""How well the compact embedder and its head find laughter in clips."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from common.errors import UsageError
from common.extras import require
from models.constants import FIRST_AUDIOSET_INDEX, LAUGHTER_KINDS, LONG_WINDOW_S, SECOND_SAMPLES, SHORT_WINDOW_S
from models.distillation.fit import batched, embed
from models.distillation.teacher import CONTEXT_S, TEACHER_RATE, Teacher
from models.events.segments import Thresholds, hysteresis
from models.events.windows import laughter_probability
from models.networks.compact import Network
from models.networks.head import Head
from models.networks.log_mel import log_mel_patches
from models.networks.pca import PcaParams
from models.sounds.labelled_clips import LAUGHTER_LABELS
from models.sounds.manifest import LabelledClipRow

MIN_FOUND = 0.8
"""The share of laughing clips that the threshold is to find."""

ONSETS = tuple(step / 100 for step in range(1, 100))

QUIET_LABELS = ("reading_", "singing_")
"""Labels that begin so are read and sung without laughter: events in them are false."""

Probability = Callable[[np.ndarray], np.ndarray]
"""float32 [n] at 16 kHz -> the probability of laughter in each second, float32 [ceil(n / 16000)]."""


@dataclasses.dataclass(frozen=True)
class ClipReport:
    """How well clips with laughter are told from others; intervals are of 95 %, by bootstrap over groups.

    Attributes:
        laughs, others: clips.
        auc, average_precision: of a clip's highest probability a second.
        found: share of laughing clips with an event; false_events: events in the reading and singing; both at
            thresholds chosen on the other half of the groups.
        quiet_minutes: of the reading and singing.
        by_label: clips, mean of the highest probability, and share with an event, of each label.
    """

    laughs: int
    others: int
    auc: float
    auc_interval: tuple[float, float]
    average_precision: float
    average_precision_interval: tuple[float, float]
    found: float
    found_interval: tuple[float, float]
    false_events: int
    quiet_minutes: float
    by_label: dict[str, dict[str, float]]


def seconds_probability(head: Head, embeddings: np.ndarray) -> np.ndarray:
    """The probability of laughter in each second, float32 [seconds], as the pipeline computes it."""
    when, what = (
        head.window_scores(embeddings, window_s=length, hop_s=1) for length in (SHORT_WINDOW_S, LONG_WINDOW_S)
    )
    return laughter_probability(when, what, len(embeddings))


def laughter_in_seconds(network: Network, pca: PcaParams, head: Head) -> Probability:
    """What a bundle says of a sound."""
    raw_embeddings = batched(network)

    def probability(samples: np.ndarray) -> np.ndarray:
        seconds = np.pad(samples, (0, -len(samples) % SECOND_SAMPLES)).reshape(-1, SECOND_SAMPLES)
        return seconds_probability(head, embed(raw_embeddings, pca, np.asarray(log_mel_patches(seconds))))

    return probability


def teachers_laughter(teacher: Teacher) -> Probability:
    """What the teacher says: its largest score of any laughter kind in each second."""

    def probability(samples: np.ndarray) -> np.ndarray:
        signal = require("scipy.signal", purpose="teachers")
        wide = signal.resample_poly(samples, TEACHER_RATE // SECOND_SAMPLES, 1).astype(np.float32)
        margin = CONTEXT_S * TEACHER_RATE
        scores = teacher(np.pad(wide, (margin, margin + -len(wide) % TEACHER_RATE)))
        return scores[:, FIRST_AUDIOSET_INDEX : FIRST_AUDIOSET_INDEX + len(LAUGHTER_KINDS)].max(axis=1)

    return probability


def clip_report(
    rows: Sequence[LabelledClipRow],
    sounds: Sequence[np.ndarray],
    probability: Probability,
    *,
    thresholds: Thresholds,
    bootstraps: int,
) -> tuple[ClipReport, float]:
    """Measure how well the rows' clips with laughter are told from the others.

    Args:
        rows: labels and groups.
        sounds: float32 [n] at 16 kHz of each row.
        probability: of laughter in the seconds of a sound.
        thresholds: of events, but for the height of onset and offset, of which their ratio counts alone.
        bootstraps: samples for the intervals.

    Returns:
        The report, and the onset that the rule chooses on all rows.

    Raises:
        UsageError: the rows lack laughter, or lack anything else.
    """
    laughs = np.array([row.label in LAUGHTER_LABELS for row in rows], bool)
    if laughs.all() or not laughs.any():
        raise UsageError("a report needs clips with laughter and clips without")
    groups = np.array([row.group for row in rows])
    seconds = [probability(sound) for sound in sounds]
    highest = np.array([values.max() for values in seconds])

    def events_of(values: np.ndarray, onset: float) -> int:
        return len(hysteresis(values, at_onset(thresholds, onset)))

    reach = np.array([_reach(functools.partial(events_of, values)) for values in seconds])
    onsets = cross_fitted(reach, laughs, groups)
    events = np.array([events_of(values, onset) for values, onset in zip(seconds, onsets, strict=True)], int)
    measures = require("sklearn.metrics", purpose="reports of the compact bundle")
    auc, precision = measures.roc_auc_score, measures.average_precision_score
    quiet = np.array([row.label.startswith(QUIET_LABELS) for row in rows], bool)
    report = ClipReport(
        laughs=int(laughs.sum()),
        others=int((~laughs).sum()),
        auc=float(auc(laughs, highest)),
        auc_interval=_interval(auc, laughs, highest, groups, bootstraps),
        average_precision=float(precision(laughs, highest)),
        average_precision_interval=_interval(precision, laughs, highest, groups, bootstraps),
        found=_share_found(laughs, events),
        found_interval=_interval(_share_found, laughs, events, groups, bootstraps),
        false_events=int(events[quiet].sum()),
        quiet_minutes=sum(len(sound) for sound, silent in zip(sounds, quiet, strict=True) if silent)
        / SECOND_SAMPLES
        / 60,
        by_label=_by_label(rows, highest, events),
    )
    return report, highest_threshold(reach, laughs)


def at_onset(thresholds: Thresholds, onset: float) -> Thresholds:
    """The same with another onset, and the offset in the same ratio to it."""
    return dataclasses.replace(thresholds, onset=onset, offset=onset * thresholds.offset / thresholds.onset)


def cross_fitted(reach: np.ndarray, laughs: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The threshold of each clip, float [n]: chosen on the half of the groups that its own group is not in.

    Groups with laughter are divided between the halves in turn, and so are the others.
    """
    laughing = set(groups[laughs])
    ordered = sorted(set(groups), key=lambda group: (group in laughing, hashlib.sha256(group.encode()).digest()))
    first = np.isin(groups, ordered[::2])
    chosen = {half: highest_threshold(reach[first == half], laughs[first == half]) for half in (True, False)}
    return np.where(first, chosen[False], chosen[True])


def highest_threshold(reach: np.ndarray, laughs: np.ndarray) -> float:
    """The highest onset, in steps of 0.01, that finds LEAST_FOUND of the laughing clips; 0.5 without any.

    Args:
        reach: of each clip the highest onset at which it has an event, float [n].
        laughs: bool [n].
    """
    if not laughs.any():
        return 0.5
    enough = [onset for onset in ONSETS if np.mean(reach[laughs] >= onset) >= MIN_FOUND]
    return max(enough, default=ONSETS[0])


def _reach(events_at: Callable[[float], int]) -> float:
    """The highest onset with an event; 0 without any."""
    return next((onset for onset in reversed(ONSETS) if events_at(onset)), 0.0)


def _share_found(laughs: np.ndarray, events: np.ndarray) -> float:
    return float(np.mean(events[laughs] > 0))


def _interval(
    measure: Callable[..., float], laughs: np.ndarray, values: np.ndarray, groups: np.ndarray, bootstraps: int
) -> tuple[float, float]:
    """The middle 95 % of the measure over bootstrap samples of groups, for clips of one speaker resemble each other."""
    rng = np.random.default_rng(0)
    measured: list[float] = []
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    while len(measured) < bootstraps:
        drawn = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        if 0 < laughs[drawn].sum() < len(drawn):
            measured.append(measure(laughs[drawn], values[drawn]))
    low, high = np.quantile(measured, (0.025, 0.975))
    return float(low), float(high)


def _by_label(rows: Sequence[LabelledClipRow], highest: np.ndarray, events: np.ndarray) -> dict[str, dict[str, float]]:
    labels = np.array([row.label for row in rows])
    ordered = sorted(set(labels), key=lambda label: -float(highest[labels == label].mean()))
    return {
        label: {
            "clips": int(np.sum(labels == label)),
            "mean_score": round(float(highest[labels == label].mean()), 3),
            "share_found": round(float(np.mean(events[labels == label] > 0)), 3),
        }
        for label in ordered
    }
