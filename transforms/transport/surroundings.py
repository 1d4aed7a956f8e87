"""What a transport stream tells around its sound: the programme's clock, the pictures, where packets are missing.

Times are ticks of 90 kHz; time stamps have 33 bits and wrap after 26.5 hours.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

TICKS_PER_S = 90_000
WRAP = 1 << 33

LONGEST_STEP = round(1.5 * TICKS_PER_S)
"""Of the programme's clock, and of the sound, from one time to the next; what is longer is a jump."""

Places = npt.NDArray[np.int64]
"""int64 [n], positions in the file, bytes, ascending."""

Stamps = npt.NDArray[np.int64]
"""int64 [n], of 33 bits."""

_SOONEST, _LATEST = -TICKS_PER_S, 10 * TICKS_PER_S
"""Of a time stamp, against the clock of the programme at its place."""
NEAR = 3
"""Stamps on either side that are compared with those of other streams: one may be wrong."""
_KEPT = 8


def difference(ticks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Differences of time stamps, as the shortest way round: int64 of at least -2**32 and less than 2**32."""
    return (ticks + (WRAP >> 1)) % WRAP - (WRAP >> 1)


def difference_of(ticks: int) -> int:
    """The same of one."""
    return (int(ticks) + (WRAP >> 1)) % WRAP - (WRAP >> 1)


@dataclasses.dataclass
class Track:
    """Times of one stream by their places; what lies far behind is let go."""

    places: Places = dataclasses.field(default_factory=lambda: np.zeros(0, np.int64))
    times: Stamps = dataclasses.field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, places: Places, times: Stamps) -> None:
        """Add later ones."""
        if len(places):
            self.places, self.times = np.concatenate([self.places, places]), np.concatenate([self.times, times])

    def forget(self, place: int) -> None:
        """Let go of what lies before `place`, but for a few."""
        first = max(0, int(np.searchsorted(self.places, place)) - _KEPT)
        self.places, self.times = self.places[first:], self.times[first:]


@dataclasses.dataclass(frozen=True)
class FirstPicture:
    """The first time of the pictures: its place and its stamp."""

    place: int
    stamp: int


@dataclasses.dataclass
class Surroundings:
    """What else the stream tells around the sound.

    Attributes:
        clock: the programme's clock (PCR).
        elapsed: at each of its times, the ticks that it ran since the first one, jumps left out.
        pictures: time stamps of the first stream of pictures.
        sound_breaks, other_breaks: where packets of the sound, and of other streams, are missing by their counters.
        new_clocks: where the stream says that its clock is about to be another.
        first_picture: the first of the pictures.
        first_scrambled: the place of the first scrambled packet of sound or pictures; None where none was met.
    """

    clock: Track = dataclasses.field(default_factory=Track)
    elapsed: Track = dataclasses.field(default_factory=Track)
    pictures: Track = dataclasses.field(default_factory=Track)
    sound_breaks: Track = dataclasses.field(default_factory=Track)
    other_breaks: Track = dataclasses.field(default_factory=Track)
    new_clocks: Track = dataclasses.field(default_factory=Track)
    first_picture: FirstPicture | None = None
    first_scrambled: int | None = None

    def add_clock(self, places: Places, times: Stamps) -> None:
        """Add times of the programme's clock."""
        if not len(places):
            return
        steps = difference(np.diff(times, prepend=self.clock.times[-1:] if len(self.clock.times) else times[:1]))
        steps = np.where((steps >= 0) & (steps <= LONGEST_STEP), steps, 0)
        so_far = int(self.elapsed.times[-1]) if len(self.elapsed.times) else 0
        self.clock.add(places, times)
        self.elapsed.add(places, so_far + np.cumsum(steps))

    def forget(self, place: int) -> None:
        """Let go of what lies far before `place`."""
        for track in (self.clock, self.elapsed, self.pictures, self.sound_breaks, self.other_breaks, self.new_clocks):
            track.forget(place)


def lateness(place: int, stamp: int, around: Surroundings) -> int:
    """Ticks from the first time in the file to the first stamp of the sound."""
    picture = around.first_picture
    if not len(around.clock.places):
        late = difference_of(stamp - picture.stamp) if picture else 0
        return max(0, late)
    sound = _presented(place, stamp, around)
    firsts = [sound]
    if picture is not None:
        firsts.append(_presented(picture.place, picture.stamp, around))
    # a stream that comes late because its beginning is scrambled would have begun with the file
    delays = [delay for _, delay in firsts if _SOONEST <= delay <= _LATEST]
    if len(delays) < len(firsts):
        late = difference_of(stamp - picture.stamp) if picture else 0
        return late if 0 <= late <= _LATEST else 0
    seen_from = min(place, picture.place) if picture else place
    if around.first_scrambled is not None and around.first_scrambled < seen_from:
        return max(0, sound[0] - min(delays))
    return max(0, sound[0] - min(time for time, _ in firsts))


def _presented(place: int, stamp: int, around: Surroundings) -> tuple[int, int]:
    """When a stamp is presented, ticks after the programme's clock began; and how long after its arrival."""
    index = max(0, int(np.searchsorted(around.clock.places, place, "right")) - 1)
    delay = difference_of(stamp - around.clock.times[index])
    return int(around.elapsed.times[index]) + delay, delay


def any_within(track: Track, after: int, until: int) -> bool:
    """Whether there is one behind one place, up to another."""
    start, end = np.searchsorted(track.places, [after, until], "right")
    return bool(end > start)


def moved_alike(track: Track, stamps: Stamps, places: Places, index: int, limit: int) -> bool:
    """Whether another stream's times jumped by as much as the sound's, by `limit` at most; so too where it has none."""
    if len(track.places) < 2:
        return True
    near, far = slice(max(0, index + 1 - NEAR), index + 1), slice(index + 1, index + 1 + NEAR)
    rows_before = np.searchsorted(track.places, places[near], "right") - 1
    rows_after = np.searchsorted(track.places, places[far])
    if rows_before[0] < 0 or rows_after[-1] >= len(track.places):
        return True
    before = np.median(difference(track.times[rows_before] - stamps[near]))
    after = np.median(difference(track.times[rows_after] - stamps[far]))
    usual = np.median(np.abs(difference(np.diff(track.times))))
    return bool(abs(after - before) <= limit + min(float(usual), TICKS_PER_S))


def is_whole(clock: Track, before: int, after: int) -> bool:
    """Whether the programme's clock runs on, without a jump, from one place to another."""
    start = max(0, int(np.searchsorted(clock.places, before, "right")) - 2)
    end = int(np.searchsorted(clock.places, after)) + 2
    times = _without_single(clock.times[start:end])
    steps = difference(np.diff(times))
    if len(steps) < 2:
        return False
    usual = float(np.median(difference(np.diff(clock.times))))
    longest = min(LONGEST_STEP, 3 * usual + TICKS_PER_S // 10)
    return bool(((steps >= 0) & (steps <= longest)).all())


def _without_single(times: Stamps) -> Stamps:
    """Times without single ones that are wrong."""
    kept = times[:1].tolist()
    for number in range(1, len(times)):
        step = difference_of(times[number] - kept[-1])
        if number + 1 < len(times) and not 0 <= step <= LONGEST_STEP:
            over = difference_of(times[number + 1] - kept[-1])
            if 0 <= over <= 2 * LONGEST_STEP:
                continue
        kept.append(int(times[number]))
    return np.array(kept, np.int64)
