"""Parts of synthetic voices: a bout of laughter, a gasp, a spoken phrase, a wordless burst.

Voices are sums of harmonics weighted by formant resonances, the source-filter model of Klatt (1980),
"Software for a cascade/parallel formant synthesizer"; the laughs follow the measurements of Bachorowski,
Smoski and Owren (2001), "The acoustic features of human laughter": about five calls a second, each a breath and
a short voiced vowel, with pitch and energy that fall along a bout. All sounds are float64 [samples] at 16 kHz.
"""

import numpy as np

from models.constants import SAMPLE_RATE_HZ

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


def laugh_bout(rng: np.random.Generator, pitch_hz: float, vowel: str, scale: float) -> np.ndarray:
    """One breath of laughter: 5 to 11 calls, each lower and softer than the last."""
    calls, rate_hz = int(rng.integers(5, 12)), rng.uniform(5.2, 6.5)
    start_hz, fall, softer = pitch_hz * rng.uniform(0.95, 1.25), rng.uniform(0.55, 0.8), rng.uniform(0.2, 0.8)
    parts = []
    for call in range(calls):
        along = call / calls
        size = count_samples(rng.uniform(0.9, 1.1) * (1 + 0.1 * along) / rate_hz)
        loud = (1 - softer * along) * rng.uniform(0.75, 1.0)
        parts.append(loud * _laugh_call(rng, size, start_hz * fall**along, vowel, scale))
    return np.concatenate(parts)


def gasp(rng: np.random.Generator, scale: float) -> np.ndarray:
    """The breath drawn in between two bouts."""
    size = count_samples(rng.uniform(0.25, 0.55))
    swell = _rise_and_fall(np.arange(size) / size, 0.2, 0.6, 0.95)
    return 0.15 * swell * _whisper(rng, size, np.array(VOWELS_HZ["schwa"]) * scale * 1.1)


def burst(rng: np.random.Generator, burst_s: float, pitch_hz: float, scale: float, breath: float) -> np.ndarray:
    """One wordless burst: a vowel of any pitch contour with any share of breath."""
    along = np.arange(count_samples(burst_s)) / count_samples(burst_s)
    vowel = np.array(VOWELS_HZ[str(rng.choice(list(VOWELS_HZ)))]) * scale
    pitch = pitch_hz * np.interp(along, (0, 0.4, 1), rng.uniform(0.7, 1.3, 3))
    start, top, end = np.sort(rng.uniform(0, 1, 3))
    voice = _voice(rng, pitch, vowel, gains=LAUGH_GAINS, jitter=rng.uniform(0, 0.06))
    swell = _rise_and_fall(along, start * 0.5, top, 0.5 + end * 0.5)
    return swell * (voice + breath * _whisper(rng, len(along), vowel)) / (1 + breath)


def phrase(rng: np.random.Generator, pitch_hz: float, scale: float) -> np.ndarray:
    """One spoken phrase: syllables whose pitch and formants glide without a break, hissed consonants between."""
    syllables = int(rng.integers(4, 14))
    lengths = np.array([count_samples(rng.uniform(0.1, 0.3)) for _ in range(syllables)])
    edges, size = np.cumsum(lengths), int(lengths.sum())
    centres = np.stack([np.array(VOWELS_HZ[str(rng.choice(list(VOWELS_HZ)))]) * scale for _ in lengths])
    at = np.arange(size)
    formants = np.stack([np.interp(at, edges - lengths / 2, column) for column in centres.T])
    accents = pitch_hz * rng.uniform(0.88, 1.2, syllables) * np.linspace(1.1, 0.85, syllables)
    loud = np.interp(at, np.repeat(edges, 2)[:-1], _dips(rng, syllables))
    pitch = np.interp(at, edges - lengths / 2, accents)
    sound = loud * _voice(rng, pitch, formants, gains=SPEECH_GAINS, jitter=0.012)
    for edge in edges[:-1][rng.random(syllables - 1) < 0.5]:
        add(sound, _consonant(rng), edge)
    return sound


def count_samples(seconds: float) -> int:
    """How many samples last so many seconds, at least 1. ValueError unless it is longer than 0 s."""
    if not seconds > 0:
        raise ValueError(f"a sound must last longer than 0 s, not {seconds} s")
    return max(1, round(seconds * SAMPLE_RATE_HZ))


def add(sound: np.ndarray, part: np.ndarray, at: int) -> None:
    """Add a part from sample `at` on; what reaches past the end is cut."""
    part = part[: max(0, len(sound) - at)]
    sound[at : at + len(part)] += part


def band(sound: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """The sound without what lies outside low_hz to high_hz."""
    spectrum, frequency = np.fft.rfft(sound), np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE_HZ)
    return np.fft.irfft(spectrum * ((frequency >= low_hz) & (frequency <= high_hz)), len(sound))


def _laugh_call(rng: np.random.Generator, size: int, pitch_hz: float, vowel: str, scale: float) -> np.ndarray:
    """One 'ha': a breath that leads into a short vowel whose pitch arches and falls, and a breath out."""
    along = np.arange(size) / size
    pitch = pitch_hz * rng.uniform(0.95, 1.05) * (1 + 0.12 * np.sin(np.pi * along) - 0.25 * along)
    formants = np.array(VOWELS_HZ[vowel]) * scale
    voiced = _rise_and_fall(along, 0.18, 0.48, 0.72)
    breath = _rise_and_fall(along, 0.0, 0.18, 0.68) + 0.78 * _rise_and_fall(along, 0.48, 0.72, 1.0)
    voice = _voice(rng, pitch, formants, gains=LAUGH_GAINS, jitter=0.045)
    return voiced * voice + 0.35 * breath * _whisper(rng, size, formants)


def _dips(rng: np.random.Generator, syllables: int) -> np.ndarray:
    """Loudness at each syllable's edge (soft) and, between two edges, at its body (loud)."""
    dips = np.empty(2 * syllables - 1)
    dips[0::2] = rng.uniform(0.05, 0.6, syllables)
    dips[1::2] = rng.uniform(0.6, 1.0, syllables - 1)
    return dips


def _consonant(rng: np.random.Generator) -> np.ndarray:
    """A hiss or a burst of 30 to 120 ms."""
    size = count_samples(rng.uniform(0.03, 0.12))
    hiss = band(rng.standard_normal(size), rng.uniform(1500, 4000), rng.uniform(5000, 7500))
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
    phase, sound = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ, np.zeros(size)
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
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    sound = np.fft.irfft(spectrum * (_resonance(frequency, formants_hz, SPEECH_GAINS) + 0.1) * (frequency > 300), size)
    return sound / (np.abs(sound).max() + 1e-9)


def _rise_and_fall(along: np.ndarray, start: float, top: float, end: float) -> np.ndarray:
    """A smooth bump: 0 before start, 1 at top, 0 after end (fractions of the length)."""
    return np.sin(np.pi / 2 * np.interp(along, (start, top, end), (0, 1, 0), left=0, right=0)) ** 2
