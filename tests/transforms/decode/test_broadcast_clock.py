"""The clock of a broadcast jumps all the time: laughs stay where they are heard, and only true holes are filled."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from tests.helpers.media import beep_times, decode, ffmpeg
from tests.helpers.transport import PACKET, SOUND_PID, VIDEO_PID, Broadcast, make_stream
from transforms.decode.outcome import DecodeError

BEEPS = [2.5 + 5 * number for number in range(18)]
CLOSE = {"abs": 0.1}
CODECS = {
    "mp2": ("-c:a", "mp2", "-b:a", "64k"),
    "aac": ("-c:a", "aac", "-b:a", "64k"),
    "ac3": ("-c:a", "ac3", "-b:a", "96k"),
}


@pytest.fixture(scope="module")
def streams(tmp_path_factory) -> dict[str, Broadcast]:
    folder = tmp_path_factory.mktemp("streams")
    made = {
        codec: make_stream(folder / f"{codec}.ts", BEEPS, *options, duration_s=91) for codec, options in CODECS.items()
    }
    return made | {"other": make_stream(folder / "other.ts", [], duration_s=4)}


@pytest.fixture
def stream(streams) -> Broadcast:
    return streams["mp2"]


def heard(stream: Broadcast, folder: pathlib.Path, **settings: float):
    seconds, outcome = decode(stream.save(folder / "a.ts"), **settings)
    return beep_times(seconds), outcome


@pytest.mark.parametrize("by_s", [-20, -0.7, 0.7, 2, 31, 3600, -36000, 36000])
def test_a_jump_of_all_clocks_changes_no_time(tmp_path, stream, by_s):
    times, outcome = heard(stream.turned(by_s, start=stream.place_of(50)), tmp_path)
    assert times == pytest.approx(BEEPS, **CLOSE)
    assert outcome.silence_filled_s == 0
    assert f"jumps 1 time: by {by_s:+.1f} s at 50." in outcome.error
    assert ("may be missing" in outcome.error) == (by_s > 0)
    assert outcome.status == "done"


def test_a_jump_that_the_stream_announces_leaves_no_doubt(tmp_path, stream):
    place = stream.place_of(50)
    turned = stream.turned(3600, start=place)
    fields = (turned.packets[:, 3] & 0x20 > 0) & (turned.packets[:, 4] > 0) & (turned.pids == VIDEO_PID)
    row = place + int(np.flatnonzero(fields[place:])[0])
    turned.packets[row, 5] |= 0x80
    times, outcome = heard(turned, tmp_path)
    assert times == pytest.approx(BEEPS, **CLOSE)
    assert outcome.error.endswith("by +3600.0 s at 50.0 s: joined")


@pytest.mark.parametrize("pid", [SOUND_PID, VIDEO_PID])
@pytest.mark.parametrize("by_s", [300, -300, 2**26 / 90_000, 2**32 / 90_000, 1.0])
def test_a_single_wrong_time_changes_nothing(tmp_path, stream, pid, by_s):
    times, outcome = heard(stream.one_wrong(stream.place_of(20), by_s, pid), tmp_path)
    assert times == pytest.approx(BEEPS, **CLOSE)
    assert (outcome.error, outcome.silence_filled_s, outcome.audio_s) == (None, 0, pytest.approx(91, abs=0.1))


def test_the_clock_of_the_pictures_moves_no_sound(tmp_path, stream):
    times, outcome = heard(stream.turned(40, start=stream.place_of(30), pid=VIDEO_PID), tmp_path)
    assert times == pytest.approx(BEEPS, **CLOSE)
    assert outcome.error is None


def test_a_clock_of_the_sound_alone_is_joined(tmp_path, stream):
    times, outcome = heard(stream.turned(40, start=stream.place_of(30), pid=SOUND_PID), tmp_path)
    assert times == pytest.approx(BEEPS, **CLOSE)
    assert outcome.error.endswith("by +40.0 s at 30.2 s: joined")


@pytest.mark.parametrize("codec", CODECS)
def test_a_hole_is_filled_and_told(tmp_path, streams, codec):
    stream = streams[codec]
    start, end = stream.place_of(33.6), stream.place_of(46.4)
    times, outcome = heard(stream.without(start, end), tmp_path)
    assert times == pytest.approx([time for time in BEEPS if not 33.6 < time < 46.4], abs=0.4)
    assert outcome.silence_filled_s == pytest.approx(12.8, abs=0.5)
    assert "are missing and filled with silence: 1" in outcome.error
    assert outcome.status == "done"


def test_where_all_counters_run_on_nobody_can_tell(tmp_path, stream):
    start, end = stream.place_of(33.6), stream.place_of(46.4)
    times, outcome = heard(stream.without(start, end).counted_anew(), tmp_path)
    assert times[-1] == pytest.approx(BEEPS[-1] - 12.8, abs=0.4)
    assert "by +12.6 s at 33.8 s: joined; up to 12.6 s may be missing" in outcome.error
    assert outcome.silence_filled_s == 0


@pytest.mark.parametrize("left_s", [0.3, 1.9])
@pytest.mark.parametrize("place_s", [0, 40.2])
def test_a_left_over_of_another_clock_counts_as_sound(tmp_path, stream, streams, left_s, place_s):
    other = streams["other"]
    rest = Broadcast(other.packets[: other.place_of(left_s)]).turned(20_000)
    times, outcome = heard(stream.with_inserted(stream.place_of(place_s) if place_s else 0, rest), tmp_path)
    assert times == pytest.approx([time + left_s * (time > place_s) for time in BEEPS], abs=0.5)
    assert outcome.silence_filled_s < 0.5


@pytest.mark.parametrize("by_s", [-20, 0.7, 31, 36000])
def test_streams_that_are_ahead_of_the_clock_jump_before_it(tmp_path, stream, by_s):
    times, outcome = heard(stream.turned_at([(50, by_s)]), tmp_path)
    assert times == pytest.approx(BEEPS, **CLOSE)
    assert outcome.silence_filled_s == 0


def test_the_way_back_from_a_left_over_is_no_hole(tmp_path, stream, streams):
    """The left-over's own clock is behind: the way back is forwards, and the counters break there."""
    other = streams["other"]
    rest = Broadcast(other.packets[: other.place_of(1.9)]).turned(30)
    times, outcome = heard(stream.with_inserted(stream.place_of(40.2), rest), tmp_path)
    assert times == pytest.approx([time + 1.9 * (time > 40.2) for time in BEEPS], abs=0.5)
    assert outcome.silence_filled_s == 0


