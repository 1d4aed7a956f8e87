import numpy as np
import pytest

from models.constants import SAMPLE_RATE_HZ
from models.sounds import mixtures, synthesis
from models.sounds.labelled_clips import LAUGHTER, OTHER, SPEECH, Clip, ClipSampler
from models.sounds.mixtures import TOTAL_SAMPLES


def palette() -> ClipSampler:
    rng = np.random.default_rng(0)
    return ClipSampler([Clip(synthesis.laugh(rng, 2.0), LAUGHTER), Clip(synthesis.music_like(rng, 3.0), OTHER)])


def test_a_programme_depends_on_the_seed_alone():
    first, again, other = (mixtures.mix_programme(np.random.default_rng(seed), palette()) for seed in (1, 1, 2))
    assert first.samples.shape == (TOTAL_SAMPLES,)
    assert first.samples.dtype == np.float32
    assert np.abs(first.samples).max() <= 1
    assert first.laughter.shape == first.known.shape == (mixtures.PROGRAMME_S,)
    np.testing.assert_array_equal(first.samples, again.samples)
    assert not np.array_equal(first.samples, other.samples)


@pytest.mark.parametrize(("share", "some"), [(0.0, False), (1.0, True)])
def test_laughter_is_noted_only_where_laughs_are_mixed_in(share, some):
    rng = np.random.default_rng(3)
    noted = [mixtures.mix_programme(rng, palette(), laughing_share=share).laughter.max() for _ in range(4)]
    assert (max(noted) > 0.3) == some


def test_talk_is_one_speaker_after_another_without_long_breaks():
    rng = np.random.default_rng(0)
    spoken = [synthesis.speech_like(rng, seconds) for seconds in (2.0, 3.0, 1.5)]
    speakers = ClipSampler([Clip(sound, OTHER, SPEECH) for sound in spoken])
    drawn = speakers.draw_speech(rng, size=4 * SAMPLE_RATE_HZ)
    assert sum(len(clip.samples) for clip in drawn) >= 4 * SAMPLE_RATE_HZ
    heard = mixtures.speech_background(rng, speakers)
    assert heard.shape == (TOTAL_SAMPLES,)
    power = (heard.reshape(-1, SAMPLE_RATE_HZ) ** 2).mean(axis=1)
    assert power.min() > 1e-3 * power.max()


def test_without_speech_a_bed_lies_under_the_talk():
    assert mixtures.speech_background(np.random.default_rng(0), palette()).shape == (TOTAL_SAMPLES,)


def test_a_programme_without_one_kind_of_clip_is_refused():
    with pytest.raises(ValueError, match="at least one clip of laughter"):
        mixtures.mix_programme(np.random.default_rng(0), ClipSampler([Clip(np.ones(9, np.float32), OTHER)]))


def test_heard_counts_whole_seconds_and_forgets_what_is_drowned():
    track, others = np.zeros((2, TOTAL_SAMPLES), np.float32)
    at = (mixtures.CONTEXT_S + 4) * SAMPLE_RATE_HZ
    track[at : at + SAMPLE_RATE_HZ * 3 // 2] = 0.1
    np.testing.assert_allclose(mixtures.audible_share(track, others), [0, 0, 0, 0, 1, 0.5, 0, 0, 0, 0])
    others[at : at + SAMPLE_RATE_HZ] = 0.5
    np.testing.assert_allclose(mixtures.audible_share(track, others), [0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0])


def test_speed_moves_length_and_pitch():
    sine = np.sin(2 * np.pi * 400 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)
    faster = mixtures.speed(sine, factor=1.25)
    assert len(faster) == SAMPLE_RATE_HZ / 1.25
    assert np.abs(np.fft.rfft(faster)).argmax() * SAMPLE_RATE_HZ / len(faster) == pytest.approx(500)
    with pytest.raises(ValueError, match="above 0"):
        mixtures.speed(sine, factor=0)


def test_filters_change_the_bands_they_name():
    white = np.random.default_rng(0).standard_normal(SAMPLE_RATE_HZ).astype(np.float32)
    power = lambda sound: np.abs(np.fft.rfft(sound)) ** 2  # noqa: E731
    telephone = power(mixtures.band_limit(white, low_hz=300, high_hz=3400)) / power(white)
    assert telephone[50:100].mean() < 0.01
    assert telephone[1000:2000].mean() > 0.95
    assert telephone[7500:7900].mean() < 0.01
    louder = power(mixtures.equalise(white, gains_db=np.full(8, 6.0))) / power(white)
    assert np.median(louder) == pytest.approx(10**0.6, rel=0.01)
