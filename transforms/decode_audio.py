"""Recordings to seconds of 16 kHz mono audio: second k of the result is [k, k+1) on the recording's timeline.

One pass of ffmpeg from the recording's start, in a process of its own, a block ahead of whoever reads it.
"""

import dataclasses
import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from transforms.decode_outcome import (
    SHORTEST_AUDIO_S,
    DecodeError,
    DecodeOutcome,
    MediaInfo,
    check_readable,
    judge,
    stalled,
)
from transforms.decode_settings import SAMPLE_RATE_HZ, DecodeSettings
from transforms.ffmpeg_command import decode_command, ffmpeg_executable
from transforms.ffmpeg_process import FfmpegProcess, FfmpegStalled
from transforms.ffmpeg_report import FfmpegReport

__all__ = ["DecodeError", "DecodeOutcome", "DecodeSettings", "MediaInfo", "decode_seconds"]

Samples = npt.NDArray[np.int16]
"""int16, either [samples] or [seconds, 16000]."""


def decode_seconds(
    path: str | bytes | os.PathLike, settings: DecodeSettings | None = None, *, block_s: int = 64
) -> Generator[Samples, None, DecodeOutcome]:
    """Decode a recording in one pass; yield int16 [block_s, 16000] blocks, then return the outcome.

    Row k (counted over all blocks) is the audio from k to k + 1 s after the container's start, all channels
    mixed to one at 16 kHz, holes filled with silence. Every block but the last has `block_s` rows. A last,
    unfinished second is padded with zeros when it holds at least 0.1 s, else left out. One block is decoded
    ahead; memory does not grow with the length. Closing the generator kills ffmpeg.

    Raises, at the first or a later block: DecodeError (one sentence: the file, the cause, what to do) when
    there is no audio to be had or the machine failed; RuntimeError when ffmpeg itself cannot be used;
    ValueError for a block of less than 1 s. A recording that breaks off half-way just ends early, with an
    outcome that says "partial" and why.
    """
    if block_s < 1:
        raise ValueError(f"block_s must be at least 1, not {block_s}")
    settings = settings or DecodeSettings()
    check_readable(path)
    run = yield from _run(path, settings, block_s=block_s)
    if run.report.layout_unknown and run.samples == 0:
        run = yield from _run(path, settings, block_s=block_s, mean_of_channels=True)
    return judge(path, settings, run.report, samples=run.samples, cut=run.cut, exit_status=run.exit_status)


@dataclasses.dataclass(frozen=True)
class _Run:
    """One run of ffmpeg, ended: `cut` when it was stopped at the longest duration."""

    report: FfmpegReport
    samples: int
    cut: bool
    exit_status: int


def _run(
    path: str | bytes | os.PathLike, settings: DecodeSettings, *, block_s: int, mean_of_channels: bool = False
) -> Generator[Samples, None, _Run]:
    """Yield the blocks of one run of ffmpeg; closing the generator ends it."""
    executable = ffmpeg_executable()
    command = decode_command(path, settings, executable=executable, mean_of_channels=mean_of_channels)
    report, limit = FfmpegReport(), round(settings.max_duration_s * SAMPLE_RATE_HZ)

    def on_stderr(data: bytes) -> bool:
        report.add(data)
        return report.jump_to_s is not None

    # Order matters: leaving kills ffmpeg first, which ends a read that the thread may still wait in.
    with (
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode-ahead") as ahead,
        FfmpegProcess(command, stall_timeout_s=settings.stall_timeout_s, on_stderr=on_stderr) as process,
    ):
        try:
            samples = yield from _read_blocks(process, ahead, block_s=block_s, limit=limit)
            cut = samples == limit and len(_read(process, samples=1)) > 0
            return _Run(report, samples, cut, exit_status=0 if cut else process.wait())
        except FfmpegStalled as error:
            raise stalled(path, settings, report) from error


def _read_blocks(
    process: FfmpegProcess, ahead: ThreadPoolExecutor, *, block_s: int, limit: int
) -> Generator[Samples, None, int]:
    """Yield blocks of whole seconds while the next one is read; return the count of samples read."""
    size, samples = block_s * SAMPLE_RATE_HZ, 0
    pending = ahead.submit(_read, process, samples=min(size, limit))
    while True:
        block = pending.result()
        samples += len(block)
        if more := (len(block) == size and samples < limit):
            pending = ahead.submit(_read, process, samples=min(size, limit - samples))
        if len(seconds := _whole_seconds(block)):
            yield seconds
        if not more:
            return samples


def _read(process: FfmpegProcess, *, samples: int) -> Samples:
    """Return the next `samples` samples, int16, fewer only at the end."""
    buffer = bytearray(2 * samples)
    count = process.read_into(memoryview(buffer))
    return np.frombuffer(buffer, "<i2", count // 2)


def _whole_seconds(block: Samples) -> Samples:
    """Return int16 [seconds, 16000]: a last unfinished second is padded with zeros, or dropped when short."""
    seconds, rest = divmod(len(block), SAMPLE_RATE_HZ)
    if rest == 0:
        return block.reshape(seconds, SAMPLE_RATE_HZ)
    seconds += rest >= SHORTEST_AUDIO_S * SAMPLE_RATE_HZ
    padded = np.zeros(seconds * SAMPLE_RATE_HZ, block.dtype)
    kept = min(len(block), len(padded))
    padded[:kept] = block[:kept]
    return padded.reshape(seconds, SAMPLE_RATE_HZ)
