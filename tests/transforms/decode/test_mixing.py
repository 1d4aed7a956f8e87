"""Channels that cancel are heard; all others are mixed to the bit as ffmpeg mixes them."""

import subprocess

import numpy as np
import pytest

from tests.helpers.media import beeps, decode, ffmpeg, film
from transforms.decode.ffmpeg_command import ffmpeg_executable
from transforms.decode.mixing import Mixer

CODECS = {
    "aac": "m4a",
    "mp2": "ts",
    "libmp3lame": "mp3",
    "ac3": "mkv",
    "flac": "flac",
    "pcm_s16le": "wav",
    "pcm_s24le": "wav",
    "pcm_f32le": "wav",
    "pcm_u8": "wav",
    "libopus": "ogg",
    "pcm_mulaw": "wav",
}


def stereo(path, right, *options, rate_hz=44100):
    """Chords on the left (coders make noise of noise, on each side another), and on the right what is made of them."""
    chord = "+".join(f"0.2*sin({hz}*2*PI*t*(1+0.01*sin(3*t)))" for hz in (220, 530, 1310))
    source = ["-f", "lavfi", "-i", f"aevalsrc='{chord}':s={rate_hz}:d=4"]
    ffmpeg(*source, "-af", f"pan=stereo|c0=c0|c1={right}", *options, path)
    return path


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("codec", CODECS)
def test_what_does_not_cancel_is_to_the_byte_what_ffmpeg_mixes(tmp_path, codec, channels):
    path = tmp_path / f"a.{CODECS[codec]}"
    two = ["-f", "lavfi", "-i", "anoisesrc=d=4:a=0.3:r=48000:seed=1", "-f", "lavfi", "-i", "sine=d=4:f=700:r=48000"]
    ffmpeg(*two, "-filter_complex", "[0][1]amerge", "-c:a", codec, "-ac", channels, path)
    seconds, outcome = decode(path)
    plain = ["-af", "aformat=channel_layouts=mono:sample_fmts=s16:sample_rates=16000", "-f", "s16le", "-"]
    command = [ffmpeg_executable(), "-v", "error", "-i", path, "-map", "0:a:0", *plain]
    expected = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<i2")
    size = min(len(expected), seconds.size)
    assert size > 3.9 * 16000
    np.testing.assert_array_equal(seconds.ravel()[:size], expected[:size])
    assert (outcome.error, outcome.info.channels) == (None, channels)


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "pcm_s16le"])
@pytest.mark.parametrize("right", ["-1*c0", "-0.9*c0"])
def test_a_channel_turned_over_loses_nothing(tmp_path, codec, right):
    path = stereo(tmp_path / f"a.{CODECS[codec]}", right, "-c:a", codec)
    seconds, outcome = decode(path)
    alike, _ = decode(stereo(tmp_path / f"b.{CODECS[codec]}", "c0", "-c:a", codec))
    level = np.sqrt((seconds[1:3].astype(float) ** 2).mean()) / np.sqrt((alike[1:3].astype(float) ** 2).mean())
    assert level == pytest.approx(1, abs=0.1)
    assert f"the two channels of {path} cancel in 4 s: there, their difference was taken" in outcome.error


def test_each_second_is_judged_by_itself():
    rng = np.random.default_rng(0)
    loud, low = rng.integers(-9000, 9000, (16000,)), rng.integers(-9, 9, (16000,))
    pairs = [(loud, low), (low, loud), (low, low[::-1]), (loud // 2, loud), (loud // 8, loud)]
    seconds = np.array([np.stack(pair, axis=1) for pair in pairs], np.int16)
    mixer = Mixer()
    chosen = mixer.mix(seconds)
    assert [bool((chosen[row] == seconds[row, :, 1]).all()) for row in range(5)] == [False, True, False, False, True]
    assert (mixer.cancelled_s, mixer.peak) == (2, 9000)


def test_levels_are_against_full_scale(tmp_path):
    source = ["-f", "lavfi", "-i", "sine=f=1000:r=16000:d=4"]  # an eighth of full scale
    ffmpeg(*source, tmp_path / "a.wav")
    _, outcome = decode(tmp_path / "a.wav")
    assert (outcome.peak_dbfs, outcome.mean_dbfs) == (pytest.approx(-18.06, abs=0.1), pytest.approx(-21.07, abs=0.1))
    assert outcome.error is None
    ffmpeg(*source, "-af", "volume=-40dB", tmp_path / "low.wav")
    _, outcome = decode(tmp_path / "low.wav")
    assert outcome.error == (
        f"the sound of {tmp_path / 'low.wav'} is very low (mean -61 dBFS): laughs will be missed; make it louder"
    )
    _, outcome = decode(beeps(tmp_path / "silence.wav", [], duration_s=3))
    assert (outcome.peak_dbfs, outcome.mean_dbfs) == (None, None)
    assert outcome.error == f"the sound of {tmp_path / 'silence.wav'} is silence"


@pytest.mark.parametrize("name", ["a.mkv", "a.ts"])
def test_a_silent_first_stream_beside_one_with_sound_is_said(tmp_path, name):
    silent, loud = beeps(tmp_path / "0.wav", [], duration_s=4), beeps(tmp_path / "1.wav", [1, 2], duration_s=4)
    picture = film(tmp_path / "p.mkv", [], duration_s=4)
    ffmpeg("-i", picture, "-i", silent, "-i", loud, "-map", "0:v", "-map", 1, "-map", 2, "-c:a", "mp2", tmp_path / name)
    _, outcome = decode(tmp_path / name)
    assert "give --audio-stream 1 to hear another" in outcome.error
    assert decode(tmp_path / name, audio_stream=1)[1].error is None
