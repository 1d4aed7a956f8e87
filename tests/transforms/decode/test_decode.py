"""Decoding: formats, lengths, broken and hostile files, and processes that leave nothing behind."""

import datetime as dt
import os
import pathlib
import pickle
import socket
import stat
import time

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.text import display_text
from tests.helpers.media import (
    beep_times,
    beeps,
    beeps_source,
    decode,
    ffmpeg,
    film,
)
from tests.helpers.open_resources import belongings
from transforms.decode.decode import decode_seconds
from transforms.decode.ffmpeg_process import MAX_MEMORY_BYTES
from transforms.decode.ffmpeg_report import FfmpegReport
from transforms.decode.outcome import DecodeError, MediaInfo
from transforms.decode.settings import DecodeSettings
from transforms.decode.timeline import Timeline, in_blocks, whole_seconds


@pytest.fixture(scope="module")
def wav(tmp_path_factory) -> pathlib.Path:
    return beeps(tmp_path_factory.mktemp("media") / "good.wav", [1, 3], duration_s=5, rate_hz=16000)


def failure(path, **options) -> str:
    """The sentence that decoding fails with: one line that names the file."""
    with pytest.raises(DecodeError) as caught:
        decode(path, **options)
    sentence = str(caught.value)
    assert display_text(path) in sentence
    assert "\n" not in sentence
    assert len(sentence) < 500
    return sentence


# Formats and lengths


AUDIO = ["a.mp3", "a.m4a", "a.aac", "a.ogg", "a.opus", "a.flac", "a.wav", "a.wma", "a.aiff", "a.ac3", "a.mka"]
VIDEO = ["v.mp4", "v.mkv", "v.ts", "v.mov", "v.avi", "v.wmv", "v.mpg", "v.webm", "v.flv", "v.mxf"]


@pytest.mark.parametrize("name", AUDIO)
def test_audio_formats(tmp_path, name):
    seconds, outcome = decode(beeps(tmp_path / name, [1, 3], duration_s=5))
    assert beep_times(seconds) == pytest.approx([1, 3], abs=0.1)
    assert (len(seconds), seconds.dtype, outcome.status) == (5, np.int16, "done")


@pytest.mark.parametrize("name", VIDEO)
def test_video_formats(tmp_path, name):
    options = ["-r", 25] if name.endswith((".mpg", ".mxf")) else []
    options += ["-ar", 44100] if name.endswith(".flv") else []
    seconds, outcome = decode(film(tmp_path / name, [1, 3], *options, duration_s=5))
    assert beep_times(seconds) == pytest.approx([1, 3], abs=0.1)
    assert (len(seconds), outcome.status, outcome.error) == (5, "done", None)
    assert outcome.info.duration_s == pytest.approx(5, abs=0.3)
    assert outcome.info.codec


def test_samples_of_a_wav_come_through_unchanged(wav):
    seconds, outcome = decode(wav)
    assert np.array_equal(seconds.ravel(), np.frombuffer(wav.read_bytes()[-160000:], "<i2"))
    assert outcome.info == MediaInfo(duration_s=5.0, codec="pcm_s16le", sample_rate_hz=16000, channels=1)
    assert (outcome.audio_s, outcome.silence_filled_s, outcome.status, outcome.error) == (5.0, 0.0, "done", None)


def test_blocks_do_not_change_the_seconds(tmp_path):
    path = film(tmp_path / "late.mp4", [1, 4], duration_s=9, audio_delay_s=2)
    whole, outcome = decode(path)
    for block_s in (1, 4, 11):
        seconds, again = decode(path, block_s=block_s)
        assert np.array_equal(seconds, whole)
        assert again == outcome


def test_cover_art_is_no_video(tmp_path):
    picture, path = tmp_path / "cover.png", tmp_path / "song.mp3"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:d=1:r=1", "-frames:v", 1, picture)
    cover = ["-i", picture, "-map", 0, "-map", 1, "-c:v", "copy", "-disposition:v", "attached_pic"]
    ffmpeg(*beeps_source([1], duration_s=3), *cover, path)
    seconds, outcome = decode(path)
    assert (len(seconds), outcome.status, beep_times(seconds)) == (3, "done", [pytest.approx(1, abs=0.05)])


