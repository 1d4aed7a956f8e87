"""Damage of transmission: the sound stays in its place and of its length, and loses what it should."""

import numpy as np
import pytest

from models.sounds.degradation import band_limited_to, mix_with_speech, through_mp3

NOISE = np.convolve(np.random.default_rng(0).standard_normal(40_000) * 0.1, np.ones(4) / 4, "same").astype(np.float32)


@pytest.mark.parametrize("kbit_s", [20, 64])
def test_a_codec_keeps_place_and_length(kbit_s):
    heard = through_mp3(NOISE, kbit_s=kbit_s)
    assert heard.shape == NOISE.shape
    lags = [np.corrcoef(heard[1000:30_000], NOISE[1000 + lag : 30_000 + lag])[0, 1] for lag in range(-20, 21)]
    assert np.argmax(lags) == 20
    assert 0.8 < max(lags) < 0.999


def test_a_narrow_band_loses_the_upper_half():
    heard = np.abs(np.fft.rfft(band_limited_to(NOISE, rate_hz=8000)[:32_000])) / np.abs(np.fft.rfft(NOISE[:32_000]))
    assert np.median(heard[:6000]) == pytest.approx(1, abs=0.05)
    assert np.median(heard[10_000:]) < 0.01


def test_speech_lies_as_far_below_as_asked():
    speech = np.sin(np.arange(5000)).astype(np.float32)
    mixed = mix_with_speech(0.1 * NOISE, speech, sound_over_speech_db=10)
    added = mixed - 0.1 * NOISE
    assert 10 * np.log10(np.mean((0.1 * NOISE) ** 2) / np.mean(added**2)) == pytest.approx(10, abs=0.1)
    assert np.abs(mix_with_speech(9 * NOISE, speech, sound_over_speech_db=0)).max() <= 1
    np.testing.assert_array_equal(mix_with_speech(0 * NOISE, speech, sound_over_speech_db=0), 0)
