"""From scores and tracks to events."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.constants import TRACKS
from models.events.find import Tracked, find_events
from models.events.segments import Thresholds, TrackThresholds
from models.events.windows import WindowScores, laughter_probability


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


RULE = TrackThresholds(onset=0.5, offset=0.3, peak=0.8, min_on_s=0.2, min_off_s=0.3)


def tracks_of(seconds, **stretches):
    """Tracks, uint8 [seconds, 10, 5]: 0.9 of what is named in each stretch (from, to) of tenths, else nothing."""
    slots = np.zeros((seconds * 10, len(TRACKS)), np.uint8)
    for name, (start, end) in stretches.items():
        slots[start:end, TRACKS.index(name)] = 230
    return slots.reshape(seconds, 10, len(TRACKS))


def test_the_tracker_says_when_and_the_windows_say_which_kind():
    scores = scores_of([0, 0, 0.2, 0.8, 0, 0])
    tracked = Tracked(tracks_of(6, laughter=(27, 32), speech=(30, 60)), RULE)
    (event,) = find_events("r", 6.0, scores, Thresholds(onset=0.9, offset=0.9), tracked)
    assert (event.start_s, event.end_s, event.kind) == (2.7, 3.2, "giggle")
    probability = laughter_probability(scores.by_length[1], scores.by_length[10], 6)
    assert event.score_max == pytest.approx(probability[3])
    assert event.score_mean == pytest.approx((3 * probability[2] + 2 * probability[3]) / 5)
    assert event.beside == pytest.approx((230 / 255 * 2 / 5, 0, 0, 0))


def test_without_tracks_nothing_is_said_of_what_is_heard_beside():
    (event,) = find_events("r", 5, scores_of([0, 0, 1, 1, 0]), Thresholds())
    assert event.beside is None


def test_where_the_tracker_hears_nothing_there_is_no_event():
    assert find_events("r", 5, scores_of([1] * 5), Thresholds(), Tracked(tracks_of(5), RULE)) == []


@pytest.mark.parametrize(("audio_s", "end_s"), [(5.0, 5.0), (4.83, 4.83), (4.8, 4.8), (4.3, 4.3)])
def test_a_tracked_event_ends_with_the_sound(audio_s, end_s):
    """Whatever is heard in the silence that fills the last second."""
    (event,) = find_events(
        "r", audio_s, scores_of([1] * 5), Thresholds(), Tracked(tracks_of(5, laughter=(40, 50)), RULE)
    )
    assert (event.start_s, event.end_s) == (4.0, end_s)
    silence = Tracked(tracks_of(5, laughter=(43, 50)), RULE)
    assert find_events("r", 4.3, scores_of([1] * 5), Thresholds(), silence) == []


@given(
    values=st.lists(st.integers(0, 255), min_size=10, max_size=300),
    gaps=st.tuples(st.floats(0, 2), st.floats(0, 2)),
    tail_s=st.floats(0.1, 1.0),
)
def test_tracked_events_are_in_order_apart_and_inside_the_recording(values, gaps, tail_s):
    seconds = len(values) // 10
    tracks = np.zeros((seconds, 10, len(TRACKS)), np.uint8)
    tracks[:, :, 0] = np.reshape(values[: seconds * 10], (seconds, 10))
    audio_s = seconds - 1 + tail_s
    rule = TrackThresholds(onset=0.5, offset=0.3, peak=0.6, min_on_s=gaps[0], min_off_s=gaps[1])
    events = find_events("r", audio_s, scores_of([0.5] * seconds), Thresholds(), Tracked(tracks, rule))
    times = [time for event in events for time in (event.start_s, event.end_s)]
    assert times == sorted(times)
    assert all(0 <= event.start_s < event.end_s <= audio_s for event in events)
    assert all(event.start_s == round(event.start_s, 1) for event in events)
    assert len({event.event_id for event in events}) == len(events)


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
