"""Packets are found whatever lies between them, and their headers and counters are read right."""

import io

import numpy as np
import pytest

from transforms.transport.packets import Continuity, find_stride, parse_headers, read_packets


def packet(pid, counter, *, field=b"", payload=True):
    control = (0x20 if field else 0) | (0x10 if payload else 0) | counter
    head = bytes([0x47, pid >> 8, pid & 255, control]) + (bytes([len(field)]) + field if field else b"")
    return head.ljust(188, b"\x11")


def headers_of(*packets):
    return parse_headers(np.frombuffer(b"".join(packets), np.uint8).reshape(-1, 188))


@pytest.mark.parametrize(("before", "after", "stride"), [(0, 0, 188), (4, 0, 192), (0, 16, 204)])
@pytest.mark.parametrize("count", [3, 50, 30_000])
def test_packets_are_found_at_every_stride(before, after, stride, count):
    stream = b"".join(bytes(before) + packet(256, n & 15) + bytes(after) for n in range(count))
    assert find_stride(stream[:4000]) == stride
    found = list(read_packets(io.BytesIO(stream), stride))
    assert sum(map(len, found)) == count
    places = np.concatenate([part.positions for part in found])
    np.testing.assert_array_equal(places, before + stride * np.arange(count))


def test_what_is_no_stream_is_none():
    assert find_stride(b"") is None
    assert find_stride(packet(1, 0)) is None
    assert find_stride(np.random.default_rng(0).bytes(1 << 16)) is None


@pytest.mark.parametrize("lost", [1, 77, 188, 1000])
def test_damage_costs_the_packets_it_hits(lost):
    stream = bytearray(b"".join(packet(256, n & 15) for n in range(100)))
    del stream[50 * 188 + 10 : 50 * 188 + 10 + lost]
    found = list(read_packets(io.BytesIO(bytes(stream)), 188))
    assert 100 - 2 - lost // 188 - 1 <= sum(map(len, found)) <= 100 - lost // 188
    stream[20 * 188] = 0
    assert sum(map(len, read_packets(io.BytesIO(bytes(stream)), 188))) == sum(map(len, found)) - 1


def test_a_header_is_read():
    pcr = 2**33 - 2
    field = bytes([0x90]) + (pcr >> 1).to_bytes(4, "big") + bytes([(pcr & 1) << 7 | 0x7E, 0])
    headers = headers_of(
        packet(0x1ABC & 0x1FFF, 7, field=field), packet(5, 3, field=b"\x00"), packet(5, 4, payload=False)
    )
    assert headers.pid.tolist() == [0x1ABC & 0x1FFF, 5, 5]
    assert headers.pcr.tolist() == [pcr, -1, -1]
    assert headers.new_clock.tolist() == [True, False, False]
    assert headers.payload_at.tolist() == [12, 6, 188]
    assert headers.counter.tolist() == [7, 3, 4]


def test_counters_break_where_packets_are_missing():
    continuity = Continuity()
    whole = [packet(1, 15), packet(2, 3), packet(1, 0), packet(2, 3), packet(1, 0, payload=False), packet(0x1FFF, 9)]
    assert not continuity.breaks(headers_of(*whole)).any()
    broken = [packet(1, 2), packet(2, 4), packet(2, 6, field=b"\x80"), packet(2, 8), packet(0x1FFF, 1)]
    assert continuity.breaks(headers_of(*broken)).tolist() == [True, False, False, True, False]
