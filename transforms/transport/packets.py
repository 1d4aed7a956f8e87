"""The packets of a transport stream (ISO/IEC 13818-1, 2.4.3), thousands at a time.

Packets have 188 bytes; Blu-ray and camcorders put 4 before each (192), DVB with Reed-Solomon codes 16 behind (204).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

PACKET_BYTES = 188
SYNC = 0x47
NULL_PID = 0x1FFF

STRIDES = (188, 192, 204)
"""Bytes from one packet to the next."""

_CHUNK_BYTES = 4 << 20
_SYNCS = 5
"""So many sync bytes in a row, or as many as there are in a short file, make a transport stream."""
_PROBE_BYTES = 1 << 16


@dataclasses.dataclass(frozen=True)
class Packets:
    """Some packets in their order.

    Attributes:
        data: uint8 [n, 188].
        positions: int64 [n], where each lies in the file, bytes.
    """

    data: npt.NDArray[np.uint8]
    positions: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """How many."""
        return len(self.data)

    def at(self, rows: npt.NDArray) -> Packets:
        """Some of them, by index or by a mask."""
        return Packets(self.data[rows], self.positions[rows])


@dataclasses.dataclass(frozen=True)
class Headers:
    """What the headers of n packets say; arrays of n.

    Attributes:
        pid: int32, which stream.
        starts: bool, whether a PES packet or a section begins in it.
        scrambled: bool, whether its payload is scrambled.
        has_payload: bool.
        counter: int32, the continuity counter, 0 to 15.
        payload_at: int32, where the payload begins; 188 where there is none.
        new_clock: bool, the discontinuity indicator: what breaks here was meant to.
        pcr: int64, the programme's clock, 90 kHz, 33 bits; -1 where it has none.
    """

    pid: npt.NDArray[np.int32]
    starts: npt.NDArray[np.bool_]
    scrambled: npt.NDArray[np.bool_]
    has_payload: npt.NDArray[np.bool_]
    counter: npt.NDArray[np.int32]
    payload_at: npt.NDArray[np.int32]
    new_clock: npt.NDArray[np.bool_]
    pcr: npt.NDArray[np.int64]


def find_stride(head: bytes) -> int | None:
    """The bytes from packet to packet of a file that begins with `head`; None where it is no transport stream."""
    for stride in STRIDES:
        wanted = min(_SYNCS, len(head) // stride)
        if wanted >= 3 and _find_sync(np.frombuffer(head, np.uint8), stride, wanted) is not None:
            return stride
    return None


def is_transport_stream(path: str | bytes) -> bool:
    """Whether a local file is a transport stream, by its content; OSError where it cannot be read."""
    with open(path, "rb") as file:
        return find_stride(file.read(_SYNCS * max(STRIDES) + PACKET_BYTES)) is not None


def read_packets(file: BinaryIO, stride: int) -> Iterator[Packets]:
    """The packets of a file from where it stands, in batches; what lies between them where it is damaged is left out.

    A batch is gone when the next is asked for: the memory is one buffer.
    """
    buffer, position, held = np.empty(_CHUNK_BYTES, np.uint8), file.tell(), 0
    while count := file.readinto(buffer[held:]):  # type: ignore[attr-defined]
        data = buffer[: held + count]
        used = yield from _split(data, stride, position, last=False)
        held = len(data) - used
        buffer[:held] = data[used:].copy()
        position += used
    if held:
        yield from _split(buffer[:held], stride, position, last=True)


def parse_headers(data: npt.NDArray[np.uint8]) -> Headers:
    """What the headers of packets, uint8 [n, 188], say."""
    flags, control = data[:, 1], data[:, 3]
    pid = (flags & 0x1F).astype(np.int32) << 8 | data[:, 2]
    has_field = (control & 0x20) != 0
    field_bytes = np.where(has_field, data[:, 4], 0).astype(np.int32)
    has_payload = (control & 0x10) != 0
    payload_at = np.where(has_payload, 4 + has_field + field_bytes, PACKET_BYTES).astype(np.int32)
    field_flags = np.where(has_field & (field_bytes > 0), data[:, 5], 0)
    has_pcr = ((field_flags & 0x10) != 0) & (field_bytes >= 7)
    pcr = np.full(len(data), -1, np.int64)
    rows = np.flatnonzero(has_pcr)
    high = data[rows, 6:10].astype(np.int64) @ np.array([1 << 24, 1 << 16, 1 << 8, 1])
    pcr[rows] = high << 1 | data[rows, 10] >> 7
    return Headers(
        pid=pid,
        starts=(flags & 0x40) != 0,
        scrambled=(control & 0xC0) != 0,
        has_payload=has_payload,
        counter=(control & 0x0F).astype(np.int32),
        payload_at=np.minimum(payload_at, PACKET_BYTES),
        new_clock=(field_flags & 0x80) != 0,
        pcr=pcr,
    )


class Continuity:
    """Finds where packets are missing, by the counter that each stream's packets carry."""

    def __init__(self) -> None:
        """Before the first packet."""
        self._last = np.full(NULL_PID + 1, -1, np.int32)

    def breaks(self, headers: Headers) -> npt.NDArray[np.bool_]:
        """Whether packets of its stream are missing before each of these, bool [n]; call it in the packets' order.

        A counter counts packets with payload; the same one twice in a row is a packet sent twice. Where the
        discontinuity indicator says that the break was meant, there is none.
        """
        count = len(headers.pid)
        broken = np.zeros(count, bool)
        order = np.argsort(headers.pid.astype(np.uint16), kind="stable")  # by radix, for 16 bits
        pid, counter = headers.pid[order], headers.counter[order]
        before = np.empty(count, np.int32)
        before[1:] = counter[:-1]
        first = np.ones(count, bool)
        first[1:] = pid[1:] != pid[:-1]
        before[first] = self._last[pid[first]]
        step = (counter - before) & 15
        right = (step == 0) | ((step == 1) & headers.has_payload[order])
        known = (before >= 0) & (pid != NULL_PID) & ~headers.new_clock[order]
        broken[order] = known & ~right
        last = np.ones(count, bool)
        last[:-1] = first[1:]
        self._last[pid[last]] = counter[last]
        return broken


