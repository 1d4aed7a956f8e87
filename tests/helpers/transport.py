"""Transport streams whose clocks are turned, packets lost and stretches inserted, as they come from the air."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tests.helpers.media import beeps_source, ffmpeg, picture_source

TICKS_PER_S = 90_000
PACKET = 188
VIDEO_PID, SOUND_PID = 0x100, 0x101


def make_stream(path: pathlib.Path, times_s: Sequence[float], *options: object, duration_s: float) -> Broadcast:
    """A broadcast of beeps at some times, pictures beside; `options` such as the codec."""
    codec = options or ("-c:a", "mp2", "-b:a", "64k")
    streams = ["-map", "0:v", "-map", "1:a", "-streamid", f"0:{VIDEO_PID}", "-streamid", f"1:{SOUND_PID}"]
    video = ["-c:v", "mpeg2video", "-b:v", "100k", "-g", 5]
    sources = [*picture_source(duration_s=duration_s), *beeps_source(times_s, duration_s=duration_s)]
    ffmpeg(*sources, *streams, *video, *codec, "-f", "mpegts", path)
    return Broadcast(np.fromfile(path, np.uint8).reshape(-1, PACKET))


@dataclasses.dataclass
class Broadcast:
    """The packets of a transport stream, uint8 [n, 188]."""

    packets: npt.NDArray[np.uint8]

    @property
    def pids(self) -> npt.NDArray[np.int32]:
        """The stream of each packet."""
        return (self.packets[:, 1] & 0x1F).astype(np.int32) << 8 | self.packets[:, 2]

    def stamps(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The packets in which a PES packet with a time begins: their rows, where the time lies, its value."""
        data = self.packets
        at = 4 + np.where(data[:, 3] & 0x20, 1 + data[:, 4].astype(np.int64), 0)
        rows = np.flatnonzero((data[:, 1] & 0x40 > 0) & (data[:, 3] & 0x10 > 0) & (at < PACKET - 19))
        head = data[rows[:, None], at[rows][:, None] + np.arange(14)].astype(np.int64)
        good = (head[:, :3] == [0, 0, 1]).all(1) & (head[:, 7] & 0x80 > 0)
        rows, head = rows[good], head[good, 9:]
        value = head[:, 0] >> 1 & 7
        for number, (bits, shift) in enumerate([(8, 0), (7, 1), (8, 0), (7, 1)], 1):
            value = value << bits | head[:, number] >> shift
        return rows, at[rows] + 9, value

    def place_of(self, time_s: float) -> int:
        """The packet in which the sound of a second of the stream begins."""
        rows, values = self._sound()
        return int(rows[min(len(rows) - 1, np.searchsorted(values - values[0], time_s * TICKS_PER_S))])

    def time_of(self, place: int) -> float:
        """The second of the stream whose sound begins in a packet."""
        rows, values = self._sound()
        return float(values[np.searchsorted(rows, place)] - values[0]) / TICKS_PER_S

    def turned(self, by_s: float, *, start: int = 0, end: int | None = None, pid: int | None = None) -> Broadcast:
        """All clocks, or one stream's, turned by some seconds from one packet to another."""
        result = Broadcast(self.packets.copy())
        rows, at, values = self.stamps()
        end = len(self.packets) if end is None else end
        chosen = (rows >= start) & (rows < end) & ((self.pids[rows] == pid) | (pid is None))
        by = round(by_s * TICKS_PER_S)
        result._write(rows[chosen], at[chosen], values[chosen] + by)
        if pid is None:
            result._turn_clock(start, end, by)
        return result

    def turned_at(self, jumps: Sequence[tuple[float, float]]) -> Broadcast:
        """All clocks turned at some seconds of the stream by some seconds, each where it comes to that time itself.

        Encoders do so: streams that are ahead of the programme's clock jump before it does.
        """
        result = Broadcast(self.packets.copy())
        rows, at, values = self.stamps()
        first = int(values.min())

        def later(times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
            since = (times - first) / TICKS_PER_S
            return times + sum(np.where(since >= time_s, round(by_s * TICKS_PER_S), 0) for time_s, by_s in jumps)

        result._write(rows, at, later(values))
        result._write_clock(later)
        return result

    def one_wrong(self, place: int, by_s: float, pid: int) -> Broadcast:
        """The first time of a stream from a packet on is wrong by so much."""
        rows, _, _ = self.stamps()
        row = int(rows[(rows >= place) & (self.pids[rows] == pid)][0])
        return self.turned(by_s, start=row, end=row + 1, pid=pid)

    def without(self, start: int, end: int) -> Broadcast:
        """Without the packets from one to another; the counters tell."""
        return Broadcast(np.concatenate([self.packets[:start], self.packets[end:]]))

    def with_inserted(self, place: int, other: Broadcast) -> Broadcast:
        """With another broadcast's packets in between."""
        return Broadcast(np.concatenate([self.packets[:place], other.packets, self.packets[place:]]))

    def counted_anew(self) -> Broadcast:
        """With counters that run on everywhere."""
        result = Broadcast(self.packets.copy())
        has_payload, pids = self.packets[:, 3] & 0x10 > 0, self.pids
        for pid in np.unique(pids):
            rows = np.flatnonzero(pids == pid)
            counts = np.cumsum(has_payload[rows]) & 15
            result.packets[rows, 3] = result.packets[rows, 3] & 0xF0 | counts.astype(np.uint8)
        return result

    def counters_broken(self, place: int) -> bool:
        """Whether any stream's counter breaks at a packet."""
        for pid in np.unique(self.pids[place:])[:-1]:
            rows = np.flatnonzero((self.pids == pid) & (self.packets[:, 3] & 0x10 > 0))
            index = int(np.searchsorted(rows, place))
            if 0 < index < len(rows):
                step = int(self.packets[rows[index], 3]) - int(self.packets[rows[index - 1], 3])
                if step % 16 != 1:
                    return True
        return False

    def save(self, path: pathlib.Path, *, before: bytes = b"", after: bytes = b"") -> pathlib.Path:
        """Write it, with some bytes before and after each packet."""
        path.write_bytes(b"".join(before + packet.tobytes() + after for packet in self.packets))
        return path

    def _sound(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        rows, _, values = self.stamps()
        chosen = self.pids[rows] == SOUND_PID
        return rows[chosen], values[chosen]

    def _write(self, rows: npt.NDArray, at: npt.NDArray, values: npt.NDArray) -> None:
        data, values = self.packets, values % 2**33
        both = data[rows, at - 2] & 0x40 > 0
        for chosen, offset in ((np.ones(len(rows), bool), 0), (both, 5)):
            r, a, v = rows[chosen], at[chosen] + offset, values[chosen]
            data[r, a] = data[r, a] & 0xF1 | (v >> 30 & 7) << 1
            data[r, a + 1], data[r, a + 3] = v >> 22 & 255, v >> 7 & 255
            data[r, a + 2], data[r, a + 4] = (v >> 15 & 127) << 1 | 1, (v & 127) << 1 | 1

    def _turn_clock(self, start: int, end: int, by: int) -> None:
        Broadcast(self.packets[start:end])._write_clock(lambda times: times + by)

    def _write_clock(self, change: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]]) -> None:
        data = self.packets
        rows = np.flatnonzero((data[:, 3] & 0x20 > 0) & (data[:, 4] >= 7) & (data[:, 5] & 0x10 > 0))
        value = change(data[rows, 6:10].astype(np.int64) @ (1 << np.array([25, 17, 9, 1])) | data[rows, 10] >> 7)
        value = value % 2**33
        data[rows, 6], data[rows, 7] = value >> 25, value >> 17 & 255
        data[rows, 8], data[rows, 9] = value >> 9 & 255, value >> 1 & 255
        data[rows, 10] = data[rows, 10] & 0x7F | (value & 1) << 7
