import numpy as np
import pytest

from tests.helpers.media import ffmpeg
from transforms.collect import cutting

HZ = 16000


def tone(seconds: float, *, level: float = 0.5, hz: int = HZ) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 440 * np.arange(int(seconds * hz)) / hz)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * HZ), np.float32)


@pytest.mark.parametrize(
    ("name", "options", "rate_hz"),
    [
        ("a.wav", ["-ar", 8000], 8000),
        ("a.flac", ["-ar", 48000, "-ac", 2], 32000),
        ("a.ogg", ["-ar", 44100, "-c:a", "libvorbis"], 32000),
        ("a.g722", ["-ar", 16000, "-c:a", "g722"], 16000),
        ("a.wv", ["-ar", 22050, "-c:a", "wavpack"], 22050),
    ],
)
def test_decodes_to_one_channel_of_at_most_32_khz(tmp_path, name, options, rate_hz):
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=440:duration=2", *options, tmp_path / name)
    samples, found_hz = cutting.decode(tmp_path / name)
    assert found_hz == rate_hz
    assert samples.ndim == 1
    assert len(samples) / found_hz == pytest.approx(2, abs=0.1)
    spectrum = np.abs(np.fft.rfft(samples[: 2 * (len(samples) // 2)]))
    assert np.argmax(spectrum) * found_hz / len(samples) == pytest.approx(440, abs=3)


def test_raw_samples_have_the_rate_they_are_said_to_have(tmp_path):
    (tmp_path / "a.raw").write_bytes((tone(1) * 32767).astype("<i2").tobytes())
    samples, rate_hz = cutting.decode(tmp_path / "a.raw", raw_hz=HZ)
    assert rate_hz == HZ
    assert np.allclose(samples, tone(1), atol=1e-4)


def test_what_is_no_sound_is_named(tmp_path):
    (tmp_path / "a.ogg").write_text("no sound")
    with pytest.raises(ValueError, match=r"a\.ogg cannot be read"):
        cutting.decode(tmp_path / "a.ogg")


def test_silence_at_the_ends_goes_and_pauses_stay():
    sound = np.concatenate([silence(2), tone(1), silence(1), tone(1), silence(3)])
    assert len(cutting.trim(sound, HZ)) / HZ == pytest.approx(3.2, abs=0.06)
    assert len(cutting.trim(silence(2), HZ)) == 0
    assert len(cutting.trim(silence(0), HZ)) == 0


def test_long_sound_is_cut_in_its_pauses_and_nothing_is_lost():
    sound = np.concatenate([tone(7), silence(0.3), tone(8), silence(0.3), tone(6)])
    pieces = cutting.cut(sound, HZ)
    assert [round(len(piece) / HZ, 1) for piece in pieces] == pytest.approx([7.15, 8.3, 6.15], abs=0.2)
    assert np.array_equal(np.concatenate(pieces), sound)
    assert [len(piece) for piece in cutting.cut(sound[:HZ], HZ)] == [HZ]


def test_an_even_choice_keeps_order_and_spread():
    assert cutting.even_choice(list(range(3)), 4) == [0, 1, 2]
    assert cutting.even_choice(list(range(100)), 4) == [12, 37, 62, 87]


def test_what_is_written_is_read_again(tmp_path):
    cutting.write_flac(tmp_path / "a.flac", tone(1, level=1.5), HZ)
    samples, rate_hz = cutting.decode(tmp_path / "a.flac")
    assert rate_hz == HZ
    assert np.allclose(samples, tone(1, level=1.5).clip(-1, 1), atol=1e-4)
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"]
