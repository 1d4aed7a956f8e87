"""The ffmpeg command that turns any recording into 16 kHz mono samples with their times."""

from __future__ import annotations

import os
from typing import Literal

import ffmpeg
import imageio_ffmpeg

from models.constants import SAMPLE_RATE_HZ
from transforms.decode.containers import FORMATS
from transforms.decode.settings import DecodeSettings

TIME_OFFSET_S = 10
"""Added to the times of the output, for Matroska cannot hold the slightly negative ones that occur."""

FACTS = "FACTS"
"""Stands for the number of the pipe that gets the facts of the streams, known only when the process starts."""

FACTS_END = b"\n#channel_layout_name 0: "
"""Where, in the facts, all is said of the stream that is decoded."""

_RECORDING = "RECORDING"
"""Stands for the path, for ffmpeg-python takes only names that are valid Unicode."""

_PROTOCOLS = "file,pipe"

_DISCONTINUITY_S = 86400
"""ffmpeg deletes longer jumps of a clock; its default of 10 s would shift later times."""

_QUIET_OPTIONS = ("-nostdin", "-hide_banner", "-nostats", "-v", "level+datetime+verbose")

Mix = Literal["two", "all", "mean"]
"""How channels become one: half the sum of two, with half their difference beside it; all by the usual weights of their
places; or all to their plain mean, which works for channels of unknown places too."""

_SUM_AND_DIFFERENCE = "stereo|c0<c0+c1|c1=0.5*c0-0.5*c1"

_MEAN_OF_CHANNELS = "mono|c0<" + "+".join(f"c{channel}" for channel in range(64))
"""`pan` leaves out the channels that are not there and scales what is left to a sum of 1."""


def decode_command(
    path: str | bytes | os.PathLike,
    settings: DecodeSettings,
    *,
    executable: str,
    mix: Mix = "all",
    ignore_length: bool = False,
) -> list[str]:
    """Return the ffmpeg command that writes Matroska to standard output: one track, s16le, 16 kHz, mono.

    Raw samples would have no times, and ffmpeg's own way to fill holes (aresample=async=1) starts over, from
    zero, whenever the audio's rate or channels change half-way. So samples travel with their times, which
    count from the container's start, plus TIME_OFFSET_S.

    All channels are mixed; with the mix "two" the track has two channels. A WAV is read to its end whatever its header
    says where `ignore_length` is set. The video goes, undecoded, to a null output: ffmpeg counts time
    from the earliest stream in use, so without the video, audio that starts late would come out early. The head of a
    third output, to the pipe FACTS, tells of the streams.
    """
    source = ffmpeg.input(
        _RECORDING,
        protocol_whitelist=_PROTOCOLS,
        format_whitelist=FORMATS,
        dts_delta_threshold=_DISCONTINUITY_S,
        **({"ignore_length": 1} if ignore_length else {}),
    )
    timed = _timed_samples(source[f"a:{settings.audio_stream}"], mix)
    picture = source.output("-", map="0:V:0?", c="copy", f="null")
    facts = _facts(source[f"a:{settings.audio_stream}"], source["a"], source["V:0?"])
    command = _compiled([timed, picture, facts], executable)
    return ["file:" + os.fsdecode(path) if part == _RECORDING else part for part in command]


def decode_piped_command(*, executable: str, mix: Mix = "all") -> list[str]:
    """Return the like command for a transport stream of sound alone on standard input, whose times are right."""
    source = ffmpeg.input("pipe:0", protocol_whitelist="pipe", format_whitelist="mpegts", f="mpegts", copyts=None)
    timed = _timed_samples(source["a:0"], mix)
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


def _timed_samples(audio: ffmpeg.Stream, mix: Mix) -> ffmpeg.Stream:
    if mix == "mean":
        audio = audio.filter("pan", args=_MEAN_OF_CHANNELS)
    if mix == "two":  # in this order the sum is, to the bit, what ffmpeg mixes of two channels
        resampled = {"sample_fmts": "fltp", "sample_rates": SAMPLE_RATE_HZ, "channel_layouts": "mono|stereo"}
        audio = audio.filter("aformat", **resampled).filter("pan", args=_SUM_AND_DIFFERENCE)
    layout = "stereo" if mix == "two" else "mono"
    audio = audio.filter("aformat", sample_fmts="s16", sample_rates=SAMPLE_RATE_HZ, channel_layouts=layout)
    return audio.output(
        "pipe:1", f="matroska", acodec="pcm_s16le", output_ts_offset=TIME_OFFSET_S, avoid_negative_ts="disabled"
    )


def _facts(*streams: ffmpeg.Stream) -> ffmpeg.Stream:
    """One packet of each stream, which is where the output ends."""
    return ffmpeg.output(*streams, FACTS, c="copy", f="framecrc", flush_packets=1, **{"frames:a": 1, "frames:v": 1})


def _compiled(outputs: list[ffmpeg.Stream], executable: str) -> list[str]:
    return ffmpeg.merge_outputs(*outputs).compile(cmd=[executable, *_QUIET_OPTIONS])
