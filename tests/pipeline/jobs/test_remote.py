"""Recordings, store and tables away from this machine's disk; local copies never stay."""

import tempfile

import fsspec
import pytest

from common.parquet_files import open_parquet
from pipeline import cli
from tests.helpers.archive import make_recording

NAME = "2016-01-01_0000_US_CNN_One"


@pytest.fixture
def storage(tmp_path, monkeypatch):
    """Object storage with one good and one bad recording, and a folder of its own for temporary files."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    memory = fsspec.filesystem("memory")
    memory.put(str(make_recording(tmp_path / "one.wav")), f"/archive/{NAME}.wav")
    memory.pipe("/archive/2016-01-01_0100_US_CNN_Bad.mp4", b"no recording")
    yield memory
    for folder in filter(memory.exists, ("/archive", "/out")):
        memory.rm(folder, recursive=True)


def rows(url):
    with open_parquet(url) as parquet:
        return parquet.read().to_pylist()


def test_everything_may_lie_on_object_storage(storage, loudness_bundle, tmp_path):
    command = ["detect", "memory://archive/*", "--output", "memory://out", "--bundle", str(loudness_bundle), "--quiet"]
    assert cli.main(command) == 3
    (event,) = rows("memory://out/events/date=2016-01-01/events.parquet")
    assert (event["recording_id"], event["start_s"], event["end_s"]) == (NAME, 8, 11)
    good, bad = rows("memory://out/recordings/date=2016-01-01/recordings.parquet")
    assert (good["status"], bad["status"]) == ("done", "failed")
    assert good["path"] == f"memory:///archive/{NAME}.wav"
    assert bad["path"] in bad["error"]
    assert "temporary" not in bad["error"]
    assert list((tmp_path / "temporary").iterdir()) == []
    before = storage.modified(f"/out/store/date=2016-01-01/{NAME}.parquet")
    assert cli.main(command) == 3
    assert storage.modified(f"/out/store/date=2016-01-01/{NAME}.parquet") == before
