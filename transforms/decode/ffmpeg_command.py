"""The ffmpeg command that turns any recording into 16 kHz mono samples with their times."""

import os

import ffmpeg
import imageio_ffmpeg

from models.constants import SAMPLE_RATE_HZ
from transforms.decode.containers import FORMATS
from transforms.decode.settings import DecodeSettings

TIME_OFFSET_S = 10
"""Added to the times of the output, for Matroska cannot hold the slightly negative ones that occur."""

_RECORDING = "RECORDING"
"""Stands for the path, for ffmpeg-python takes only names that are valid Unicode."""

_PROTOCOLS = "file,pipe"

_DISCONTINUITY_S = 86400
"""ffmpeg deletes longer jumps of a transport stream's clock; its default of 10 s would shift later times."""

_QUIET_OPTIONS = ("-nostdin", "-hide_banner", "-nostats", "-v", "level+verbose")

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
    from the earliest stream in use, so without the video, audio that starts late would come out early.
    """
    source = ffmpeg.input(
        _RECORDING,
        protocol_whitelist=_PROTOCOLS,
        format_whitelist=FORMATS,
        dts_delta_threshold=_DISCONTINUITY_S,
    )
    audio = source[f"a:{settings.audio_stream}"]
    if mean_of_channels:
        audio = audio.filter("pan", args=_MEAN_OF_CHANNELS)
    audio = audio.filter("aformat", sample_fmts="s16", sample_rates=SAMPLE_RATE_HZ, channel_layouts="mono")
    timed = audio.output(
        "pipe:1", f="matroska", acodec="pcm_s16le", output_ts_offset=TIME_OFFSET_S, avoid_negative_ts="disabled"
    )
    picture = source.output("-", map="0:V:0?", c="copy", f="null")
    command = ffmpeg.merge_outputs(timed, picture).compile(cmd=[executable, *_QUIET_OPTIONS])
    return ["file:" + os.fsdecode(path) if part == _RECORDING else part for part in command]


def ffmpeg_executable() -> str:
    """Return the path of ffmpeg: the one of imageio-ffmpeg, unless IMAGEIO_FFMPEG_EXE names another.

    RuntimeError, in one sentence, when there is none.
    """
    return imageio_ffmpeg.get_ffmpeg_exe()
