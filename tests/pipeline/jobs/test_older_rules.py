"""What older rules of decoding may have got wrong is decoded anew; every other part of an archive is used as it is."""

import dataclasses
import shutil

import pytest

from tests.helpers.archive import NAMES, contents, rows
from tests.helpers.media import ffmpeg
from transforms.embed.recordings import recording_at
from transforms.embed.store import list_day, read_part, write_part

STREAM = "2016-01-01_0200_US_CNN_Stream"
NAMELESS = "2016-01-01_0300_US_CNN_Stream_Under_Another_Name"


@pytest.fixture
def archive_of_streams(archive):
    ffmpeg("-i", archive / f"{NAMES[0]}.wav", "-c:a", "mp2", archive / f"{STREAM}.ts")
    shutil.copy(archive / f"{STREAM}.ts", archive / f"{NAMELESS}.mpg")
    return archive


def age(output, **changes):
    """Make the parts of a store those of older rules; of NAMES[1], also with these changes."""
    for date in ("2016-01-01", "2016-01-02"):
        for part in list_day(str(output / "store"), date):
            embeddings, info = read_part(part.path)
            more = changes if part.recording_id == NAMES[1] else {}
            with write_part(str(output / "store"), info.recording) as writer:
                writer.append(embeddings)
                writer.set_info(dataclasses.replace(info, rules=1, is_transport_stream=None, **more))


def rules(output):
    parts = [part for date in ("2016-01-01", "2016-01-02") for part in list_day(str(output / "store"), date)]
    return {part.recording_id: read_part(part.path)[1].rules for part in parts}


def test_transport_streams_and_partial_ones_are_decoded_anew(archive_of_streams, detect, capsys):
    output = detect(archive_of_streams)
    age(output, status="partial", stage="decode", error="a gap")
    before = contents(output)
    detect(archive_of_streams, "--dry-run")
    said = capsys.readouterr().out
    assert "  1 of them anew (30 s of sound): partial by older rules of decoding\n" in said
    assert "  2 of them anew (1 min 0 s of sound): a transport stream, decoded by older rules\n" in said
    assert contents(output) == before
    detect(archive_of_streams)
    assert rules(output) == {NAMES[0]: 1, NAMES[1]: 2, NAMES[2]: 1, STREAM: 2, NAMELESS: 2}
    after = contents(output)
    kept = [path for path in before if path.parts[0] == "store" and path.stem in (NAMES[0], NAMES[2])]
    assert [after[path] for path in kept] == [before[path] for path in kept]
    assert len(kept) == 2
    assert {row["status"] for row in rows(output, "recordings")} == {"done"}


def test_only_new_decodes_the_partial_ones_and_says_what_waits(archive_of_streams, detect, capsys):
    output = detect(archive_of_streams)
    age(output, status="partial", stage="decode", error="a gap")
    detect(archive_of_streams, "--only", "new")
    assert rules(output) == {NAMES[0]: 1, NAMES[1]: 2, NAMES[2]: 1, STREAM: 1, NAMELESS: 1}
    assert "2 transport streams in the store were decoded by older rules" in capsys.readouterr().err


def test_a_recording_that_was_written_to_while_it_was_read_is_tried_again_by_only_new(
    archive, detect, monkeypatch, capsys
):
    from transforms.decode import decode

    checked = decode.check_readable
    seen = []

    def grown(path):
        seen.append(path)
        return (*checked(path), len(seen) if str(path).endswith(f"{NAMES[1]}.wav") else 0)

    monkeypatch.setattr(decode, "check_readable", grown)
    output = detect(archive)
    row = next(row for row in rows(output, "recordings") if row["recording_id"] == NAMES[1])
    assert (row["status"], row["stage"], row["audio_s"]) == ("partial", "changed", 30.0)
    assert row["error"].endswith("was written to while it was read; kept the first 30 s, run again once it is finished")
    monkeypatch.setattr(decode, "check_readable", checked)
    detect(archive, "--only", "new")
    assert {row["status"] for row in rows(output, "recordings")} == {"done"}


def test_the_places_of_a_broken_clock_are_kept_in_the_part(archive, detect):
    parts = [archive / "a.ts", archive / "b.ts"]
    for number, part in enumerate(parts):
        ffmpeg("-i", archive / f"{NAMES[0]}.wav", "-c:a", "mp2", "-output_ts_offset", 7200 * number, part)
    (archive / f"{STREAM}.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    for part in parts:
        part.unlink()
    output = detect(archive)
    recording = recording_at(str(archive / f"{STREAM}.ts"), 0, "")
    part = next(one for one in list_day(str(output / "store"), recording.date) if one.recording_id == STREAM)
    [(second, time_s, position)] = read_part(part.path)[1].clock
    assert second == pytest.approx(30, abs=0.1)
    assert time_s == pytest.approx(7201.4, abs=0.1)
    assert position == pytest.approx((archive / f"{STREAM}.ts").stat().st_size / 2, rel=0.02)