@pytest.mark.parametrize("codec", ["aac", "ac3"])
def test_sound_after_a_left_over_of_another_codec_is_lost_nowhere(tmp_path, streams, codec):
    """The tables that name the codec come a moment after its sound."""
    stream, other = streams[codec], streams["other"]
    end = other.place_of(1.2)
    rest = Broadcast(other.packets[:end]).turned(20_000)
    times, _ = heard(stream.with_inserted(stream.place_of(40.2), rest), tmp_path)
    assert times == pytest.approx([time + other.time_of(end) * (time > 40.2) for time in BEEPS], **CLOSE)


def test_a_clock_that_wraps(tmp_path, stream):
    times, outcome = heard(stream.turned(2**33 / 90_000 - 45), tmp_path)
    assert times == pytest.approx(BEEPS, **CLOSE)
    assert (outcome.error, outcome.clock) == (None, ())


@pytest.mark.parametrize(("before", "after"), [(b"\x01\x02\x03\x04", b""), (b"", bytes(16))], ids=["192", "204"])
def test_packets_of_other_sizes(tmp_path, stream, before, after):
    path = stream.turned(100, start=stream.place_of(50)).save(tmp_path / "a.m2ts", before=before, after=after)
    seconds, outcome = decode(path)
    assert beep_times(seconds) == pytest.approx(BEEPS, **CLOSE)
    assert "by +100.0 s at 50.0 s: joined" in outcome.error


def test_bytes_lost_between_packets(tmp_path, stream):
    content = bytearray(stream.packets.tobytes())
    for time_s in (60.7, 30.7):
        place = stream.place_of(time_s) * PACKET + 77
        del content[place : place + 1000]
    content[stream.place_of(10.7) * PACKET] = 0
    path = tmp_path / "a.ts"
    path.write_bytes(b"junk" * 50 + content)
    seconds, outcome = decode(path)
    assert beep_times(seconds) == pytest.approx(BEEPS, abs=0.2)
    assert outcome.status == "done"


