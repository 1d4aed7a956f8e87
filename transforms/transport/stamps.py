"""The time stamps of PES packets (ISO/IEC 13818-1, 2.4.3.6), read and written where they lie."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transforms.transport.packets import PACKET_BYTES, Headers
from transforms.transport.surroundings import Stamps

_HEADER_BYTES = 19
"""Of a PES packet's header, up to the end of both time stamps."""


def write_stamps(data: npt.NDArray[np.uint8], rows: npt.NDArray[np.int64], times: npt.NDArray[np.int64]) -> None:
    """Put times, ticks, in place of the time stamps of the PES packets that begin in some rows of uint8 [n, 188]."""
    control = data[rows, 3]
    at = np.where((control & 0x20) != 0, 5 + data[rows, 4].astype(np.int64), 4)
    both = (data[rows, at + 7] & 0x40) != 0
    _write_stamp(data, rows, at + 9, times, np.where(both, 0x30, 0x20))
    _write_stamp(data, rows[both], at[both] + 14, times[both], np.full(int(both.sum()), 0x10))


def _write_stamp(
    data: npt.NDArray[np.uint8],
    rows: npt.NDArray[np.int64],
    at: npt.NDArray[np.int64],
    times: npt.NDArray[np.int64],
    mark: npt.NDArray[np.int64],
) -> None:
    data[rows, at] = mark | (times >> 30 & 7) << 1 | 1
    data[rows, at + 1] = times >> 22 & 0xFF
    data[rows, at + 2] = (times >> 15 & 0x7F) << 1 | 1
    data[rows, at + 3] = times >> 7 & 0xFF
    data[rows, at + 4] = (times & 0x7F) << 1 | 1


def read_stamps(
    data: npt.NDArray[np.uint8], headers: Headers, chosen: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], Stamps]:
    """The chosen packets in which a PES packet with a time stamp begins: their rows and the stamps."""
    begins = chosen & headers.starts & ~headers.scrambled & (headers.payload_at <= PACKET_BYTES - _HEADER_BYTES)
    rows = np.flatnonzero(begins)
    head = data[rows[:, None], headers.payload_at[rows][:, None] + np.arange(_HEADER_BYTES)].astype(np.int64)
    stamped = (head[:, 0] == 0) & (head[:, 1] == 0) & (head[:, 2] == 1) & (head[:, 6] & 0xC0 == 0x80)
    stamped &= head[:, 7] & 0x80 != 0
    rows, head = rows[stamped], head[stamped, 9:14]
    high, middle, low = head[:, 0] >> 1 & 7, head[:, 1] << 7 | head[:, 2] >> 1, head[:, 3] << 7 | head[:, 4] >> 1
    return rows, high << 30 | middle << 15 | low
