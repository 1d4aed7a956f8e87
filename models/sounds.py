"""Seeded synthetic broadcast sounds: laughter, speech, music, applause, noise and tones.

They need no recordings and no licence, so they feed the training mixtures, the tests and the sample broadcast.
Voices are sums of harmonics weighted by formant resonances, the source-filter model of Klatt (1980),
"Software for a cascade/parallel formant synthesizer"; the laughs follow the measurements of Bachorowski,
Smoski and Owren (2001), "The acoustic features of human laughter": 4 to 6 calls a second, each a breath and a
short voiced vowel, with pitch and energy that fall along a bout.

Every function takes a numpy Generator and returns float32 [samples] at 16 kHz in [-1, 1].
"""

from collections.abc import Callable

import numpy as np

from models.log_mel import SAMPLE_RATE

VOWELS_HZ = {
    "a": (850.0, 1350.0, 2700.0, 3700.0),
    "e": (550.0, 1900.0, 2600.0, 3600.0),
    "i": (300.0, 2300.0, 3000.0, 3700.0),
    "o": (500.0, 950.0, 2500.0, 3500.0),
    "u": (330.0, 850.0, 2300.0, 3300.0),
    "schwa": (600.0, 1250.0, 2500.0, 3500.0),
}
"""Formant frequencies in Hz of a male adult's vowels; a voice multiplies them by its vocal tract's scale."""

BANDWIDTHS_HZ = (110.0, 140.0, 220.0, 320.0)
MAX_HARMONIC_HZ = 7600.0

Gains = tuple[float, float, float, float]
SPEECH_GAINS: Gains = (1.0, 0.63, 0.25, 0.16)
LAUGH_GAINS: Gains = (1.0, 0.35, 0.95, 0.6)
"""How strong each formant is. A laugh is pressed out harder than speech, which lifts the upper ones."""


