"""Object storage that fails as networks do: tables come out equal, or what is missing is said and mended next time."""

import types

import aiohttp
import pytest

from common import storage as storages
from pipeline import cli
from tests.engines.object_storage import cut, garbled, silent, slow, unavailable
from tests.engines.test_object_storage import TABLES, rows
from tests.helpers.archive import NAMES, make_recording

pytestmark = pytest.mark.engines

PART = rf"store/date=2016-01-01/{NAMES[0]}.parquet"
FOR_EVER = 10_000


@pytest.fixture(scope="module")
def local(storage, tmp_path_factory, loudness_bundle):
    """Three recordings in the bucket, and the folder of the tables that they give on local disk."""
    folder = tmp_path_factory.mktemp("local")
    (folder / "archive").mkdir()
    for number, name in enumerate(NAMES):
        make_recording(folder / "archive" / f"{name}.wav", loud=((5 + number, 8 + number),), seed=number)
    storage.files.put(f"{folder}/archive/", "archive/2016/", recursive=True)
    command = ["detect", str(folder / "archive"), "--output", str(folder / "tables"), "--quiet"]
    assert cli.main([*command, "--bundle", str(loudness_bundle)]) == 0
    return folder / "tables"


@pytest.fixture
def detect(storage, local, loudness_bundle, monkeypatch, request):
    """Runs on the bucket with tables of the test's own; a storage that fails is asked again without delay."""

    async def at_once(_):
        return None

    monkeypatch.setattr("gcsfs.retry.asyncio", types.SimpleNamespace(sleep=at_once))
    output = f"gs://out/{request.node.name.translate(str.maketrans('[]', '--'))}"

    def run(*faults, status=0):
        storage.fail(*faults)
        command = ["detect", "gs://archive/2016/*.wav", "--output", output, "--bundle", str(loudness_bundle)]
        assert cli.main([*command, "--quiet"]) == status
        storage.spent = storage.faults
        storage.fail()
        return output

    return run


def check_tables(output, local):
    for table in TABLES:
        assert rows(output, table) == rows(local, table)


PASSING = (
    *(unavailable(r"GET /storage/v1/b/archive/o$", times=3), unavailable(r"GET /storage/v1/b/out/o$", times=5)),
    *(unavailable(rf"download.*{NAMES[0]}.wav", times=5), cut(rf"download.*{NAMES[1]}.wav", times=5)),
    slow(rf"download.*{NAMES[2]}.wav"),
    *(unavailable(rf"POST /upload.*{PART}", times=3), cut(rf"POST /upload.*{PART}", times=2)),
    *(unavailable(rf"GET /download.*{PART}", times=2), cut(rf"GET /download.*{PART}", times=2)),
    *(unavailable(rf"GET /storage.*{PART}", times=2), slow(rf"GET /download.*{PART}", pieces=4)),
    *(unavailable(r"POST /upload.*/events.parquet", times=3), cut(r"POST /upload.*/recordings.parquet", times=3)),
)


def test_what_passes_changes_nothing(detect, storage, local):
    output = detect(*PASSING)
    assert not [fault.pattern for fault in storage.spent if fault.times]
    check_tables(output, local)


def test_a_silent_connection_is_given_up_and_tried_again(detect, storage, local, monkeypatch):
    monkeypatch.setattr(storage.files, "requests_timeout", aiohttp.ClientTimeout(sock_read=0.5))
    check_tables(detect(silent(rf"download.*{NAMES[1]}.wav")), local)
    assert not storage.spent[0].times


def test_every_wait_has_an_end(storage):
    patience = storages.filesystem_of("gs://out/x")[0].requests_timeout
    assert (patience.total, patience.sock_connect, patience.sock_read) == (None, 30, 60)


