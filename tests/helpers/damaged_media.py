"""Recordings damaged in every way that archives know, made from real containers; a seed and a number make each."""

import dataclasses
import pathlib
import struct
from collections.abc import Callable, Sequence

import numpy as np

from tests.helpers.media import beeps, beeps_source, ffmpeg, film, picture_source

SECONDS = 3.0

Damage = Callable[[np.random.Generator, bytes], bytes]


@dataclasses.dataclass(frozen=True)
class Case:
    """A damaged recording: a file's name, which tells what was done to what, and its content."""

    name: str
    content: bytes


def make_originals(folder: pathlib.Path) -> list[pathlib.Path]:
    """Sound recordings of about 3 s: containers, two audio streams, cover art, odd rates, jumps of the clock."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [
        film(folder / f"film{extension}", [1.0], duration_s=SECONDS) for extension in (".mp4", ".ts", ".mkv", ".avi")
    ]
    made += [film(folder / "film.wmv", [1.0], duration_s=SECONDS)]
    made += [film(folder / "front.mp4", [1.0], "-movflags", "+faststart", duration_s=SECONDS)]
    made += [beeps(folder / f"sound{extension}", [1.0], duration_s=SECONDS) for extension in (".mp3", ".ogg", ".flac")]
    made += [beeps(folder / "sound.wav", [1.0], duration_s=SECONDS, rate_hz=8000)]
    made += [beeps(folder / "short.wav", [], duration_s=0.05), beeps(folder / "short.mp3", [], duration_s=0.05)]
    made += [_two_streams(folder / "two.mkv"), _two_streams(folder / "two.mp4"), _cover(folder)]
    made += [_joined(folder / "jump.ts", offsets_s=(0, 14400)), _joined(folder / "back.ts", offsets_s=(14400, 0))]
    made += [_joined(folder / "format.ts", offsets_s=(0, 3), rates_hz=(48000, 22050), channels=(2, 1))]
    made += [_bytes_of(folder / "format.mp3", folder / "sound.mp3", _low_mp3(folder))]
    return made


def _two_streams(path: pathlib.Path) -> pathlib.Path:
    first, second = (beeps_source([time_s], duration_s=SECONDS) for time_s in (1.0, 2.0))
    ffmpeg(*first, *second, "-map", 0, "-map", 1, path)
    return path


def _cover(folder: pathlib.Path) -> pathlib.Path:
    path = folder / "cover.mp3"
    picture = [*picture_source(duration_s=0.2), "-map", 0, "-map", 1, "-frames:v", 1, "-disposition:v", "attached_pic"]
    ffmpeg(*beeps_source([1.0], duration_s=SECONDS), *picture, path)
    return path


def _low_mp3(folder: pathlib.Path) -> pathlib.Path:
    return beeps(folder / "low.mp3", [1.0], "-ac", 2, duration_s=SECONDS, rate_hz=16000)


def _joined(
    path: pathlib.Path,
    *,
    offsets_s: Sequence[float],
    rates_hz: Sequence[int] = (48000, 48000),
    channels: Sequence[int] = (1, 1),
) -> pathlib.Path:
    """Transport streams one after the other, as a recorder makes them that was started anew."""
    parts = []
    for offset_s, rate_hz, count in zip(offsets_s, rates_hz, channels, strict=True):
        parts.append(path.with_name(f"{path.stem}-{len(parts)}.ts"))
        film(parts[-1], [1.0], "-ar", rate_hz, "-ac", count, "-output_ts_offset", offset_s, duration_s=SECONDS)
    return _bytes_of(path, *parts)


def _bytes_of(path: pathlib.Path, *parts: pathlib.Path) -> pathlib.Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def make_case(seed: int, number: int, originals: Sequence[pathlib.Path]) -> Case:
    """Case `number` of `seed`: one of the originals with one or two damages; every tenth is made from nothing."""
    rng = np.random.default_rng([seed, number])
    if number % 10 == 9:
        return Case(f"{number:05d}-wav-header.wav", lying_wav(rng))
    original = originals[int(rng.integers(len(originals)))]
    content, done = original.read_bytes(), []
    for _ in range(int(rng.integers(1, 3))):
        name, damage = list(DAMAGES.items())[int(rng.integers(len(DAMAGES)))]
        content = damage(rng, content)
        done.append(name)
    return Case(f"{number:05d}-{original.stem}-{'-'.join(done)}{original.suffix}", content)


def lying_wav(rng: np.random.Generator) -> bytes:
    """A wav whose header says absurd rates, channels, bits and sizes of half a second of noise."""
    rate = int(rng.choice([0, 1, 7, 8000, 384000, 10_000_000, 0xFFFFFFFF]))
    channels, bits = int(rng.choice([0, 1, 2, 7, 64, 255, 65535])), int(rng.choice([0, 1, 8, 16, 24, 64, 65535]))
    size = int(rng.choice([0, 1, 16000, 0x7FFFFFFF, 0xFFFFFFFF]))
    kind = int(rng.choice([1, 1, 1, 3, 85, 0xFFFE]))
    form = struct.pack("<HHIIHH", kind, channels, rate, (rate * 2) & 0xFFFFFFFF, 2, bits)
    head = b"RIFF" + struct.pack("<I", size) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
    return head + b"data" + struct.pack("<I", size) + rng.bytes(16000)


def _cut(rng: np.random.Generator, data: bytes) -> bytes:
    return data[: int(rng.integers(1, max(2, len(data))))]


def _cut_start(rng: np.random.Generator, data: bytes) -> bytes:
    return data[int(rng.integers(len(data))) :] or b"\0"


def _flip(rng: np.random.Generator, data: bytes) -> bytes:
    flipped = np.frombuffer(data, np.uint8).copy()
    places = rng.integers(len(flipped), size=int(rng.integers(1, 1 + len(flipped) // 200 + 4)))
    flipped[places] ^= (1 << rng.integers(8, size=len(places))).astype(np.uint8)
    return flipped.tobytes()


def _lie(rng: np.random.Generator, data: bytes) -> bytes:
    """Extreme numbers where headers and sizes are: at the beginning and, for an index, at the end."""
    lied = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        near = int(rng.integers(min(1024, len(data))))
        at = near if rng.random() < 0.7 else max(0, len(data) - 1 - near)
        extreme = [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\1"]
        lied[at : at + 4] = extreme[int(rng.integers(len(extreme)))]
    return bytes(lied)


def _block(rng: np.random.Generator, data: bytes) -> tuple[int, int]:
    start = int(rng.integers(len(data)))
    return start, min(len(data), start + 1 + int(rng.integers(1 + len(data) // 4)))


def _zero(rng: np.random.Generator, data: bytes) -> bytes:
    start, end = _block(rng, data)
    return data[:start] + bytes(end - start) + data[end:]


def _noise(rng: np.random.Generator, data: bytes) -> bytes:
    start, end = _block(rng, data)
    return data[:start] + rng.bytes(end - start) + data[end:]


def _repeat(rng: np.random.Generator, data: bytes) -> bytes:
    start, end = _block(rng, data)
    return data[:end] + data[start:end] * int(rng.integers(1, 4)) + data[end:]


def _drop(rng: np.random.Generator, data: bytes) -> bytes:
    start, end = _block(rng, data)
    return data[:start] + data[end:] or b"\0"


def _swap(rng: np.random.Generator, data: bytes) -> bytes:
    a, b, c = sorted(int(place) for place in rng.integers(len(data) + 1, size=3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def _clock(rng: np.random.Generator, data: bytes) -> bytes:
    """Times of PES packets, one or all from one on, turned by anything; where there are none, of a few bytes."""
    turned, at, places = bytearray(data), 0, []
    while (at := data.find(b"\0\0\1", at, len(data) - 14)) >= 0:
        if data[at + 3] >= 0xBD and data[at + 7] & 0x80:
            places.append(at + 9)
        at += 3
    if not places:
        return _flip(rng, data)
    first, by = int(rng.integers(len(places))), int(rng.choice([rng.integers(2**33), rng.integers(60 * 90_000)]))
    for place in places[first:] if rng.random() < 0.6 else places[first : first + 1]:
        raw = int.from_bytes(turned[place : place + 5], "big")
        time = (((raw >> 33 & 7) << 30 | (raw >> 17 & 0x7FFF) << 15 | raw >> 1 & 0x7FFF) + by) % 2**33
        marked = (raw >> 36) << 36 | (time >> 30) << 33 | 1 << 32 | (time >> 15 & 0x7FFF) << 17 | 1 << 16
        turned[place : place + 5] = (marked | (time & 0x7FFF) << 1 | 1).to_bytes(5, "big")
    return bytes(turned)


DAMAGES: dict[str, Damage] = {
    "clock": _clock,
    "cut": _cut,
    "headless": _cut_start,
    "flipped": _flip,
    "lying": _lie,
    "zeroed": _zero,
    "noise": _noise,
    "repeated": _repeat,
    "dropped": _drop,
    "swapped": _swap,
}
