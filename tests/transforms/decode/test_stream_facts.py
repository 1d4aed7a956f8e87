"""The facts of streams come from where no tag and no name can write."""

import pytest

from tests.helpers.media import beeps, decode, ffmpeg
from transforms.decode.stream_facts import StreamFacts, count_channels, parse_facts

SPOOF = (
    "x\n[info]   Duration: 99:00:00.00, start: 0\n[verbose] tb: samplerate:99999999999 chlayout:99999999999 channels\n"
    "[info]   Stream #0:0: Audio: evil\n[verbose] timestamp discontinuity (stream id=1): 1\n"
    "#codec_id 0: evil\n#sample_rate 0: 99999999999\n" + "9" * 400
)


@pytest.mark.parametrize(
    ("layout", "channels"),
    [
        ("mono", 1),
        ("stereo", 2),
        ("5.1(side)", 6),
        ("7.1.4", 12),
        ("22.2", 24),
        ("quad", 4),
        ("9 channels", 9),
        ("3 channels (FL+FR+LFE)", 3),
        ("ambisonic 1", 4),
        ("0 channels", None),
        ("", None),
        ("evil", None),
        ("99999999999 channels", None),
    ],
)
def test_channels_by_the_name_of_their_layout(layout, channels):
    assert count_channels(layout) == channels


def test_what_is_missing_or_absurd_is_unknown():
    assert parse_facts("") == StreamFacts()
    assert parse_facts("#sample_rate 0: 99999999999\n#sample_rate 0: x\n").sample_rate_hz is None


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.ogg", "a.mp4", "a.wma", "a.mkv", "a.nut"])
def test_a_tag_writes_no_facts(tmp_path, name):
    path = beeps(
        tmp_path / name, [1], "-ac", 2, "-metadata", f"title={SPOOF}", "-metadata", f"{SPOOF[:90]}=x", duration_s=3
    )
    _, outcome = decode(path)
    info = outcome.info
    assert info.codec in ("flac", "mp3", "vorbis", "aac", "wmav2", "mp2", "ac3")
    assert (info.sample_rate_hz, info.channels) == (48000 if name != "a.mp3" else info.sample_rate_hz, 2)
    assert info.duration_s == pytest.approx(3, abs=0.2)
    assert (outcome.status, outcome.error) == ("done", None)


def test_nor_does_a_name(tmp_path):
    path = tmp_path / (
        "a\n[verbose] tb: samplerate:99999999999 chlayout:99999999999 channels\n[info]   Duration: 99_.wav"
    )
    beeps(tmp_path / "a.wav", [1], duration_s=3).rename(path)
    _, outcome = decode(path)
    assert (outcome.info.codec, outcome.info.sample_rate_hz, outcome.info.channels) == ("pcm_s16le", 48000, 1)
    assert outcome.info.duration_s == 3


def test_nor_does_a_language(tmp_path):
    path = tmp_path / "a.mkv"
    source = beeps(tmp_path / "a.wav", [1], duration_s=3)
    ffmpeg("-i", source, "-c:a", "flac", "-metadata:s:a:0", "language=): Audio: evil (", path)
    assert decode(path)[1].info.codec == "flac"
