"""Recordings for the benchmarks, made of the project's synthetic broadcast sounds."""

from __future__ import annotations

import os
import pathlib
import subprocess

import imageio_ffmpeg
import numpy as np

from models.sounds import synthesis

LOOP_S = 600
"""Length of the sound that longer recordings repeat, seconds."""

PIECE_S = 5
MAKERS = (synthesis.speech_like, synthesis.laugh, synthesis.music_like, synthesis.speech_like, synthesis.applause_like)


def made_sound(seconds: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of 5 s of speech-, music-, applause- and laughter-like sound, and which seconds laugh.

    Returns:
        int16 [seconds, 16000] and bool [seconds].
    """
    rng = np.random.default_rng(seed)
    kinds = rng.integers(len(MAKERS), size=-(-seconds // PIECE_S))
    pieces = [MAKERS[kind](rng, float(PIECE_S)) * rng.uniform(0.2, 1) for kind in kinds]
    sound = np.concatenate(pieces)[: seconds * 16000]
    pcm = np.round(sound / np.abs(sound).max() * 30000).astype("<i2").reshape(seconds, 16000)
    return pcm, np.repeat(kinds == MAKERS.index(synthesis.laugh), PIECE_S)[:seconds]


def make_recordings(folder: pathlib.Path, *, count: int, hours: float) -> list[pathlib.Path]:
    """Recordings of `hours` each, 48 kHz stereo AAC in mp4: ten minutes of made broadcast sound, repeated."""
    folder.mkdir(parents=True, exist_ok=True)
    loop = _make_loop(folder.parent / "loop.mp4")
    first = folder / "2016-01-01_0000_US_TEST_Benchmark.mp4"
    times = max(0, round(hours * 3600 / LOOP_S) - 1)
    _ffmpeg("-stream_loop", str(times), "-i", str(loop), "-c", "copy", "-movflags", "+faststart", str(first))
    others = [folder / f"2016-01-01_{number:02d}00_US_TEST_Benchmark.mp4" for number in range(1, count)]
    for other in others:
        other.unlink(missing_ok=True)
        os.link(first, other)
    return [first, *others]


def make_short_recordings(folder: pathlib.Path, *, count: int, seconds: float) -> None:
    """Recordings of a few seconds under many names of one year, all of them links to one file."""
    short = folder / "2017-01-01_0000_US_TEST_Short.mp4"
    _ffmpeg("-i", str(_make_loop(folder.parent / "loop.mp4")), "-t", str(seconds), "-c", "copy", str(short))
    for number in range(1, count):
        day = f"2017-{number % 12 + 1:02d}-{number // 12 % 28 + 1:02d}"
        os.link(short, folder / f"{day}_{number // 336 % 24:02d}00_US_TEST{number:06d}_Short.mp4")


def make_broadcast(path: pathlib.Path, *, minutes: int) -> pathlib.Path:
    """A transport stream as broadcasters send it: MPEG-2 video of some 3.3 Mbit/s and MP2 of 192 kbit/s in stereo."""
    picture = "testsrc2=s=720x576:r=25,noise=alls=20:allf=t"
    rates = ("-b:v", "3000k", "-maxrate", "3300k", "-bufsize", "1200k")
    minute = path.with_suffix(".minute.ts")
    _ffmpeg(
        *("-f", "lavfi", "-t", "60", "-i", picture, "-stream_loop", "-1", "-t", "60", "-i"),
        *(str(_make_loop(path.parent / "loop.mp4")), "-map", "0:v", "-map", "1:a", "-c:v", "mpeg2video", *rates),
        *("-g", "12", "-c:a", "mp2", "-b:a", "192k", str(minute)),
    )
    _ffmpeg("-stream_loop", str(minutes - 1), "-i", str(minute), "-map", "0", "-c", "copy", str(path))
    minute.unlink()
    return path


def _make_loop(path: pathlib.Path) -> pathlib.Path:
    if not path.exists():
        raw = path.with_suffix(".pcm")
        made_sound(LOOP_S, seed=0)[0].tofile(raw)
        _ffmpeg(
            *("-f", "s16le", "-ar", "16000", "-ac", "1", "-i", str(raw)),
            *("-ar", "48000", "-ac", "2", "-c:a", "aac", "-b:a", "128k", str(path)),
        )
        raw.unlink()
    return path


def _ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
