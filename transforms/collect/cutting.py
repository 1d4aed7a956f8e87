"""Sound files of any kind to clips of a few seconds: decode, trim, join what is short, cut what is long."""

import pathlib
import subprocess
import tempfile
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from common.extras import require

MAX_RATE_HZ = 32_000
"""What the teacher hears; nothing is kept above it."""
MIN_CLIP_S, MAX_CLIP_S = 1.0, 10.0
FRAME_S = 0.05
QUIET_DB = -45.0
"""A frame this far below the loudest is a pause."""
FORMATS = {".g722": "g722", ".gsm": "gsm"}
"""What ffmpeg must be told about files without a header."""

Item = TypeVar("Item")


def decode(path: pathlib.Path, *, raw_hz: int = 0) -> tuple[np.ndarray, int]:
    """A sound file as float32 [samples] in [-1, 1], all channels mixed, and its rate in Hz, at most 32,000.

    Args:
        path: any file that libsndfile or ffmpeg reads.
        raw_hz: the rate of a `.raw` file of 16-bit samples, little-endian, of one channel.

    Raises:
        ValueError: neither can read the file.
        UsageError: the extra `train` is not installed.
    """
    soundfile = require("soundfile", purpose="audio files")
    if path.suffix == ".raw":
        samples, rate_hz = np.fromfile(path, "<i2").astype(np.float32)[:, None] / 32768, raw_hz
    else:
        try:
            samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            samples, rate_hz = _decode_with_ffmpeg(path)
    mono = samples.mean(axis=1)
    if rate_hz <= MAX_RATE_HZ:
        return mono, rate_hz
    resampled = require("scipy.signal", purpose="audio files").resample_poly(mono, MAX_RATE_HZ, rate_hz)
    return resampled.astype(np.float32), MAX_RATE_HZ


def trim(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """The sound without silence at its ends (0.1 s of it is left); nothing at all where it is silent throughout."""
    loudness = _loudness(samples, rate_hz)
    if not len(loudness) or loudness.max() < 1e-3:
        return samples[:0]
    heard = np.flatnonzero(loudness > loudness.max() * 10 ** (QUIET_DB / 20))
    frame, margin = int(FRAME_S * rate_hz), int(0.1 * rate_hz)
    return samples[max(0, heard[0] * frame - margin) : (heard[-1] + 1) * frame + margin]


def cut(samples: np.ndarray, rate_hz: int) -> list[np.ndarray]:
    """The sound in pieces of at most 10 s, cut at its quietest moments; a rest of less than 1 s is dropped."""
    pieces, start, longest = [], 0, int(MAX_CLIP_S * rate_hz)
    while len(samples) - start > longest:
        end = start + _quietest(samples[start : start + longest], rate_hz)
        pieces.append(samples[start:end])
        start = end
    if len(samples) - start >= MIN_CLIP_S * rate_hz or not pieces:
        pieces.append(samples[start:])
    return pieces


def even_choice(items: Sequence[Item], at_most: int) -> list[Item]:
    """At most so many of the items, evenly spread, in order."""
    if len(items) <= at_most:
        return list(items)
    return [items[(2 * number + 1) * len(items) // (2 * at_most)] for number in range(at_most)]


def join(sounds: Sequence[np.ndarray], rate_hz: int, *, pause_s: float = 0.15) -> np.ndarray:
    """The sounds one after the other with short pauses, so that single words become something like speech."""
    pause = np.zeros(int(pause_s * rate_hz), np.float32)
    return np.concatenate([part for sound in sounds for part in (sound, pause)][:-1])


def write_flac(path: pathlib.Path, samples: np.ndarray, rate_hz: int) -> None:
    """Write samples in [-1, 1] (beyond: clipped) with 16 bits; the file is whole or absent."""
    part = path.with_suffix(".part")
    soundfile = require("soundfile", purpose="audio files")
    soundfile.write(part, np.clip(samples, -1, 1), rate_hz, format="FLAC", subtype="PCM_16")
    part.replace(path)


def _decode_with_ffmpeg(path: pathlib.Path) -> tuple[np.ndarray, int]:
    """float32 [samples, 1] and the file's own rate in Hz."""
    ffmpeg = require("imageio_ffmpeg", purpose="audio files").get_ffmpeg_exe()
    known = FORMATS.get(path.suffix.lower())
    with tempfile.NamedTemporaryFile(suffix=".wav") as decoded:
        command = [ffmpeg, "-nostdin", "-y", "-v", "error", *(["-f", known] if known else []), "-i", f"file:{path}"]
        command += ["-map", "0:a:0", "-ac", "1", "-c:a", "pcm_s16le", "-f", "wav", decoded.name]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
            raise ValueError(f"{path.name} cannot be read: {reason[0]}")
        samples, rate_hz = require("soundfile", purpose="audio files").read(
            decoded.name, dtype="float32", always_2d=True
        )
    return samples, int(rate_hz)


def _loudness(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Root mean square of each 50 ms, the rest at the end included. float32 [frames]."""
    frame = int(FRAME_S * rate_hz)
    padded = np.pad(samples, (0, -len(samples) % frame))
    return np.asarray(np.sqrt((padded.reshape(-1, frame) ** 2).mean(axis=1)))


def _quietest(samples: np.ndarray, rate_hz: int) -> int:
    """Where to end a piece: the middle of the quietest 50 ms of its second half, in samples."""
    loudness = _loudness(samples, rate_hz)
    half = len(loudness) // 2
    return int((half + np.argmin(loudness[half:-1]) + 0.5) * FRAME_S * rate_hz)
