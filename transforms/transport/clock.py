"""Which of a stream's times to believe: the time stamps of sound to one time that only goes forward.

Encoders restart, advertisements are inserted on a clock of their own, bits flip: the clock of a broadcast jumps, mostly
with nothing missing. A jump is taken for missing sound only where the stream shows that something is missing.

Times are ticks of 90 kHz.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from transforms.transport.surroundings import (
    LONGEST_STEP,
    NEAR,
    TICKS_PER_S,
    WRAP,
    Places,
    Stamps,
    Surroundings,
    any_within,
    difference,
    difference_of,
    is_whole,
    lateness,
    moved_alike,
)

_SLACK = round(0.3 * TICKS_PER_S)
"""A PES packet of sound may last so much longer than most."""
_JOINT = TICKS_PER_S
"""Put between two clocks that are joined, so that their times cannot mix; the timeline takes it out again."""
_KEPT = 8
_AHEAD_S = 2.5
_LONGEST_LEFT_OVER = 4 * TICKS_PER_S
_MOST_AHEAD = 200
_AFTER_S = 0.5


@dataclasses.dataclass
class Break:
    """Where the clock of the sound breaks.

    Attributes:
        time: in ticks of the clock as it is believed; from there on.
        by_s: seconds that the clock jumped beyond the sound; below 0 backwards.
        filled: whether it is missing sound, else the sound was joined.
        maybe_missing: joined, although that much sound may be missing.
        position: in the file, bytes.
        stamp: the time stamp there.
        at_s: the place on the recording's timeline, seconds; None until sound came after it.
    """

    time: int
    by_s: float
    filled: bool
    maybe_missing: bool
    position: int
    stamp: int
    at_s: float | None = None


class Clock:
    """Turns the time stamps of sound into times that only go forward, from 0 at the first time in the file.

    Attributes:
        time: of the last stamp, ticks.
    """

    def __init__(self, max_gap_s: float) -> None:
        """`max_gap_s`: the longest jump that is taken for missing sound."""
        self.time = 0
        self._max_gap = math.inf if math.isinf(max_gap_s) else round(max_gap_s * TICKS_PER_S)
        self._stamps: Stamps = np.zeros(0, np.int64)
        self._places: Places = np.zeros(0, np.int64)
        self._usual = 0
        self._left: list[tuple[int, int]] = []

    def decided(self, stamps: Stamps, *, last: bool) -> int:
        """How many of the stamps can be placed now; the others wait for what follows, unless these are the last."""
        if last:
            return len(stamps)
        return max(0, len(stamps) - _ahead(self._usual or _usual_step(stamps)))

    def place(
        self, places: Places, stamps: Stamps, count: int, around: Surroundings
    ) -> tuple[npt.NDArray[np.int64], list[Break]]:
        """The times of the first `count` stamps, int64 [count], ticks, and what was joined and filled before them.

        The others are looked at only.
        """
        breaks = [] if len(self._stamps) else self._start(places, stamps, around)
        known = len(self._stamps)
        stamps, places = np.concatenate([self._stamps, stamps]), np.concatenate([self._places, places])
        steps = difference(np.diff(stamps))
        advances, wrong = steps.copy(), self._abnormal(steps)
        index, end = known - 1, known - 1 + count
        while (following := np.flatnonzero(wrong[index:end])).size:
            index += int(following[0])
            if self._alone(stamps, index):
                stamps[index + 1] = (stamps[index] + self._usual) % WRAP
                steps[index : index + 2] = difference(np.diff(stamps[index : index + 3]))
                wrong[index : index + 2] = self._abnormal(steps[index : index + 2])
                advances[index : index + 2] = steps[index : index + 2]
                continue
            time = self.time + int(advances[known - 1 : index].sum())
            found = self._judge(stamps, places, steps, index, around)
            found.filled = found.filled and not self._is_back(int(stamps[index + 1]), time)
            advances[index] = steps[index] if found.filled else self._usual + _JOINT
            found.time = time + int(advances[index])
            breaks.append(found)
            self._left = [*self._left[-_KEPT:], (int(stamps[index]), found.time)]
            wrong[index] = False
        advances = advances[known - 1 : end]
        times = self.time + np.cumsum(advances)
        self.time = int(times[-1]) if count else self.time
        kept = slice(max(0, end + 1 - _KEPT), end + 1)
        self._stamps, self._places = stamps[kept], places[kept]
        usual = advances[~self._abnormal(advances) & (advances > 0)]
        if len(usual) >= _KEPT:
            self._usual = int(np.median(usual))
        return times, breaks

    def _start(self, places: Places, stamps: Stamps, around: Surroundings) -> list[Break]:
        """Find how late the sound begins after the first time in the file."""
        self._usual = _usual_step(stamps) or TICKS_PER_S // 10
        late, breaks = lateness(int(places[0]), int(stamps[0]), around), []
        if late > self._max_gap:
            breaks = [Break(0, late / TICKS_PER_S, False, True, int(places[0]), int(stamps[0]))]
            late = 0
        self.time = late - self._usual
        self._stamps, self._places = stamps[:1] - self._usual, places[:1] - 1
        return breaks

    def _abnormal(self, steps: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        return (steps < 0) | (steps > self._usual + _SLACK)

    def _alone(self, stamps: Stamps, index: int) -> bool:
        """Whether the stamp after step `index` is a single wrong one: the next agrees with that before."""
        if index + 2 >= len(stamps) or not self._abnormal(difference(np.diff(stamps[index + 1 : index + 3]))).any():
            return False
        return abs(difference_of(stamps[index + 2] - stamps[index]) - 2 * self._usual) <= _SLACK

    def _judge(
        self, stamps: Stamps, places: Places, steps: npt.NDArray[np.int64], index: int, around: Surroundings
    ) -> Break:
        """Whether the jump of step `index`, which others may follow, is missing sound."""
        after = int(places[index + 1])
        gap = int(steps[index]) - self._usual
        result = Break(0, gap / TICKS_PER_S, False, False, after, int(stamps[index + 1]))
        if gap <= 0 or not self._agreed(steps, index) or (gap > TICKS_PER_S and self._returns(stamps, index, gap)):
            return result
        # a multiplexer may hold a packet back until the next of its stream comes
        before = int(places[max(0, index - 1)])
        later = int(places[min(len(places) - 1, index + 1 + math.ceil(_AFTER_S * TICKS_PER_S / max(1, self._usual)))])
        declared = any_within(around.new_clocks, before, later)
        lost = any_within(around.sound_breaks, before, after) or any_within(around.other_breaks, before, later)
        limit = min(TICKS_PER_S, max(TICKS_PER_S // 4, gap // 2))
        alike = moved_alike(around.clock, stamps, places, index, limit)
        alike = alike and moved_alike(around.pictures, stamps, places, index, limit)
        # streams that are ahead of the clock jump before it: it has to run on as far as it is compared with them
        whole = is_whole(around.clock, before, int(places[min(len(places) - 1, index + NEAR)]))
        missing = alike and (whole or (lost and not declared))
        result.filled = missing and gap <= self._max_gap
        result.maybe_missing = not result.filled and (missing or ((alike or lost) and not declared))
        return result

    def _is_back(self, stamp: int, time: int) -> bool:
        """Whether a clock goes on that was left a moment before: what came between was a left-over of another."""
        for left, since in self._left:
            elapsed, gone = time - since, difference_of(stamp - left)
            if elapsed <= _LONGEST_LEFT_OVER and -TICKS_PER_S <= gone <= elapsed + 2 * TICKS_PER_S:
                return True
        return False

    def _agreed(self, steps: npt.NDArray[np.int64], index: int) -> bool:
        following = steps[index + 1 : index + 3]
        return len(following) > 0 and not self._abnormal(following).any()

    def _returns(self, stamps: Stamps, index: int, gap: int) -> bool:
        """Whether the old clock goes on soon: what jumped is a left-over of another."""
        following = stamps[index + 2 : index + _ahead(self._usual)]
        # it may have stood still, or gone on, while the left-over was sent
        since = difference(following - stamps[index])
        close = min(TICKS_PER_S, gap // 2)
        return bool(((since >= -close) & (since <= self._usual * np.arange(2, 2 + len(following)) + close)).any())


def _ahead(usual: int) -> int:
    """How many stamps are looked at beyond one that is placed."""
    return min(_MOST_AHEAD, math.ceil(_AHEAD_S * TICKS_PER_S / max(1, usual)) + 3)


def _usual_step(stamps: Stamps) -> int:
    """The usual step from stamp to stamp, ticks; 0 where there is none."""
    steps = difference(np.diff(stamps))
    usual = steps[(steps > 0) & (steps <= LONGEST_STEP)]
    return int(np.median(usual)) if len(usual) else 0
