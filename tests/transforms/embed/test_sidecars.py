"""What lies beside recordings: whatever way a folder is named, its recordings are found and nothing else."""

import glob
import os

import fsspec
import pytest

from transforms.decode.containers import FORMATS, MEDIA_EXTENSIONS
from transforms.embed.find_recordings import find, recordings_named
from transforms.embed.inputs import NothingFound
from transforms.embed.sidecars import without_sidecars
from transforms.embed.walk import Findings

SHOWS = ("2016-01-01_0000_US_CNN_Anderson_Cooper", "2016-01-01_0100_US_FOX_News")
SIDECARS = (".txt", ".srt", ".vtt", ".jpg", ".seg", ".ocr", ".json", ".en.srt", ".mp4.part", ".mp4.crdownload")


def touch(path, content="x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture
def day(tmp_path):
    """A folder as archives have them."""
    folder = tmp_path / "archive" / "day"
    for show in SHOWS:
        touch(folder / f"{show}.mp4")
        for ending in SIDECARS:
            touch(folder / f"{show}{ending}", "CC1|>>> GOOD EVENING.\n")
    for name in (".AppleDouble", ".Trash-1000", "@eaDir", "lost+found"):
        touch(folder / name / f"{SHOWS[0]}.mp4")
    touch(folder / f"._{SHOWS[0]}.mp4")
    for name in ("checksums.md5", "README", "notes.txt", "2016-01-01_0200_US_CNN_Not_Yet.mp4.part"):
        touch(folder / name)
    return folder


def names(inputs, findings=None):
    findings = Findings() if findings is None else findings
    kept = recordings_named([str(item) for item in inputs], findings)
    return [os.path.basename(recording.path) for recording in find(kept, findings=findings)]


def test_a_folder_a_pattern_and_the_shells_star_mean_the_same_recordings(day):
    by_shell = sorted(glob.glob(f"{day}/*"))
    assert len(by_shell) > 25
    recordings = [f"{show}.mp4" for show in SHOWS]
    for inputs in ([day], [f"{day}/*"], by_shell, [f"{day.parent}/*/*"], [f"{day.parent}/**"]):
        findings = Findings()
        assert names(inputs, findings) == recordings, inputs
        assert findings.passed_over[".srt"] == 4
        assert findings.passed_over[".part"] == 3
        assert findings.passed_over["without extension"] == 1
        assert findings.unlisted == []


def test_a_list_of_all_that_lies_there_means_the_recordings(day, tmp_path):
    listing = touch(
        tmp_path / "all.txt", "".join(f"{path}\n" for path in sorted(glob.glob(f"{day}/*")) if "@" not in path)
    )
    assert names([listing]) == [f"{show}.mp4" for show in SHOWS]


def test_a_text_of_a_recordings_stem_is_no_list(day):
    with pytest.raises(NothingFound, match=r"Cooper\.txt lies beside a recording of its name, and is neither"):
        names([day / f"{SHOWS[0]}.txt"])
    with pytest.raises(NothingFound, match="lies beside a recording"):
        names([day / f"{SHOWS[0]}.jpg"])


def test_a_list_beside_other_recordings_is_one(day):
    listing = touch(day / "tonight.txt", f"{day}/{SHOWS[1]}.mp4\n")
    assert names([day / f"{SHOWS[0]}.mp4", listing]) == [f"{show}.mp4" for show in SHOWS]
    by_pattern = touch(day / "by_pattern.txt", f"# all\n\n{day}/*FOX*\n")
    assert names([day / f"{SHOWS[0]}.mp4", by_pattern]) == [f"{show}.mp4" for show in SHOWS]


def test_a_file_of_whatever_name_is_taken_where_it_alone_is_named(tmp_path):
    assert names([touch(tmp_path / "tape.of.1987")]) == ["tape.of.1987"]
    assert names([touch(tmp_path / "no_extension")]) == ["no_extension"]
    assert names([tmp_path / "tape.of.1987", tmp_path / "no_extension"]) == ["tape.of.1987", "no_extension"]
    assert names([f"{tmp_path}/*.1987"]) == ["tape.of.1987"]


def test_object_storage_is_searched_by_the_same_rules():
    storage = fsspec.filesystem("memory")
    for name in ("a.mp4", "a.txt", "a.jpg", ".AppleDouble/a.mp4", "@eaDir/b.mp4", "deep/c.ts", "deep/c.srt"):
        storage.pipe(f"/beside/{name}", b"x")
    try:
        for inputs in (["memory://beside"], ["memory://beside/**"]):
            findings = Findings()
            assert names(inputs, findings) == ["a.mp4", "c.ts"], inputs
            assert findings.passed_over[".jpg"] == 1
            assert findings.passed_over["hidden"] == 1
        assert names(["memory://beside/*"]) == ["a.mp4"]
        assert names(["memory://beside/*.jpg"]) == ["a.jpg"]
        assert names(["memory://beside/a.mp4", "memory://beside/a.txt", "memory://beside/a.jpg"]) == ["a.mp4"]
    finally:
        storage.rm("/beside", recursive=True)


def test_what_is_kept_stays_as_it_was_named():
    items = ["/a/*.mp4", "/a/folder", "gs://b/c", "https://host/x.mp4?sig=1", "/a/b/x.mp4", "/a/b/absent.seg"]
    findings = Findings()
    assert without_sidecars(items, MEDIA_EXTENSIONS, findings) == items
    assert not findings.passed_over


def test_every_container_that_the_decoder_may_open_is_found_in_a_folder(tmp_path):
    asked = ".wtv .dvr-ms .m2t .tp .trp .rec .vob .w64 .caf .au .wv .tta .eac3 .dts .m4b .f4v .3gp .nut .ts .MP4 .opus"
    for extension in asked.split():
        touch(tmp_path / f"x{extension}")
    assert len(names([tmp_path])) == len(asked.split())
    assert {"mov", "mpegts", "wtv", "wav", "amrnb"} <= set(FORMATS.split(","))
    assert not {"hls", "concat", "sdp", "image2"} & set(FORMATS.split(","))
