"""Broadcast-like mixtures for training: laughter and other sounds over speech, music, crowds and noise.

All sounds are float32 [samples] at 16 kHz. A programme is ten seconds between one second of context on each
side, with the share of every second in which laughter can be heard.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from common.errors import UsageError
from models.constants import SAMPLE_RATE_HZ
from models.sounds import synthesis
from models.sounds.degradation import through_mp3
from models.sounds.labelled_clips import LAUGHTER, OTHER, UNKNOWN, ClipSampler

PROGRAMME_S = 10
CONTEXT_S = 1
TOTAL_SAMPLES = (PROGRAMME_S + 2 * CONTEXT_S) * SAMPLE_RATE_HZ
FRAME_SAMPLES = SAMPLE_RATE_HZ // 100
TALKING_SHARE = 0.3


@dataclasses.dataclass(frozen=True, eq=False)
class Programme:
    """A mixture.

    Attributes:
        samples: float32 [12 * 16000] in [-1, 1]; the programme is its seconds 1 to 11.
        laughter: float32 [10], the share of each second in which a known laugh is heard.
        known: bool [10], false where a sound that may be laughter is heard, so that `laughter` may be too low.
    """

    samples: np.ndarray
    laughter: np.ndarray
    known: np.ndarray


def mix_programme(rng: np.random.Generator, palette: ClipSampler, *, laughing_share: float = 0.5) -> Programme:
    """A programme of a bed and some events, then the damage of recording and transmission.

    The bed of some programmes is talk without a break, with fewer events: what archives hold most of.

    Args:
        rng: decides everything; the same state and sounds give the same programme.
        palette: the sounds, with at least one of LAUGHTER and one of OTHER.
        laughing_share: the share of programmes in which laughs are among the events.

    Raises:
        UsageError: a kind of clip is missing.
    """
    if LAUGHTER not in palette or OTHER not in palette:
        raise UsageError("a programme needs at least one clip of laughter and one clip without laughter")
    tracks = {kind: np.zeros(TOTAL_SAMPLES, np.float32) for kind in (LAUGHTER, OTHER, UNKNOWN)}
    talking = rng.random() < TALKING_SHARE
    tracks[OTHER] += speech_background(rng, palette) if talking else background(rng, palette)
    laughing = rng.random() < laughing_share
    at = int(rng.uniform(-1, 3) * SAMPLE_RATE_HZ)
    while at < TOTAL_SAMPLES:
        kind = _draw_kind(rng, laughing, UNKNOWN in palette)
        sound = augment(rng, palette.draw(rng, kind).samples)
        sound *= _decibels(rng.uniform(-12 if kind == LAUGHTER else -18, 0))
        place(tracks[kind], sound, at)
        at += int(len(sound) * rng.uniform(0.6, 1.0) + rng.exponential(3.0 if talking else 1.0) * SAMPLE_RATE_HZ)
    return _transmit(rng, tracks)


def background(rng: np.random.Generator, palette: ClipSampler) -> np.ndarray:
    """What lies under the events: a sound repeated for the whole length, or only noise. float32 [192000]."""
    hiss = synthesis.noise(rng, TOTAL_SAMPLES / SAMPLE_RATE_HZ, colour=rng.uniform(0, 2)) * _decibels(
        rng.uniform(-60, -22)
    )
    if rng.random() < 0.5:
        return hiss
    sound = augment(rng, palette.draw(rng, OTHER).samples)
    start = int(rng.integers(len(sound)))
    repeated = np.resize(np.roll(sound, -start), TOTAL_SAMPLES)
    return (hiss + repeated * _decibels(rng.uniform(-36, -6))).astype(np.float32)


def speech_background(rng: np.random.Generator, palette: ClipSampler) -> np.ndarray:
    """Someone who talks or reads for the whole length, with pauses as between sentences. float32 [192000]."""
    spoken = np.zeros(0, np.float32)
    for clip in palette.draw_speech(rng, size=2 * TOTAL_SAMPLES):
        pause = np.zeros(int(rng.exponential(0.25) * SAMPLE_RATE_HZ), np.float32)
        sentence = clip.samples / np.float32(np.abs(clip.samples).max() + 1e-6)
        spoken = np.concatenate([spoken, sentence.astype(np.float32), pause])
    if not spoken.size:
        return background(rng, palette)
    hiss = synthesis.noise(rng, TOTAL_SAMPLES / SAMPLE_RATE_HZ, colour=rng.uniform(0, 2)) * _decibels(
        rng.uniform(-60, -25)
    )
    voice = np.resize(augment(rng, spoken), TOTAL_SAMPLES) * _decibels(rng.uniform(-12, 0))
    return (hiss + voice).astype(np.float32)


def augment(rng: np.random.Generator, sound: np.ndarray, *, slowest: float = 0.75, fastest: float = 1.35) -> np.ndarray:
    """Another version of a sound: speed, equaliser, band limits, room; its peak at 1. float32 [other length]."""
    changed = speed(sound, factor=float(np.exp(rng.uniform(np.log(slowest), np.log(fastest)))))
    if rng.random() < 0.6:
        changed = equalise(changed, gains_db=rng.normal(0, 5, 8))
    if rng.random() < 0.2:
        changed = band_limit(changed, low_hz=rng.uniform(50, 350), high_hz=rng.uniform(3000, 7000))
    if rng.random() < 0.35:
        changed = synthesis.room(rng, changed, decay_s=rng.uniform(0.1, 0.9))
    return (changed / (np.abs(changed).max() + 1e-6)).astype(np.float32)


def speed(sound: np.ndarray, *, factor: float) -> np.ndarray:
    """The sound played `factor` times as fast, so that pitch moves too. float32 [round(n / factor)]."""
    if not factor > 0:
        raise ValueError(f"the speed factor must be above 0, not {factor}")
    size = max(1, round(len(sound) / factor))
    return np.interp(np.arange(size) * factor, np.arange(len(sound)), sound).astype(np.float32)


def equalise(sound: np.ndarray, *, gains_db: np.ndarray) -> np.ndarray:
    """The sound with gains (dB) at frequencies spaced evenly in octaves from 60 to 8,000 Hz. float32, same length."""
    knots = np.geomspace(60, SAMPLE_RATE_HZ / 2, len(gains_db))
    return _filtered(sound, lambda hz: 10 ** (np.interp(np.log(hz), np.log(knots), gains_db) / 20))


def band_limit(sound: np.ndarray, *, low_hz: float, high_hz: float) -> np.ndarray:
    """The sound as a telephone passes it: 24 dB an octave outside the band. float32, same length."""
    return _filtered(sound, lambda hz: np.minimum(1, (hz / low_hz) ** 4) * np.minimum(1, (high_hz / hz) ** 4))


def audible_share(track: np.ndarray, others: np.ndarray, *, least_db: float = -4.0) -> np.ndarray:
    """The share of each programme second in which a track is on and not drowned by the others. float32 [10].

    A frame of 10 ms is on when it is within 30 dB of the track's loudest; the second counts only where the
    track's power is at least `least_db` of the others'.
    """
    own, rest = _frame_power(track), _frame_power(others)
    on = own > max(own.max() * 1e-3, 1e-9)
    loud = own.mean(axis=1) > 10 ** (least_db / 10) * rest.mean(axis=1)
    share = on.mean(axis=1) * loud
    return share[CONTEXT_S : CONTEXT_S + PROGRAMME_S].astype(np.float32)


def _filtered(sound: np.ndarray, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The sound with a gain that depends on frequency in Hz; padded, for a length of large prime factors is slow."""
    size = -(-len(sound) // 4000) * 4000
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), 1)
    spectrum = np.fft.rfft(sound, size) * gain(frequency)
    return np.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32)