def test_the_audio_stream_can_be_chosen(tmp_path):
    path = tmp_path / "two.mkv"
    second = beeps_source([3], duration_s=5)
    ffmpeg(*beeps_source([1], duration_s=5), *second, "-map", 0, "-map", 1, "-c:a:0", "flac", "-c:a:1", "ac3", path)
    for stream, codec, time_s in [(0, "flac", 1), (1, "ac3", 3)]:
        seconds, outcome = decode(path, audio_stream=stream)
        assert beep_times(seconds) == [pytest.approx(time_s, abs=0.05)]
        assert outcome.info.codec == codec
    assert "has no audio stream 2; choose --audio-stream from 0 to 1" in failure(path, audio_stream=2)


@pytest.mark.parametrize(("audio_s", "rows"), [(0.1, 1), (0.5, 1), (2.0, 2), (2.05, 2), (2.1, 3), (2.5, 3)])
def test_an_unfinished_last_second(tmp_path, audio_s, rows):
    path = beeps(tmp_path / "a.wav", [audio_s - 0.1], duration_s=audio_s, rate_hz=16000)
    for block_s in (1, 2, 64):
        seconds, outcome = decode(path, block_s=block_s)
        assert len(seconds) == rows
        assert outcome.audio_s == pytest.approx(audio_s)
        assert not seconds.ravel()[round(audio_s * 16000) :].any()


def test_less_than_a_tenth_of_a_second_is_no_audio(tmp_path):
    path = beeps(tmp_path / "a.wav", [], duration_s=0.05)
    assert failure(path) == f"{path} holds only 0.050 s of audio; at least 0.1 s are needed"


def test_a_recording_longer_than_the_longest_is_cut(wav):
    seconds, outcome = decode(wav, max_duration_s=2.5)
    assert (len(seconds), outcome.audio_s, outcome.status) == (3, 2.5, "partial")
    assert "is longer than" in outcome.error
    assert decode(wav, max_duration_s=5)[1].status == "done"


def test_the_fingerprint_holds_what_changes_the_samples():
    default = DecodeSettings().fingerprint()
    assert DecodeSettings(stall_timeout_s=5).fingerprint() == default
    for changed in (DecodeSettings(audio_stream=1), DecodeSettings(max_gap_s=5), DecodeSettings(max_duration_s=5)):
        assert changed.fingerprint() != default


@pytest.mark.parametrize("wrong", [{"audio_stream": -1}, {"max_gap_s": 0}, {"stall_timeout_s": float("nan")}])
def test_senseless_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DecodeSettings(**wrong)


# Names


@pytest.mark.parametrize(
    "name",
    [b"-i.wav", b"a\nb.wav", b'it\'s "x".wav', b"%03d*?[a].wav", b"\xff\xfe.wav", b"concat:a|b.wav", b"a,b;c=d.wav"],
)
def test_names_may_hold_anything(tmp_path, wav, name):
    path = os.path.join(os.fsencode(tmp_path), name)
    pathlib.Path(os.fsdecode(path)).write_bytes(wav.read_bytes())
    assert len(decode(path)[0]) == 5
    assert len(decode(os.fsdecode(path))[0]) == 5