def test_a_codec_that_changes_is_decoded_through(tmp_path, streams):
    parts = [(streams["ac3"], 0, 30.1), (streams["aac"], 30.1, 60.1), (streams["ac3"], 60.1, 91)]
    packets = [s.packets[s.place_of(start) if start else 0 : s.place_of(end)] for s, start, end in parts]
    times, outcome = heard(Broadcast(np.concatenate(packets)), tmp_path)
    assert times == pytest.approx(BEEPS, abs=0.6)
    assert "changes: ac3, aac, ac3" in outcome.error
    assert outcome.info.codec == "ac3"
    assert outcome.silence_filled_s < 1


def test_a_scrambled_beginning_takes_its_time(tmp_path, stream):
    scrambled = Broadcast(stream.packets.copy())
    part = scrambled.packets[: scrambled.place_of(20.3)]
    media = np.isin(scrambled.pids[: len(part)], [SOUND_PID, VIDEO_PID]) & (part[:, 3] & 0x10 > 0)
    part[media, 3] |= 0x80
    body = np.random.default_rng(0).integers(0, 256, (int(media.sum()), PACKET)).astype(np.uint8)
    at = 4 + np.where(part[media, 3] & 0x20, 1 + part[media, 4].astype(int), 0)
    hidden = np.arange(PACKET) >= at[:, None]
    part[media] = np.where(hidden, body, part[media])
    times, outcome = heard(scrambled, tmp_path)
    assert times == pytest.approx(BEEPS[4:], abs=0.5)
    assert "is scrambled and cannot be heard" in outcome.error
    scrambled.packets[:, 3] |= np.where(scrambled.pids == SOUND_PID, 0x80, 0).astype(np.uint8)
    with pytest.raises(DecodeError, match="is scrambled, so there is nothing to listen to"):
        heard(scrambled, tmp_path)


def test_of_several_programmes_one_is_taken_and_told(tmp_path):
    path = tmp_path / "two.ts"
    sources = []
    for time_s in (2, 5):
        gate = f"0.5*sin(2000*PI*t)*between(t,{time_s},{time_s + 0.25})"
        sources += ["-f", "lavfi", "-i", f"aevalsrc='{gate}':s=48000:d=9"]
    programmes = ["-program", "program_num=7:st=0", "-program", "program_num=9:st=1"]
    ffmpeg(*sources, "-map", 0, "-map", 1, *programmes, "-c:a:0", "mp2", "-c:a:1", "ac3", path)
    for number, (time_s, codec, programme) in enumerate([(2, "mp2", 7), (5, "ac3", 9)]):
        seconds, outcome = decode(path, audio_stream=number)
        assert beep_times(seconds) == pytest.approx([time_s], **CLOSE)
        assert outcome.info.codec == codec
        assert outcome.error == f"{path} holds 2 programmes; the sound of programme {programme} was taken"
    with pytest.raises(DecodeError, match="has no audio stream 2; choose --audio-stream from 0 to 1"):
        decode(path, audio_stream=2)


def test_filled_silence_counts_towards_the_longest_duration_and_is_no_sound(tmp_path, stream):
    start, end = stream.place_of(5.6), stream.place_of(86.4)
    times, outcome = heard(stream.without(start, end), tmp_path, max_duration_s=60)
    assert times == pytest.approx([2.5], **CLOSE)
    assert (outcome.audio_s, outcome.status) == (60, "partial")


@dataclasses.dataclass
class Troubles:
    """What happened to a broadcast, and where its beeps are then heard."""

    stream: Broadcast
    told: list[str] = dataclasses.field(default_factory=list)
    added: list[tuple[float, float]] = dataclasses.field(default_factory=list)
    missing: list[tuple[float, float]] = dataclasses.field(default_factory=list)

    @property
    def beeps(self) -> list[float]:
        kept = [time for time in BEEPS if not any(start - 0.3 <= time <= end for start, end in self.missing)]
        return [time + sum(length for at, length in self.added if at <= time) for time in kept]


