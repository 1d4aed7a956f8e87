"""`laughter sample`: a small broadcast made on the spot, so that there is something to try."""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import tempfile
from collections.abc import Sequence

import numpy as np

SEED = 2017
SAMPLE_RATE = 16000
NAME = "2017-01-01_0000_US_SAMPLE_Made_On_The_Spot"

PROGRAMME = (
    ("speech_like", 14.0),
    ("laugh", 5.0),
    ("speech_like", 12.0),
    ("music_like", 12.0),
    ("speech_like", 8.0),
    ("laugh", 7.0),
    ("applause_like", 8.0),
    ("speech_like", 10.0),
    ("laugh", 6.0),
    ("music_like", 8.0),
)
"""What is heard, in order, and for how long in seconds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = "Write a made broadcast (mp4 with video and sound) and a JSON file of the laughs in it."
    parser.epilog = "example: laughter sample --output sample/ && laughter detect sample/ --output tables/"
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("sample"), help="folder (%(default)s)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, _: Sequence[str] = ()) -> int:
    """Write the sample and say where."""
    path = make_sample(arguments.output)
    print(f"made {path}: {sum(seconds for _, seconds in PROGRAMME):.0f} s, laughter at", end=" ")
    print(", ".join(f"{start:.0f}-{end:.0f} s" for start, end in laughs()))
    return 0


def laughs() -> list[tuple[float, float]]:
    """When somebody laughs in the sample: (start, end) in seconds."""
    ends = np.cumsum([seconds for _, seconds in PROGRAMME])
    return [
        (float(end - seconds), float(end))
        for (kind, seconds), end in zip(PROGRAMME, ends, strict=True)
        if kind == "laugh"
    ]


def make_sample(folder: pathlib.Path) -> pathlib.Path:
    """Write the broadcast, and beside it what it holds; returns the broadcast's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.mp4"
    _encode(_sound(), path)
    truth = [{"start_s": start, "end_s": end} for start, end in laughs()]
    (folder / f"{NAME}.json").write_text(json.dumps({"laughs": truth}, indent=1) + "\n", encoding="utf-8")
    return path


def _sound() -> np.ndarray:
    """The programme, int16 [samples] at 16 kHz."""
    from models import sounds

    rng = np.random.default_rng(SEED)
    parts = []
    for kind, seconds in PROGRAMME:
        part = getattr(sounds, kind)(rng, seconds)
        parts.append(part / max(1e-6, np.abs(part).max()) * 0.5)
    whole = np.concatenate(parts) + 0.002 * sounds.noise(rng, sum(seconds for _, seconds in PROGRAMME))
    return np.round(np.clip(whole, -1, 1) * 32767).astype(np.int16)


def _encode(sound: np.ndarray, path: pathlib.Path) -> None:
    import ffmpeg
    import imageio_ffmpeg

    seconds = len(sound) / SAMPLE_RATE
    with tempfile.NamedTemporaryFile(suffix=".pcm") as pcm:
        pcm.write(sound.tobytes())
        pcm.flush()
        audio = ffmpeg.input(pcm.name, format="s16le", ar=SAMPLE_RATE, ac=1)
        video = ffmpeg.input(f"testsrc=size=160x90:rate=5:duration={seconds}", format="lavfi")
        output = ffmpeg.output(
            video, audio, f"file:{path}", ar=48000, ac=2, acodec="aac", audio_bitrate="96k", vcodec="mpeg4"
        )
        command = ffmpeg.compile(output, cmd=imageio_ffmpeg.get_ffmpeg_exe(), overwrite_output=True)
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
