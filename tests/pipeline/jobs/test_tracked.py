"""Events to a tenth of a second, from the tracks in the store, by any threshold; and where there are no tracks."""

import dataclasses
import json
import pathlib
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.events.segments import TrackThresholds
from models.events.windows import WINDOWS_S
from pipeline import cli
from pipeline.jobs import sample
from tests.helpers.archive import contents, rows, states
from transforms.embed.store import list_day, read_info, read_part, read_tracks, rewrite_part
from transforms.tables.read_tables import read_day
from transforms.tables.read_windows import WindowsReader

DAY = "2017-01-01"


@dataclasses.dataclass
class Made:
    """A recording, and the tables that the compact bundle made of it."""

    recordings: pathlib.Path
    tables: pathlib.Path

    def detect(self, *options):
        """The command's exit status."""
        return cli.main(["detect", str(self.recordings), "--bundle", "compact", "--output", str(self.tables), *options])

    def times(self):
        """Of the events."""
        return [(row["start_s"], row["end_s"]) for row in rows(self.tables, "events")]

    def part(self):
        """The one part of the store."""
        (part,) = list_day(str(self.tables / "store"), DAY)
        return part


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Of the sample; nothing is changed in it."""
    folder = tmp_path_factory.mktemp("tracked")
    sample.make_sample(folder / "sample")
    made = Made(folder / "sample", folder / "tables")
    assert made.detect() == 0
    return made


@pytest.fixture
def made(original, tmp_path):
    """A copy of the tables, for a test to change."""
    shutil.copytree(original.tables, tmp_path / "tables")
    return dataclasses.replace(original, tables=tmp_path / "tables")


def test_the_laughs_of_the_sample_are_found_to_a_fifth_of_a_second_and_nothing_else(original):
    assert original.times() == [pytest.approx(laugh, abs=0.2 + 1e-9) for laugh in sample.laughs()]
    for event in rows(original.tables, "events"):
        assert all(0 <= event[name] < 0.5 for name in ("speech", "music", "applause", "crowd"))


def test_windows_hold_the_tracks_of_the_store(original):
    (annotated,) = read_day(str(original.tables), DAY)
    with WindowsReader(str(original.tables)) as windows:
        scores = windows.scores(annotated.recording_id, annotated.recording["audio_s"], DAY)
        tracked = windows.tracked(annotated.recording_id)
    np.testing.assert_array_equal(tracked.tracks, read_tracks(original.part().path))
    assert isinstance(tracked.thresholds, TrackThresholds)
    assert set(scores.by_length) == set(WINDOWS_S)


def test_a_threshold_finds_other_events_without_decoding(made):
    before = states(made.tables / "store")
    found = made.times()
    assert made.detect("--min-on", "7") == 0
    assert made.times() == [(start, end) for start, end in found if end - start >= 7] != found
    assert made.detect("--onset", "0.97", "--offset", "0.96") == 0  # above the card's peak, which gives way
    assert made.times() != found
    assert made.detect("--min-on", "60") == 0
    assert made.times() == []
    assert made.detect() == 0
    assert made.times() == found
    assert states(made.tables / "store") == before


def test_damage_among_the_tracks_is_found_and_made_anew(made):
    before = contents(made.tables)
    part = made.part()
    column = pq.read_metadata(part.path).row_group(0).column(1)
    assert column.path_in_schema == "track"
    with open(part.path, "r+b") as file:
        file.seek(column.data_page_offset + 60)
        file.write(bytes(50))
    with pytest.raises(OSError):  # noqa: PT011
        read_tracks(part.path)
    shutil.rmtree(made.tables / "annotations")
    shutil.rmtree(made.tables / "events")
    assert made.detect() == 0
    assert contents(made.tables) == before


def test_parts_without_tracks_keep_whole_seconds_until_they_are_made_anew(made, capsys):
    before = contents(made.tables)
    part = made.part()
    embeddings, info = read_part(part.path)
    old = json.loads(json.dumps(info.to_document())) | {"tracker": "", "tracker_fingerprint": ""}
    rewrite_part(str(made.tables / "store"), info.recording, type(info).from_document(old), embeddings, None)
    assert read_info(part.path).tracker == ""
    assert made.detect() == 0
    assert "1 recordings in the store were embedded without a tracker" in capsys.readouterr().err
    events = rows(made.tables, "events")
    assert len(events) == len(sample.laughs())
    assert all(event["start_s"] == int(event["start_s"]) and event["speech"] is None for event in events)
    assert all(row["track_laughter"] is None for row in rows(made.tables, "windows"))
    assert made.detect("--recompute") == 0
    assert contents(made.tables) == before
