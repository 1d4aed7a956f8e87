"""Secrets struck out of what is said, and errors of storages told from those of files."""

import os

import fsspec
import gcsfs.retry
import pytest

from common import storage
from common.listing import files_below, find_files, list_folder
from common.parquet_files import open_parquet
from common.redaction import redact

SIGNED = "https://host.example/bucket/a.mp4?X-Goog-Algorithm=GOOG4&X-Goog-Signature=abc123&X-Goog-Expires=9"


@pytest.mark.parametrize(
    "text",
    [
        SIGNED,
        "https://bucket.host.example/a.mp4?AWSAccessKeyId=x&Signature=abc123",
        "https://me:abc123@host.example/a.mp4",
        '{"access_token": "abc123", "expires_in": 3599}',
        "sent Authorization: Bearer abc123 to it",
        "refresh_token=abc123&client_secret=abc123",
    ],
)
def test_secrets_are_struck_out(text):
    assert "abc123" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "gs://archive/2016/2016-01-01_0000_US_CNN_One.mp4",
        "memory://x/a@b:c.mp4",
        "The Token of Love; signature tunes.mp3",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "error",
    [
        gcsfs.retry.HttpError({"code": 503, "message": "Backend"}),
        OSError("Forbidden: b/x\nno storage.objects.get access"),
        ValueError("Bad Request: b/x\ninvalid"),
        TimeoutError(),
        ConnectionResetError("reset"),
    ],
)
def test_what_a_storage_raises_is_no_error_of_the_file(error):
    with pytest.raises(storage.StorageError) as caught, storage.storage_errors("gs://b/x"):
        raise error
    assert str(caught.value).startswith("gs://b/x cannot be reached (")
    assert not isinstance(caught.value, OSError | ValueError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [FileNotFoundError("x"), OSError("CRC checksum"), ValueError("not Parquet")])
def test_errors_of_the_file_stay(error):
    with pytest.raises(type(error)), storage.storage_errors("gs://b/x"):
        raise error


def test_errors_of_the_own_disk_stay():
    with pytest.raises(PermissionError), storage.storage_errors("/disk/x"):
        raise PermissionError("x")


@pytest.fixture
def memory():
    files = fsspec.filesystem("memory")
    files.pipe({"/b/a.mp4": b"1", "/b/2016/c.mp4": b"22", "/b/2016/d.wav": b"333"})
    yield files
    files.rm("/b", recursive=True)


def test_other_storages_are_listed_by_fsspec(memory):
    assert sorted(entry.name for entry in list_folder("memory://b")) == ["2016", "a.mp4"]
    every = ["memory:///b/2016/c.mp4", "memory:///b/2016/d.wav", "memory:///b/a.mp4"]
    assert [entry.path for entry in find_files("memory://b")] == every
    assert [entry.path for entry in files_below("memory://b")] == every
    assert [entry.path for entry in find_files("memory://b/*/*.wav")] == ["memory:///b/2016/d.wav"]
    assert list(files_below("memory://b/*/*.wav")) == []
    assert list(list_folder("memory://b/none")) == []


def test_a_file_that_is_replaced_is_not_loaded(memory):
    with storage.local_copy("memory://b/a.mp4") as local, open(local, "rb") as file:
        assert file.read() == b"1"
    other = storage.local_copy("memory://b/a.mp4", sha256="0" * 64)
    with pytest.raises(ValueError, match="not the file that this run began with"), other:
        pass


@pytest.mark.parametrize("open_it", ["open_file", "local_copy", "open_parquet"])
def test_a_pipe_where_a_file_should_be_stops_nothing(tmp_path, open_it):
    """Opened, it would wait for a writer for ever."""
    os.mkfifo(tmp_path / "pipe.parquet")
    opened = {"open_file": storage.open_file, "local_copy": storage.local_copy, "open_parquet": open_parquet}[open_it]
    with pytest.raises(OSError, match="it is a pipe or a device and no file"), opened(str(tmp_path / "pipe.parquet")):
        pass
