"""Finding recordings: names, folders, globs, lists, object storage."""

import http.server
import os
import threading

import fsspec
import pytest

from common.partitions import NULL_DATE
from common.text import utf8_text
from transforms.embed.find_recordings import find
from transforms.embed.inputs import NothingFound
from transforms.embed.recordings import parse_archive_name, recording_at


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def paths(inputs, **options):
    return [recording.path for recording in find([str(item) for item in inputs], **options)]


def test_archive_names_tell_time_place_and_title():
    assert parse_archive_name("2016-01-01_0030_US_CNN_Anderson_Cooper.mp4") == {
        "start_utc": "2016-01-01T00:30:00Z",
        "country": "US",
        "network": "CNN",
        "title": "Anderson Cooper",
    }


@pytest.mark.parametrize(
    "name", ["holiday.mp4", "2016-13-01_0030_US_CNN_X.mp4", "2016-01-01_2561_US_CNN_X.mp4", "2016-01-01_US_CNN_X.mp4"]
)
def test_other_names_tell_nothing(name):
    assert parse_archive_name(name) == {}


def test_ids_are_names_or_hashes_that_do_not_depend_on_where_the_archive_lies():
    assert recording_at("/a/2016-01-01_0030_US_CNN_X.ts", 1, "").recording_id == "2016-01-01_0030_US_CNN_X"
    one, other = (recording_at(f"{root}/shows/x.mp4", 1, "", root=root) for root in ("/a", "/mnt/b"))
    assert one.recording_id == other.recording_id
    assert recording_at("/a/shows/x.mp4", 1, "").recording_id != one.recording_id
    assert one.date == NULL_DATE
    assert one.start_utc is None


def test_files_folders_and_globs(tmp_path):
    deep = touch(tmp_path / "day" / "deep" / "b.ts")
    one, strange = touch(tmp_path / "day" / "a.mp4"), touch(tmp_path / "day" / "c.strange")
    touch(tmp_path / "day" / "notes.doc")
    assert paths([tmp_path / "day"]) == [str(one), str(deep)]
    assert paths([tmp_path / "day" / "*.strange"]) == [str(strange)]
    assert paths([strange]) == [str(strange)]
    assert paths([tmp_path / "**" / "*.ts"]) == [str(deep)]
    assert paths([one, one]) == [str(one), str(one)]  # FindRecordings keeps one of them


def test_a_name_that_looks_like_a_pattern_is_a_file_where_there_is_one(tmp_path):
    odd = touch(tmp_path / "what[1]*.mp4")
    touch(tmp_path / "what1.mp4")
    assert paths([odd]) == [str(odd)]


def test_a_folder_named_like_a_recording_is_looked_at_as_one(tmp_path):
    (tmp_path / "x.mp4").mkdir()
    assert paths([tmp_path / "*.mp4"]) == [str(tmp_path / "x.mp4")]


def test_lists_hold_paths_patterns_and_comments_and_absent_files_stay_in(tmp_path):
    one = touch(tmp_path / "a.mp4")
    listing = tmp_path / "tonight.txt"
    listing.write_text(f"# tonight\n\n{one}\n{tmp_path}/gone.mp4\n{tmp_path}/*.mp4\n")
    found = list(find([str(listing)]))
    assert [recording.path for recording in found] == [str(one), str(tmp_path / "gone.mp4"), str(one)]
    assert [recording.size_bytes for recording in found] == [1, -1, 1]


def test_a_list_means_the_same_read_in_another_folder(tmp_path, monkeypatch):
    touch(tmp_path / "here" / "a.mp4")
    (tmp_path / "list.txt").write_text("a.mp4\n*.mp4\nabsent.mp4\n")
    monkeypatch.chdir(tmp_path)
    found = paths([tmp_path / "list.txt"], folder=str(tmp_path / "here"))
    assert found == [str(tmp_path / "here" / name) for name in ("a.mp4", "a.mp4", "absent.mp4")]


def test_a_listed_pattern_that_matches_nothing_is_an_error(tmp_path):
    listing = tmp_path / "tonight.txt"
    listing.write_text(f"{tmp_path}/nothing/*.mp4\n")
    with pytest.raises(NothingFound, match=r"nothing/\*\.mp4, in the list"):
        list(find([str(listing)]))


def test_listed_urls_that_are_gone_stay_in_and_odd_names_are_found(tmp_path):
    storage = fsspec.filesystem("memory")
    storage.pipe("/listed/b[1].mp4", b"xyz")
    listing = tmp_path / "tonight.txt"
    listing.write_text("memory://listed/b[1].mp4\nmemory://listed/gone.mp4\n")
    assert [recording.size_bytes for recording in find([str(listing)])] == [3, -1]


def test_ids_are_names_of_files_whatever_the_recording_is_called():
    strange = recording_at(os.fsdecode(b"/a/2016-01-01_0030_US_CNN_caf\xe9.ts"), 1, "")
    long = recording_at(f"/a/2016-01-01_0030_US_CNN_{'x' * 225}.ts", 1, "")
    for recording in (strange, long):
        assert len(recording.recording_id.encode()) < 100
        assert (recording.date, recording.network) == ("2016-01-01", "CNN")
    assert strange.title == "caf\\xe9"


def test_folders_behind_links_are_searched_once(tmp_path):
    one = touch(tmp_path / "real" / "a.mp4")
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "day").symlink_to(one.parent)
    (tmp_path / "real" / "circle").symlink_to(tmp_path / "archive")
    assert [os.path.basename(path) for path in paths([tmp_path / "archive"])] == ["a.mp4"]


def test_file_urls_are_paths(tmp_path):
    one = touch(tmp_path / "a.mp4")
    assert paths([f"file://{one}"]) == [str(one)]


@pytest.mark.parametrize("absent", ["nothing/*.mp4", "nothing.mp4", "empty", "absent.txt"])
def test_what_matches_nothing_is_an_error_that_names_it(tmp_path, absent):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingFound, match="matches no recording|cannot be read") as error:
        list(find([str(tmp_path / absent)]))
    assert absent in str(error.value)


def test_names_that_are_not_utf8_are_found_and_printable(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.mp4"
    with open(name, "wb") as file:
        file.write(b"x")
    (found,) = find([str(tmp_path)])
    assert os.fsencode(found.path) == name
    assert utf8_text(found.path).endswith("caf\\xe9.mp4")


def test_object_storage_patterns_and_folders():
    storage = fsspec.filesystem("memory")
    for name in ("/archive/day/a.mp4", "/archive/day/b.ts", "/archive/day/readme.doc"):
        storage.pipe(name, b"xyz")
    found = list(find(["memory://archive/day/*.mp4"]))
    assert [recording.size_bytes for recording in found] == [3]
    assert found[0].path.endswith("/archive/day/a.mp4")
    assert len(list(find(["memory://archive"]))) == 2
    with pytest.raises(NothingFound):
        list(find(["memory://archive/*.wav"]))


class _Anything(http.server.BaseHTTPRequestHandler):
    """Has something at every address."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "1")
        self.end_headers()
        self.wfile.write(b"x" if self.command == "GET" else b"")

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def test_a_url_that_ends_like_a_folder_is_the_file_it_names():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Anything) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/stream/"
        assert paths([url]) == [url]
        server.shutdown()
