"""The tables of a transport stream, which name a programme's streams (ISO/IEC 13818-1, 2.4.4), read and written."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from transforms.transport.packets import PACKET_BYTES, SYNC

PAT_PID = 0
MAX_SECTION_BYTES = 4096

_CODECS = {
    0x03: "mp2",
    0x04: "mp2",
    0x0F: "aac",
    0x11: "aac_latm",
    0x1C: "aac",
    0x81: "ac3",
    0x82: "dts",
    0x83: "truehd",
    0x84: "eac3",
    0x85: "dts",
    0x86: "dts",
    0x87: "eac3",
    0x8A: "dts",
    0xA1: "eac3",
    0xA2: "dts",
}
"""Of sound, by stream type."""

_BLURAY_PCM = 0x80

_DESCRIPTORS = {0x6A: "ac3", 0x7A: "eac3", 0x7B: "dts", 0x7C: "aac"}
"""DVB's, which tell the codec of private data (ETSI EN 300 468)."""

_REGISTRATIONS = {
    b"AC-3": "ac3",
    b"EAC3": "eac3",
    b"Opus": "opus",
    b"BSSD": "s302m",
    b"DTS1": "dts",
    b"DTS2": "dts",
    b"DTS3": "dts",
}

_VIDEO_TYPES = frozenset((0x01, 0x02, 0x10, 0x1B, 0x20, 0x24, 0x33, 0x42, 0xD1, 0xD2, 0xEA))


@dataclasses.dataclass(frozen=True)
class Stream:
    """A stream of a programme, as the programme's map lists it; `codec` of sound alone, by ffmpeg's name."""

    pid: int
    kind: int
    descriptors: bytes
    codec: str | None
    is_video: bool


@dataclasses.dataclass(frozen=True)
class Programme:
    """A programme: its number, the stream that carries its clock, its streams and its own descriptors."""

    number: int
    pcr_pid: int
    descriptors: bytes
    streams: tuple[Stream, ...]

    @property
    def sounds(self) -> tuple[Stream, ...]:
        """The streams of sound."""
        return tuple(stream for stream in self.streams if stream.codec)


class Tables:
    """Follows the tables as their packets pass.

    Attributes:
        programmes: what is known of each programme that the association table names, by number, in its order; None
            where its map has not been seen.
    """

    def __init__(self) -> None:
        """Before the first packet."""
        self.programmes: dict[int, Programme | None] = {}
        self._maps: dict[int, int] = {}
        self._parts: dict[int, bytearray] = {}
        self._seen: dict[int, bytes] = {}

    @property
    def pids(self) -> frozenset[int]:
        """The streams that carry tables."""
        return frozenset((PAT_PID, *self._maps))

    @property
    def complete(self) -> bool:
        """Whether every programme's streams are known."""
        return bool(self.programmes) and None not in self.programmes.values()

    def add(self, pid: int, packet: bytes, *, starts: bool, payload_at: int) -> bool:
        """Take a packet of one of `pids`; whether it changed what is known."""
        changed = False
        for section in self._sections(pid, packet[payload_at:], starts=starts):
            changed |= self._read_association(section) if pid == PAT_PID else self._read_map(section, pid)
        return changed

    def _sections(self, pid: int, payload: bytes, *, starts: bool) -> Iterator[bytes]:
        """The whole sections that a packet completes and that are not as before, checksum verified, each without it."""
        part = self._parts.setdefault(pid, bytearray())
        if starts:
            if not payload:
                return
            part[:] = payload[1 + payload[0] :]
        elif part:
            part += payload
        while len(part) >= 3 and part[0] != 0xFF:
            end = 3 + ((part[1] & 0x0F) << 8 | part[2])
            if len(part) < end:
                return
            section = bytes(part[:end])
            del part[:end]
            if self._seen.get(pid) == section:
                continue
            if end >= 12 and section[5] & 1 and checksum(section) == 0:
                self._seen[pid] = section
                yield section[:-4]
        del part[:]

    def _read_association(self, section: bytes) -> bool:
        if section[0] != 0x00:
            return False
        maps: dict[int, int] = {}
        for at in range(8, len(section) - 3, 4):
            number, pid = int.from_bytes(section[at : at + 2], "big"), int.from_bytes(section[at + 2 : at + 4], "big")
            if number:
                maps.setdefault(pid & 0x1FFF, number)
        numbers = list(maps.values())
        changed = numbers != list(self.programmes)
        self._maps = maps
        self.programmes = {number: self.programmes.get(number) for number in numbers}
        return changed

    def _read_map(self, section: bytes, pid: int) -> bool:
        number = int.from_bytes(section[3:5], "big")
        if section[0] != 0x02 or self._maps.get(pid) is None or number not in self.programmes:
            return False
        info_bytes = (section[10] & 0x0F) << 8 | section[11]
        descriptors = section[12 : 12 + info_bytes]
        streams, at = [], 12 + info_bytes
        while at + 5 <= len(section):
            length = (section[at + 3] & 0x0F) << 8 | section[at + 4]
            own = section[at + 5 : at + 5 + length]
            pid_of = (section[at + 1] & 0x1F) << 8 | section[at + 2]
            kind = section[at]
            codec = _codec(kind, own, descriptors)
            streams.append(Stream(pid_of, kind, own, codec, kind in _VIDEO_TYPES))
            at += 5 + length
        pcr_pid = (section[8] & 0x1F) << 8 | section[9]
        programme = Programme(number, pcr_pid, descriptors, tuple(streams))
        changed = self.programmes[number] != programme
        self.programmes[number] = programme
        return changed


