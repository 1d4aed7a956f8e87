"""The ffmpeg command that turns any recording into 16 kHz mono samples with their times."""

from __future__ import annotations

import os

import ffmpeg
import imageio_ffmpeg

from models.constants import SAMPLE_RATE_HZ
from transforms.decode.containers import FORMATS
from transforms.decode.settings import DecodeSettings

TIME_OFFSET_S = 10
"""Added to the times of the output, for Matroska cannot hold the slightly negative ones that occur."""

FACTS = "FACTS"
"""Stands for the number of the pipe that gets the facts of the streams, known only when the process starts."""

_RECORDING = "RECORDING"
"""Stands for the path, for ffmpeg-python takes only names that are valid Unicode."""

_PROTOCOLS = "file,pipe"

_DISCONTINUITY_S = 86400
"""ffmpeg deletes longer jumps of a clock; its default of 10 s would shift later times."""

_QUIET_OPTIONS = ("-nostdin", "-hide_banner", "-nostats", "-v", "level+datetime+verbose")

_MEAN_OF_CHANNELS = "mono|c0<" + "+".join(f"c{channel}" for channel in range(64))
"""`pan` leaves out the channels that are not there and scales what is left to a sum of 1."""


def decode_command(
    path: str | bytes | os.PathLike, settings: DecodeSettings, *, executable: str, mean_of_channels: bool = False
) -> list[str]:
    """Return the ffmpeg command that writes Matroska to standard output: one track, s16le, 16 kHz, mono.

    Raw samples would have no times, and ffmpeg's own way to fill holes (aresample=async=1) starts over, from
    zero, whenever the audio's rate or channels change half-way. So samples travel with their times, which
    count from the container's start, plus TIME_OFFSET_S.

    All channels are mixed: by the usual weights of their places, or to their plain mean where asked for, which
    works for channels of unknown places too. The video goes, undecoded, to a null output: ffmpeg counts time
    from the earliest stream in use, so without the video, audio that starts late would come out early. The head of a
    third output, to the pipe FACTS, tells of the streams.
    """
    source = ffmpeg.input(
        _RECORDING,
        protocol_whitelist=_PROTOCOLS,
        format_whitelist=FORMATS,
        dts_delta_threshold=_DISCONTINUITY_S,
    )
    timed = _timed_samples(source[f"a:{settings.audio_stream}"], mean_of_channels=mean_of_channels)
    picture = source.output("-", map="0:V:0?", c="copy", f="null")
    facts = _facts(source[f"a:{settings.audio_stream}"], source["a"], source["V:0?"])
    command = _compiled([timed, picture, facts], executable)
    return ["file:" + os.fsdecode(path) if part == _RECORDING else part for part in command]


def decode_piped_command(*, executable: str, mean_of_channels: bool = False) -> list[str]:
    """Return the like command for a transport stream of sound alone on standard input, whose times are right."""
    source = ffmpeg.input("pipe:0", protocol_whitelist="pipe", format_whitelist="mpegts", f="mpegts", copyts=None)
    timed = _timed_samples(source["a:0"], mean_of_channels=mean_of_channels)
    return _compiled([timed, _facts(source["a:0"], source["a"])], executable)


def list_streams_command(path: str | bytes | os.PathLike, *, executable: str) -> list[str]:
    """Return the command that writes the facts of a recording's streams of sound and nothing else."""
    source = ffmpeg.input(_RECORDING, protocol_whitelist=_PROTOCOLS, format_whitelist=FORMATS)
    command = _compiled([_facts(source["a:0"], source["a"])], executable)
    return ["file:" + os.fsdecode(path) if part == _RECORDING else part for part in command]


def ffmpeg_executable() -> str:
    """Return the path of ffmpeg: the one of imageio-ffmpeg, unless IMAGEIO_FFMPEG_EXE names another.

    RuntimeError, in one sentence, when there is none.
    """
    return imageio_ffmpeg.get_ffmpeg_exe()


def _timed_samples(audio: ffmpeg.Stream, *, mean_of_channels: bool) -> ffmpeg.Stream:
    if mean_of_channels:
        audio = audio.filter("pan", args=_MEAN_OF_CHANNELS)
    audio = audio.filter("aformat", sample_fmts="s16", sample_rates=SAMPLE_RATE_HZ, channel_layouts="mono")
    return audio.output(
        "pipe:1", f="matroska", acodec="pcm_s16le", output_ts_offset=TIME_OFFSET_S, avoid_negative_ts="disabled"
    )


def _facts(*streams: ffmpeg.Stream) -> ffmpeg.Stream:
    """One packet of each stream, which is where the output ends."""
    return ffmpeg.output(*streams, FACTS, c="copy", f="framecrc", **{"frames:a": 1, "frames:v": 1})


def _compiled(outputs: list[ffmpeg.Stream], executable: str) -> list[str]:
    return ffmpeg.merge_outputs(*outputs).compile(cmd=[executable, *_QUIET_OPTIONS])
