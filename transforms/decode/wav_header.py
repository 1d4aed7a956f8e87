"""WAV headers that tell less sound than there is: sizes that wrapped above 4 GiB, or were never filled in.

The size of the data has 32 bits (Microsoft and IBM, Multimedia Programming Interface, 1991). Recorders of long takes
let it wrap; those that write to a pipe, or are cut off, leave 0 or the largest number there.
"""

from __future__ import annotations

import dataclasses
import os
import struct

_UNKNOWN_SIZES = frozenset((0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
_MOST_CHUNKS = 1000
_HEADER = struct.Struct("<4sI")


@dataclasses.dataclass(frozen=True)
class WavSound:
    """The sound of a WAV whose header does not fit the file.

    Attributes:
        duration_s: seconds of sound; None where its bytes a second are unknown.
        is_cut: whether the file ends before them, by a header that is right; else all of them are there.
    """

    duration_s: float | None
    is_cut: bool


def misfit_sound(path: str | bytes) -> WavSound | None:
    """What a WAV holds whose header tells another size; None where the header fits, or it is no WAV.

    The header is right where what it leaves over are further chunks, up to the end of the file; a file that is shorter
    than it tells is cut off.

    Raises:
        OSError: the file cannot be read.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return None
        bytes_per_s = 0
        for _ in range(_MOST_CHUNKS):
            chunk = file.read(_HEADER.size)
            if len(chunk) < _HEADER.size:
                return None
            name, length = _HEADER.unpack(chunk)
            start = file.tell()
            if name == b"data":
                return _compared(path, length, start=start, size=size, bytes_per_s=bytes_per_s)
            if name == b"fmt ":
                form = file.read(min(length, 16)).ljust(16, b"\0")
                bytes_per_s = int.from_bytes(form[8:12], "little")
            file.seek(start + length + length % 2)
    return None


def _compared(path: str | bytes, told: int, *, start: int, size: int, bytes_per_s: int) -> WavSound | None:
    there, little = size - start, bytes_per_s // 10
    if told in _UNKNOWN_SIZES:
        return WavSound(there / bytes_per_s if bytes_per_s else None, is_cut=False)
    if told > there + little:
        return WavSound(told / bytes_per_s if bytes_per_s else None, is_cut=True)
    if told >= there - little or _are_chunks(path, start + told, size):
        return None
    return WavSound(there / bytes_per_s if bytes_per_s else None, is_cut=False)


def _are_chunks(path: str | bytes, start: int, size: int) -> bool:
    """Whether nothing but chunks lies from `start`, or the byte behind it, to the end of a file."""
    with open(path, "rb") as file:
        for padding in (start % 2, 1 - start % 2):
            at = start + padding
            while at + _HEADER.size <= size:
                file.seek(at)
                name, length = _HEADER.unpack(file.read(_HEADER.size))
                if not all(32 <= byte < 127 for byte in name):
                    break
                at += _HEADER.size + length + length % 2
            else:
                if size - _HEADER.size < at <= size + 1:
                    return True
    return False
