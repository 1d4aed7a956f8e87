"""The front end agrees with the reference code's stored outputs and with its formulas in plain numpy."""

import numpy as np
import pytest
import tensorflow as tf

from models.constants import SECOND_SAMPLES
from models.networks import log_mel


def reference_log_mel(second: np.ndarray) -> np.ndarray:
    """The reference's steps one by one, in float64: frame, window, FFT, magnitude, mel, log."""
    starts = 160 * np.arange(96)[:, None]
    window = 0.5 - 0.5 * np.cos(2 * np.pi / 400 * np.arange(400))
    spectrum = np.abs(np.fft.rfft(second[starts + np.arange(400)] * window, 512))
    return np.log(spectrum @ log_mel.mel_matrix() + 0.01)


@pytest.mark.parametrize("scale", [1.0, 0.01, 0.0])
def test_agrees_with_a_plain_fft(scale: float) -> None:
    seconds = np.random.default_rng(0).uniform(-scale, scale, (3, 16000))
    patches = log_mel.log_mel_patches(tf.constant(seconds, tf.float32)).numpy()
    expected = np.stack([reference_log_mel(second) for second in seconds])
    assert patches.shape == (3, 96, 64)
    assert patches.dtype == np.float32
    np.testing.assert_allclose(patches, expected, atol=1e-3)
    assert np.abs(patches - expected).mean() < 1e-4


def test_agrees_with_the_reference_code(shared) -> None:
    golden = np.load(shared / "golden" / "vggish.npz", allow_pickle=False)
    seconds = golden["pcm"].astype(np.float32).reshape(-1, SECOND_SAMPLES) / 32768
    difference = np.abs(log_mel.log_mel_patches(seconds).numpy() - golden["log_mel_patches_hop100"])
    assert difference.max() < 1e-3
    assert difference.mean() < 1e-4


def test_mel_bands_are_triangles_between_125_and_7500_hz() -> None:
    matrix = log_mel.mel_matrix()
    frequencies = np.linspace(0, 8000, 257)
    used = frequencies[matrix.any(axis=1)]
    assert matrix.shape == (257, 64)
    assert used.min() > 125
    assert used.max() < 7500
    assert matrix.min() == 0
    assert 0.9 < matrix.max() <= 1
    tone_band = np.argmax(matrix[32])  # 1,000 Hz
    edges = 700 * np.expm1(np.linspace(np.log1p(125 / 700), np.log1p(7500 / 700), 66))
    assert edges[tone_band] < 1000 < edges[tone_band + 2]


def test_the_last_25_ms_of_a_second_are_not_used() -> None:
    seconds = np.random.default_rng(1).uniform(-1, 1, (1, 16000)).astype(np.float32)
    changed = seconds.copy()
    changed[:, log_mel.PATCH_SAMPLES :] = 0
    before, after = log_mel.log_mel_patches(seconds), log_mel.log_mel_patches(changed)
    np.testing.assert_array_equal(before, after)
    changed[:, log_mel.PATCH_SAMPLES - 100] += 0.5
    assert np.abs(log_mel.log_mel_patches(changed) - before).max() > 0.01
