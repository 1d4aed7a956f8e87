"""The tracks in the windows table: on each 1 s window, ten values a second from its start to the next one's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.constants import TRACK_HZ, TRACKS

TRACK_COLUMNS = tuple(f"track_{name}" for name in TRACKS)
"""Null where nothing was tracked, and of 10 s windows."""

VALUES = pa.list_(pa.float32())

Bytes = npt.NDArray[np.uint8]


def track_columns(tracks: Bytes | None, *, short: int, rows: int, hop_s: int) -> list[pa.Array]:
    """The values of TRACK_COLUMNS for a recording's windows.

    Args:
        tracks: uint8 [seconds, 10, 5], 255 times what is heard; None where nothing was tracked.
        short: how many of the windows are those of 1 s, which come first.
        rows: how many windows there are.
        hop_s: seconds from one window's start to the next.
    """
    if tracks is None:
        return [pa.nulls(rows, VALUES)] * len(TRACKS)
    values = (tracks.reshape(-1, len(TRACKS)) / 255).astype(np.float32)
    places = np.arange(rows + 1)
    offsets = pa.array(np.minimum(np.minimum(places, short) * hop_s * TRACK_HZ, len(values)), pa.int32())
    long = pa.array(places[:-1] >= short)
    return [pa.ListArray.from_arrays(offsets, pa.array(column), mask=long) for column in values.T]


def track_bytes(columns: Sequence[pa.ChunkedArray]) -> Bytes | None:
    """The tracks of a recording, uint8 [seconds, 10, 5], from TRACK_COLUMNS of its windows; None where all are null.

    Raises:
        ValueError: they hold what `track_columns` does not write.
    """
    flat = [column.combine_chunks().flatten().to_numpy(zero_copy_only=False) for column in columns]
    lengths = {len(values) for values in flat}
    if lengths == {0}:
        return None
    if len(lengths) > 1 or len(flat[0]) % TRACK_HZ:
        raise ValueError("its tracks are not ten values a second")
    values = np.stack(flat, axis=-1)
    if not (np.isfinite(values).all() and (values >= 0).all() and (values <= 1).all()):
        raise ValueError("its tracks hold what is no number from 0 to 1")
    return np.rint(values * 255).astype(np.uint8).reshape(-1, TRACK_HZ, len(TRACKS))
