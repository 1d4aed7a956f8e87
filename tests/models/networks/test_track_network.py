"""The tracker's network: its shape, its start from the compact embedder, its file, and how steps become tenths."""

import numpy as np
import pytest
import tensorflow as tf

from models.networks.compact import build_compact, read_blocks, save_compact
from models.networks.pca import PcaParams
from models.networks.track_network import (
    FIELD_S,
    TRACK_HZ,
    TRACKS,
    build_tracker,
    load_tracker,
    reading_matrix,
    save_tracker,
    start_from,
)
from models.networks.weight_files import named_arrays

FRAMES = 1200


@pytest.fixture(scope="module")
def model():
    tf.keras.utils.set_random_seed(3)
    return build_tracker(FRAMES)


def features(count=1):
    return np.random.default_rng(1).normal(-2, 1.5, (count, FRAMES, 64)).astype(np.float32)


def test_it_is_small_and_says_five_things_ten_times_a_second(model):
    assert model.output_shape == (None, FRAMES // 100 * TRACK_HZ, len(TRACKS))
    assert model.count_params() < 300_000


def test_nothing_beyond_the_field_matters(model):
    plain = features()
    changed = plain.copy()
    changed[:, 600:] += 3
    moved = np.abs(model(changed, training=False) - model(plain, training=False))[0].max(axis=1)
    assert not moved[: 60 - FIELD_S * TRACK_HZ].any()
    assert moved[60 - FIELD_S * TRACK_HZ : 60].any()
    before = plain.copy()
    before[:, :600] += 3
    moved = np.abs(model(before, training=False) - model(plain, training=False))[0].max(axis=1)
    assert not moved[60 + FIELD_S * TRACK_HZ :].any()


def test_what_is_saved_comes_back_for_other_lengths(model, tmp_path):
    save_tracker(model, tmp_path / "tracker.npz")
    longer = load_tracker(tmp_path / "tracker.npz", 2 * FRAMES)
    sound = np.concatenate([features(), features()], axis=1)
    inner = slice(FIELD_S * TRACK_HZ, 120 - FIELD_S * TRACK_HZ)
    np.testing.assert_allclose(longer(sound)[0, inner], model(features(), training=False)[0, inner], atol=1e-4)


@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04"])
def test_a_file_that_is_none_is_one_sentence(tmp_path, content):
    (tmp_path / "tracker.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"tracker\.npz is not a tracker"):
        load_tracker(tmp_path / "tracker.npz", FRAMES)


def test_a_compact_embedder_is_no_tracker(tmp_path):
    save_compact(
        build_compact(), PcaParams(np.eye(128, dtype=np.float32), np.zeros(128, np.float32)), tmp_path / "e.npz"
    )
    with pytest.raises(ValueError, match="unknown format"):
        load_tracker(tmp_path / "e.npz", FRAMES)


def test_the_first_blocks_start_as_those_of_the_embedder(tmp_path):
    compact, tracker = build_compact(), build_tracker(FRAMES)
    save_compact(compact, PcaParams(np.eye(128, dtype=np.float32), np.zeros(128, np.float32)), tmp_path / "e.npz")
    start_from(tracker, read_blocks(tmp_path / "e.npz"))
    theirs, ours = named_arrays(compact), named_arrays(tracker)
    shared = theirs.keys() & ours.keys()
    assert {"stem/kernel", "block5_point/kernel"} <= shared
    assert all(np.array_equal(theirs[name], ours[name]) for name in shared)


def test_steps_are_read_between_their_middles():
    """A step's middle lies 82.5 ms after its first frame begins: each halving looks half a step ahead."""
    weights = reading_matrix(FRAMES)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    middles_ms = 80 * np.arange(FRAMES // 8) + 82.5
    inside = slice(1, -1)
    np.testing.assert_allclose((weights @ middles_ms)[inside], (100 * np.arange(120) + 50)[inside], atol=0.01)
