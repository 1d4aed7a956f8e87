"""Recordings to seconds of 16 kHz mono audio: second k of the result is [k, k+1) on the recording's timeline.

One pass of ffmpeg from the recording's start, in a process of its own, a block ahead of whoever reads it.
"""

import contextlib
import dataclasses
import itertools
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from common.text import Path, display_text
from models.constants import SAMPLE_RATE_HZ
from transforms.decode.ffmpeg_command import (
    Mix,
    decode_command,
    decode_piped_command,
    ffmpeg_executable,
    list_streams_command,
)
from transforms.decode.ffmpeg_process import FfmpegProcess, FfmpegStalled, FfmpegTooSlow
from transforms.decode.outcome import (
    MIN_AUDIO_S,
    DecodeError,
    DecodeOutcome,
    DecodeRun,
    check_readable,
    outcome_of,
    stall_error,
    timeout_error,
)
from transforms.decode.settings import DecodeSettings
from transforms.decode.stream_facts import StreamFacts, parse_facts
from transforms.decode.timeline import Samples, in_blocks, read_packets, whole_seconds
from transforms.decode.wav_header import WavSound, misfit_sound
from transforms.transport.clock import Break
from transforms.transport.sound import Plan, SoundFeed, plan_sound
from transforms.transport.surroundings import TICKS_PER_S
from transforms.transport.waiting import Epoch

Watch = Callable[[], contextlib.AbstractContextManager[None]]

_EIGHT_BITS = frozenset(("pcm_u8", "pcm_s8", "pcm_s8_planar", "8svx_exp", "8svx_fib"))
"""Their sum is rounded otherwise."""

_SILENT_PEAK = 10
_SILENT_DBFS = -70.0
"""Of the loudest sample: about ten steps of 16 bits."""
_LISTENED_S = 600.0
_MOST_LISTENED = 8

_LISTING_S = 60.0
"""Most that is waited for the streams of a recording that gave no sound."""


def decode_seconds(
    path: str | bytes | os.PathLike,
    settings: DecodeSettings | None = None,
    *,
    block_s: int = 64,
    watch: Watch = contextlib.nullcontext,
) -> Generator[Samples, None, DecodeOutcome]:
    """Decode a recording in one pass; yield int16 [block_s, 16000] blocks, then return the outcome.

    Row k (counted over all blocks) is the sound from k to k + 1 s of the recording's timeline: seconds of sound played
    so far, and of holes, which are filled with silence; zero is the first time in the file. All channels are mixed to
    one at 16 kHz. Every block but the last has `block_s` rows. A last, unfinished second is padded with zeros when it
    holds at least 0.1 s, else left out. One block is decoded ahead; memory does not grow with the length. Closing the
    generator kills ffmpeg. What `watch` gives is entered, in another thread, while a block is waited for.

    Raises, at the first or a later block: DecodeError (one sentence: the file, the cause, what to do) when
    there is no audio to be had or the machine failed; RuntimeError when ffmpeg itself cannot be used;
    ValueError for a block of less than 1 s. A recording that breaks off half-way just ends early, with an
    outcome that says "partial" and why.
    """
    if block_s < 1:
        raise ValueError(f"block_s must be at least 1, not {block_s}")
    settings = settings or DecodeSettings()
    before = check_readable(path)
    plan = _plan(path, settings)
    run = DecodeRun(path, settings, wav=_misfit_sound(path))
    exit_status = yield from _decode(run, plan, watch, block_s=block_s)
    if run.report.layout_unknown and run.timeline.samples == 0:
        run = DecodeRun(path, settings, wav=run.wav)
        exit_status = yield from _decode(run, plan, watch, block_s=block_s, mix="mean")
    if run.timeline.heard_s < MIN_AUDIO_S and run.report.opened:
        run.facts = run.facts or _list_streams(run)
    if run.timeline.heard_s >= MIN_AUDIO_S and (run.mixer.peak_dbfs or -math.inf) < _SILENT_DBFS:
        run.louder_stream = _louder_stream(run)
    run.changed = check_readable(path) != before
    return outcome_of(run, exit_status=exit_status)


def _misfit_sound(path: Path) -> WavSound | None:
    try:
        return misfit_sound(os.fspath(path))
    except OSError as error:
        reason = error.strerror or error
        raise DecodeError(f"{display_text(path)} cannot be read ({reason}); check the path and the disk") from error


def _plan(path: Path, settings: DecodeSettings) -> Plan | None:
    try:
        return plan_sound(os.fspath(path), settings.audio_stream)
    except OSError as error:
        reason = error.strerror or error
        raise DecodeError(f"{display_text(path)} cannot be read ({reason}); check the path and the disk") from error


def _decode(
    run: DecodeRun, plan: Plan | None, watch: Watch, *, block_s: int, mix: Mix = "two"
) -> Generator[Samples, None, int]:
    """Yield the blocks of a recording and return ffmpeg's exit status, 0 where it was not let finish."""
    runs = _FfmpegRuns(run, plan, mix)
    # Order matters: leaving kills ffmpeg first, which ends a read that the thread may still wait in.
    with (
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode-ahead") as ahead,
        contextlib.closing(runs),
    ):
        blocks = in_blocks(runs.pieces(), size=block_s * SAMPLE_RATE_HZ)

        def following() -> Samples | None:
            with watch():
                return next(blocks, None)

        pending = ahead.submit(following)
        try:
            while (block := pending.result()) is not None:
                pending = ahead.submit(following)
                if len(seconds := whole_seconds(block, shortest_s=MIN_AUDIO_S)):
                    yield run.mixer.mix(seconds)
            return 0 if run.timeline.cut else runs.exit_status
        except FfmpegStalled as error:
            raise stall_error(run) from error
        except FfmpegTooSlow as error:
            raise timeout_error(run) from error


