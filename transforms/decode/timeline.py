"""Samples with their times, as ffmpeg writes them, put onto one timeline without holes."""

import dataclasses
import io
from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from models.constants import SAMPLE_RATE_HZ
from transforms.decode.ffmpeg_command import TIME_OFFSET_S
from transforms.decode.settings import DecodeSettings
from transforms.transport.clock import Break
from transforms.transport.surroundings import TICKS_PER_S

Samples = npt.NDArray[np.int16]
"""int16, [samples] or [seconds, 16000], either with a last axis of channels."""

TimedSamples = tuple[int, Samples]
"""The place of the first sample, counted in samples of 16 kHz from the recording's start, and the samples."""

TOLERANCE_S = 0.1
"""Smaller differences between the times of the samples and their count are let be (clocks are not exact)."""

# Identifiers of RFC 9559 (Matroska).
_SEGMENT, _CLUSTER, _TIMESTAMP = 0x18538067, 0x1F43B675, 0xE7
_SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = 0xA3, 0xA0, 0xA1
_SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000

_EARLY_SAMPLES = SAMPLE_RATE_HZ // 100
"""Times travel in whole milliseconds."""
_KEPT_PLACES = 1000


def read_packets(stream: io.BufferedIOBase, *, channels: int) -> Iterator[TimedSamples]:
    """Yield the audio of a Matroska stream of one s16le track at 16 kHz, as ffmpeg writes it to a pipe.

    Samples are int16 [n, 2]; the second channel of a track that has one is silence. Times are in whole milliseconds
    (ffmpeg's default scale). Ends quietly where the stream breaks off.
    """
    while True:
        identifier, size = _read_number(stream, keep_marker=True), _read_number(stream)
        if identifier is None or size is None:
            return
        if identifier == _SEGMENT:  # of unknown size: go on with what it holds
            continue
        content = stream.read(size)
        if len(content) < size:
            return
        if identifier == _CLUSTER:
            yield from _cluster_packets(content, channels)


