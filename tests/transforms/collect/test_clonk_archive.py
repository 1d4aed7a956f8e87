import gzip
import struct

import pytest

from transforms.collect import clonk_archive


def archive(members: dict[str, bytes | dict]) -> bytes:
    """An archive before it is compressed; a dictionary is an archive in it."""
    header = bytearray(clonk_archive.IDENTITY.ljust(clonk_archive.HEADER_BYTES, b"\0"))
    struct.pack_into("<i", header, clonk_archive.COUNT_AT, len(members))
    entries, contents = b"", b""
    for name, member in members.items():
        content = archive(member) if isinstance(member, dict) else member
        numbers = struct.pack("<iiii", isinstance(member, dict), len(content), 0, len(contents))
        entry = name.encode().ljust(clonk_archive.NUMBERS_AT, b"\0") + numbers
        entries += entry.ljust(clonk_archive.ENTRY_BYTES, b"\0")
        contents += content
    return clonk_archive._undisguise(bytes(header)) + entries + contents


def write(path, members):
    path.write_bytes(clonk_archive.MAGIC + gzip.compress(archive(members))[2:])
    return path


def test_members_of_archives_in_archives_are_found(tmp_path):
    path = write(tmp_path / "Sound.ocg", {"Skin.ocg": {"Laughter1.wav": b"ha", "Empty": b""}, "Rain.ogg": b"drip"})
    assert dict(clonk_archive.members(path)) == {
        "Skin.ocg/Laughter1.wav": b"ha",
        "Skin.ocg/Empty": b"",
        "Rain.ogg": b"drip",
    }


def test_what_is_no_archive_or_damaged_is_named(tmp_path):
    path = tmp_path / "a.ocg"
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"a\.ocg is no archive"):
        list(clonk_archive.members(path))
    path.write_bytes(write(path, {"a": b"b" * 1000}).read_bytes()[:40])
    with pytest.raises(ValueError, match=r"a\.ocg is damaged"):
        list(clonk_archive.members(path))


def test_a_member_cannot_leave_the_archive(tmp_path):
    with pytest.raises(ValueError, match=r"'\.\.'"):
        list(clonk_archive.members(write(tmp_path / "a.ocg", {"..": {"b": b"c"}})))
