"""The tracker over recordings: the same however the sound comes cut, in any number of threads."""

import numpy as np
import pytest

from models.networks.track_network import build_tracker, save_tracker
from models.networks.tracker import BLOCK_S, Tracker


@pytest.fixture(scope="module")
def tracker(tmp_path_factory):
    path = tmp_path_factory.mktemp("tracker") / "tracker.npz"
    save_tracker(build_tracker(400), path)
    return Tracker(path, threads=2)


def sound(seconds, seed=0):
    return np.random.default_rng(seed).integers(-9000, 9000, (seconds, 16000)).astype(np.int16)


@pytest.mark.parametrize(
    "seconds", [1, 2, BLOCK_S - 1, BLOCK_S, BLOCK_S + 1, BLOCK_S + 3, BLOCK_S + 4, 2 * BLOCK_S + 5]
)
def test_every_second_has_its_tenths_and_cuts_change_nothing(tracker, seconds):
    pcm = sound(seconds)
    whole = tracker.track(pcm)
    assert whole.shape == (seconds, 10, 5)
    assert whole.dtype == np.uint8
    pieces = np.concatenate(list(tracker.track_stream(np.array_split(pcm, min(seconds, 7)))))
    np.testing.assert_array_equal(pieces, whole)


def test_what_comes_later_changes_nothing_before(tracker):
    pcm = sound(2 * BLOCK_S)
    np.testing.assert_array_equal(tracker.track(pcm[: BLOCK_S + 10])[:BLOCK_S], tracker.track(pcm)[:BLOCK_S])


def test_hours_of_silence_are_computed_once(tracker, monkeypatch):
    tracker.track(np.zeros((5 * BLOCK_S, 16000), np.int16))
    monkeypatch.setattr(tracker, "_function", None)
    assert tracker.track(np.zeros((5 * BLOCK_S, 16000), np.int16)).shape == (5 * BLOCK_S, 10, 5)


def test_nothing_gives_nothing_and_other_shapes_are_refused(tracker):
    assert tracker.track(np.zeros((0, 16000), np.int16)).shape == (0, 10, 5)
    with pytest.raises(ValueError, match="int16"):
        tracker.track(np.zeros((1, 8000), np.int16))