def _frame_power(track: np.ndarray) -> np.ndarray:
    """Mean power of each 10 ms frame, [seconds, 100]."""
    return (track.astype(np.float64) ** 2).reshape(-1, SAMPLE_RATE_HZ // FRAME_SAMPLES, FRAME_SAMPLES).mean(axis=2)


def _transmit(rng: np.random.Generator, tracks: dict[str, np.ndarray]) -> Programme:
    """Sum the tracks, note what is heard, and send the sum through a channel: equaliser, level, clipping."""
    unsure = audible_share(tracks[UNKNOWN], tracks[OTHER] + tracks[LAUGHTER], least_db=-15) > 0
    laughter = audible_share(tracks[LAUGHTER], tracks[OTHER] + tracks[UNKNOWN])
    mixed = np.sum(list(tracks.values()), axis=0)
    if rng.random() < 0.3:
        mixed = equalise(mixed, gains_db=rng.normal(0, 3, 6))
    if rng.random() < 0.1:
        mixed = band_limit(mixed, low_hz=rng.uniform(80, 300), high_hz=rng.uniform(3400, 6000))
    level = _decibels(rng.uniform(-26, 1)) / (np.abs(mixed).max() + 1e-6)
    sent = np.clip(mixed * level, -1, 1).astype(np.float32)
    if rng.random() < 0.15:
        sent = through_mp3(sent, kbit_s=int(rng.integers(20, 80)))
    return Programme(sent, laughter, ~unsure | (laughter > 0))


def _draw_kind(rng: np.random.Generator, laughing: bool, unknown_there: bool) -> str:
    draw = rng.random()
    if laughing and draw < 0.55:
        return LAUGHTER
    return UNKNOWN if unknown_there and draw > 0.75 else OTHER


def place(track: np.ndarray, sound: np.ndarray, at: int) -> None:
    """Add a sound from sample `at` on, which may lie before the start; what lies outside is cut."""
    sound = sound[max(0, -at) :]
    at = max(0, at)
    sound = sound[: max(0, len(track) - at)]
    track[at : at + len(sound)] += sound


def _decibels(gain_db: float) -> np.float32:
    return np.float32(10 ** (gain_db / 20))
