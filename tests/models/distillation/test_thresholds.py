"""Thresholds of the compact bundle: events are counted right, and those with the best F0.5 are taken."""

import types

import numpy as np
import pytest

from models.distillation.thresholds import (
    EventCounts,
    choose_thresholds,
    count_events,
    inside_events,
    second_truth,
)
from models.events.segments import Thresholds

HALF = Thresholds(0.5, 0.5, min_on_s=1, min_off_s=1)


def programmes(*lines: str) -> np.ndarray:
    """Probabilities written as digits of tenths."""
    return np.array([[int(digit) / 10 for digit in line] for line in lines])


def test_events_and_laughs_are_counted():
    probability = programmes("0099000900", "0000000000", "0909000000")
    laughing = programmes("0900090000", "0990000000", "0000000000") > 0.5
    quiet = ~laughing & (programmes("1100111111", "1111111111", "1011111111") > 0.05)
    # in the first and the third, events in seconds of which nothing is known, and a false one each
    assert count_events(probability, laughing, quiet, HALF) == EventCounts(laughs=3, found=0, right=0, false=2)
    laughing[0, 3] = laughing[2, 1] = True
    quiet &= ~laughing
    assert count_events(probability, laughing, quiet, HALF) == EventCounts(laughs=5, found=2, right=2, false=2)


def test_an_event_is_right_where_it_laughs_at_least_half_of_the_time():
    probability, quiet = programmes("0999999990"), programmes("0111000000") > 0.05
    for loud, right in ((programmes("0000999000"), True), (programmes("0000990000"), False)):
        counts = count_events(probability, loud > 0.5, quiet, HALF)
        assert counts == EventCounts(laughs=1, found=int(right), right=int(right), false=int(not right))


def test_without_laughs_or_without_anything_else_nothing_is_chosen():
    for laughter in (0.0, 0.9):
        scored = types.SimpleNamespace(laughter=np.full((3, 10), laughter), known=np.ones((3, 10), bool))
        with pytest.raises(ValueError, match="lack laughing or quiet seconds"):
            choose_thresholds(scored, np.full((3, 10), 0.5))


def test_false_events_count_as_often_as_they_would_in_an_archive():
    counts = EventCounts(laughs=10, found=5, right=5, false=5)
    assert counts.f05(1) == pytest.approx(0.5)
    assert counts.f05(0) == pytest.approx(1.25 * 0.5 / 0.75)
    assert counts.f05(100) < 0.02
    assert EventCounts(0, 0, 0, 0).f05(1) == 0


def test_seconds_of_which_little_is_known_are_neither():
    scored = types.SimpleNamespace(
        laughter=np.array([[0.9, 0.1, 0.01, 0.01]]), known=np.array([[True, True, True, False]])
    )
    laughing, quiet = second_truth(scored)
    assert laughing.tolist() == [[True, False, False, False]]
    assert quiet.tolist() == [[False, False, True, False]]


@pytest.mark.parametrize(("false_s", "least_s"), [(1, 2.0), (2, 3.0)])
def test_events_last_longer_than_what_is_false(false_s, least_s):
    """Laughs of four seconds, and false alarms of as high a probability that are shorter: only their length differs."""
    probability = np.full((40, 10), 0.05)
    laughter = np.zeros((40, 10))
    probability[::2, 3:7] = laughter[::2, 3:7] = 0.8
    probability[1::2, 5 : 5 + false_s] = 0.8
    scored = types.SimpleNamespace(laughter=laughter, known=np.ones((40, 10), bool))
    measured = choose_thresholds(scored, probability)
    thresholds = measured["thresholds"]
    assert thresholds["min_on_s"] == least_s
    assert measured["events_f0.5_at_3%_laughter"] == 1
    assert (measured["laughs"], measured["laughs_found"], measured["events_false"]) == (20, 1, 0)
    assert not inside_events(probability, Thresholds(**thresholds))[1::2].any()