def tables_of_sound(stream: Stream, programme: Programme) -> bytes:
    """The packets of an association table and a map that name one stream of sound and nothing else."""
    map_pid = 0x20 if stream.pid != 0x20 else 0x21
    entry = bytes([stream.kind]) + (0xE000 | stream.pid).to_bytes(2, "big")
    entry += (0xF000 | len(stream.descriptors)).to_bytes(2, "big") + stream.descriptors
    head = (0xE000 | stream.pid).to_bytes(2, "big") + (0xF000 | len(programme.descriptors)).to_bytes(2, "big")
    association = _section(0x00, 1, (1).to_bytes(2, "big") + (0xE000 | map_pid).to_bytes(2, "big"))
    return _packets(PAT_PID, association) + _packets(map_pid, _section(0x02, 1, head + programme.descriptors + entry))


def checksum(data: bytes) -> int:
    """The CRC of sections (ISO/IEC 13818-1, Annex A): 0 over a section with its own checksum."""
    value = 0xFFFFFFFF
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ byte]
    return value


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(value)
    return table


_CRC = _crc_table()


def _codec(kind: int, descriptors: bytes, programme: bytes) -> str | None:
    found = dict(_split_descriptors(descriptors))
    if kind == 0x06:
        registered = _REGISTRATIONS.get(found.get(0x05, b"")[:4])
        return registered or next((codec for tag, codec in _DESCRIPTORS.items() if tag in found), None)
    if kind == _BLURAY_PCM:
        return "pcm_bluray" if dict(_split_descriptors(programme)).get(0x05, b"")[:4] == b"HDMV" else None
    return _CODECS.get(kind)


def _split_descriptors(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(data):
        yield data[at], data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]


def _section(table: int, number: int, body: bytes) -> bytes:
    head = number.to_bytes(2, "big") + b"\xc1\x00\x00"
    section = bytes([table]) + (0xB000 | len(head) + len(body) + 4).to_bytes(2, "big") + head + body
    return section + checksum(section).to_bytes(4, "big")


def _packets(pid: int, section: bytes) -> bytes:
    payload, packets, room = b"\0" + section, b"", PACKET_BYTES - 4
    for counter, at in enumerate(range(0, len(payload), room)):
        head = bytes([SYNC, (0x40 if at == 0 else 0) | pid >> 8, pid & 0xFF, 0x10 | counter & 0x0F])
        packets += head + payload[at : at + room].ljust(room, b"\xff")
    return packets