def test_a_name_that_starts_with_a_dash_in_this_folder(tmp_path, wav, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("-version").write_bytes(wav.read_bytes())
    assert len(decode("-version")[0]) == 5


def test_sentences_stay_on_one_line_whatever_the_name(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"bad\n\xffname.mp4")
    pathlib.Path(os.fsdecode(path)).write_bytes(b"no media at all" * 100)
    assert "bad\\n\\xffname.mp4" in failure(path)


# Broken files


def test_files_that_are_not_there_or_no_files(tmp_path):
    (tmp_path / "empty.mp4").touch()
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "does not exist" in failure(tmp_path / "none.mp4")
    assert "is a folder" in failure(tmp_path)
    assert "is empty" in failure(tmp_path / "empty.mp4")
    assert "is not a regular file" in failure(tmp_path / "pipe.mp4")
    assert "cannot be read" in failure(tmp_path / ("x" * 300))
    assert "cannot be read" in failure("a\0b")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission(tmp_path, wav):
    path = tmp_path / "secret.wav"
    path.write_bytes(wav.read_bytes())
    path.chmod(0)
    assert "may not be read" in failure(path)


def test_permission_errors_are_told(wav, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("transforms.decode.outcome.os.open", refuse)
    assert "may not be read by this user" in failure(wav)


def test_files_that_are_no_media(tmp_path):
    for name in ("text.mp4", "text.ts", "text.mp3", "text"):
        (tmp_path / name).write_text("Just some words, and nothing to hear.\n" * 50)
        assert "cut off" in failure(tmp_path / name) or "not a recording" in failure(tmp_path / name)
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(20000))
    failure(tmp_path / "noise.mp4")


def test_a_video_without_audio(tmp_path):
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:d=1", tmp_path / "silent.mp4")
    assert "has no audio stream" in failure(tmp_path / "silent.mp4")


def test_an_mp4_cut_off_before_its_index(tmp_path):
    path = film(tmp_path / "whole.mp4", [1], duration_s=5)
    path.write_bytes(path.read_bytes()[:4000])
    assert "has no index (moov atom)" in failure(path)


def test_audio_that_cannot_be_decoded(tmp_path):
    path = beeps(tmp_path / "a.mkv", [1], "-c:a", "aac", duration_s=5)
    whole = bytearray(path.read_bytes())
    start = whole.index(b"\x1f\x43\xb6\x75") + 40
    whole[start:] = b"\xff" * (len(whole) - start)
    path.write_bytes(whole)
    failure(path)


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv", "cut.flac", "cut.mp3"])
def test_a_recording_cut_off_half_way_is_partial(tmp_path, name):
    noise = "anoisesrc=d=20:a=0.1:r=44100"
    picture = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=5:d=20"] if name.endswith(("mp4", "mkv")) else []
    path = tmp_path / name
    ffmpeg(*picture, "-f", "lavfi", "-i", noise, *(["-movflags", "faststart"] if name.endswith("mp4") else []), path)
    assert decode(path)[1].status == "done"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    seconds, outcome = decode(path)
    assert 2 < len(seconds) < 18
    assert outcome.status == "partial"
    assert f"{path} seems cut off: its audio ends at" in outcome.error
    assert "\n" not in outcome.error


def damaged_in_the_middle(path: pathlib.Path) -> pathlib.Path:
    """A recording of 20 s with beeps at 1 and 17 s, a twentieth of whose file is noise."""
    hum = ["-af", "aeval=val(0)+0.01*random(0):c=same"]  # or the beeps would be half of the file
    make = film if path.suffix in (".mp4", ".mkv", ".ts", ".avi", ".wmv") else beeps
    make(path, [1, 17], *hum, *(["-movflags", "faststart"] if path.suffix == ".mp4" else []), duration_s=20)
    content = bytearray(path.read_bytes())
    start, size = len(content) // 2, len(content) // 20
    content[start : start + size] = np.random.default_rng(0).bytes(size)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.ogg", "a.flac", "a.wmv"])
def test_damage_in_the_middle_is_skipped_and_later_times_stay(tmp_path, name):
    seconds, outcome = decode(damaged_in_the_middle(tmp_path / name))
    assert beep_times(seconds)[0] == pytest.approx(1, abs=0.1)
    assert beep_times(seconds)[-1] == pytest.approx(17, abs=0.2)
    assert outcome.audio_s == pytest.approx(20, abs=0.5)


def test_where_the_format_holds_no_times_what_is_lost_is_said(tmp_path):
    path = tmp_path / "a.mp3"
    seconds, outcome = decode(damaged_in_the_middle(path))
    lost_s = 20 - outcome.audio_s
    assert 0.3 < lost_s < 2
    assert beep_times(seconds)[-1] == pytest.approx(17 - lost_s, abs=0.3)
    assert outcome.status == "done"
    assert f"{path} is damaged (ffmpeg: " in outcome.error
    assert f"{lost_s:.1f} s short: later times may be early by as much" in outcome.error


# Hostile files


@pytest.mark.parametrize("name", ["trap.mp4", "trap.m3u8", "trap.ts", "trap.wav", "trap"])
@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{canary}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{url}/a.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{canary}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>{url}/</BaseURL></MPD>",
    ],
    ids=["hls-file", "hls-host", "concat", "sdp", "dash"],
)
def test_playlists_and_scripts_are_never_followed(tmp_path, wav, name, text):
    canary = tmp_path / "canary.wav"
    canary.write_bytes(wav.read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        trap = tmp_path / name
        trap.write_text(text.format(canary="canary.wav", url=f"http://127.0.0.1:{port}", port=port))
        failure(trap)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def log_line(text: str) -> bytes:
    """A line as ffmpeg writes it now."""
    return f"{dt.datetime.utcnow().isoformat(sep=' ', timespec='milliseconds')} {text}\n".encode()


def test_lines_that_a_recording_wrote_into_the_log_count_for_nothing():
    report = FfmpegReport()
    report.add(b"[info] Input #0\n[info]   Duration: 99:00:00.00, start: 0\n[error] broken\n")
    report.add(b"2016-01-01 00:00:00.000 [info] Input #0\n2016-01-01 00:00:00.000 [error] broken\n")
    assert (report.opened, report.duration_s, report.first_errors) == (False, None, [])
    report.add(log_line("[info] Input #0, wav, from 'x':") + log_line("[info]   Duration: 00:00:07.50, start: 0"))
    assert (report.opened, report.duration_s) == (True, 7.5)


def test_megabytes_of_messages_are_bounded():
    report = FfmpegReport()
    for _ in range(300):
        report.add(log_line("[error] broken packet") * 1000 + b"x" * 100000)
    assert len(report.first_errors) == 20
    assert len(report.first_errors) + len(report.last_errors) <= 40
    assert len(pickle.dumps(report)) < 20000


# Processes


def fake_ffmpeg(folder: pathlib.Path, monkeypatch, script: str) -> None:
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))