def test_a_recording_that_cannot_be_fetched_is_a_failed_row_until_it_can(detect, storage, local):
    output = detect(cut(rf"download.*{NAMES[1]}.wav", times=FOR_EVER), status=3)
    by_id = {row["recording_id"]: row for row in rows(output, "recordings")}
    assert {name: by_id[name]["status"] for name in NAMES} == dict(zip(NAMES, ("done", "failed", "done"), strict=True))
    failed = by_id[NAMES[1]]
    assert failed["stage"] == "fetch"
    assert failed["error"].startswith("FILE cannot be reached (")
    assert "run again when the storage answers" in failed["error"]
    assert "\n" not in failed["error"]
    detect()
    check_tables(output, local)


def test_a_table_that_cannot_be_written_is_not_there_by_halves(detect, storage, local, capsys):
    table = "events"
    output = detect(unavailable(rf"POST /upload.*/{table}/.*2016-01-02", times=FOR_EVER), status=1)
    said = capsys.readouterr().err
    assert f"{output}/{table}/date=2016-01-02/{table}.parquet" in said
    assert "run again" in said
    written = storage.files.find(output.removeprefix("gs://"))
    assert not [name for name in written if f"/{table}/date=2016-01-02" in name]
    assert not [name for name in written if "tmp" in name.rsplit("/", 1)[-1]]
    detect()
    check_tables(output, local)


def test_a_part_that_cannot_be_read_just_now_is_not_taken_for_damaged(detect, storage, local, capsys):
    output = detect()
    place = f"{output.removeprefix('gs://')}/{PART}"
    before = storage.files.info(place)["generation"]
    storage.files.rm(f"{output.removeprefix('gs://')}/annotations", recursive=True)
    for fault in (unavailable, cut):
        detect(fault(rf"GET /download.*{PART}", times=FOR_EVER), status=1)
        assert f"{PART} cannot be reached" in capsys.readouterr().err
    assert storage.files.info(place)["generation"] == before
    detect()
    check_tables(output, local)


def test_a_large_file_is_whole_or_not_there(storage, detect, tmp_path):
    (tmp_path / "large").write_bytes(bytes(range(256)) * 24_000)  # beyond what gcsfs sends in one request
    storage.fail(unavailable("(POST|PUT) /upload", times=3))
    storages.upload(f"{tmp_path}/large", "gs://out/large")
    assert not storage.faults[0].times
    assert storage.files.cat("out/large") == (tmp_path / "large").read_bytes()
    storage.fail(unavailable("(POST|PUT) /upload/.*/o$", times=FOR_EVER))
    with pytest.raises(storages.StorageError, match="gs://out/other"):
        storages.upload(f"{tmp_path}/large", "gs://out/other")
    storage.fail()
    assert not storage.files.exists("out/other")


def test_a_copy_that_broke_off_does_not_stay(storage, detect, tmp_path):
    storage.fail(cut("download", times=FOR_EVER))
    with pytest.raises(storages.StorageError):
        storages.download_to(f"gs://archive/2016/{NAMES[0]}.wav", f"{tmp_path}/copy")
    storage.fail()
    assert list(tmp_path.iterdir()) == []


def test_a_large_file_that_breaks_off_goes_on_from_there(storage, detect, tmp_path, monkeypatch):
    monkeypatch.setattr(storages, "BLOCK_BYTES", 1_000_000)
    content = bytes(range(256)) * 20_000
    storage.files.pipe("archive/large", content)
    storage.requests.clear()
    storage.fail(cut("download"), unavailable("download", times=2), slow("download"))
    storages.download_to("gs://archive/large", f"{tmp_path}/copy")
    assert (tmp_path / "copy").read_bytes() == content
    assert len([one for one in storage.requests if "/download/" in one.path]) == 6 + 3


def test_a_copy_of_another_checksum_is_no_copy(storage, detect, tmp_path):
    storage.fail(garbled("download"))
    with pytest.raises(storages.StorageError, match="checksum"):
        storages.download_to(f"gs://archive/2016/{NAMES[0]}.wav", f"{tmp_path}/copy")
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_that_is_not_there_matches_nothing(storage, capsys):
    assert cli.main(["detect", "gs://nowhere/*.mp4", "--output", "gs://out/nothing", "--bundle", "compact"]) == 2
    assert "gs://nowhere/*.mp4 matches no recording" in capsys.readouterr().err
    assert not storage.files.exists("out/nothing")
