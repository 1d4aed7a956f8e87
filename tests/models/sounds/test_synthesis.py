import numpy as np
import pytest

from models.constants import SAMPLE_RATE_HZ
from models.sounds import synthesis
from tests.helpers.sounds import LAUGHS, OTHERS

EVERY = [*LAUGHS, *OTHERS, synthesis.vocalisation]


@pytest.mark.parametrize("make", EVERY)
def test_a_sound_has_the_length_asked_for_and_depends_on_the_seed_alone(make):
    sound = make(np.random.default_rng(5), 1.3)
    assert sound.dtype == np.float32
    assert sound.shape == (round(1.3 * SAMPLE_RATE_HZ),)
    assert 0.6 < np.abs(sound).max() <= 1
    np.testing.assert_array_equal(sound, make(np.random.default_rng(5), 1.3))
    assert not np.array_equal(sound, make(np.random.default_rng(6), 1.3))


@pytest.mark.parametrize("seed", range(3))
def test_a_laugh_has_four_to_seven_calls_a_second(seed):
    sound = synthesis.laugh(np.random.default_rng(seed), 6.0)
    energy = np.convolve(sound**2, np.hanning(1600), "same")[::160]
    spectrum = np.abs(np.fft.rfft((energy - energy.mean()) * np.hanning(len(energy))))
    rate_hz = np.fft.rfftfreq(len(energy), 0.01)
    band = (rate_hz > 2) & (rate_hz < 12)
    assert 4 <= rate_hz[band][spectrum[band].argmax()] <= 7


def test_coloured_noise_falls_by_its_colour():
    power = np.abs(np.fft.rfft(synthesis.noise(np.random.default_rng(0), 8.0, colour=1.0))) ** 2
    low, high = power[8 * 100 : 8 * 200].mean(), power[8 * 1600 : 8 * 3200].mean()
    assert low / high == pytest.approx(16, rel=0.3)


def test_a_room_keeps_the_length_and_adds_a_tail():
    click = np.zeros(8000, np.float32)
    click[0] = 1
    tail = synthesis.room(np.random.default_rng(0), click, decay_s=0.3)
    assert tail.shape == click.shape
    assert tail[0] == pytest.approx(1, abs=1e-6)
    assert np.abs(tail[100:2000]).mean() > 10 * np.abs(tail[6000:]).mean()


@pytest.mark.parametrize("make", EVERY)
def test_a_sound_of_no_length_is_refused(make):
    with pytest.raises(ValueError, match="longer than 0 s"):
        make(np.random.default_rng(0), 0.0)
