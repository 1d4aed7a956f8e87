"""What is said on the terminal."""

import pytest

from pipeline.console import hours_and_minutes


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.6, "1 min 0 s"), (3725, "1 h 2 min"), (100, "1 min 40 s")]
)
def test_durations_for_people(seconds, text):
    assert hours_and_minutes(seconds) == text
