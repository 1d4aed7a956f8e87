"""Means and deviations of log-mel bands."""

import numpy as np
import pytest

from models.networks.log_mel import log_mel_patches
from transforms.maps.features import FEATURES, log_mel_statistics


def tone(seconds, hz=1000.0):
    return np.sin(2 * np.pi * hz * np.arange(round(16000 * seconds)) / 16000).astype(np.float32)


def test_whole_seconds_are_the_statistics_of_their_patches():
    samples = np.random.default_rng(0).normal(0, 0.1, 3 * 16000).astype(np.float32)
    frames = log_mel_patches(samples.reshape(3, 16000)).numpy().reshape(-1, 64)
    expected = np.concatenate([frames.mean(axis=0), frames.std(axis=0)])
    np.testing.assert_allclose(log_mel_statistics(samples), expected, rtol=1e-4)


@pytest.mark.parametrize("seconds", [0.3, 1.4, 70.25])
def test_silence_that_fills_up_the_last_second_does_not_count(seconds):
    found = log_mel_statistics(tone(seconds))
    assert found.shape == (FEATURES,)
    np.testing.assert_allclose(found[:64], log_mel_statistics(tone(1))[:64], atol=0.15)
    assert found[64:].max() < 0.3  # a steady tone hardly changes; silence would be some units away


def test_a_click_of_a_few_samples_is_taken():
    assert np.isfinite(log_mel_statistics(np.ones(5, np.float32))).all()