def _cluster_packets(content: bytes, channels: int) -> Iterator[TimedSamples]:
    """Yield the packets of one cluster; a block's head is its track, 16 bits of relative time, flags."""
    stream, start_ms = io.BytesIO(content), 0
    while (identifier := _read_number(stream, keep_marker=True)) is not None:
        size = _read_number(stream) or 0
        if identifier == _BLOCK_GROUP:
            continue
        place = stream.tell()
        if identifier == _TIMESTAMP:
            start_ms = int.from_bytes(content[place : place + size], "big") - 1000 * TIME_OFFSET_S
        elif identifier in (_SIMPLE_BLOCK, _BLOCK):
            later_ms = int.from_bytes(content[place + 1 : place + 3], "big", signed=True)
            samples = np.frombuffer(content, "<i2", (size - 4) // (2 * channels) * channels, place + 4)
            samples = samples.reshape(-1, channels)
            if channels == 1:
                samples = np.concatenate([samples, np.zeros_like(samples)], axis=1)
            yield (start_ms + later_ms) * _SAMPLES_PER_MS, samples
        stream.seek(size, io.SEEK_CUR)


def _read_number(stream: io.BufferedIOBase | io.BytesIO, *, keep_marker: bool = False) -> int | None:
    """Read one of EBML's numbers of 1 to 8 bytes (RFC 8794), whose first set bit tells its length."""
    first = stream.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    head = first[0] if keep_marker else first[0] ^ (0x80 >> (length - 1))
    return int.from_bytes(bytes([head]) + stream.read(length - 1), "big")


@dataclasses.dataclass
class Timeline:
    """Puts timed samples where they belong and keeps count; memory is bounded whatever the times."""

    settings: DecodeSettings
    samples: int = 0
    """Length so far."""
    silence_samples: int = 0
    """Silence filled into holes."""
    dropped_samples: int = 0
    """Samples dropped because their time was already taken."""
    filled: list[tuple[float, float]] = dataclasses.field(default_factory=list)
    """Where silence was filled in, and how much of it, seconds; the first thousand."""
    joined: list[tuple[float, float]] = dataclasses.field(default_factory=list)
    """Where the times jump ahead further than is taken for a hole, and by how much, seconds; the first thousand."""
    cut: bool = False
    """The longest duration was reached."""
    _shift: int = 0
    """From the samples' times to the timeline."""

    @property
    def heard_s(self) -> float:
        """Seconds of sound, without the silence that was filled in."""
        return (self.samples - self.silence_samples) / SAMPLE_RATE_HZ

    def place(
        self, packets: Iterable[TimedSamples], *, base: int = 0, breaks: deque[Break] | None = None
    ) -> Iterator[Samples]:
        """Yield int16 [samples] pieces that follow one another without holes from time zero on.

        Args:
            packets: the samples with their times.
            base: added to the times, samples.
            breaks: of the clock that gave the times, which is then believed: where it says that the sound was joined,
                what comes next follows at once. They are taken out, and told their place on the timeline.
        """
        limit = round(self.settings.max_duration_s * SAMPLE_RATE_HZ)
        for time, samples in packets:
            start = time + base
            if breaks is None:
                self._join_long_hole(start)
            else:
                self._pass_breaks(start, breaks)
            for piece, is_silence in self._fitted(start + self._shift, samples):
                self.cut = self.samples + len(piece) > limit
                piece = piece[: limit - self.samples]
                self.samples += len(piece)
                self.silence_samples += len(piece) if is_silence else 0
                yield piece
                if self.cut:
                    return

    def _pass_breaks(self, start: int, breaks: deque[Break]) -> None:
        while breaks and start >= breaks[0].time * SAMPLE_RATE_HZ // TICKS_PER_S - _EARLY_SAMPLES:
            passed = breaks.popleft()
            passed.at_s = self.samples / SAMPLE_RATE_HZ
            if not passed.filled:
                self._shift = self.samples - start

    def _join_long_hole(self, start: int) -> None:
        hole = start + self._shift - self.samples
        if hole > self.settings.max_gap_s * SAMPLE_RATE_HZ:
            self._shift -= hole
            _note(self.joined, self.samples, hole)

    def _fitted(self, start: int, samples: Samples) -> Iterator[tuple[Samples, bool]]:
        """Yield silence up to `start`, then the samples, less what comes too late; and of each whether it is filled."""
        hole = start - self.samples
        if abs(hole) <= TOLERANCE_S * SAMPLE_RATE_HZ:
            yield samples, False
            return
        if hole > 0:
            _note(self.filled, self.samples, hole)
        for filled in range(0, hole, SAMPLE_RATE_HZ):
            yield np.zeros((min(SAMPLE_RATE_HZ, hole - filled), *samples.shape[1:]), np.int16), True
        dropped = min(max(-hole, 0), len(samples))
        self.dropped_samples += dropped
        yield samples[dropped:], False


def _note(places: list[tuple[float, float]], at: int, length: int) -> None:
    if len(places) < _KEPT_PLACES:
        places.append((at / SAMPLE_RATE_HZ, length / SAMPLE_RATE_HZ))


def in_blocks(pieces: Iterable[Samples], *, size: int) -> Iterator[Samples]:
    """Join pieces and cut them anew into blocks of `size`, the last shorter; each block is an array of its own."""
    block, filled = np.empty(0, np.int16), 0
    for piece in pieces:
        if not len(block):
            block = np.empty((size, *piece.shape[1:]), np.int16)
        while len(piece):
            part = piece[: size - filled]
            block[filled : filled + len(part)] = part
            filled += len(part)
            piece = piece[len(part) :]
            if filled == size:
                yield block
                block, filled = np.empty_like(block), 0
    if filled:
        yield block[:filled]


def whole_seconds(samples: Samples, *, shortest_s: float) -> Samples:
    """Return int16 [seconds, 16000] or [seconds, 16000, channels].

    An unfinished second is zero-padded, or dropped below `shortest_s`.
    """
    seconds, rest = divmod(len(samples), SAMPLE_RATE_HZ)
    shape = samples.shape[1:]
    if rest == 0:
        return samples.reshape(seconds, SAMPLE_RATE_HZ, *shape)
    seconds += rest >= shortest_s * SAMPLE_RATE_HZ
    padded = np.zeros((seconds * SAMPLE_RATE_HZ, *shape), np.int16)
    kept = samples[: len(padded)]
    padded[: len(kept)] = kept
    return padded.reshape(seconds, SAMPLE_RATE_HZ, *shape)
