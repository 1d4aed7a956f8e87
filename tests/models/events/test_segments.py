"""Hysteresis: of seconds, and of tenths with a peak besides."""

import numpy as np
import pytest

from common.errors import ModelError
from models.events.segments import Thresholds, TrackThresholds, hysteresis, smoothed, track_segments


def test_hysteresis_begins_at_onset_and_holds_until_below_offset():
    thresholds = Thresholds(onset=0.6, offset=0.4, min_on_s=0, min_off_s=0)
    assert hysteresis(np.array([0.5, 0.6, 0.4, 0.5, 0.39, 0.5, 0.9]), thresholds) == [(1, 4), (6, 7)]


def test_short_pauses_are_closed_before_short_events_are_dropped():
    values = np.array([1, 0, 1, 0, 0, 0, 1.0])
    assert hysteresis(values, Thresholds(min_on_s=2, min_off_s=2)) == [(0, 3)]
    assert hysteresis(values, Thresholds(min_on_s=1, min_off_s=1)) == [(0, 1), (2, 3), (6, 7)]


@pytest.mark.parametrize(("onset", "offset"), [(0.5, 0.6), (1.0, 0.5), (0.5, 0.0)])
def test_thresholds_that_make_no_sense_are_refused(onset, offset):
    with pytest.raises(ModelError, match="0 < offset <= onset < 1"):
        Thresholds(onset=onset, offset=offset)


RULE = TrackThresholds(onset=0.5, offset=0.3, peak=0.8, min_on_s=0.3, min_off_s=0.5)


def track(*stretches):
    """Values, each for so many tenths of a second."""
    return np.concatenate([np.full(slots, value) for value, slots in stretches])


def test_an_event_begins_at_the_onset_and_is_held_by_the_offset():
    values = track((0.1, 10), (0.4, 5), (0.6, 4), (0.9, 4), (0.4, 6), (0.2, 10))
    assert track_segments(values, RULE) == [(15, 29)]


def test_what_never_gets_likely_enough_is_no_event():
    assert track_segments(track((0.1, 10), (0.7, 20), (0.1, 10)), RULE) == []


def test_a_single_tenth_begins_and_ends_nothing():
    assert track_segments(track((0.1, 10), (0.9, 1), (0.1, 10)), RULE) == []
    assert track_segments(track((0.1, 10), (0.9, 5), (0.0, 1), (0.9, 5), (0.1, 10)), RULE) == [(10, 21)]


@pytest.mark.parametrize(("pause", "segments"), [(4, [(10, 24)]), (5, [(10, 15), (20, 25)])])
def test_shorter_pauses_are_closed(pause, segments):
    assert track_segments(track((0.1, 10), (0.9, 5), (0.1, pause), (0.9, 5), (0.1, 10)), RULE) == segments


@pytest.mark.parametrize(("slots", "found"), [(2, 0), (3, 1)])
def test_shorter_events_are_dropped(slots, found):
    assert len(track_segments(track((0.1, 10), (0.9, slots), (0.1, 10)), RULE)) == found


def test_events_at_both_ends_and_an_empty_track():
    assert track_segments(track((0.9, 5), (0.1, 20), (0.9, 5)), RULE) == [(0, 5), (25, 30)]
    assert track_segments(np.zeros(0), RULE) == []
    assert smoothed(np.array([0.5])).tolist() == [0.5]


@pytest.mark.parametrize(
    "wrong",
    [{"onset": 0.9, "peak": 0.8}, {"offset": 0.6}, {"peak": 1.0}, {"min_on_s": -1}, {"min_off_s": float("nan")}],
)
def test_thresholds_of_tracks_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ModelError):
        TrackThresholds(**{"onset": 0.5, "offset": 0.3, "peak": 0.8, **wrong})
