"""Packets of sound wait until what follows them tells whether their times are right; then they get times that are."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from transforms.transport.clock import Break, Clock
from transforms.transport.packets import NULL_PID, PACKET_BYTES, Headers, Packets
from transforms.transport.stamps import read_stamps, write_stamps
from transforms.transport.surroundings import (
    LONGEST_STEP,
    TICKS_PER_S,
    FirstPicture,
    Stamps,
    Surroundings,
    difference,
    difference_of,
)
from transforms.transport.tables import Programme, Stream

_LONGEST_EPOCH = 20 * 3600 * TICKS_PER_S
_MOST_EPOCHS = 1000
_FIRST_PICTURES = 16
_MOST_WAITING = (64 << 20) // PACKET_BYTES
_KEPT_BREAKS = 1000
_LATEST_TABLES = round(0.6 * TICKS_PER_S)
"""So long the sound of another clock may have run before the tables name its codec."""
_NO_TIMES = np.zeros(0, np.int64)


@dataclasses.dataclass
class Epoch:
    """A stretch in which the sound is one stream of one codec.

    Attributes:
        stream, programme: of the sound.
        base: ticks that the times given to ffmpeg are less than the clock's.
    """

    stream: Stream
    programme: Programme
    base: int = 0


@dataclasses.dataclass
class SoundFacts:
    """What is to be known of the stream, gathered while it is read.

    Attributes:
        programmes: how many it has.
        programme: the number of the one whose sound was taken.
        sounds: streams of sound that it began with.
        packets, scrambled: of the sound, and how many of them were scrambled.
        unstamped: PES packets of sound without a time.
        breaks: of the clock, the first thousand.
        more_breaks: how many came after those.
        codecs: of the sound, each with the time in ticks from which on.
        trailing_s: seconds that the programme's clock went on after the last sound.
    """

    programmes: int
    programme: int
    sounds: int
    packets: int = 0
    scrambled: int = 0
    unstamped: int = 0
    breaks: list[Break] = dataclasses.field(default_factory=list)
    more_breaks: int = 0
    codecs: list[tuple[str, int]] = dataclasses.field(default_factory=list)
    trailing_s: float = 0.0

    def note(self, breaks: list[Break]) -> None:
        """Take further breaks."""
        room = _KEPT_BREAKS - len(self.breaks)
        self.breaks += breaks[:room]
        self.more_breaks += len(breaks[room:])


class WaitingSound:
    """The packets of sound that wait until their times are decided."""

    def __init__(self, clock: Clock, facts: SoundFacts, breaks: deque[Break]) -> None:
        """`facts` and `breaks` get what is met."""
        self._breaks = breaks
        self._clock = clock
        self._facts = facts
        self._around = Surroundings()
        self._epochs: list[Epoch] = []
        self._data = np.zeros((0, PACKET_BYTES), np.uint8)
        self._epoch_of = np.zeros(0, np.int64)
        self._rows = np.zeros(0, np.int64)
        self._places = np.zeros(0, np.int64)
        self._stamps = np.zeros(0, np.int64)
        self._started = False
        self._last_place = 0
        self._based: set[int] = set()

    def add(
        self, packets: Packets, headers: Headers, broken: npt.NDArray[np.bool_], programme: Programme, stream: Stream
    ) -> Iterator[tuple[Epoch, bytes]]:
        """Take packets in their order; yield those of the sound whose times are decided."""
        if len(packets):
            self._look_around(packets, headers, broken, programme, stream)
            self._take_sound(packets, headers, programme, stream)
            yield from self._release(last=False)

    def finish(self) -> Iterator[tuple[Epoch, bytes]]:
        """Yield what still waits."""
        yield from self._release(last=True)
        elapsed = self._around.elapsed
        if self._started and len(elapsed.places):
            at = max(0, int(np.searchsorted(elapsed.places, self._last_place, "right")) - 1)
            self._facts.trailing_s = float(elapsed.times[-1] - elapsed.times[at]) / TICKS_PER_S

    def _look_around(
        self,
        packets: Packets,
        headers: Headers,
        broken: npt.NDArray[np.bool_],
        programme: Programme,
        stream: Stream,
    ) -> None:
        around, places = self._around, packets.positions
        of_sound, of_clock = headers.pid == stream.pid, headers.pid == programme.pcr_pid
        timed = of_clock & (headers.pcr >= 0)
        around.add_clock(places[timed], headers.pcr[timed])
        video = next((one.pid for one in programme.streams if one.is_video), None)
        if video is not None:
            rows, stamps = read_stamps(packets.data, headers, headers.pid == video)
            around.pictures.add(places[rows], stamps)
            if around.first_picture is None and len(stamps):
                around.first_picture = _first_picture(places[rows], stamps)
        for track, found in (
            (around.sound_breaks, broken & of_sound),
            (around.other_breaks, broken & ~of_sound & (headers.pid != NULL_PID)),
            (around.new_clocks, headers.new_clock & (of_sound | of_clock)),
        ):
            track.add(places[found], places[found])
        scrambled = headers.scrambled & (of_sound | (headers.pid == (NULL_PID if video is None else video)))
        if around.first_scrambled is None and scrambled.any():
            around.first_scrambled = int(places[scrambled][0])

    def _take_sound(self, packets: Packets, headers: Headers, programme: Programme, stream: Stream) -> None:
        of_sound = (headers.pid == stream.pid) & headers.has_payload
        clear = of_sound & ~headers.scrambled
        self._facts.packets += int(of_sound.sum())
        self._facts.scrambled += int((of_sound & headers.scrambled).sum())
        rows, stamps = read_stamps(packets.data, headers, clear)
        self._facts.unstamped += int((clear & headers.starts).sum()) - len(rows)
        chosen = np.flatnonzero(clear)
        if not len(chosen):
            return
        epoch = self._epoch_for(programme, stream)
        if len(self._epoch_of) and self._epoch_of[-1] != epoch:
            self._epoch_of[self._since_jump() :] = epoch
        self._rows = np.concatenate([self._rows, len(self._data) + np.searchsorted(chosen, rows)])
        self._places = np.concatenate([self._places, packets.positions[rows]])
        self._stamps = np.concatenate([self._stamps, stamps])
        self._data = np.concatenate([self._data, packets.data[chosen]])
        self._epoch_of = np.concatenate([self._epoch_of, np.full(len(chosen), epoch)])

    def _since_jump(self) -> int:
        """The waiting packet from which on the sound is of the clock that it is of now, if that is new."""
        steps = difference(np.diff(self._stamps))
        jumps = np.flatnonzero((steps < 0) | (steps > LONGEST_STEP))
        if not len(jumps) or difference_of(self._stamps[-1] - self._stamps[jumps[-1] + 1]) > _LATEST_TABLES:
            return len(self._data)
        return int(self._rows[jumps[-1] + 1])

    def _epoch_for(self, programme: Programme, stream: Stream) -> int:
        last = self._epochs[-1] if self._epochs else None
        same = last is not None and (last.stream, last.programme.descriptors) == (stream, programme.descriptors)
        long = last is not None and self._started and self._clock.time - last.base > _LONGEST_EPOCH
        another = not same or (long and len(self._epochs) - 1 in self._based)
        if another and len(self._epochs) < _MOST_EPOCHS:
            self._epochs.append(Epoch(stream, programme))
        return len(self._epochs) - 1

    def _release(self, *, last: bool) -> Iterator[tuple[Epoch, bytes]]:
        """Give times to those that are decided, and yield them by epoch."""
        last = last or len(self._data) > _MOST_WAITING
        count = self._clock.decided(self._stamps, last=last)
        if not count and not (last and self._started):
            if last:
                self._data, self._epoch_of = self._data[:0], self._epoch_of[:0]
            return
        times, breaks = self._clock.place(self._places, self._stamps, count, self._around) if count else (_NO_TIMES, [])
        self._facts.note(breaks)
        self._breaks.extend(breaks)
        end = int(self._rows[count]) if count < len(self._rows) else len(self._data)
        begin = 0 if self._started else int(self._rows[0])
        data, epoch_of, rows = self._data[begin:end].copy(), self._epoch_of[begin:end], self._rows[:count] - begin
        if count:
            self._started, self._last_place = True, int(self._places[count - 1])
        self._data, self._epoch_of = self._data[end:], self._epoch_of[end:]
        self._rows, self._places = self._rows[count:] - end, self._places[count:]
        self._stamps = self._stamps[count:]
        self._around.forget(self._last_place)
        yield from self._by_epoch(data, epoch_of, rows, times)

    def _by_epoch(
        self,
        data: npt.NDArray[np.uint8],
        epoch_of: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int64],
        times: npt.NDArray[np.int64],
    ) -> Iterator[tuple[Epoch, bytes]]:
        edges = [0, *(np.flatnonzero(np.diff(epoch_of)) + 1).tolist(), len(data)]
        for begin, end in zip(edges[:-1], edges[1:], strict=True):
            number = int(epoch_of[begin])
            epoch = self._epochs[number]
            inside = (rows >= begin) & (rows < end)
            own_rows, own_times = rows[inside], times[inside]
            if not len(own_rows) and number not in self._based:
                continue
            if number not in self._based:
                self._based.add(number)
                epoch.base = int(own_times[0])
                self._facts.codecs.append((epoch.stream.codec or "", epoch.base))
                begin = int(own_rows[0])
            write_stamps(data, own_rows, own_times - epoch.base)
            yield epoch, data[begin:end].tobytes()


def _first_picture(places: npt.NDArray[np.int64], stamps: Stamps) -> FirstPicture:
    """The earliest of the first pictures, which are not in the order of their times; a wrong one is left out."""
    first = stamps[:_FIRST_PICTURES]
    apart = difference(first - first[len(first) // 2])
    apart = apart[np.abs(apart) <= 2 * TICKS_PER_S]
    return FirstPicture(int(places[0]), int(first[len(first) // 2] + apart.min()))