KINDS = ["jump", "small jump", "sound", "picture", "left-over", "hole"]


def troubled(rng: np.random.Generator, original: Broadcast, other: Broadcast, *, by_value: bool) -> Troubles:
    """A broadcast with up to eight troubles, all 5 s apart at least.

    `by_value`: the clocks jump where each comes to that time itself, else all at one packet.
    """
    plan, time_s = [], 5.0
    for kind in rng.choice(KINDS, size=int(rng.integers(1, 9))):
        length = {"left-over": rng.uniform(0.2, 2), "hole": rng.uniform(0.5, 3.4)}.get(kind, 0.0)
        time_s += rng.uniform(0, 4)
        time_s += 1.2 * (1.9 < time_s % 5 < 3.1)  # never within a beep
        by_s = rng.uniform(-36_000, 36_000) if kind == "jump" else rng.uniform(-30, 30)
        plan.append((kind, time_s, length or by_s))
        time_s += 5.2 + length * (kind == "hole")
    jumps = [(time_s, by_s) for kind, time_s, by_s in plan if "jump" in kind]
    stream = original.turned_at(jumps) if by_value else original
    result = Troubles(stream.turned(rng.choice([0, 95_443.7 - rng.uniform(0, 91)])))
    # from the last to the first, that packets keep their places
    for kind, time_s, by_s in reversed(plan):
        place = original.place_of(time_s)
        if "jump" in kind and not by_value:
            result.stream = result.stream.turned(by_s, start=place)
        elif kind in ("sound", "picture"):
            by_s = rng.choice([10 * by_s, 2.0 ** rng.integers(10, 33) / 90_000])
            result.stream = result.stream.one_wrong(place, by_s, SOUND_PID if kind == "sound" else VIDEO_PID)
        elif kind == "left-over":
            end = other.place_of(by_s)
            rest = Broadcast(other.packets[:end]).turned(rng.uniform(0, 90_000))
            result.stream = result.stream.with_inserted(place, rest)
            result.added.append((time_s, other.time_of(end)))
        elif kind == "hole":
            changed = result.stream.without(place, original.place_of(time_s + by_s))
            if not changed.counters_broken(place):
                continue
            result.stream = changed
            result.missing.append((time_s, time_s + by_s))
        result.told.append(f"{kind} at {time_s:.1f} s: {by_s:.1f} s")
    return result


@pytest.mark.parametrize("seed", range(int(os.environ.get("CLOCK_CASES", "24"))))
def test_any_mix_of_troubles_keeps_every_time_within_a_second(tmp_path, streams, seed):
    rng = np.random.default_rng(seed)
    troubles = troubled(rng, streams[list(CODECS)[seed % 3]], streams["other"], by_value=seed % 2 == 1)
    times, outcome = heard(troubles.stream, tmp_path)
    late = [min(abs(np.array(times) - time)) for time in troubles.beeps]
    assert max(late) <= 1.0, (troubles.told, outcome.error, times)


SHARED = pathlib.Path(__file__).resolve().parents[4] / "shared" / "cases" / "make_cases.py"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared folder is not there")
def test_the_shared_cases_hold_their_sound(tmp_path):
    """Each is 90 s of the sample's sound: what of it can be heard, wherever the clock goes."""
    sample = tmp_path / "sample"
    subprocess.run(["laughter", "sample", "--output", sample], check=True, capture_output=True)
    [recording] = sample.glob("*.mp4")
    subprocess.run([sys.executable, SHARED, recording, tmp_path / "cases"], check=True, capture_output=True)
    expected = json.loads((tmp_path / "cases" / "expected.json").read_text())
    plain = None
    for name in sorted(name for name in expected if name.endswith(".ts")):
        seconds, outcome = decode(tmp_path / "cases" / name)
        loudness = np.abs(seconds.astype(np.int32)).mean(axis=1)
        plain = loudness if plain is None else plain
        start = 21 if name.startswith("scrambled") else 1
        later = 0.5 if name.startswith("leftover") else 0
        assert outcome.audio_s == pytest.approx(90 + later, abs=0.5), name
        assert np.corrcoef(loudness[start:89], plain[start:89])[0, 1] > (0.7 if later else 0.95), name
