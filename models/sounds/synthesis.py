"""Seeded synthetic broadcast sounds: laughter, speech, music, applause, noise and tones.

They need no recordings and no licence, so they feed the training mixtures, the tests and the sample broadcast.
Every function takes a numpy Generator and returns float32 [samples] at 16 kHz in [-1, 1].
"""

import numpy as np

from models.constants import SAMPLE_RATE_HZ
from models.sounds.voices import (
    MAX_HARMONIC_HZ,
    add,
    band,
    burst,
    count_samples,
    gasp,
    laugh_bout,
    phrase,
)


def laugh(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """One person laughing: bouts of 'ha' calls with gasps of breath between them. float32 [seconds * 16000]."""
    size = count_samples(seconds)
    sound, at = np.zeros(size), 0
    high = rng.random() < 0.6
    pitch_hz, scale = (rng.uniform(290, 460), rng.uniform(1.12, 1.25)) if high else (rng.uniform(200, 290), 1.1)
    vowel = str(rng.choice(["a", "a", "a", "schwa"]))
    while at < size:
        bout = laugh_bout(rng, pitch_hz * rng.uniform(0.9, 1.1), vowel, scale * rng.uniform(0.97, 1.03))
        add(sound, bout, at)
        at += len(bout)
        breath = gasp(rng, scale)
        add(sound, breath, at)
        at += len(breath)
    return _level(room(rng, sound, decay_s=rng.uniform(0.15, 0.35)))


def crowd_laugh(rng: np.random.Generator, seconds: float, *, people: int = 3) -> np.ndarray:
    """Some people laughing: several laughs that start apart. float32 [seconds * 16000]."""
    sound = np.zeros(count_samples(seconds))
    for _ in range(people):
        late_s = min(seconds / 2, rng.uniform(0, 0.6))
        add(sound, laugh(rng, seconds - late_s) * rng.uniform(0.4, 1.0), count_samples(late_s))
    return _level(sound)


def borrowed_laugh(rng: np.random.Generator, speech: np.ndarray) -> np.ndarray:
    """A laugh in the voice of somebody who talks: one vowel of theirs, called five times a second, with breaths.

    The calls follow Bachorowski, Smoski and Owren (2001), as those of `voices`; the voice is as real as the speech.

    Args:
        rng: decides everything.
        speech: float32 [n], at least half a second.

    Returns:
        float32 of 0.4 to 3 s.
    """
    vowel = _loudest_part(rng, speech.astype(float), count_samples(rng.uniform(0.1, 0.2)))
    calls, rate_hz = int(rng.integers(2, 13)), rng.uniform(4.2, 6.5)
    higher, fall, softer = rng.uniform(1.0, 1.9), rng.uniform(0.6, 1.0), rng.uniform(0.2, 0.8)
    sound = np.zeros(count_samples(calls / rate_hz + 0.3))
    for call in range(calls):
        along = call / calls
        factor = higher * fall**along * rng.uniform(0.95, 1.05)
        size = count_samples(rng.uniform(0.4, 0.75) / rate_hz)
        voiced = np.interp(np.arange(size) * factor % (len(vowel) - 1), np.arange(len(vowel)), vowel)
        voiced = voiced * np.hanning(size) ** rng.uniform(0.4, 1.0)
        breath = _breathed(rng, vowel, count_samples(0.9 / rate_hz)) * rng.uniform(0.05, 0.3)
        at = round(call / rate_hz * rng.uniform(0.98, 1.02) * SAMPLE_RATE_HZ)
        loud = (1 - softer * along) * rng.uniform(0.7, 1.0)
        add(sound, loud * breath, at)
        add(sound, loud * voiced, at + size // 4)
    return _level(room(rng, sound, decay_s=rng.uniform(0.1, 0.35)))


def _loudest_part(rng: np.random.Generator, speech: np.ndarray, size: int) -> np.ndarray:
    """One of the louder stretches, its ends faded into each other so that it can be repeated; peak 1."""
    starts = np.arange(0, max(1, len(speech) - size), size // 2)
    power = np.array([np.square(speech[start : start + size]).mean() for start in starts])
    start = int(rng.choice(starts[np.argsort(power)[-max(1, len(starts) // 6) :]]))
    part = speech[start : start + size].copy()
    ramp = np.minimum(1, np.arange(len(part)) / 80)
    part *= ramp * ramp[::-1]
    return part / (np.abs(part).max() + 1e-9)


def _breathed(rng: np.random.Generator, vowel: np.ndarray, size: int) -> np.ndarray:
    """Noise with the vowel's spectrum, rising and falling; peak 1."""
    shape = np.abs(np.fft.rfft(vowel, size))
    noisy = np.fft.irfft(shape * np.exp(2j * np.pi * rng.random(len(shape))), size) * np.hanning(size)
    return noisy / (np.abs(noisy).max() + 1e-9)


def vocalisation(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """Wordless bursts of one voice with settings drawn widely: sobs, coughs, pants, moans, shouts, chuckles.

    Nothing says which it is; a teacher has to. float32 [seconds * 16000].
    """
    size = count_samples(seconds)
    sound, at = np.zeros(size), 0
    burst_s, pitch_hz, scale = 10 ** rng.uniform(-1.0, 0.2), 10 ** rng.uniform(1.95, 2.8), rng.uniform(0.95, 1.5)
    pause_s, breath, repeats = rng.uniform(0.02, 0.8), rng.uniform(0.1, 3), int(rng.integers(1, 9))
    while at < size:
        for _ in range(repeats):
            call = burst(rng, burst_s * rng.uniform(0.8, 1.2), pitch_hz * rng.uniform(0.9, 1.1), scale, breath)
            add(sound, call * rng.uniform(0.5, 1.0), at)
            at += len(call) + count_samples(pause_s * rng.uniform(0.1, 0.4))
        at += count_samples(pause_s)
    return _level(sound)


def speech_like(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """A voice babbling: phrases of gliding vowels and consonants, with pauses. float32 [seconds * 16000]."""
    size = count_samples(seconds)
    sound, at = np.zeros(size), 0
    high = rng.random() < 0.5
    pitch_hz, scale = (rng.uniform(170, 240), 1.15) if high else (rng.uniform(95, 150), 1.0)
    while at < size:
        words = phrase(rng, pitch_hz, scale)
        add(sound, words, at)
        at += len(words) + count_samples(rng.uniform(0.15, 0.6))
    return _level(sound)


def music_like(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """A chord sequence with a bass and a drum on the beat. float32 [seconds * 16000]."""
    size, beat = count_samples(seconds), count_samples(60 / rng.uniform(80, 140))
    sound, root_hz = np.zeros(size), rng.uniform(110, 220)
    brightness = rng.uniform(0.8, 1.8)
    for number, at in enumerate(range(0, size, beat)):
        if number % 4 == 0:
            chord_hz = root_hz * 2 ** (rng.choice([0, 5, 7, 9]) / 12)
        for step in (-12, *rng.permutation([0, 4, 7, 12])[:3]):
            add(sound, _note(chord_hz * 2 ** (step / 12), 1.5 * beat, brightness), at)
        add(sound, _drum(rng, low=number % 2 == 0), at)
    return _level(sound)


def applause_like(rng: np.random.Generator, seconds: float, *, people: int = 40) -> np.ndarray:
    """Many hands clapping, each person at a steady rate. float32 [seconds * 16000]."""
    size = count_samples(seconds)
    impulses = np.zeros(size)
    for _ in range(people):
        period_s = rng.uniform(0.2, 0.35)
        count = int(seconds / period_s) + 1
        times_s = np.arange(count) * period_s + rng.uniform(0, period_s) + rng.normal(0, 0.015, count)
        at = np.clip((times_s * SAMPLE_RATE_HZ).astype(int), 0, size - 1)
        impulses[at] += rng.uniform(0.2, 1.0)
    length = count_samples(0.03)
    clap = band(rng.standard_normal(length), rng.uniform(600, 900), rng.uniform(2500, 4500))
    return _level(room(rng, _convolve(impulses, clap * np.exp(-np.arange(length) / 90)), decay_s=0.4))


def noise(rng: np.random.Generator, seconds: float, *, colour: float = 1.0) -> np.ndarray:
    """Noise whose power falls as 1 / frequency ** colour (0 white, 1 pink, 2 brown). float32 [seconds * 16000]."""
    spectrum = np.fft.rfft(rng.standard_normal(count_samples(seconds)))
    falling = np.maximum(np.arange(len(spectrum)), 20 * seconds) ** (-colour / 2)
    return _level(np.fft.irfft(spectrum * falling, count_samples(seconds)))


def tone(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """A steady test tone, plain or pulsed at a slow rate, as between programmes. float32 [seconds * 16000]."""
    time_s = np.arange(count_samples(seconds)) / SAMPLE_RATE_HZ
    sine = np.sin(2 * np.pi * rng.uniform(250, 2000) * time_s + rng.uniform(0, 6))
    return _level(sine * (1 if rng.random() < 0.5 else np.sin(2 * np.pi * rng.uniform(0.5, 3) * time_s) > 0))


def room(rng: np.random.Generator, sound: np.ndarray, *, decay_s: float) -> np.ndarray:
    """The sound in a room: convolved with decaying noise (60 dB down after decay_s). float32, same length."""
    size = max(2, count_samples(decay_s))
    tail = rng.standard_normal(size) * 10 ** (-3 * np.arange(size) / size) * 0.05
    tail[0] = 1.0
    return _convolve(sound, tail).astype(np.float32)


def _note(frequency_hz: float, size: float, brightness: float) -> np.ndarray:
    """A plucked note of `size` samples: eight harmonics that decay, the higher the faster."""
    time_s = np.arange(int(size)) / SAMPLE_RATE_HZ
    harmonics = [n for n in range(1, 9) if n * frequency_hz < MAX_HARMONIC_HZ]
    waves = [np.sin(2 * np.pi * n * frequency_hz * time_s) * np.exp(-2 * n * time_s) / n**brightness for n in harmonics]
    return np.sum(waves, axis=0) * np.minimum(1, time_s / 0.005)


def _drum(rng: np.random.Generator, *, low: bool) -> np.ndarray:
    """A kick (a falling sine) or a snare (a burst of noise) of 0.15 s."""
    time_s = np.arange(count_samples(0.15)) / SAMPLE_RATE_HZ
    if low:
        return 1.5 * np.sin(2 * np.pi * (50 * time_s + 4 * (1 - np.exp(-30 * time_s)))) * np.exp(-20 * time_s)
    return 0.7 * band(rng.standard_normal(len(time_s)), 800, 6000) * np.exp(-30 * time_s)


def _convolve(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """The sound convolved with a response, cut to the sound's length."""
    size = 1 << (len(sound) + len(response) - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[: len(sound)]


def _level(sound: np.ndarray) -> np.ndarray:
    """Float32 with a peak of 0.7, so that mixing two sounds needs no clipping at once."""
    return (0.7 * sound / (np.abs(sound).max() + 1e-9)).astype(np.float32)
