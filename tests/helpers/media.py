"""Synthetic recordings, made by the ffmpeg that decodes them; beeps at known times make time testable."""

import pathlib
import subprocess
from collections.abc import Generator, Sequence

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

from transforms.decode.decode import decode_seconds
from transforms.decode.outcome import DecodeOutcome
from transforms.decode.settings import DecodeSettings

BEEP_S = 0.25
RATE_HZ = 16000


def ffmpeg(*arguments: object) -> None:
    """Run ffmpeg with these arguments, overwriting its outputs; AssertionError with its words on failure."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def beeps_source(times_s: Sequence[float], *, duration_s: float, rate_hz: int = 48000) -> list[str]:
    """Input arguments for silence with a 1 kHz beep of BEEP_S at each of `times_s`."""
    gate = "+".join(f"between(t,{time_s},{time_s + BEEP_S})" for time_s in times_s) or "0"
    return ["-f", "lavfi", "-i", f"aevalsrc='0.5*sin(2000*PI*t)*({gate})':s={rate_hz}:d={duration_s}"]


def picture_source(*, duration_s: float) -> list[str]:
    """Input arguments for a small video of 5 pictures a second."""
    return ["-f", "lavfi", "-i", f"testsrc=s=64x48:r=5:d={duration_s}"]


def beeps(
    path: pathlib.Path, times_s: Sequence[float], *options: object, duration_s: float, rate_hz: int = 48000
) -> pathlib.Path:
    """Make a recording of audio alone; the name's extension chooses the format."""
    ffmpeg(*beeps_source(times_s, duration_s=duration_s, rate_hz=rate_hz), *options, path)
    return path


def film(
    path: pathlib.Path,
    times_s: Sequence[float],
    *options: object,
    duration_s: float,
    video_s: float | None = None,
    audio_delay_s: float = 0.0,
) -> pathlib.Path:
    """Make a recording of video and audio, the audio from `audio_delay_s` on (`times_s` count from there)."""
    video_s = duration_s + audio_delay_s if video_s is None else video_s
    audio = ["-itsoffset", audio_delay_s, *beeps_source(times_s, duration_s=duration_s)]
    codecs = ["-c:v", "mpeg2video"] if path.suffix == ".ts" else []
    ffmpeg(*picture_source(duration_s=video_s), *audio, *codecs, *options, path)
    return path


def with_holes(
    path: pathlib.Path, times_s: Sequence[float], holes_s: Sequence[tuple[float, float]], *, duration_s: float
) -> pathlib.Path:
    """Make a transport stream whose audio packets are missing within each of `holes_s`; its video goes on."""
    whole = film(path.with_suffix(".mkv"), times_s, "-c:v", "mpeg2video", "-c:a", "aac", duration_s=duration_s)
    lost = "+".join(f"between(pts*tb,{start_s},{end_s})" for start_s, end_s in holes_s)
    ffmpeg("-i", whole, "-c", "copy", "-bsf:a", f"noise=drop='{lost}'", path)
    return path


def decode(
    path: pathlib.Path | str | bytes, *, block_s: int = 64, **settings: float
) -> tuple[npt.NDArray[np.int16], DecodeOutcome]:
    """Decode a whole recording: int16 [seconds, 16000] and the outcome."""

    def collect() -> Generator[npt.NDArray[np.int16], None, None]:
        nonlocal outcome
        outcome = yield from decode_seconds(path, DecodeSettings(**settings), block_s=block_s)

    outcome: DecodeOutcome | None = None
    blocks = list(collect())
    assert outcome is not None
    assert all(len(block) == block_s for block in blocks[:-1])
    return np.concatenate(blocks), outcome


def beep_times(seconds: npt.NDArray[np.int16]) -> list[float]:
    """Where beeps start, in seconds, to about 10 ms: the loudness of 10 ms rises after 0.1 s of quiet."""
    loudness = np.abs(seconds.reshape(-1, RATE_HZ // 100).astype(np.int32)).max(axis=1)
    loud = np.flatnonzero(loudness > 1500)
    starts = loud[np.diff(loud, prepend=-1000) > 10]
    return [float(start) / 100 for start in starts]
