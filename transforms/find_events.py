"""FindEvents: from scores of windows to timestamped laughter."""

from __future__ import annotations

import dataclasses
import hashlib

from models.bundle import Thresholds
from models.classes import LAUGHTER_KINDS
from models.events import NONE, WHAT_S, WHEN_S, Floats, every_second, hysteresis, laughter_probability
from transforms.window_scores import WindowScores


@dataclasses.dataclass(frozen=True)
class Event:
    """A stretch of laughter.

    Attributes:
        event_id: 16 hex digits from the recording and the times: the same in every run that finds it.
        start_s, end_s: seconds from the recording's start.
        kind: the most probable of LAUGHTER_KINDS.
        score_max, score_mean: of the probability a second, in [0, 1].
        kinds: the mean score of each kind, in the order of LAUGHTER_KINDS.
    """

    event_id: str
    start_s: float
    end_s: float
    kind: str
    score_max: float
    score_mean: float
    kinds: tuple[float, ...]


def find_events(recording_id: str, audio_s: float, scores: WindowScores, thresholds: Thresholds) -> list[Event]:
    """The recording's laughter, in order, never overlapping, within [0, audio_s].

    Args:
        recording_id: for the events' ids.
        audio_s: the length of the sound; an event in a last, partial second ends there.
        scores: of the windows.
        thresholds: when an event begins and ends.
    """
    if not scores.seconds:
        return []
    when, what = scores.by_length[WHEN_S], scores.by_length[WHAT_S]
    probability = laughter_probability(when, what, scores.seconds, hop_s=scores.hop_s)
    kinds = every_second(what, scores.seconds, window_s=WHAT_S, hop_s=scores.hop_s)[:, :NONE]
    return [
        _event(recording_id, start, min(float(end), audio_s), probability[start:end], kinds[start:end])
        for start, end in hysteresis(probability, thresholds)
    ]


def _event(recording_id: str, start: int, end_s: float, probability: Floats, kinds: Floats) -> Event:
    means = kinds.mean(axis=0)
    name = f"{recording_id}|{start:.3f}|{end_s:.3f}"
    return Event(
        event_id=hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16],
        start_s=float(start),
        end_s=end_s,
        kind=LAUGHTER_KINDS[int(means.argmax())],
        score_max=float(probability.max()),
        score_mean=float(probability.mean()),
        kinds=tuple(float(mean) for mean in means),
    )
