"""Recordings to seconds of 16 kHz mono audio: second k of the result is [k, k+1) on the recording's timeline.

One pass of ffmpeg from the recording's start, in a process of its own, a block ahead of whoever reads it.
"""

import contextlib
import os
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor

from models.constants import SAMPLE_RATE_HZ
from transforms.decode.ffmpeg_command import decode_command, ffmpeg_executable
from transforms.decode.ffmpeg_process import FfmpegProcess, FfmpegStalled, FfmpegTooSlow
from transforms.decode.ffmpeg_report import FfmpegReport
from transforms.decode.outcome import (
    MIN_AUDIO_S,
    DecodeOutcome,
    DecodeRun,
    check_readable,
    outcome_of,
    stall_error,
    timeout_error,
)
from transforms.decode.settings import DecodeSettings
from transforms.decode.timeline import Samples, Timeline, in_blocks, read_packets, whole_seconds

Watch = Callable[[], contextlib.AbstractContextManager[None]]


def decode_seconds(
    path: str | bytes | os.PathLike,
    settings: DecodeSettings | None = None,
    *,
    block_s: int = 64,
    watch: Watch = contextlib.nullcontext,
) -> Generator[Samples, None, DecodeOutcome]:
    """Decode a recording in one pass; yield int16 [block_s, 16000] blocks, then return the outcome.

    Row k (counted over all blocks) is the audio from k to k + 1 s after the container's start, all channels
    mixed to one at 16 kHz, holes filled with silence. Every block but the last has `block_s` rows. A last,
    unfinished second is padded with zeros when it holds at least 0.1 s, else left out. One block is decoded
    ahead; memory does not grow with the length. Closing the generator kills ffmpeg. What `watch` gives is entered, in
    another thread, while a block is waited for.

    Raises, at the first or a later block: DecodeError (one sentence: the file, the cause, what to do) when
    there is no audio to be had or the machine failed; RuntimeError when ffmpeg itself cannot be used;
    ValueError for a block of less than 1 s. A recording that breaks off half-way just ends early, with an
    outcome that says "partial" and why.
    """
    if block_s < 1:
        raise ValueError(f"block_s must be at least 1, not {block_s}")
    settings = settings or DecodeSettings()
    check_readable(path)
    run = DecodeRun(path, settings, FfmpegReport(), Timeline(settings))
    exit_status = yield from _decode(run, watch, block_s=block_s)
    if run.report.layout_unknown and run.timeline.samples == 0:
        run = DecodeRun(path, settings, FfmpegReport(), Timeline(settings))
        exit_status = yield from _decode(run, watch, block_s=block_s, mean_of_channels=True)
    return outcome_of(run, exit_status=exit_status)


def _decode(
    run: DecodeRun, watch: Watch, *, block_s: int, mean_of_channels: bool = False
) -> Generator[Samples, None, int]:
    """Yield the blocks of one run of ffmpeg and return its exit status, 0 where it was not let finish."""
    executable, settings = ffmpeg_executable(), run.settings
    limits = {"stall_timeout_s": settings.stall_timeout_s, "longest_s": settings.max_decode_s}
    command = decode_command(run.path, run.settings, executable=executable, mean_of_channels=mean_of_channels)
    # Order matters: leaving kills ffmpeg first, which ends a read that the thread may still wait in.
    with (
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode-ahead") as ahead,
        FfmpegProcess(command, on_stderr=run.report.add, **limits) as process,
    ):
        pieces = run.timeline.place(read_packets(process.stdout))
        blocks = in_blocks(pieces, size=block_s * SAMPLE_RATE_HZ)

        def following() -> Samples | None:
            with watch():
                return next(blocks, None)

        pending = ahead.submit(following)
        try:
            while (block := pending.result()) is not None:
                pending = ahead.submit(following)
                if len(seconds := whole_seconds(block, shortest_s=MIN_AUDIO_S)):
                    yield seconds
            return 0 if run.timeline.ended_early else process.wait()
        except FfmpegStalled as error:
            raise stall_error(run) from error
        except FfmpegTooSlow as error:
            raise timeout_error(run) from error
