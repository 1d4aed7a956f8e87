"""What is decided of time stamps does not depend on how many are known at a time."""

import numpy as np
import pytest

from transforms.transport.clock import Clock
from transforms.transport.surroundings import TICKS_PER_S, WRAP, Surroundings, difference

STEP = 2160


def placed(stamps, sizes, around=None):
    """The times and breaks of stamps that come some at a time."""
    clock, around = Clock(600), around or Surroundings()
    places, times, breaks, done, known = 1000 * np.arange(len(stamps)), [], [], 0, 0
    while done < len(stamps):
        known = min(len(stamps), known + sizes[min(len(sizes) - 1, known % 7)])
        count = clock.decided(stamps[done:known], last=known == len(stamps))
        if count:
            found, broken = clock.place(places[done:known], stamps[done:known], count, around)
            times.append(found)
            breaks += broken
            done += count
    return np.concatenate(times), breaks


def jumping(seed):
    rng = np.random.default_rng(seed)
    stamps = STEP * np.arange(4000) + int(rng.integers(WRAP))
    for place in np.sort(rng.choice(np.arange(100, 3900, 50), 6, replace=False)):
        by = (
            int(rng.integers(-WRAP // 2, WRAP // 2)) if rng.random() < 0.5 else int(rng.integers(-30, 30) * TICKS_PER_S)
        )
        if rng.random() < 0.3:
            stamps[place] += by
        else:
            stamps[place:] += by
    return stamps % WRAP


@pytest.mark.parametrize("seed", range(20))
def test_times_do_not_depend_on_how_the_stream_is_cut(seed):
    stamps = jumping(seed)
    whole, breaks = placed(stamps, [len(stamps)])
    for sizes in ([1], [7, 50, 3], [400, 1]):
        times, found = placed(stamps, sizes)
        np.testing.assert_array_equal(times, whole)
        assert found == breaks


@pytest.mark.parametrize("seed", range(20))
def test_times_go_forward_and_without_evidence_nothing_is_filled(seed):
    times, breaks = placed(jumping(seed), [4000])
    assert (np.diff(times) >= 0).all()
    assert not any(one.filled for one in breaks)
    joints = {one.time for one in breaks}
    steps = {int(step) for step, time in zip(np.diff(times), times[1:], strict=True) if int(time) not in joints}
    assert steps == {STEP}


def test_differences_go_the_shortest_way_round():
    assert difference(np.array([0, 1, WRAP - 1, -WRAP + 1, WRAP // 2])).tolist() == [0, 1, -1, 1, -WRAP // 2]
