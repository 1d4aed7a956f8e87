"""Tracks into columns of the windows table and back."""

import math

import numpy as np
import pyarrow as pa
import pytest

from models.constants import TRACKS
from transforms.tables.track_columns import TRACK_COLUMNS, track_bytes, track_columns


def made(seconds):
    return np.random.default_rng(seconds).integers(0, 256, (seconds, 10, len(TRACKS))).astype(np.uint8)


def chunked(columns):
    return [pa.chunked_array([column]) for column in columns]


@pytest.mark.parametrize(("seconds", "hop_s"), [(1, 1), (7, 1), (7, 3), (9, 3), (4, 12)])
def test_they_come_back_as_they_were(seconds, hop_s):
    tracks, short = made(seconds), math.ceil(seconds / hop_s)
    columns = track_columns(tracks, short=short, rows=2 * short, hop_s=hop_s)
    assert len(columns) == len(TRACK_COLUMNS)
    for column in columns:
        values = column.to_pylist()
        assert values[short:] == [None] * short
        assert [len(one) for one in values[:short]] == [10 * min(hop_s, seconds - at * hop_s) for at in range(short)]
    music = columns[TRACKS.index("music")].to_pylist()[0]
    assert music[3] == np.float32(tracks[0, 3, TRACKS.index("music")] / 255)
    assert np.array_equal(track_bytes(chunked(columns)), tracks)


def test_what_was_not_tracked_is_null():
    columns = track_columns(None, short=3, rows=6, hop_s=1)
    assert [column.null_count for column in columns] == [6] * 5
    assert track_bytes(chunked(columns)) is None


@pytest.mark.parametrize("wrong", [[0.5] * 9, [0.5] * 9 + [1.5], [0.5] * 9 + [math.nan]])
def test_what_nobody_wrote_is_refused(wrong):
    columns = track_columns(made(1), short=1, rows=1, hop_s=1)
    columns[2] = pa.array([wrong], pa.list_(pa.float32()))
    with pytest.raises(ValueError, match="its tracks"):
        track_bytes(chunked(columns))
