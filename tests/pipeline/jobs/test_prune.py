"""Recordings that are deleted from the archive: their rows stay until somebody prunes."""

import pytest

from tests.helpers.archive import NAMES, contents, rows, states


def recordings(output):
    return [row["recording_id"] for row in rows(output, "recordings")]


def test_a_deleted_recording_keeps_its_rows_until_pruned(archive, detect, capsys):
    output = detect(archive)
    (archive / f"{NAMES[0]}.wav").unlink()
    detect(archive)
    assert recordings(output) == list(NAMES)
    before = states(output)
    detect(archive, "--prune", "--dry-run")
    assert f"1 are in the archive no longer, and their rows would be removed\n  {archive}" in capsys.readouterr().out
    assert states(output) == before
    detect(archive, "--prune")
    assert recordings(output) == list(NAMES[1:])
    assert contents(output) == contents(detect(archive, output="clean"))
    before = states(output)
    detect(archive, "--prune")
    assert states(output) == before


def test_a_day_that_nothing_is_left_of_goes(archive, detect):
    output = detect(archive)
    (archive / f"{NAMES[2]}.wav").unlink()
    detect(archive, "--prune")
    assert not list(output.rglob("date=2016-01-02"))
    assert recordings(output) == list(NAMES[:2])


@pytest.mark.parametrize("other", ["{archive}/more", "{archive}/2016-01-01*.wav", "{archive}/{name}", "{listing}"])
def test_what_the_inputs_do_not_look_at_is_kept(archive, detect, tmp_path, other):
    (archive / "more").mkdir()
    (archive / f"{NAMES[2]}.wav").rename(archive / "more" / f"{NAMES[2]}.wav")
    output = detect(archive)
    listing = tmp_path / "list.txt"
    listing.write_text(f"{archive}/{NAMES[0]}.wav\n{archive}/more\n")
    (archive / f"{NAMES[1]}.wav").rename(archive / "elsewhere.wav")  # is no longer where the tables say
    detect(other.format(archive=archive, name=f"{NAMES[0]}.wav", listing=listing), "--prune")
    kept = "2016-01-01*" not in other
    assert (NAMES[1] in recordings(output)) == kept
    assert NAMES[2] in recordings(output)


def test_what_is_there_under_another_extension_is_kept(archive, detect):
    renamed = archive / "2016-01-03_0000_US_CNN_Four.sound"
    renamed.write_bytes((archive / f"{NAMES[0]}.wav").read_bytes())
    output = detect(archive, renamed)
    detect(archive, "--prune")  # a folder is searched for known extensions only
    assert len(recordings(output)) == 4


def test_a_disk_among_several_that_is_not_mounted_prunes_nothing(archive, detect, tmp_path):
    disk = archive / "disk"
    disk.mkdir()
    (archive / f"{NAMES[2]}.wav").rename(disk / f"{NAMES[2]}.wav")
    output = detect(archive)
    disk.rename(tmp_path / "unmounted")
    disk.mkdir()
    listing = tmp_path / "list.txt"
    listing.write_text(f"{archive}/*.wav\n{disk}\n")
    detect(archive, "--prune")
    detect(archive / "**" / "*.wav", "--prune")
    detect(listing, "--prune", status=3)  # the empty folder is taken for a recording
    assert NAMES[2] in recordings(output)


def test_an_archive_that_is_not_mounted_prunes_nothing(archive, detect, capsys):
    output = detect(archive)
    archive.rename(archive.with_name("unmounted"))
    archive.mkdir()
    detect(archive, "--prune", status=2)
    assert "matches no recording" in capsys.readouterr().err
    assert len(recordings(output)) == 3
