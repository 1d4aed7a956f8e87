"""What windows say of each second."""

import numpy as np

from models.events.windows import scores_per_second


def test_a_second_takes_the_mean_of_the_windows_that_cover_it():
    scores = np.array([[0.0], [0.3], [0.9]], np.float32)
    np.testing.assert_allclose(scores_per_second(scores, 3, window_s=2, hop_s=1)[:, 0], [0.0, 0.15, 0.6], atol=1e-6)
    np.testing.assert_allclose(scores_per_second(scores, 3, window_s=1, hop_s=1)[:, 0], [0.0, 0.3, 0.9], atol=1e-6)


def test_a_hop_longer_than_the_window_leaves_no_second_out():
    scores = np.array([[0.2], [0.8]], np.float32)
    np.testing.assert_allclose(
        scores_per_second(scores, 5, window_s=1, hop_s=3)[:, 0], [0.2] * 3 + [0.8] * 2, atol=1e-6
    )
