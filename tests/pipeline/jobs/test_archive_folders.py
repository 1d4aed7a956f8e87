"""Folders of a real archive, end to end: sidecars, closed folders, lists gone wrong, two recordings of one id."""

import os
import pathlib

import pytest

from common.text import display_text
from pipeline import cli
from pipeline.jobs import summary
from tests.helpers.archive import NAMES, make_recording, rows, states
from tests.helpers.media import ffmpeg
from transforms.embed import run_networks


@pytest.fixture
def closed(monkeypatch):
    """Makes a folder one that may not be listed, for the superuser too."""
    scandir = os.scandir

    def close(folder):
        def refuse(path="."):
            if isinstance(path, str) and os.path.abspath(path) == str(folder):
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)

    return close


def test_what_lies_beside_recordings_is_counted_and_displaces_nothing(archive, detect, capsys):
    for name in NAMES:
        (archive / f"{name}.txt").write_text("CC1|>>> GOOD EVENING.\n")
        (archive / f"{name}.jpg").write_bytes(b"jpg")
    (archive / ".AppleDouble").mkdir()
    (archive / ".AppleDouble" / f"{NAMES[0]}.wav").write_bytes(b"\0\5\x16\7")
    output = detect(*sorted(archive.iterdir()))
    assert "passed over" in capsys.readouterr().out
    assert {row["recording_id"]: row["status"] for row in rows(output, "recordings")} == dict.fromkeys(NAMES, "done")
    before = states(output)
    for inputs in ([archive], [f"{archive}/*"]):
        detect(*inputs)
        assert "│ 3 .jpg, 3 .txt" in capsys.readouterr().out
        assert states(output) == before
    detect(archive, "--dry-run", "--recompute")
    assert "passed over: 3 .jpg, 3 .txt, 1 hidden" in capsys.readouterr().out


def test_a_closed_folder_is_said_and_the_others_are_done(archive, detect, closed, capsys):
    (archive / "closed").mkdir()
    closed(archive / "closed")
    output = detect(archive, status=3)
    said = capsys.readouterr()
    assert f"the folder {archive}/closed (Permission denied) cannot be listed" in said.err
    assert "1 folders that may not be listed:" in said.out
    assert len(rows(output, "recordings")) == 3
    detect(archive, "--dry-run", status=3)
    detect(f"{archive}/*/*.wav", archive, status=2)
    assert "closed (Permission denied) may not be listed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["{folder}/list.txt"], "the list {folder}/list.txt names itself"),
        (["{folder}/other.txt"], "the list {folder}/list.txt names itself, directly or through another list"),
        (["nonsense://bucket/x.mp4"], "nonsense://bucket/x.mp4 cannot be reached: nothing that is installed speaks"),
    ],
)
def test_a_list_gone_wrong_is_one_sentence(tmp_path, loudness_bundle, capsys, lines, sentence):
    (tmp_path / "list.txt").write_text("\n".join(lines).format(folder=tmp_path))
    (tmp_path / "other.txt").write_text(f"{tmp_path}/list.txt\n")
    command = ["detect", str(tmp_path / "list.txt"), "--bundle", str(loudness_bundle), "--output", str(tmp_path / "t")]
    assert cli.main(command) == 2
    said = capsys.readouterr().err.strip()
    assert sentence.format(folder=tmp_path) in said
    assert "\n" not in said


class Doubles:
    """A recording's id in three folders, and how often each was decoded."""

    def __init__(self, archive: pathlib.Path, monkeypatch) -> None:
        self.paths = [archive / folder / f"{NAMES[0]}.flac" for folder in ("a", "b", "c")]
        for path in self.paths:
            path.parent.mkdir()
        ffmpeg("-i", archive / f"{NAMES[0]}.wav", self.paths[2])
        (archive / f"{NAMES[0]}.wav").unlink()
        self.whole = self.paths[2].read_bytes()
        self.decoded: list[str] = []
        decode = run_networks.decode_seconds

        def counted(path, *arguments, **options):
            if pathlib.Path(path).stem == NAMES[0]:
                self.decoded.append(pathlib.Path(path).parent.name)
            return decode(path, *arguments, **options)

        monkeypatch.setattr(run_networks, "decode_seconds", counted)

    def cut(self, path: pathlib.Path, seconds: int) -> None:
        """Make it one that breaks off after so many seconds."""
        path.write_bytes(self.whole[: int(len(self.whole) * seconds / 30)])


