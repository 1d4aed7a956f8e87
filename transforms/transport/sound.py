"""The sound of a transport stream, its packets alone, with times that ffmpeg need not judge.

ffmpeg corrects the times of all streams by one offset, so that a jump of the pictures moves the sound. It gets the
sound alone, through a pipe, on the clock of `clock.py`; where it becomes another stream or codec, another ffmpeg.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections import deque
from collections.abc import Generator, Iterator

import numpy as np

from transforms.transport.clock import Break, Clock
from transforms.transport.packets import (
    PACKET_BYTES,
    Continuity,
    Headers,
    Packets,
    find_stride,
    parse_headers,
    read_packets,
)
from transforms.transport.tables import Programme, Stream, Tables, tables_of_sound
from transforms.transport.waiting import Epoch, SoundFacts, WaitingSound

PROBED_BYTES = 64 << 20
"""So far the tables are looked for."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """A transport stream whose sound can be taken: how its packets lie, its tables as it begins, and which sound."""

    path: str | bytes
    stride: int
    tables: Tables
    programme: Programme
    stream: Stream


def plan_sound(path: str | bytes, audio_stream: int) -> Plan | None:
    """How to take the sound out of a file; None where it is no transport stream or has no such sound.

    Args:
        path: of a local file.
        audio_stream: which of the streams of sound of all programmes, from 0.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        stride = find_stride(file.read(1 << 16))
        if stride is None:
            return None
        file.seek(0)
        tables = Tables()
        for packets in read_packets(file, stride):
            headers = parse_headers(packets.data)
            # as they are at the beginning of the file: they may change later
            if any(tables.complete for _ in _follow_tables(tables, packets, headers)) or file.tell() > PROBED_BYTES:
                break
    sounds = _sounds(tables)
    if audio_stream >= len(sounds):
        return None
    return Plan(path, stride, tables, *sounds[audio_stream])


class SoundFeed:
    """Reads a transport stream once and gives its sound, epoch by epoch.

    `next_epoch` moves on to the next one, `chunks` gives its bytes; both in one thread at a time.

    Attributes:
        facts: what was met.
        breaks: of the clock, in order, each before the bytes that come after it; the reader takes them out.
    """

    def __init__(self, plan: Plan, max_gap_s: float) -> None:
        """`max_gap_s`: the longest jump of the clock that is taken for missing sound."""
        self.facts = SoundFacts(
            programmes=len(plan.tables.programmes),
            programme=plan.programme.number,
            sounds=len(_sounds(plan.tables)),
        )
        self.breaks: deque[Break] = deque()
        self._plan = plan
        self._clock = Clock(max_gap_s)
        self._queue = WaitingSound(self._clock, self.facts, self.breaks)
        self._released = self._read()
        self._waiting: tuple[Epoch, bytes] | None = None
        self._epoch: Epoch | None = None

    def next_epoch(self) -> Epoch | None:
        """The next epoch, None at the end; what is left of the one before is passed over."""
        while self._waiting is None or self._waiting[0] is self._epoch:
            self._waiting = next(self._released, None)
            if self._waiting is None:
                return None
        self._epoch = self._waiting[0]
        return self._epoch

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the epoch: a transport stream of one stream of sound."""
        epoch = self._epoch
        assert epoch is not None
        yield tables_of_sound(epoch.stream, epoch.programme)
        while self._waiting is not None and self._waiting[0] is epoch:
            yield self._waiting[1]
            self._waiting = next(self._released, None)

    def close(self) -> None:
        """Let go of the file, unless another thread still reads it."""
        with contextlib.suppress(ValueError):
            self._released.close()

    def _read(self) -> Generator[tuple[Epoch, bytes], None, None]:
        plan, continuity = self._plan, Continuity()
        tables, programme, stream = plan.tables, plan.programme, plan.stream
        with open(plan.path, "rb") as file:
            for packets in read_packets(file, plan.stride):
                headers = parse_headers(packets.data)
                broken = continuity.breaks(headers)
                start = 0
                for row in _follow_tables(tables, packets, headers):
                    chosen = _follow_sound(tables, programme, stream)
                    if chosen != (programme, stream):
                        part = slice(start, row)
                        yield from self._queue.add(
                            _cut(packets, part), _cut_headers(headers, part), broken[part], programme, stream
                        )
                        (programme, stream), start = chosen, row
                part = slice(start, len(packets))
                yield from self._queue.add(
                    _cut(packets, part), _cut_headers(headers, part), broken[part], programme, stream
                )
        yield from self._queue.finish()


def _sounds(tables: Tables) -> list[tuple[Programme, Stream]]:
    programmes = [programme for programme in tables.programmes.values() if programme]
    return [(programme, stream) for programme in programmes for stream in programme.sounds]


def _follow_tables(tables: Tables, packets: Packets, headers: Headers) -> Iterator[int]:
    """Read the tables in some packets; yield the rows at which something changes, when it just has."""
    begin = 0
    while True:
        pids = tables.pids
        for row in (begin + np.flatnonzero(np.isin(headers.pid[begin:], list(pids)))).tolist():
            pid, at = int(headers.pid[row]), int(headers.payload_at[row])
            if headers.scrambled[row] or at >= PACKET_BYTES:
                continue
            if tables.add(pid, packets.data[row].tobytes(), starts=bool(headers.starts[row]), payload_at=at):
                yield row
            if tables.pids != pids:  # further streams carry tables from here on
                begin = row + 1
                break
        else:
            return


def _follow_sound(tables: Tables, programme: Programme, stream: Stream) -> tuple[Programme, Stream]:
    """The sound to go on with after the tables changed: the same stream, else the one of its rank."""
    now = tables.programmes.get(programme.number)
    if now is None or not now.sounds:
        others = [one for one in tables.programmes.values() if one and one.sounds]
        if programme.number in tables.programmes or not others:
            return programme, stream
        now = others[0]
    same = next((one for one in now.sounds if one.pid == stream.pid), None)
    if same is None:
        pids = [one.pid for one in programme.sounds]
        rank = pids.index(stream.pid) if stream.pid in pids else 0
        same = now.sounds[min(rank, len(now.sounds) - 1)]
    return now, same


def _cut(packets: Packets, part: slice) -> Packets:
    return Packets(packets.data[part], packets.positions[part])


def _cut_headers(headers: Headers, part: slice) -> Headers:
    return Headers(**{field.name: getattr(headers, field.name)[part] for field in dataclasses.fields(headers)})
