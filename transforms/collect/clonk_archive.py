"""Reading the archives of OpenClonk (`.ocg`, `.ocd`, `.ocf`), in which that game keeps its sounds.

An archive is a gzip stream with other magic bytes. Inside stand a header of 204 bytes, an entry of 316 bytes for each
member, and the members one after the other; a member may be an archive again, not compressed. The header is disguised:
every byte xor 237, and the first and third of each three bytes swapped.
"""

import gzip
import pathlib
import struct
import zlib
from collections.abc import Iterator

SUFFIXES = frozenset({".ocg", ".ocd", ".ocf"})
MAGIC, GZIP_MAGIC = b"\x1e\x8c", b"\x1f\x8b"
HEADER_BYTES, ENTRY_BYTES = 204, 316
IDENTITY = b"RedWolf Design GrpFolder"
COUNT_AT, NAME_BYTES, NUMBERS_AT = 36, 257, 264
"""Where the header has the number of members, and an entry its name and four numbers: archive?, size, -, offset."""


def members(path: pathlib.Path) -> Iterator[tuple[str, bytes]]:
    """The files in an archive and in the archives in it: path in the archive, and content.

    Raises:
        ValueError: the file is none of these archives, or damaged.
    """
    content = path.read_bytes()
    if content[:2] != MAGIC:
        raise ValueError(f"{path.name} is no archive of OpenClonk")
    try:
        yield from _members(gzip.decompress(GZIP_MAGIC + content[2:]), "")
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error


def _members(content: bytes, prefix: str) -> Iterator[tuple[str, bytes]]:
    header = _undisguise(content[:HEADER_BYTES])
    if not header.startswith(IDENTITY):
        raise ValueError(f"the archive {prefix or 'itself'} has no header")
    (count,) = struct.unpack_from("<i", header, COUNT_AT)
    start = HEADER_BYTES + count * ENTRY_BYTES
    for number in range(count):
        at = HEADER_BYTES + number * ENTRY_BYTES
        name = content[at : at + NAME_BYTES].split(b"\0")[0].decode("latin-1")
        if name in ("", ".", "..") or "/" in name:
            raise ValueError(f"an archive holds a member of the name {name!r}")
        is_archive, size, _, offset = struct.unpack_from("<iiii", content, at + NUMBERS_AT)
        member = content[start + offset : start + offset + size]
        if is_archive:
            yield from _members(member, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", member


def _undisguise(header: bytes) -> bytes:
    """The header as it was meant; it takes its own inverse, so this disguises too."""
    plain = bytearray(byte ^ 237 for byte in header)
    for at in range(0, len(plain) - 2, 3):
        plain[at], plain[at + 2] = plain[at + 2], plain[at]
    return bytes(plain)
