"""Thresholds are chosen by the events that they make of scenes whose truth is known."""

import numpy as np
import pytest

from common.errors import UsageError
from models.events.segments import TrackThresholds
from models.tracking.thresholds import choose_track_thresholds, count_tracks

RULE = TrackThresholds(onset=0.5, offset=0.35, peak=0.6)


def scene(*laughs):
    truth = np.zeros((1, 120))
    for start, end in laughs:
        truth[0, start:end] = 1
    return truth


def test_laughs_and_events_are_counted():
    truth, track = scene((20, 40), (60, 70)), np.full((1, 120), 0.1)
    track[0, 22:44] = 0.9
    track[0, 90:100] = 0.9
    counts = count_tracks(track, truth, np.ones_like(truth), RULE)
    assert (counts.marked, counts.both, counts.beside, counts.false) == (30, 18, 4, 10)
    assert (counts.laughs, counts.events, counts.begun, counts.false_events) == (2, 1, 1, 1)
    frames, starts = counts.f1(1.0)
    assert frames == pytest.approx(36 / 62)
    assert starts == pytest.approx(2 / 4)


def test_what_may_be_a_laugh_is_neither_right_nor_wrong():
    truth, track, weight = scene((20, 40)), np.full((1, 120), 0.1), np.ones((1, 120))
    track[0, 80:100] = 0.9
    weight[0, 75:105] = 0
    counts = count_tracks(track, truth, weight, RULE)
    assert (counts.false_events, counts.false, counts.events) == (0, 0, 0)


def test_the_chosen_thresholds_leave_out_what_is_never_a_laugh():
    rng, truths, tracks = np.random.default_rng(0), [], []
    for _ in range(20):
        truth = scene((20, 40))
        track = rng.uniform(0, 0.2, truth.shape)
        track[0, 20:40] = 0.97
        track[0, 70:80] = 0.75  # as talk often is
        truths.append(truth)
        tracks.append(track)
    truth, track = np.concatenate(truths), np.concatenate(tracks)
    chosen = choose_track_thresholds(track, truth, np.ones_like(truth))
    assert chosen["thresholds"]["peak"] > 0.75
    assert chosen["false_events_an_hour"] == 0
    assert chosen["recall_of_tenths"] == 1


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_scenes_of_one_sort_are_refused(share):
    with pytest.raises(UsageError, match="--scenes"):
        choose_track_thresholds(np.zeros((2, 120)), np.full((2, 120), share), np.ones((2, 120)))
