"""The ffmpeg command that turns any recording into 16 kHz mono samples on the recording's own timeline."""

import functools
import os
import re
import subprocess

import ffmpeg
import imageio_ffmpeg

from transforms.decode_settings import SAMPLE_RATE_HZ, DecodeSettings

FFMPEG_AT_LEAST = (7, 1)
"""Oldest ffmpeg that can feed one filter graph from another, which keeps time true when the audio's
sample rate or channels change half-way (see `_GAP_FILTERS`)."""

FORMATS = (
    "mov,matroska,mpegts,mpeg,avi,asf,flv,nut,mxf,gxf,dv,rm,wtv,nsv,pva,ty,nuv,lxf,"
    "mp3,aac,loas,ac3,eac3,dts,dtshd,truehd,mlp,ogg,flac,wav,w64,aiff,au,caf,amr,amrnb,amrwb,"
    "ape,wv,tta,tak,mpc,mpc8,dsf,oma,voc,sox"
)
"""Demuxers that may open a recording: each reads one file and nothing else. No playlists, scripts, image
sequences or devices, because a crafted "recording" of those kinds reads other files or calls hosts."""

_PROTOCOLS = "file,pipe"

_QUIET_OPTIONS = ("-nostdin", "-hide_banner", "-nostats", "-v", "level+verbose")

_DISCONTINUITY_S = 86400
"""ffmpeg deletes longer jumps of a transport stream's clock; its default of 10 s would shift later times."""

_MONO_FILTERS = (
    "[0:a:{audio_stream}]{mix}aformat=sample_fmts=s16:sample_rates={sample_rate_hz}:channel_layouts=mono[mono]"
)
_MEAN_OF_CHANNELS = "pan=mono|c0<" + "+".join(f"c{channel}" for channel in range(64)) + ","

# A graph of its own, for ffmpeg rebuilds the graph that touches the decoder whenever the audio's rate or
# channels change, and a rebuilt aresample would fill silence from zero all over again. Register 1 of the
# expression holds where the audio ends so far, register 0 whether it jumped: 1 keeps a frame, 2 sends the
# first frame after a jump to ashowinfo (whose line tells the jump), 0 drops what follows. Silence is filled
# after that, so that a jump of hours never asks for hours of memory. Frames of half a second at the end
# spare a sixth of the processor's time.
_GAP_FILTERS = (
    "[mono]aselect=outputs=2:expr='if(ld(0),0,"
    "if(gt(t-ld(1),{max_gap_s}),0*st(0,1)+2,0*st(1,max(ld(1),t+samples_n/sample_rate))+1))'[kept][jump];"
    "[jump]ashowinfo,anullsink;"
    "[kept]aresample=async=1:first_pts=0[audio]"
)


def decode_command(
    path: str | bytes | os.PathLike, settings: DecodeSettings, *, executable: str, mean_of_channels: bool = False
) -> list[str]:
    """Return the ffmpeg command whose standard output is s16le, 16 kHz, mono, zero at the container's start.

    All channels are mixed: by the usual weights of their places, or to their plain mean where asked for, which
    works for channels of unknown places too. Holes up to `settings.max_gap_s` become silence; a longer one ends
    the audio and prints one `ashowinfo` line. The video goes, undecoded, to a null output: ffmpeg counts time
    from the earliest stream in use, so without the video, audio that starts late would come out early.
    """
    source = ffmpeg.input(
        "file:" + os.fsdecode(path),
        protocol_whitelist=_PROTOCOLS,
        format_whitelist=FORMATS,
        dts_delta_threshold=_DISCONTINUITY_S,
    )
    audio = source.output("pipe:1", map="[audio]", f="s16le")
    others = source.output("-", map="0:V:0?", c="copy", f="null")
    # ffmpeg-python knows one filter graph a command: two chained ones go in by hand, with the global options.
    mix = _MEAN_OF_CHANNELS if mean_of_channels else ""
    mono = _MONO_FILTERS.format(audio_stream=settings.audio_stream, mix=mix, sample_rate_hz=SAMPLE_RATE_HZ)
    gaps = _GAP_FILTERS.format(max_gap_s=repr(float(settings.max_gap_s)))
    head = [executable, *_QUIET_OPTIONS, "-filter_complex", mono, "-filter_complex", gaps]
    return ffmpeg.merge_outputs(audio, others).compile(cmd=head)


def ffmpeg_executable() -> str:
    """Return the path of a usable ffmpeg; RuntimeError, in one sentence, when there is none.

    It is the one that comes with imageio-ffmpeg, unless the variable IMAGEIO_FFMPEG_EXE names another.
    """
    executable = imageio_ffmpeg.get_ffmpeg_exe()
    version = _version(executable)
    if version and version < FFMPEG_AT_LEAST:
        raise RuntimeError(
            f"{executable} is ffmpeg {version[0]}.{version[1]}, but 7.1 or newer is needed: upgrade "
            "imageio-ffmpeg, or unset IMAGEIO_FFMPEG_EXE"
        )
    return executable


@functools.cache
def _version(executable: str) -> tuple[int, int] | None:
    """Major and minor version, or None for a build without a number (taken from ffmpeg's repository)."""
    try:
        done = subprocess.run([executable, "-version"], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise RuntimeError(
            f"ffmpeg cannot be run ({error}): install imageio-ffmpeg, or let IMAGEIO_FFMPEG_EXE name an ffmpeg"
        ) from error
    found = re.match(rb"ffmpeg version n?(\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if found else None