class _FfmpegRuns:
    """The ffmpegs of a recording: one, or, of a transport stream, one for each epoch of its sound."""

    def __init__(self, run: DecodeRun, plan: Plan | None, mix: Mix) -> None:
        self.exit_status = 0
        self._run = run
        self._mix = mix
        self._feed = SoundFeed(plan, run.settings.max_gap_s) if plan else None
        run.sound = self._feed.facts if self._feed else None
        self._lock = threading.Lock()
        self._closed = False
        self._process: FfmpegProcess | None = None

    def pieces(self) -> Iterator[Samples]:
        """The samples, int16 [n, 2], one piece after another, without holes."""
        if self._feed is None:
            yield from self._pieces_of(None)
            return
        while (epoch := self._feed.next_epoch()) and not self._run.timeline.cut and self.exit_status >= 0:
            before = self._run.timeline.heard_s
            yield from self._pieces_of(epoch)
            if self._run.timeline.heard_s == before:
                self._run.undecoded.append(epoch.stream.codec or "")

    def close(self) -> None:
        """Kill what still runs; harmless when called again."""
        with self._lock:
            self._closed = True
        if self._process is not None:
            self._process.close()
        if self._feed is not None:
            self._feed.close()

    def _pieces_of(self, epoch: Epoch | None) -> Iterator[Samples]:
        run, timeline = self._run, self._run.timeline
        chunks = _Repeatable(self._feed.chunks()) if self._feed and epoch else None
        process = self._start(self._command(), chunks)
        if (
            process is not None
            and self._mix == "two"
            and not _mixes_as_two(parse_facts(_text(process.wait_for_facts())))
        ):
            process.close()
            self._mix = "all"
            process = self._start(self._command(), chunks and chunks.again())
        if process is None:
            return
        if chunks is not None:
            chunks.forget()
        with process:
            base = epoch.base * SAMPLE_RATE_HZ // TICKS_PER_S if epoch else 0
            breaks: deque[Break] | None = self._feed.breaks if self._feed else None
            packets = read_packets(process.stdout, channels=2 if self._mix == "two" else 1)
            yield from timeline.place(packets, base=base, breaks=breaks)
            if not timeline.cut:
                self.exit_status = process.wait()
            if process.feed_error is not None:
                run.read_error = process.feed_error
            facts = parse_facts(_text(process.facts))
            run.facts = run.facts or (facts if facts.sounds else None)

    def _command(self) -> list[str]:
        executable = ffmpeg_executable()
        if self._feed is not None:
            return decode_piped_command(executable=executable, mix=self._mix)
        run = self._run
        ignored = run.wav is not None and not run.wav.is_cut
        return decode_command(run.path, run.settings, executable=executable, mix=self._mix, ignore_length=ignored)

    def _start(self, command: list[str], feed: Iterator[bytes] | None) -> FfmpegProcess | None:
        """The next process, None where no more is wanted."""
        with self._lock:
            if self._closed:
                return None
            settings = self._run.settings
            self._process = FfmpegProcess(
                command,
                on_stderr=self._run.report.add,
                stall_timeout_s=settings.stall_timeout_s,
                longest_s=settings.max_decode_s,
                feed=feed,
            )
            return self._process


class _Repeatable:
    """An iterator of bytes that can be begun again, until what it gave is forgotten; for one thread at a time."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._given: list[bytes] | None = []

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        data = next(self._source)
        if self._given is not None:
            self._given.append(data)
        return data

    def again(self) -> Iterator[bytes]:
        """All of it, from the beginning."""
        return itertools.chain(self._given or [], self)

    def forget(self) -> None:
        """Keep nothing further."""
        self._given = None


def _mixes_as_two(facts: StreamFacts) -> bool:
    """Whether the sum of two channels is what ffmpeg mixes: there are no others, and they have more than 8 bits."""
    return facts.channels in (1, 2) and facts.codec not in _EIGHT_BITS


def _text(facts: bytes) -> str:
    return facts.decode("utf-8", "replace")


def _louder_stream(run: DecodeRun) -> int | None:
    """Another stream of sound that is not silent at its beginning; None where there is none."""
    if run.settings.max_duration_s == _LISTENED_S:  # this is one of them
        return None
    count = run.sound.sounds if run.sound else (run.facts.sounds if run.facts else 0)
    for number in range(min(count, _MOST_LISTENED)):
        if number != run.settings.audio_stream:
            settings = dataclasses.replace(run.settings, audio_stream=number, max_duration_s=_LISTENED_S)
            with contextlib.suppress(DecodeError):
                peaks = [int(np.abs(block.astype(np.int32)).max()) for block in decode_seconds(run.path, settings)]
                if max(peaks, default=0) > _SILENT_PEAK:
                    return number
    return None


def _list_streams(run: DecodeRun) -> StreamFacts | None:
    """The facts of a recording that gave no sound: whether it has any."""
    command = list_streams_command(run.path, executable=ffmpeg_executable())
    with (
        contextlib.suppress(FfmpegStalled),
        FfmpegProcess(command, on_stderr=lambda data: None, stall_timeout_s=_LISTING_S) as process,
    ):
        process.stdout.read()
        process.wait()
        return parse_facts(_text(process.facts))
    return None
