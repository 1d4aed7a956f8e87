"""Second k of the decoded audio is [k, k+1) of the recording's own timeline, whatever the recording does."""

import pathlib
import subprocess
import sys
import wave

import numpy as np
import pytest

from tests.helpers.media import (
    beep_times,
    beeps,
    decode,
    ffmpeg,
    film,
    with_holes,
)
from transforms.decode.ffmpeg_command import FACTS, decode_command, ffmpeg_executable
from transforms.decode.settings import DecodeSettings

CLOSE = {"abs": 0.05}


def join(path: pathlib.Path, *parts: pathlib.Path) -> pathlib.Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@pytest.mark.parametrize("hole_s", [5, 30, 300])
def test_a_hole_in_a_transport_stream_is_filled(tmp_path, hole_s):
    times = [4, 11 + hole_s, 14 + hole_s]
    path = with_holes(tmp_path / "hole.ts", times, [(10, 10 + hole_s)], duration_s=16 + hole_s)
    seconds, outcome = decode(path)
    assert beep_times(seconds) == pytest.approx(times, **CLOSE)
    assert outcome.silence_filled_s == pytest.approx(hole_s, abs=0.1)
    assert outcome.status == "done"
    missing = f"{hole_s:.1f} s of the sound of {path} are missing and filled with silence: {hole_s:.1f} s at 10.0 s"
    assert outcome.error == missing
    assert outcome.info.duration_s == pytest.approx(16 + hole_s, abs=0.3)


def test_two_holes_add_up(tmp_path):
    times = [2, 12, 50, 58]
    path = with_holes(tmp_path / "holes.ts", times, [(5, 10), (15, 45)], duration_s=60)
    seconds, outcome = decode(path)
    assert beep_times(seconds) == pytest.approx(times, **CLOSE)
    assert outcome.silence_filled_s == pytest.approx(35, abs=0.2)
    assert len(seconds) == 60


def test_a_hole_longer_than_allowed_is_joined_and_told(tmp_path):
    path = with_holes(tmp_path / "hole.ts", [4, 22], [(10, 20)], duration_s=24)
    seconds, outcome = decode(path, max_gap_s=8)
    assert beep_times(seconds) == pytest.approx([4, 12], **CLOSE)
    assert outcome.status == "done"
    assert outcome.error.startswith(f"the clock of {path} jumps 1 time: by +")
    assert outcome.error.endswith(" s at 10.0 s: joined; up to 9.7 s may be missing")
    assert outcome.silence_filled_s == 0


def test_in_other_containers_a_longer_hole_is_joined_too(tmp_path):
    stream = with_holes(tmp_path / "hole.ts", [4, 22], [(10, 20)], duration_s=24)
    path = tmp_path / "hole.mkv"
    ffmpeg("-copyts", "-i", stream, "-c", "copy", path)
    assert beep_times(decode(path)[0]) == pytest.approx([4, 22], abs=0.1)
    seconds, outcome = decode(path, max_gap_s=8)
    assert beep_times(seconds) == pytest.approx([4, 12], abs=0.1)
    assert outcome.status == "done"
    assert f"the times of {path} jump ahead by more than --max-gap (8 s), 10.0 s at 10.0 s: joined" in outcome.error


@pytest.mark.parametrize("offset_s", [1234, 95440], ids=["elsewhere", "wrapping"])
def test_zero_is_the_start_of_a_transport_stream(tmp_path, offset_s):
    """A transport stream's clock of 33 bits wraps after 95443.7 s."""
    path = film(tmp_path / "late.ts", [1, 9], "-output_ts_offset", offset_s, duration_s=11)
    seconds, outcome = decode(path)
    assert beep_times(seconds) == pytest.approx([1, 9], **CLOSE)
    assert (outcome.status, len(seconds)) == ("done", 11)


@pytest.mark.parametrize("name", ["late.mp4", "late.ts", "late.mkv"])
def test_audio_that_starts_after_the_video(tmp_path, name):
    seconds, outcome = decode(film(tmp_path / name, [1, 4], duration_s=6, audio_delay_s=3))
    assert beep_times(seconds) == pytest.approx([4, 7], **CLOSE)
    assert outcome.silence_filled_s == pytest.approx(3, abs=0.1)
    assert len(seconds) == 9


@pytest.mark.parametrize("name", ["late.mp4", "late.ts"])
def test_audio_that_starts_too_late_begins_at_once_and_that_is_told(tmp_path, name):
    path = film(tmp_path / name, [1], duration_s=2, audio_delay_s=30)
    seconds, outcome = decode(path, max_gap_s=20)
    assert beep_times(seconds) == pytest.approx([1], **CLOSE)
    assert outcome.status == "done"
    assert "30.0 s at 0.0 s" in outcome.error
    assert "joined; up to 30.0 s may be missing" in outcome.error


def test_a_video_longer_than_its_audio_is_whole(tmp_path):
    seconds, outcome = decode(film(tmp_path / "long.mp4", [1], duration_s=4, video_s=20))
    assert (len(seconds), outcome.status, outcome.error) == (4, "done", None)
    assert outcome.info.duration_s == pytest.approx(20, abs=0.2)


