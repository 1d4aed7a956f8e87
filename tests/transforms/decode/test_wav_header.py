"""All sound of a WAV is read, whatever its header tells of its size."""

import struct

import numpy as np
import pytest

from tests.helpers.media import decode
from transforms.decode.wav_header import misfit_sound

RATE = 8000


def wav(told, *, after=b"", seconds=20, before=b"", there=None):
    """Noise as 16-bit WAV whose header tells so many bytes."""
    sound = np.random.default_rng(0).integers(-9000, 9000, seconds * RATE).astype("<i2").tobytes()
    told = len(sound) if told is None else told
    form = struct.pack("<HHIIHH", 1, 1, RATE, RATE * 2, 2, 16)
    body = before + b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", told) + sound[:there] + after
    return b"RIFF" + struct.pack("<I", (len(body) + 4) & 0xFFFFFFFF) + b"WAVE" + body


TAGS = b"LIST" + struct.pack("<I", 27) + b"INFOINAM" + struct.pack("<I", 15) + b"a title of 14b\0"


@pytest.mark.parametrize("told", [0, 100, 40000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
@pytest.mark.parametrize("before", [b"", b"bext" + struct.pack("<I", 7) + bytes(8)])
def test_a_size_that_is_wrong_hides_no_sound(tmp_path, told, before):
    (tmp_path / "a.wav").write_bytes(wav(told, before=before))
    seconds, outcome = decode(tmp_path / "a.wav")
    assert (len(seconds), outcome.audio_s, outcome.status, outcome.error) == (20, 20, "done", None)
    assert outcome.info.duration_s == 20


@pytest.mark.parametrize("after", [b"", TAGS, TAGS + b"\0", TAGS + b"\0" + TAGS, b"\0\0", b"junk"])
def test_a_size_that_is_right_is_believed(tmp_path, after):
    (tmp_path / "a.wav").write_bytes(wav(None, after=after))
    assert misfit_sound(str(tmp_path / "a.wav")) is None
    assert decode(tmp_path / "a.wav")[1].audio_s == pytest.approx(20, abs=0.001)


def test_one_that_was_cut_off_is_partial_still(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(None, there=RATE * 2 * 10))
    _, outcome = decode(tmp_path / "a.wav")
    assert (outcome.status, outcome.audio_s) == ("partial", 10)
    assert "seems cut off: its audio ends at 10.0 s of 20.0 s" in outcome.error


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff", bytes(99)]
)
def test_what_is_no_wav_is_let_be(tmp_path, content):
    (tmp_path / "a.wav").write_bytes(content)
    assert misfit_sound(str(tmp_path / "a.wav")) is None
