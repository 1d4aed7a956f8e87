"""Rows: whatever is known of a recording, every value fits its column or is null, and what was left out is said."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.store import part_info
from transforms.decode.outcome import MediaInfo
from transforms.embed.recordings import Recording
from transforms.tables.schemas import RECORDINGS, UTC, ModelNames, _utc, check_rows, fit, recording_row

MODELS = ModelNames("embedder", "head", "bundle 1")

times = st.one_of(
    st.none(),
    st.sampled_from(["", "@300000000000.000000000", "junk", "10000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"]),
    st.sampled_from(["9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00Z", "2016-01-01T00:00:00Z"]),
)
whole = st.one_of(st.none(), st.integers(-(2**70), 2**70))
numbers = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.just(1e308))
texts = st.one_of(st.none(), st.text(), st.sampled_from(["a\rb", "\u2028", "\udc80", "=cmd()", ""]))


@given(
    size=st.integers(-1, 2**70),
    modified=times,
    start=times,
    title=texts,
    duration=numbers,
    audio=st.floats(allow_nan=True, allow_infinity=True),
    codec=texts,
    rate=whole,
    channels=whole,
)
def test_every_row_can_be_written_and_says_what_it_lacks(
    size, modified, start, title, duration, audio, codec, rate, channels
):
    recording = Recording("x", "/a/x.mp4", size, modified or "", start, "US", "CNN", title)
    media = MediaInfo(duration_s=duration, codec=codec, sample_rate_hz=rate, channels=channels)
    row = recording_row(part_info(recording, media=media, audio_s=audio), MODELS)
    check_rows([row], RECORDINGS)
    assert row["file_name"] == "x.mp4"
    left_out = (row["error"] or "").partition("no column holds such values: ")[2].split(", ")
    assert ("size_bytes" in left_out) == (size >= 2**63)
    assert ("sample_rate_hz" in left_out) == (rate is not None and not -(2**31) <= rate < 2**31)
    assert ("audio_s" in left_out) == (not math.isfinite(audio))
    assert all(row[name] is None for name in left_out if name)


@pytest.mark.parametrize(
    ("value", "kind", "fitted"),
    [
        (2**31 - 1, pa.int32(), 2**31 - 1),
        (2**31, pa.int32(), None),
        (float("nan"), pa.float64(), None),
        ("a\rb\u2028", pa.string(), "a\\rb\\u2028"),
        ("@300000000000.0", UTC, None),
        ("10000-01-01", UTC, None),
        (None, UTC, None),
    ],
)
def test_a_value_fits_its_column_or_is_none(value, kind, fitted):
    assert fit(value, kind) == fitted


def test_times_of_day_beyond_the_calendar_are_null():
    recording = Recording("x", "/x", 1, "", "9999-12-31T23:59:00Z")
    moments = _utc(part_info(recording), np.array([0.0, 59.0, 60.0, 1e6]))
    assert [moment is None for moment in moments.to_pylist()] == [False, False, True, True]
    assert moments.type == UTC