@pytest.fixture
def doubles(archive, monkeypatch):
    return Doubles(archive, monkeypatch)


def the_row(output):
    (row,) = (row for row in rows(output, "recordings") if row["recording_id"] == NAMES[0])
    return row


def test_of_one_id_the_first_that_is_whole_is_taken_and_a_rerun_takes_the_same(archive, detect, doubles, capsys):
    first, second, third = doubles.paths
    first.write_bytes(b"no recording")
    second.write_bytes(doubles.whole)
    output = detect(archive)
    assert f"{first} and {second} and {third} have the same id" in capsys.readouterr().err
    row = the_row(output)
    assert (row["status"], row["path"]) == ("done", str(second))
    assert display_text(first) in row["error"]
    assert doubles.decoded[:2] == ["a", "b"]
    before, decoded = states(output), len(doubles.decoded)
    detect(archive)
    assert (states(output), len(doubles.decoded)) == (before, decoded)
    first.write_bytes(doubles.whole)
    detect(archive)
    assert (the_row(output)["path"], the_row(output)["error"]) == (str(first), None)


def test_of_one_id_without_a_whole_one_the_longest_is_taken(archive, detect, doubles):
    first, second, third = doubles.paths
    for path, seconds in ((first, 8), (second, 20), (third, 12)):
        doubles.cut(path, seconds)
    output = detect(archive)
    row = the_row(output)
    assert row["path"] == str(second)
    assert row["status"] == "partial"
    assert row["audio_s"] == pytest.approx(20, abs=5)
    assert str(first) in row["error"]
    assert str(third) in row["error"]
    before = states(output)
    detect(archive)
    assert states(output) == before
    third.write_bytes(doubles.whole)
    detect(archive)
    assert (the_row(output)["status"], the_row(output)["path"]) == ("done", str(third))


def test_of_one_id_none_of_which_can_be_read_all_are_named(archive, detect, doubles):
    for path in doubles.paths:
        path.write_bytes(b"no recording")
    row = the_row(detect(archive, status=3))
    assert row["status"] == "failed"
    assert row["path"] == str(doubles.paths[0])
    assert all(str(path) in row["error"] for path in doubles.paths)


def test_a_recording_without_a_row_is_named_and_the_status_is_1(archive, detect, monkeypatch, capsys):
    whole = summary._rows
    monkeypatch.setattr(
        summary,
        "_rows",
        lambda *arguments: (row for row in whole(*arguments) if row["recording_id"] != NAMES[1]),
    )
    detect(archive, status=1)
    said = capsys.readouterr().out
    assert f"1 without a row, though they were found: run again:\n  {archive / NAMES[1]}.wav\n" in said


def test_names_that_look_like_urls_or_end_lines_are_only_names(tmp_path, detect, capsys):
    folder = tmp_path / "odd"
    folder.mkdir()
    day = "2016-01-01_0000_US_CNN_"
    names = [f"{day}A::B", f"{day}A::C", "Victim", "Victim.parquet::x", f"{day}a\rb", f"{day}a\u2028b", "gs:x", "=1+1"]
    for number, name in enumerate(names):
        make_recording(folder / f"{name}.wav", seed=number)
    output = detect(folder, output="out::put")
    found = rows(output, "recordings")
    assert {row["file_name"] for row in found} == {
        f"{name}.wav".replace("\r", "\\r").replace("\u2028", "\\u2028") for name in names
    }
    assert {row["status"] for row in found} == {"done"}
    assert len({row["recording_id"] for row in rows(output, "events")}) == len(names)
    assert f"{day}A::B" in {row["recording_id"] for row in found}
    assert [entry.name for entry in tmp_path.iterdir() if entry.name == "out"] == []
    exported = tmp_path / "ex::ported"
    assert cli.main(["export", str(output), "--format", "csv", "--output", str(exported), "--quiet"]) == 0
    lines = (exported / "laughter.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(rows(output, "events"))