def laugh(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """One person laughing: bouts of 'ha' calls with gasps of breath between them. float32 [seconds * 16000]."""
    size = _samples(seconds)
    sound, at = np.zeros(size), 0
    high = rng.random() < 0.6
    pitch_hz, scale = (rng.uniform(290, 460), rng.uniform(1.12, 1.25)) if high else (rng.uniform(200, 290), 1.1)
    vowel = str(rng.choice(["a", "a", "a", "schwa"]))
    while at < size:
        bout = _laugh_bout(rng, pitch_hz * rng.uniform(0.9, 1.1), vowel, scale * rng.uniform(0.97, 1.03))
        _add(sound, bout, at)
        at += len(bout)
        gasp = _gasp(rng, scale)
        _add(sound, gasp, at)
        at += len(gasp)
    return _level(room(rng, sound, decay_s=rng.uniform(0.15, 0.35)))


def crowd_laugh(rng: np.random.Generator, seconds: float, *, people: int = 8) -> np.ndarray:
    """An audience laughing: several laughs that start apart, in one room. float32 [seconds * 16000]."""
    sound = np.zeros(_samples(seconds))
    for _ in range(people):
        late_s = min(seconds / 2, rng.uniform(0, 0.6))
        _add(sound, laugh(rng, seconds - late_s) * rng.uniform(0.3, 1.0), _samples(late_s))
    return _level(room(rng, sound, decay_s=rng.uniform(0.3, 0.8)))


def vocalisation(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """Wordless bursts of one voice with settings drawn widely: sobs, coughs, pants, moans, shouts, chuckles.

    Nothing says which it is; a teacher has to. float32 [seconds * 16000].
    """
    size = _samples(seconds)
    sound, at = np.zeros(size), 0
    burst_s, pitch_hz, scale = 10 ** rng.uniform(-1.0, 0.2), 10 ** rng.uniform(1.95, 2.8), rng.uniform(0.95, 1.5)
    pause_s, breath, repeats = rng.uniform(0.02, 0.8), rng.uniform(0.1, 3), int(rng.integers(1, 9))
    while at < size:
        for _ in range(repeats):
            burst = _burst(rng, burst_s * rng.uniform(0.8, 1.2), pitch_hz * rng.uniform(0.9, 1.1), scale, breath)
            _add(sound, burst * rng.uniform(0.5, 1.0), at)
            at += len(burst) + _samples(pause_s * rng.uniform(0.1, 0.4))
        at += _samples(pause_s)
    return _level(sound)


def speech_like(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """A voice babbling: phrases of gliding vowels and consonants, with pauses. float32 [seconds * 16000]."""
    size = _samples(seconds)
    sound, at = np.zeros(size), 0
    high = rng.random() < 0.5
    pitch_hz, scale = (rng.uniform(170, 240), 1.15) if high else (rng.uniform(95, 150), 1.0)
    while at < size:
        phrase = _phrase(rng, pitch_hz, scale)
        _add(sound, phrase, at)
        at += len(phrase) + _samples(rng.uniform(0.15, 0.6))
    return _level(sound)


def music_like(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """A chord sequence with a bass and a drum on the beat. float32 [seconds * 16000]."""
    size, beat = _samples(seconds), _samples(60 / rng.uniform(80, 140))
    sound, root_hz = np.zeros(size), rng.uniform(110, 220)
    brightness = rng.uniform(0.8, 1.8)
    for number, at in enumerate(range(0, size, beat)):
        if number % 4 == 0:
            chord_hz = root_hz * 2 ** (rng.choice([0, 5, 7, 9]) / 12)
        for step in (-12, *rng.permutation([0, 4, 7, 12])[:3]):
            _add(sound, _note(chord_hz * 2 ** (step / 12), 1.5 * beat, brightness), at)
        _add(sound, _drum(rng, low=number % 2 == 0), at)
    return _level(sound)


def applause_like(rng: np.random.Generator, seconds: float, *, people: int = 40) -> np.ndarray:
    """Many hands clapping, each person at a steady rate. float32 [seconds * 16000]."""
    size = _samples(seconds)
    impulses = np.zeros(size)
    for _ in range(people):
        period_s = rng.uniform(0.2, 0.35)
        count = int(seconds / period_s) + 1
        times_s = np.arange(count) * period_s + rng.uniform(0, period_s) + rng.normal(0, 0.015, count)
        at = np.clip((times_s * SAMPLE_RATE).astype(int), 0, size - 1)
        impulses[at] += rng.uniform(0.2, 1.0)
    length = _samples(0.03)
    clap = _band(rng.standard_normal(length), rng.uniform(600, 900), rng.uniform(2500, 4500))
    return _level(room(rng, _convolve(impulses, clap * np.exp(-np.arange(length) / 90)), decay_s=0.4))


def noise(rng: np.random.Generator, seconds: float, *, colour: float = 1.0) -> np.ndarray:
    """Noise whose power falls as 1 / frequency ** colour (0 white, 1 pink, 2 brown). float32 [seconds * 16000]."""
    spectrum = np.fft.rfft(rng.standard_normal(_samples(seconds)))
    falling = np.maximum(np.arange(len(spectrum)), 20 * seconds) ** (-colour / 2)
    return _level(np.fft.irfft(spectrum * falling, _samples(seconds)))


def tone(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """A steady test tone, plain or pulsed at a slow rate, as between programmes. float32 [seconds * 16000]."""
    time_s = np.arange(_samples(seconds)) / SAMPLE_RATE
    sine = np.sin(2 * np.pi * rng.uniform(250, 2000) * time_s + rng.uniform(0, 6))
    return _level(sine * (1 if rng.random() < 0.5 else np.sin(2 * np.pi * rng.uniform(0.5, 3) * time_s) > 0))


def room(rng: np.random.Generator, sound: np.ndarray, *, decay_s: float) -> np.ndarray:
    """The sound in a room: convolved with decaying noise (60 dB down after decay_s). float32, same length."""
    size = max(2, _samples(decay_s))
    tail = rng.standard_normal(size) * 10 ** (-3 * np.arange(size) / size) * 0.05
    tail[0] = 1.0
    return _convolve(sound, tail).astype(np.float32)


LAUGHS: tuple[Callable[..., np.ndarray], ...] = (laugh, crowd_laugh)
OTHERS: tuple[Callable[..., np.ndarray], ...] = (speech_like, music_like, applause_like, noise, tone)


def _samples(seconds: float) -> int:
    if not seconds > 0:
        raise ValueError(f"a sound must last longer than 0 s, not {seconds} s")
    return max(1, round(seconds * SAMPLE_RATE))


def _laugh_bout(rng: np.random.Generator, pitch_hz: float, vowel: str, scale: float) -> np.ndarray:
    """One breath of laughter: 5 to 11 calls, each lower and softer than the last."""
    calls, rate_hz = int(rng.integers(5, 12)), rng.uniform(5.2, 6.5)
    start_hz, fall, softer = pitch_hz * rng.uniform(0.95, 1.25), rng.uniform(0.55, 0.8), rng.uniform(0.2, 0.8)
    parts = []
    for call in range(calls):
        along = call / calls
        size = _samples(rng.uniform(0.9, 1.1) * (1 + 0.1 * along) / rate_hz)
        loud = (1 - softer * along) * rng.uniform(0.75, 1.0)
        parts.append(loud * _laugh_call(rng, size, start_hz * fall**along, vowel, scale))
    return np.concatenate(parts)


def _laugh_call(rng: np.random.Generator, size: int, pitch_hz: float, vowel: str, scale: float) -> np.ndarray:
    """One 'ha': a breath that leads into a short vowel whose pitch arches and falls, and a breath out."""
    along = np.arange(size) / size
    pitch = pitch_hz * rng.uniform(0.95, 1.05) * (1 + 0.12 * np.sin(np.pi * along) - 0.25 * along)
    formants = np.array(VOWELS_HZ[vowel]) * scale
    voiced = _rise_and_fall(along, 0.18, 0.48, 0.72)
    breath = _rise_and_fall(along, 0.0, 0.18, 0.68) + 0.78 * _rise_and_fall(along, 0.48, 0.72, 1.0)
    voice = _voice(rng, pitch, formants, gains=LAUGH_GAINS, jitter=0.045)
    return voiced * voice + 0.35 * breath * _whisper(rng, size, formants)


def _burst(rng: np.random.Generator, burst_s: float, pitch_hz: float, scale: float, breath: float) -> np.ndarray:
    """One wordless burst: a vowel of any pitch contour with any share of breath."""
    along = np.arange(_samples(burst_s)) / _samples(burst_s)
    vowel = np.array(VOWELS_HZ[str(rng.choice(list(VOWELS_HZ)))]) * scale
    pitch = pitch_hz * np.interp(along, (0, 0.4, 1), rng.uniform(0.7, 1.3, 3))
    start, top, end = np.sort(rng.uniform(0, 1, 3))
    voice = _voice(rng, pitch, vowel, gains=LAUGH_GAINS, jitter=rng.uniform(0, 0.06))
    swell = _rise_and_fall(along, start * 0.5, top, 0.5 + end * 0.5)
    return swell * (voice + breath * _whisper(rng, len(along), vowel)) / (1 + breath)


def _gasp(rng: np.random.Generator, scale: float) -> np.ndarray:
    """The breath drawn in between two bouts."""
    size = _samples(rng.uniform(0.25, 0.55))
    swell = _rise_and_fall(np.arange(size) / size, 0.2, 0.6, 0.95)
    return 0.15 * swell * _whisper(rng, size, np.array(VOWELS_HZ["schwa"]) * scale * 1.1)


def _phrase(rng: np.random.Generator, pitch_hz: float, scale: float) -> np.ndarray:
    """One spoken phrase: syllables whose pitch and formants glide without a break, hissed consonants between."""
    syllables = int(rng.integers(4, 14))
    lengths = np.array([_samples(rng.uniform(0.1, 0.3)) for _ in range(syllables)])
    edges, size = np.cumsum(lengths), int(lengths.sum())
    centres = np.stack([np.array(VOWELS_HZ[str(rng.choice(list(VOWELS_HZ)))]) * scale for _ in lengths])
    at = np.arange(size)
    formants = np.stack([np.interp(at, edges - lengths / 2, column) for column in centres.T])
    accents = pitch_hz * rng.uniform(0.88, 1.2, syllables) * np.linspace(1.1, 0.85, syllables)
    loud = np.interp(at, np.repeat(edges, 2)[:-1], _dips(rng, syllables))
    pitch = np.interp(at, edges - lengths / 2, accents)
    sound = loud * _voice(rng, pitch, formants, gains=SPEECH_GAINS, jitter=0.012)
    for edge in edges[:-1][rng.random(syllables - 1) < 0.5]:
        _add(sound, _consonant(rng), edge)
    return sound


def _dips(rng: np.random.Generator, syllables: int) -> np.ndarray:
    """Loudness at each syllable's edge (soft) and, between two edges, at its body (loud)."""
    dips = np.empty(2 * syllables - 1)
    dips[0::2] = rng.uniform(0.05, 0.6, syllables)
    dips[1::2] = rng.uniform(0.6, 1.0, syllables - 1)
    return dips


def _consonant(rng: np.random.Generator) -> np.ndarray:
    """A hiss or a burst of 30 to 120 ms."""
    size = _samples(rng.uniform(0.03, 0.12))
    hiss = _band(rng.standard_normal(size), rng.uniform(1500, 4000), rng.uniform(5000, 7500))
    return 0.25 * hiss / (np.abs(hiss).max() + 1e-9) * np.hanning(size)


def _voice(
    rng: np.random.Generator, pitch_hz: np.ndarray, formants_hz: np.ndarray, *, gains: Gains, jitter: float
) -> np.ndarray:
    """A voiced sound: harmonics of pitch_hz [n], the higher the weaker, shaped by formants [4] or [4, n].

    The pitch strays by the share `jitter`, anew every 10 ms: a voice that does not is heard as an instrument.
    """
    size = len(pitch_hz)
    knots = max(2, size // 160)
    stray = np.interp(np.arange(size), np.linspace(0, size, knots), rng.standard_normal(knots))
    pitch_hz = pitch_hz * (1 + jitter * stray)
    phase, sound = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE, np.zeros(size)
    for harmonic in range(1, int(MAX_HARMONIC_HZ / max(60.0, pitch_hz.min())) + 1):
        frequency = harmonic * pitch_hz
        weight = _resonance(frequency, formants_hz, gains) * harmonic**-1.2 * (frequency < MAX_HARMONIC_HZ)
        sound += weight * np.sin(harmonic * phase + rng.uniform(0, 2.6))
    return sound / (np.abs(sound).max() + 1e-9)


def _resonance(frequency_hz: np.ndarray, formants_hz: np.ndarray, gains: Gains) -> np.ndarray:
    """How strongly the vocal tract passes each frequency: four parallel resonators."""
    peaks = [
        gain / (1 + ((frequency_hz - centre) / width) ** 2)
        for gain, centre, width in zip(gains, formants_hz, BANDWIDTHS_HZ, strict=True)
    ]
    return np.sum(peaks, axis=0) + 0.02


def _whisper(rng: np.random.Generator, size: int, formants_hz: np.ndarray) -> np.ndarray:
    """Breath noise [size] shaped by the formants."""
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    sound = np.fft.irfft(spectrum * (_resonance(frequency, formants_hz, SPEECH_GAINS) + 0.1) * (frequency > 300), size)
    return sound / (np.abs(sound).max() + 1e-9)


def _rise_and_fall(along: np.ndarray, start: float, top: float, end: float) -> np.ndarray:
    """A smooth bump: 0 before start, 1 at top, 0 after end (fractions of the length)."""
    return np.sin(np.pi / 2 * np.interp(along, (start, top, end), (0, 1, 0), left=0, right=0)) ** 2


def _note(frequency_hz: float, size: float, brightness: float) -> np.ndarray:
    """A plucked note of `size` samples: eight harmonics that decay, the higher the faster."""
    time_s = np.arange(int(size)) / SAMPLE_RATE
    harmonics = [n for n in range(1, 9) if n * frequency_hz < MAX_HARMONIC_HZ]
    waves = [np.sin(2 * np.pi * n * frequency_hz * time_s) * np.exp(-2 * n * time_s) / n**brightness for n in harmonics]
    return np.sum(waves, axis=0) * np.minimum(1, time_s / 0.005)


def _drum(rng: np.random.Generator, *, low: bool) -> np.ndarray:
    """A kick (a falling sine) or a snare (a burst of noise) of 0.15 s."""
    time_s = np.arange(_samples(0.15)) / SAMPLE_RATE
    if low:
        return 1.5 * np.sin(2 * np.pi * (50 * time_s + 4 * (1 - np.exp(-30 * time_s)))) * np.exp(-20 * time_s)
    return 0.7 * _band(rng.standard_normal(len(time_s)), 800, 6000) * np.exp(-30 * time_s)


def _band(sound: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    spectrum, frequency = np.fft.rfft(sound), np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    return np.fft.irfft(spectrum * ((frequency >= low_hz) & (frequency <= high_hz)), len(sound))


def _convolve(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """The sound convolved with a response, cut to the sound's length."""
    size = 1 << (len(sound) + len(response) - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[: len(sound)]


def _add(sound: np.ndarray, part: np.ndarray, at: int) -> None:
    """Add a part from sample `at` on; what reaches past the end is cut."""
    part = part[: max(0, len(sound) - at)]
    sound[at : at + len(part)] += part


def _level(sound: np.ndarray) -> np.ndarray:
    """Float32 with a peak of 0.7, so that mixing two sounds needs no clipping at once."""
    return (0.7 * sound / (np.abs(sound).max() + 1e-9)).astype(np.float32)
