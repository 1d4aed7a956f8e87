"""From scores to events."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ModelError
from models.events import Thresholds, WindowScores, find_events, hysteresis, scores_per_second


def scores_of(laughter, hop_s=1, kind=2):
    """Scores of a recording in which second k laughs with probability laughter[k], kind as given."""
    laughter = np.asarray(laughter, np.float32)
    seconds = len(laughter)
    by_length = {}
    for length in (1, 10):
        starts = range(0, seconds, hop_s)
        values = np.zeros((len(starts), 7), np.float32)
        for row, start in enumerate(starts):
            values[row, kind] = laughter[start : start + length].max(initial=0)
            values[row, 6] = 1 - values[row, kind]
        by_length[length] = values
    return WindowScores(seconds, hop_s, by_length)


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


def test_a_second_takes_the_mean_of_the_windows_that_cover_it():
    scores = np.array([[0.0], [0.3], [0.9]], np.float32)
    np.testing.assert_allclose(scores_per_second(scores, 3, window_s=2, hop_s=1)[:, 0], [0.0, 0.15, 0.6], atol=1e-6)
    np.testing.assert_allclose(scores_per_second(scores, 3, window_s=1, hop_s=1)[:, 0], [0.0, 0.3, 0.9], atol=1e-6)


def test_a_hop_longer_than_the_window_leaves_no_second_out():
    scores = np.array([[0.2], [0.8]], np.float32)
    np.testing.assert_allclose(
        scores_per_second(scores, 5, window_s=1, hop_s=3)[:, 0], [0.2] * 3 + [0.8] * 2, atol=1e-6
    )


def test_the_event_has_times_kind_and_scores():
    (event,) = find_events("r", 19.5, scores_of([0] * 4 + [1] * 3 + [0] * 13), Thresholds())
    assert (event.start_s, event.end_s, event.kind) == (4, 7, "giggle")
    assert 0.9 < event.score_max <= 1
    assert event.kinds[2] > 0.9
    assert len(event.event_id) == 16


def test_an_event_ends_with_the_sound_not_with_the_last_second():
    (event,) = find_events("r", 9.3, scores_of([0] * 6 + [1] * 4), Thresholds())
    assert (event.start_s, event.end_s) == (6, 9.3)


def test_ids_depend_on_recording_and_times_alone():
    quiet, loud = (scores_of([0, 0, level, level, 0]) for level in (0.8, 1.0))
    one, other = (find_events("r", 5, scores, Thresholds())[0] for scores in (quiet, loud))
    assert one.event_id == other.event_id
    assert one.score_max != other.score_max
    assert find_events("q", 5, quiet, Thresholds())[0].event_id != one.event_id


def test_no_sound_no_events():
    assert find_events("r", 0.0, scores_of([]), Thresholds()) == []


@given(
    laughter=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=60),
    hop_s=st.integers(1, 12),
    levels=st.lists(st.floats(0.01, 0.99), min_size=2, max_size=2).map(sorted),
    gaps=st.tuples(st.floats(0, 5), st.floats(0, 5)),
    tail_s=st.floats(0.1, 1.0),
)
def test_events_are_in_order_apart_and_inside_the_recording(laughter, hop_s, levels, gaps, tail_s):
    audio_s = len(laughter) - 1 + tail_s
    thresholds = Thresholds(offset=levels[0], onset=levels[1], min_on_s=gaps[0], min_off_s=gaps[1])
    events = find_events("r", audio_s, scores_of(laughter, hop_s), thresholds)
    times = [time for event in events for time in (event.start_s, event.end_s)]
    assert times == sorted(times)
    assert all(0 <= event.start_s < event.end_s <= audio_s for event in events)
    assert all(later.start_s > earlier.end_s for earlier, later in zip(events, events[1:], strict=False))
    assert len({event.event_id for event in events}) == len(events)
