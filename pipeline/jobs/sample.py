"""`laughter sample`: a small broadcast made on the spot, so that there is something to try."""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import subprocess
import tempfile
from collections.abc import Sequence

import numpy as np

from common.atomic_files import write_text
from models.constants import SAMPLE_RATE_HZ

SEED = 1
NAME = "2017-01-01_0000_US_SAMPLE_Made_On_The_Spot"


@dataclasses.dataclass(frozen=True)
class Part:
    """One sound of the programme: a function of models.sounds.synthesis, when, how long and how loud it is heard."""

    kind: str
    start_s: float
    seconds: float
    level_db: float = -6.0


PROGRAMME = (
    Part("tone", 0, 4, -20),
    Part("music_like", 4, 14),
    Part("speech_like", 18, 24),
    Part("music_like", 18, 24, -28),
    Part("laugh", 43, 6),
    Part("speech_like", 50, 22),
    Part("applause_like", 72, 10),
    Part("speech_like", 83, 17),
    Part("crowd_laugh", 101, 8),
    Part("speech_like", 111, 20),
    Part("noise", 111, 30, -34),
    Part("music_like", 141, 16),
    Part("speech_like", 150, 22, -9),
    Part("laugh", 174, 7),
    Part("applause_like", 190, 12),
    Part("speech_like", 204, 20),
    Part("music_like", 226, 14),
)
"""What is heard; parts overlap, and between some of them it is quiet."""

PROGRAMME_S = max(part.start_s + part.seconds for part in PROGRAMME)


def main(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Write the sample and say where."""
    path = make_sample(arguments.output)
    print(f"made {path}: {PROGRAMME_S:.0f} s, laughter at", end=" ")
    print(", ".join(f"{start:.0f}-{end:.0f} s" for start, end in laughs()))
    return 0


def laughs() -> list[tuple[float, float]]:
    """When somebody laughs in the sample: (start, end) in seconds."""
    return [(float(part.start_s), float(part.start_s + part.seconds)) for part in PROGRAMME if "laugh" in part.kind]


def make_sample(folder: pathlib.Path) -> pathlib.Path:
    """Write the broadcast, and beside it what it holds; returns the broadcast's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.mp4"
    _encode(sound(), path)
    truth = [{"start_s": start, "end_s": end} for start, end in laughs()]
    write_text(str(folder / f"{NAME}.json"), json.dumps({"laughs": truth}, indent=1) + "\n")
    return path


def sound() -> np.ndarray:
    """The programme, int16 [samples] at 16 kHz."""
    from models.sounds import synthesis

    rng = np.random.default_rng(SEED)
    whole = 0.002 * synthesis.noise(rng, PROGRAMME_S)
    for part in PROGRAMME:
        one = getattr(synthesis, part.kind)(rng, part.seconds)
        at = round(part.start_s * SAMPLE_RATE_HZ)
        whole[at : at + len(one)] += one / max(1e-6, np.abs(one).max()) * 10 ** (part.level_db / 20)
    return np.round(np.clip(whole, -1, 1) * 32767).astype(np.int16)


def _encode(sound: np.ndarray, path: pathlib.Path) -> None:
    import ffmpeg
    import imageio_ffmpeg

    seconds = len(sound) / SAMPLE_RATE_HZ
    with tempfile.NamedTemporaryFile(suffix=".pcm") as pcm:
        pcm.write(sound.tobytes())
        pcm.flush()
        audio = ffmpeg.input(pcm.name, format="s16le", ar=SAMPLE_RATE_HZ, ac=1)
        video = ffmpeg.input(f"testsrc=size=160x90:rate=5:duration={seconds}", format="lavfi")
        output = ffmpeg.output(
            video, audio, f"file:{path}", ar=48000, ac=2, acodec="aac", audio_bitrate="96k", vcodec="mpeg4"
        )
        command = ffmpeg.compile(output, cmd=imageio_ffmpeg.get_ffmpeg_exe(), overwrite_output=True)
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