def test_mp3_of_variable_bit_rate_without_an_index(tmp_path):
    """Half silence, half noise: where a seek or an estimate from the bit rate would be far off."""
    source = "aevalsrc='0.5*sin(2000*PI*t)*between(t,50,50.25)+0.02*(random(0)-0.5)*gt(t,60)':s=44100:d=90"
    path = tmp_path / "vbr.mp3"
    ffmpeg("-f", "lavfi", "-i", source, "-c:a", "libmp3lame", "-q:a", 5, "-write_xing", 0, path)
    seconds, outcome = decode(path)
    assert beep_times(seconds) == pytest.approx([50], **CLOSE)
    assert outcome.audio_s == pytest.approx(90, abs=0.1)
    assert (outcome.status, outcome.info.duration_s) == ("done", None)
    assert f"{path} tells no length: players guess" in outcome.error


@pytest.mark.parametrize(("name", "rate_hz"), [("a.wav", 8000), ("a.wav", 44100), ("a.flac", 96000)])
def test_sample_rates(tmp_path, name, rate_hz):
    seconds, outcome = decode(beeps(tmp_path / name, [1, 28], duration_s=30, rate_hz=rate_hz))
    assert beep_times(seconds) == pytest.approx([1, 28], abs=0.011)
    assert (outcome.info.sample_rate_hz, outcome.info.channels, len(seconds)) == (rate_hz, 1, 30)
    assert outcome.audio_s == 30


def test_every_channel_of_surround_sound_is_heard(tmp_path):
    gates = [f"0.5*sin(2000*PI*t)*between(t,{2 * n},{2 * n + 0.25})" for n in (1, 2, 3, 20, 4, 5)]
    source = f"aevalsrc='{'|'.join(gates)}':s=48000:d=12:c=5.1"
    path = tmp_path / "surround.mkv"
    ffmpeg("-f", "lavfi", "-i", source, "-c:a", "ac3", "-b:a", "448k", path)
    seconds, outcome = decode(path)
    assert beep_times(seconds) == pytest.approx([2, 4, 6, 8, 10], **CLOSE)
    assert (outcome.info.channels, outcome.info.codec) == (6, "ac3")


@pytest.mark.parametrize("channels", [9, 20])
def test_channels_of_unknown_places_are_heard(tmp_path, channels):
    beep = np.zeros((2 * 48000, channels), "<i2")
    beep[48000:60000, -1] = 30000 * np.sin(np.arange(12000) * 2 * np.pi * 1000 / 48000)
    path = tmp_path / "many.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, 48000, 0, "NONE", None))
        file.writeframes(beep.tobytes())
    seconds, outcome = decode(path)
    assert np.abs(seconds[0]).max() < 50
    assert np.abs(seconds[1]).max() == pytest.approx(30000 / channels, rel=0.05)
    assert (outcome.status, outcome.info.channels) == ("done", channels)


def test_rate_and_channels_may_change_half_way(tmp_path):
    """ffmpeg then rebuilds its filters; silence must not be filled from zero once more."""
    whole = [film(tmp_path / "1.ts", [1], "-c:a", "ac3", "-ac", 6, "-output_ts_offset", 5, duration_s=10)]
    later = ["-c:a", "ac3", "-ar", 44100, "-ac", 1, "-output_ts_offset", 20]
    whole += [film(tmp_path / "2.ts", [2], *later, duration_s=10)]
    seconds, outcome = decode(join(tmp_path / "both.ts", *whole))
    assert beep_times(seconds) == pytest.approx([1, 17], **CLOSE)
    assert outcome.silence_filled_s == pytest.approx(5, abs=0.2)
    assert (outcome.status, len(seconds)) == ("done", 25)


def test_a_clock_set_back_counts_on_and_is_told(tmp_path):
    parts = [film(tmp_path / "1.ts", [1], "-output_ts_offset", 3600, duration_s=10)]
    parts += [film(tmp_path / "2.ts", [2], duration_s=10)]
    path = join(tmp_path / "joined.ts", *parts)
    seconds, outcome = decode(path)
    assert beep_times(seconds) == pytest.approx([1, 12], abs=0.1)
    assert outcome.status == "done"
    assert outcome.error == f"the clock of {path} jumps 1 time: by -3609.8 s at 10.0 s: joined"
    assert outcome.info.duration_s == pytest.approx(20, abs=0.3)
    assert [place for place, _, _ in outcome.clock] == pytest.approx([10], abs=0.1)


def test_a_jump_of_hours_is_joined_and_takes_no_memory(tmp_path):
    parts = [film(tmp_path / "1.ts", [1], duration_s=10)]
    parts += [film(tmp_path / "2.ts", [2], "-output_ts_offset", 7200, duration_s=10)]
    path = join(tmp_path / "jump.ts", *parts)
    seconds, outcome = decode(path)
    assert beep_times(seconds) == pytest.approx([1, 12], abs=0.1)
    assert (outcome.status, len(seconds)) == ("done", 20)
    assert "by +7189.8 s at 10.0 s: joined; up to 7189.8 s may be missing" in outcome.error


def test_a_jump_in_another_container_takes_no_memory(tmp_path):
    """What ffmpeg gives is a hole of hours, not its silence."""
    parts = [film(tmp_path / "1.ts", [1], duration_s=10)]
    parts += [film(tmp_path / "2.ts", [2], "-output_ts_offset", 7200, duration_s=10)]
    path = join(tmp_path / "jump.ts", *parts)
    command = decode_command(path, DecodeSettings(), executable=ffmpeg_executable())
    assert peak_bytes(["pipe:2" if argument == FACTS else argument for argument in command]) < 400e6


def peak_bytes(command: list[str]) -> int:
    """Most memory that a command took, measured in a process of its own."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], capture_output=True, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, check=True)
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