def test_a_decode_closed_half_way_leaves_nothing(tmp_path):
    path = beeps(tmp_path / "long.wav", [], duration_s=200)
    before = belongings()
    blocks = decode_seconds(path, block_s=8)
    assert len(next(blocks)) == 8
    assert len(psutil.Process().children(recursive=True)) == len(before.children) + 1
    blocks.close()
    assert belongings() == before


def test_a_finished_and_a_failed_decode_leave_nothing(tmp_path, wav):
    (tmp_path / "bad.mp4").write_bytes(b"bad" * 1000)
    before = belongings()
    for _ in range(3):
        decode(wav)
        failure(tmp_path / "bad.mp4")
    assert belongings() == before


def test_a_stalled_ffmpeg_is_given_up_and_its_group_killed(tmp_path, wav, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, f"sleep 600 & echo $! > {tmp_path}/pid; sleep 600")
    before = belongings()
    sentence = failure(wav, stall_timeout_s=0.5)
    assert sentence.startswith(f"decoding {wav} stalled: nothing came for 0.5 s; ")
    assert belongings() == before
    assert _is_gone(int((tmp_path / "pid").read_text()))


def test_the_time_that_the_reader_takes_is_no_stall(tmp_path):
    path = beeps(tmp_path / "long.wav", [], duration_s=200)
    blocks = decode_seconds(path, DecodeSettings(stall_timeout_s=1), block_s=10)
    next(blocks)
    time.sleep(1.5)
    assert sum(len(block) for block in blocks) == 190


