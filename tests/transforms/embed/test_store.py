"""Parts of the store: whole or absent, read back as written, listed with a version that changes."""

import os

import numpy as np
import pytest

from common.errors import UsageError
from common.partitions import list_days
from models.embedding_space import EmbeddingSpace
from tests.helpers.store import made_part, part_info
from transforms.embed.embedder_note import EmbedderMismatch, check_embedder, read_space
from transforms.embed.recordings import recording_at
from transforms.embed.store import OtherFormat, PartInfo, StoreError, list_day, read_info, read_part, write_part


@pytest.fixture
def recording():
    return recording_at("/a/2016-01-01_0030_US_CNN_X.ts", 1, "")


@pytest.mark.parametrize("seconds", [0, 1, 700])
def test_parts_are_read_as_they_were_written(tmp_path, recording, seconds):
    embeddings = np.random.default_rng(0).integers(0, 256, (seconds, 128)).astype(np.uint8)
    path = made_part(tmp_path, recording, embeddings)
    again, info = read_part(path)
    np.testing.assert_array_equal(again, embeddings)
    assert info == read_info(path) == part_info(recording, seconds=seconds)


def test_equal_parts_are_equal_files(tmp_path, recording):
    embeddings = np.full((5, 128), 7, np.uint8)
    one, other = (made_part(tmp_path / name, recording, embeddings) for name in "ab")
    with open(one, "rb") as first, open(other, "rb") as second:
        assert first.read() == second.read()


def test_a_failure_leaves_the_old_part_and_no_temporary_file(tmp_path, recording):
    path = made_part(tmp_path, recording, np.full((5, 128), 1, np.uint8))

    def fail():
        with write_part(str(tmp_path), recording) as part:
            part.append(np.full((9, 128), 2, np.uint8))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert read_part(path)[0].shape == (5, 128)
    assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]


def test_a_store_that_cannot_be_written_is_named(tmp_path, recording):
    (tmp_path / "store").write_text("a file where the store should be")
    with pytest.raises(StoreError, match="cannot be written .*--store"):
        made_part(tmp_path / "store", recording, np.zeros((1, 128), np.uint8))


@pytest.mark.parametrize("place", [4, 200, 3000])
def test_damage_is_noticed(tmp_path, recording, place):
    path = made_part(tmp_path, recording, np.random.default_rng(0).integers(0, 256, (50, 128)).astype(np.uint8))
    with open(path, "r+b") as file:
        content = bytearray(file.read())
        content[place] ^= 0xFF
        content[place + 1] ^= 0xFF
        file.seek(0)
        file.write(content)
    with pytest.raises((OSError, ValueError, KeyError)):
        read_part(path)


@pytest.mark.parametrize("length", [0, 100, -1])
def test_half_a_part_is_no_part(tmp_path, recording, length):
    path = made_part(tmp_path, recording, np.zeros((50, 128), np.uint8))
    os.truncate(path, length if length >= 0 else os.path.getsize(path) + length)
    assert read_info(path) is None


def test_listings_show_parts_only_and_a_version_that_changes(tmp_path, recording):
    path = made_part(tmp_path, recording, np.zeros((3, 128), np.uint8))
    folder = os.path.dirname(path)
    for name in (".0123.tmp", "stray.txt"):
        open(os.path.join(folder, name), "w").close()
    assert list_days(str(tmp_path)) == ["2016-01-01"]
    (part,) = list_day(str(tmp_path), "2016-01-01")
    assert (part.recording_id, part.path) == (recording.recording_id, path)
    made_part(tmp_path, recording, np.zeros((4, 128), np.uint8))
    assert list_day(str(tmp_path), "2016-01-01")[0].version != part.version
    assert list_day(str(tmp_path), "1999-01-01") == []
    assert list_days(str(tmp_path / "absent")) == []


def test_links_in_a_store_are_no_parts(tmp_path, recording):
    path = made_part(tmp_path, recording, np.zeros((1, 128), np.uint8))
    for target in (path, tmp_path / "gone"):
        link = tmp_path / f"date={recording.date}" / f"{os.path.basename(target)}-linked.parquet"
        link.symlink_to(target)
    assert [part.path for part in list_day(str(tmp_path), recording.date)] == [path]


@pytest.mark.parametrize("change", [{"more": 1}, {"recording": {"note": "x"}}, {"media": {"bitrate": 1}}])
def test_what_a_later_version_says_besides_is_left_out(recording, change):
    document = part_info(recording, seconds=3).to_document()
    for name, value in change.items():
        document[name] = document[name] | value if isinstance(value, dict) else value
    assert PartInfo.from_document(document) == part_info(recording, seconds=3)


def test_a_footer_that_lacks_something_is_another_versions_and_no_damage(recording):
    document = part_info(recording, seconds=3).to_document()
    del document["seconds"]
    with pytest.raises(OtherFormat, match="seconds"):
        PartInfo.from_document(document)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_an_empty_note_is_never_taken_for_a_new_store(tmp_path, content):
    (tmp_path / "embedder.json").write_text(content)
    with pytest.raises(StoreError, match="does not tell whose embeddings the store holds"):
        check_embedder(str(tmp_path), EmbeddingSpace("compact", "w"), "0")
    assert (tmp_path / "embedder.json").read_text() == content


def test_parts_without_a_note_belong_to_the_embedder_that_made_them(tmp_path, recording):
    made_part(tmp_path, recording_at("/a/2016-01-01_0000_US_CNN_Failed.ts", 1, ""), np.zeros((0, 128), np.uint8))
    made_part(tmp_path, recording, np.zeros((3, 128), np.uint8))
    with pytest.raises(EmbedderMismatch, match=r"embedder\.json is missing, and the parts beside it"):
        check_embedder(str(tmp_path), EmbeddingSpace("vggish", "w"), "1")
    assert not (tmp_path / "embedder.json").exists()
    check_embedder(str(tmp_path), EmbeddingSpace("compact", "w"), "0")
    assert read_space(str(tmp_path)) == EmbeddingSpace("compact", "w")


def test_a_store_of_an_unknown_protocol_is_named_as_that():
    with pytest.raises(UsageError, match=r"nothing that is installed speaks nosuch://") as raised:
        read_space("nosuch://bucket/store")
    assert not isinstance(raised.value, StoreError)
