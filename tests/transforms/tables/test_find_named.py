"""Recordings by what people call them: id, file name or path, whatever system wrote it."""

import unicodedata

import pytest

from tests.helpers.tables import recording_row, write_tables
from transforms.tables.find_named import find_named
from transforms.tables.read_tables import list_days

LONG = "2016-01-01_0000_US_CNN_" + "x" * 220
PATHS = {
    "2016-01-01_0000_US_CNN_One": "/archive/2016-01-01_0000_US_CNN_One.mp4",
    "aaaa": f"/archive/{LONG}.mp4",
    "bbbb": unicodedata.normalize("NFD", "/archive/Müller live.ts"),
    "cccc": "/archive/a/show.mp4",
    "dddd": "/archive/b/show.mp4",
    "show": "/archive/c/other.mp4",
}


@pytest.fixture
def tables(tmp_path):
    write_tables(tmp_path, [recording_row(name, path=path) for name, path in PATHS.items()])
    return str(tmp_path)


def ids(tables, *names):
    named = find_named(tables, list_days(tables), names)
    return sorted(set().union(*named.by_day.values())), named.troubles


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("2016-01-01_0000_US_CNN_One", "2016-01-01_0000_US_CNN_One"),
        ("2016-01-01_0000_US_CNN_One.mp4", "2016-01-01_0000_US_CNN_One"),
        (LONG, "aaaa"),
        (f"{LONG}.mp4", "aaaa"),
        (unicodedata.normalize("NFC", "Müller live"), "bbbb"),
        (unicodedata.normalize("NFD", "Müller live.ts"), "bbbb"),
        (unicodedata.normalize("NFC", "/archive/Müller live.ts"), "bbbb"),
        ("/archive/a/show.mp4", "cccc"),
        ("/archive/b/../b/show.mp4", "dddd"),
        ("dddd", "dddd"),
        ("show", "show"),
    ],
)
def test_a_name_means_one_recording(tables, name, found):
    assert ids(tables, name) == ([found], {})


def test_a_name_of_several_and_one_of_none_are_told(tables):
    found, troubles = ids(tables, "show.mp4", "nobody", "aaaa")
    assert found == ["aaaa"]
    assert "several recordings are called so (/archive/a/show.mp4, /archive/b/show.mp4)" in troubles["show.mp4"]
    assert troubles["nobody"] == "it is not in the tables; check --recording"


def test_a_day_that_cannot_be_read_is_named_where_a_name_is_not_found(tables, tmp_path):
    (path, *_) = (tmp_path / "recordings").glob("date=*/*.parquet")
    path.write_bytes(path.read_bytes()[:-40])
    _, troubles = ids(tables, "aaaa", "2016-01-01_0000_US_CNN_One")
    assert any("cannot be read, run laughter detect again" in reason for reason in troubles.values())
