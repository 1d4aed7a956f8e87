"""The tables of a programme are read however they are cut, and damaged ones are not believed."""

import pytest

from transforms.transport.tables import Programme, Stream, Tables, checksum, tables_of_sound

SOUND = Stream(0x101, 0x06, b"\x6a\x01\x00" + b"\x52\x01\x09" * 60, "ac3", is_video=False)
PROGRAMME = Programme(1, 0x101, b"\x05\x04HDMV", (SOUND,))


def read(packets):
    tables = Tables()
    for at in range(0, len(packets), 188):
        packet = packets[at : at + 188]
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if pid in tables.pids:
            tables.add(pid, packet, starts=bool(packet[1] & 0x40), payload_at=4)
    return tables


def test_what_is_written_is_read():
    tables = read(tables_of_sound(SOUND, PROGRAMME))
    assert tables.complete
    assert tables.programmes == {1: PROGRAMME}
    assert len(tables_of_sound(SOUND, PROGRAMME)) == 3 * 188  # the map takes two packets


def test_a_table_with_a_wrong_checksum_is_not_believed():
    packets = bytearray(tables_of_sound(SOUND, PROGRAMME))
    packets[188 + 20] ^= 1
    assert read(bytes(packets)).programmes == {1: None}


def test_the_checksum_is_that_of_the_standard():
    assert checksum(b"123456789") == 0x0376E6E7  # CRC-32/MPEG-2


@pytest.mark.parametrize(
    ("kind", "descriptors", "codec"),
    [
        (0x03, b"", "mp2"),
        (0x0F, b"", "aac"),
        (0x11, b"", "aac_latm"),
        (0x81, b"", "ac3"),
        (0x06, b"\x7a\x01\x00", "eac3"),
        (0x06, b"\x05\x04Opus", "opus"),
        (0x06, b"\x56\x05engxx", None),  # teletext
        (0x80, b"", "pcm_bluray"),
        (0x1B, b"", None),
    ],
)
def test_codecs_by_what_a_map_says(kind, descriptors, codec):
    stream = Stream(0x102, kind, descriptors, codec, is_video=kind == 0x1B)
    [found] = read(tables_of_sound(stream, PROGRAMME)).programmes[1].streams
    assert found == stream