def test_an_ffmpeg_that_gives_a_little_for_ever_is_given_up(tmp_path, wav, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, "while :; do printf x; sleep 0.05; done")
    before = belongings()
    assert "took longer than --max-decode-time" in failure(wav, max_decode_s=0.7, stall_timeout_s=0.5)
    assert belongings() == before


def test_the_last_of_the_time_is_not_waited_for_ever(tmp_path, wav, monkeypatch):
    """A read may end a little after the time is over; the next one must not begin."""
    fake_ffmpeg(tmp_path, monkeypatch, "sleep 1.2; printf x; sleep 600")
    assert "took longer than --max-decode-time" in failure(wav, max_decode_s=1.0, stall_timeout_s=3)


def test_an_ffmpeg_gets_no_more_memory_than_it_may(tmp_path, wav, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, f"sleep 0.3; ulimit -v > {tmp_path}/limit")
    failure(wav)
    assert int((tmp_path / "limit").read_text()) * 1024 == MAX_MEMORY_BYTES


def test_an_ffmpeg_that_was_killed_is_no_fault_of_the_recording(tmp_path, wav, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, "kill -9 $$")
    assert f"ffmpeg was stopped by SIGKILL while decoding {wav}; run it again" in failure(wav)


def test_no_ffmpeg_is_told_apart_from_a_bad_recording(tmp_path, wav, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nowhere"))
    with pytest.raises(RuntimeError, match="ffmpeg"):
        decode(wav)


def _is_gone(pid: int) -> bool:
    """Whether a process has ended; its parent may not have reaped it yet."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


# The timeline


@given(
    packets=st.lists(st.tuples(st.integers(-4000, 90000), st.integers(0, 3000)), max_size=15),
    max_duration_s=st.floats(0.5, 30),
)
@settings(max_examples=200, deadline=None)
def test_samples_stand_at_their_times_or_are_dropped(packets, max_duration_s):
    """Values are the places that samples claim; each must stand within the tolerance of its own place."""
    timeline = Timeline(DecodeSettings(max_gap_s=6, max_duration_s=max_duration_s))
    claimed, start = [], 0
    for step, length in packets:
        start = max(start + step, 0)
        claimed.append((start, (np.arange(start, start + length) % 30000 + 1).astype(np.int16)))
        start += length
    pieces = list(timeline.place(claimed))
    placed = np.concatenate([*pieces, np.zeros(0, np.int16)]).astype(int)
    assert len(placed) == timeline.samples <= round(max_duration_s * 16000)
    assert max((len(piece) for piece in pieces), default=0) <= 16000
    found = np.flatnonzero(placed)
    late = (found % 30000 + 1 - placed[found] + 15000) % 30000 - 15000
    assert np.abs(late).max(initial=0) <= 1600
    if not timeline.cut:
        given_samples = sum(len(samples) for _, samples in claimed)
        assert timeline.samples == given_samples + timeline.silence_samples - timeline.dropped_samples


@given(lengths=st.lists(st.integers(0, 50), max_size=20), size=st.integers(1, 30))
def test_blocks_join_and_cut(lengths, size):
    pieces = [np.full(length, number, np.int16) for number, length in enumerate(lengths)]
    blocks = list(in_blocks(pieces, size=size))
    assert all(len(block) == size for block in blocks[:-1])
    assert np.array_equal(np.concatenate([*blocks, []]), np.concatenate([*pieces, []]))


def test_a_longer_jump_is_joined():
    timeline = Timeline(DecodeSettings(max_gap_s=1))
    packets = [(0, np.ones(100, np.int16)), (17000, np.ones(100, np.int16)), (17100, np.ones(100, np.int16))]
    assert sum(len(piece) for piece in timeline.place(packets)) == 300
    assert timeline.joined == [(100 / 16000, 16900 / 16000)]


def test_whole_seconds():
    assert whole_seconds(np.ones(1599, np.int16), shortest_s=0.1).shape == (0, 16000)
    assert whole_seconds(np.ones(1600, np.int16), shortest_s=0.1).sum() == 1600
    assert whole_seconds(np.ones(33000, np.int16), shortest_s=0.1).shape == (2, 16000)