def _find_sync(data: npt.NDArray[np.uint8], stride: int, wanted: int, start: int = 0) -> int | None:
    """The first place from `start` on with `wanted` sync bytes at distances of `stride`; None where there is none."""
    end = len(data) - (wanted - 1) * stride
    if end <= start:
        return None
    found = np.ones(end - start, bool)
    for number in range(wanted):
        found &= data[start + number * stride : end + number * stride] == SYNC
    places = np.flatnonzero(found)
    return start + int(places[0]) if len(places) else None


def _split(data: npt.NDArray[np.uint8], stride: int, position: int, *, last: bool) -> Generator[Packets, None, int]:
    """Yield the packets in bytes that lie at `position`; return how many of them are done with."""
    start = 0
    # the last packet of a file may lack the bytes that lie behind it
    spare = stride - PACKET_BYTES if last else 0
    while (count := (len(data) - start + spare) // stride) > 0:
        rows = np.lib.stride_tricks.as_strided(data[start:], (count, PACKET_BYTES), (stride, 1), writeable=False)
        wrong = np.flatnonzero(rows[:, 0] != SYNC)
        good = int(wrong[0]) if len(wrong) else count
        if good:
            yield Packets(rows[:good], position + start + stride * np.arange(good, dtype=np.int64))
        start += good * stride
        if good == count:
            break
        following = data[start + stride : start + (_SYNCS + 1) * stride : stride]
        if len(following) and (following == SYNC).all():  # one packet whose first byte is wrong
            start += stride
            continue
        wanted = 3 if not last else 1
        place = _find_sync(data, stride, wanted, start + 1)
        if place is None:
            if last:
                return len(data)
            start = max(start + 1, len(data) - wanted * stride)
            break
        start = place
    return start
