"""What recording and broadcasting do to a sound: codecs, narrow bands, other voices. float32 [samples] at 16 kHz."""

import subprocess

import numpy as np

from common.extras import require
from models.constants import SAMPLE_RATE_HZ

MP3_DELAY = 1105
"""Samples that coding to MP3 and back puts before the sound: 576 of the encoder and 529 of the decoder."""


def through_mp3(sound: np.ndarray, *, kbit_s: int) -> np.ndarray:
    """The sound after MP3 of so many kbit/s, at its place in time and of its length.

    Raises:
        ValueError: ffmpeg refuses, in its own words.
    """
    raw = ["-f", "f32le", "-ar", str(SAMPLE_RATE_HZ), "-ac", "1"]
    mp3 = _ffmpeg(sound.astype("<f4").tobytes(), raw, ["-b:a", f"{kbit_s}k", "-write_xing", "0", "-f", "mp3"])
    heard = np.frombuffer(_ffmpeg(mp3, ["-f", "mp3"], raw), np.float32)[MP3_DELAY:][: len(sound)]
    return np.pad(heard, (0, len(sound) - len(heard)))


def band_limited_to(sound: np.ndarray, *, rate_hz: int) -> np.ndarray:
    """The sound as a recording of a lower sampling rate holds it, brought back to 16 kHz; of its length."""
    resample = require("scipy.signal", purpose="other sampling rates").resample_poly
    back = resample(resample(sound, rate_hz, SAMPLE_RATE_HZ), SAMPLE_RATE_HZ, rate_hz)[: len(sound)]
    return np.pad(back, (0, len(sound) - len(back))).astype(np.float32)


def mix_with_speech(sound: np.ndarray, speech: np.ndarray, *, sound_over_speech_db: float) -> np.ndarray:
    """The sound with speech, repeated to its length, whose mean power lies so far below; scaled to stay in [-1, 1]."""
    voice = np.resize(speech, len(sound))
    power = float(np.mean(np.square(sound))) / max(1e-12, float(np.mean(np.square(voice))))
    mixed = sound + voice * np.sqrt(power) * 10 ** (-sound_over_speech_db / 20)
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def _ffmpeg(data: bytes, source: list[str], target: list[str]) -> bytes:
    ffmpeg = require("imageio_ffmpeg", purpose="codecs").get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", *source, "-i", "pipe:0", *target, "pipe:1"]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode:
        raise ValueError(f"ffmpeg cannot code a sound: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
