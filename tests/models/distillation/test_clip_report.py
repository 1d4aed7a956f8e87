"""Measuring the compact bundle on clips: thresholds from the other half of the groups, events, intervals."""

import dataclasses

import numpy as np
import pytest

from models.distillation.clip_report import at_onset, clip_report, cross_fitted, highest_threshold
from models.events.segments import Thresholds
from models.sounds.manifest import LabelledClipRow

SHAPE = Thresholds(onset=0.5, offset=0.35, min_on_s=2, min_off_s=1)


def as_it_is(sound: np.ndarray) -> np.ndarray:
    return sound.reshape(-1, 16000).mean(axis=1)


def row(label: str, group: str) -> LabelledClipRow:
    return LabelledClipRow(None, label, group, "evaluate", "CC0", group)


def test_the_threshold_is_the_highest_that_finds_enough():
    highest = np.array([0.9] * 16 + [0.31] * 4 + [0.99] * 5)
    laughs = np.array([True] * 20 + [False] * 5)
    assert highest_threshold(highest, laughs) == 0.9  # 16 of 20 is enough
    assert highest_threshold(highest[1:], laughs[1:]) == 0.31
    assert highest_threshold(highest, ~laughs) == 0.99
    assert highest_threshold(highest, np.zeros(25, bool)) == 0.5


def test_a_clips_threshold_comes_from_groups_that_are_not_its_own():
    groups = np.array([f"speaker {number // 2}" for number in range(40)])
    laughs = np.arange(40) % 2 == 0
    highest = np.where(laughs, 0.5 + np.arange(40) / 100, 0.1)
    chosen = cross_fitted(highest, laughs, groups)
    first, second = sorted(set(chosen))
    for threshold, other in ((first, second), (second, first)):
        here, there = chosen == threshold, chosen == other
        assert not set(groups[here]) & set(groups[there])
        assert threshold == highest_threshold(highest[there], laughs[there])
        assert 0.3 < laughs[here].mean() < 0.7


@pytest.fixture
def clips():
    """Sounds of ten seconds whose samples are the probability itself."""
    rows, sounds = [], []
    for number in range(12):
        laughing = number < 6
        rows.append(row("laughter" if laughing else "reading_adult", f"speaker {number}"))
        level = np.full(10, 0.1)
        level[3:5] = 0.8 if laughing else 0.2
        sounds.append(np.repeat(level, 16000).astype(np.float32))
    sounds[8][16000 * 2 : 16000 * 4] = sounds[8][16000 * 6 : 16000 * 8] = 0.9  # two false events
    return rows, sounds


def test_a_report_counts_clips_found_and_events_that_are_false(clips):
    rows, sounds = clips
    found, onset = clip_report(rows, sounds, as_it_is, thresholds=SHAPE, bootstraps=50)
    assert (found.laughs, found.others) == (6, 6)
    assert found.auc == pytest.approx(5 / 6)
    assert found.auc_interval[0] < found.auc < found.auc_interval[1]
    assert (found.found, found.found_interval) == (1, (1, 1))
    assert found.false_events == 2
    assert found.quiet_minutes == pytest.approx(1)
    assert onset == pytest.approx(0.8, abs=0.011)
    assert found.by_label["laughter"] == {"clips": 6, "mean_score": 0.8, "share_found": 1.0}
    assert found.by_label["reading_adult"]["share_found"] == pytest.approx(1 / 6, abs=1e-3)


def test_pauses_are_closed_as_the_thresholds_say(clips):
    """The two false events, two seconds apart, are one where pauses of less than three seconds are closed."""
    rows, sounds = clips
    longer = dataclasses.replace(SHAPE, min_off_s=3)
    found, _ = clip_report(rows, sounds, as_it_is, thresholds=longer, bootstraps=5)
    assert found.false_events == 1


def test_another_onset_keeps_the_ratio_and_the_lengths():
    other = at_onset(SHAPE, 0.8)
    assert (other.onset, other.min_on_s, other.min_off_s) == (0.8, 2, 1)
    assert other.offset == pytest.approx(0.56)
    assert at_onset(Thresholds(onset=0.9, offset=0.03), 0.01).offset > 0


def test_a_report_needs_clips_of_both_kinds(clips):
    rows, sounds = clips
    with pytest.raises(ValueError, match="with laughter and clips without"):
        clip_report(rows[:6], sounds[:6], len, thresholds=SHAPE, bootstraps=5)
