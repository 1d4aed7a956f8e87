"""The main job from the command line to the tables, on small made recordings."""

import imageio_ffmpeg
import pytest

from pipeline import cli
from tests.helpers.archive import NAMES, contents, make_recording, rows, states
from tests.helpers.media import ffmpeg, picture_source


def test_events_come_out_where_the_sound_was(archive, detect):
    output = detect(archive)
    events = rows(output, "events")
    assert [(event["recording_id"], event["start_s"], event["end_s"], event["kind"]) for event in events] == [
        (name, 5 + number, 8 + number, "giggle") for number, name in enumerate(NAMES)
    ]
    assert events[1]["start_utc"].isoformat() == "2016-01-01T01:00:06+00:00"
    assert events[1]["end_utc"].isoformat() == "2016-01-01T01:00:09+00:00"
    assert events[0]["bundle_version"] == "loudness 1"


def test_recordings_and_windows_cover_every_second(archive, detect):
    output = detect(archive)
    recording = rows(output, "recordings")[2]
    assert (recording["network"], recording["title"], recording["status"]) == ("KABC", "Three", "done")
    assert (recording["duration_s"], recording["audio_s"], recording["seconds_per_second"]) == (30.0, 30.0, 1.0)
    assert (recording["codec"], recording["sample_rate_hz"], recording["channels"]) == ("pcm_s16le", 16000, 1)
    windows = [row for row in rows(output, "windows") if row["recording_id"] == NAMES[0]]
    for length in (1, 10):
        mine = [row for row in windows if row["window_s"] == length]
        assert [row["start_s"] for row in mine] == list(range(30))
        assert [row["end_s"] for row in mine] == [min(30, start + length) for start in range(30)]
        assert all(0 <= row[name] <= 1 for row in mine for name in ("giggle", "none"))


def test_a_second_run_touches_nothing(archive, detect):
    output = detect(archive)
    before = states(output)
    assert detect(archive) == output
    assert states(output) == before


def test_a_new_recording_rewrites_its_day_and_no_other(archive, detect):
    output = detect(archive)
    before = states(output)
    make_recording(archive / "2016-01-02_0100_US_KABC_Four.wav", loud=())
    detect(archive / "2016-01-02_0100_US_KABC_Four.wav", "--only", "new")  # the tables cover the whole store
    after = states(output)
    changed = {path.relative_to(output).parts[1] for path, state in before.items() if after[path] != state}
    assert changed == {"date=2016-01-02"}
    assert len(rows(output, "recordings")) == 4
    assert all(after[path] == state for path, state in before.items() if "store" in path.parts)


def test_a_threshold_rewrites_tables_without_decoding(archive, detect):
    output = detect(archive)
    before = states(output / "store")
    detect(archive, "--onset", "0.05")  # below the card's offset, which gives way
    assert len(rows(output, "events")) == 3
    detect(archive, "--onset", "0.99", "--offset", "0.9")
    assert states(output / "store") == before
    assert rows(output, "events") == []
    assert len(rows(output, "windows")) == 3 * 2 * 30


def test_a_changed_file_is_embedded_again_unless_only_new(archive, detect):
    output = detect(archive)
    make_recording(archive / f"{NAMES[0]}.wav", seconds=40, loud=((20, 25),))
    detect(archive, "--only", "new")
    assert rows(output, "events")[0]["start_s"] == 5
    detect(archive)
    assert rows(output, "events")[0]["start_s"] == 20
    assert rows(output, "recordings")[0]["audio_s"] == 40


def test_recompute_embeds_everything_again(archive, detect):
    output = detect(archive)
    before = states(output / "store")
    detect(archive, "--recompute")
    after = states(output / "store")
    before.pop(output / "store" / "embedder.json")
    assert len(before) == 3
    assert all(after[path][0] != state[0] and after[path][1] == state[1] for path, state in before.items())


def test_bad_files_become_rows_and_change_nothing_else(archive, detect, tmp_path, capsys):
    clean = contents(detect(archive, output="clean"))
    (archive / "2017-05-05_0000_US_CNN_Empty.mp4").touch()
    (archive / "2017-05-05_0100_US_CNN_Text.mp4").write_text("this is not a recording\n" * 100)
    (archive / "2017-05-05_0200_US_CNN_Folder.mp4").mkdir()
    truncated = (archive / f"{NAMES[0]}.wav").read_bytes()[:30]
    (archive / "2017-05-05_0300_US_CNN_Cut.wav").write_bytes(truncated)
    listing = tmp_path / "list.txt"
    listing.write_text(f"{archive}/*\n{archive}/2017-05-05_0400_US_CNN_Gone.mp4\n")
    output = detect(listing, output="dirty", status=3)
    bad = [row for row in rows(output, "recordings") if row["status"] != "done"]
    assert [row["title"] for row in bad] == ["Empty", "Text", "Folder", "Cut", "Gone"]
    for row in bad:
        assert (row["status"], row["audio_s"]) == ("failed", 0.0)
        assert row["path"] in row["error"]
    said = capsys.readouterr().out
    assert "5 failed:" in said
    assert all(row["error"] in said for row in bad)
    dirty = contents(output)
    assert all(dirty[path] == content for path, content in clean.items())


def test_two_workers_give_the_same_tables_as_one(archive, detect):
    one = contents(detect(archive, output="one"))
    two = contents(detect(archive, "--direct_num_workers", "2", output="two"))
    assert len(one) == 3 + 3 * 2
    assert one == two


def test_another_embedder_is_refused_before_it_spoils_the_tables(archive, detect, tmp_path, capsys):
    output = detect(archive)
    before = states(output)
    assert cli.main(["detect", str(archive), "--bundle", "compact", "--output", str(output), "--quiet"]) == 2
    assert f"the store {output}/store holds embeddings of placeholder" in capsys.readouterr().err
    assert states(output) == before


def test_a_decoder_that_dies_midway_leaves_no_embeddings(archive, detect, tmp_path, monkeypatch):
    real = imageio_ffmpeg.get_ffmpeg_exe()
    wrapper = tmp_path / "ffmpeg"
    wrapper.write_text(f'#!/bin/sh\n"{real}" "$@"\nkill -SEGV $$\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(wrapper))
    output = detect(archive / f"{NAMES[0]}.wav", status=3)
    (recording,) = rows(output, "recordings")
    assert (recording["status"], recording["stage"], recording["audio_s"]) == ("failed", "decode", 0.0)
    assert "SIGSEGV" in recording["error"]
    assert rows(output, "windows") == rows(output, "events") == []


def test_broken_off_and_silent_recordings_become_rows(archive, detect):
    path = archive / "2018-01-01_0000_US_CNN_Whole.mp4"
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=30", "-movflags", "+faststart", path)
    whole = path.read_bytes()
    (archive / "2018-01-01_0100_US_CNN_Half.mp4").write_bytes(whole[: len(whole) // 2])
    ffmpeg(*picture_source(duration_s=3), archive / "2018-01-01_0200_US_CNN_Mute.mp4")
    output = detect(archive, status=3)
    half, mute = (row for row in rows(output, "recordings") if row["title"] in ("Half", "Mute"))
    assert (half["status"], half["stage"]) == ("partial", "decode")
    assert 5 < half["audio_s"] < 25
    assert half["seconds_per_second"] < 0.9
    assert (mute["status"], mute["audio_s"]) == ("failed", 0.0)
    assert "no audio" in mute["error"]


def test_only_new_never_gives_an_old_part_a_new_path(archive, detect, tmp_path):
    output = detect(archive)
    other = tmp_path / "other"
    other.mkdir()
    make_recording(other / f"{NAMES[0]}.wav", seconds=40)
    detect(other, "--only", "new")
    assert rows(output, "recordings")[0]["path"] == str(archive / f"{NAMES[0]}.wav")


def test_a_file_that_is_too_large_is_not_opened(archive, detect):
    make_recording(archive / "2018-01-01_0000_US_CNN_Large.wav", seconds=40)
    output = detect(archive, "--max-size", "0.001", status=3)
    (large,) = (row for row in rows(output, "recordings") if row["status"] != "done")
    assert (large["title"], large["status"], large["stage"]) == ("Large", "failed", "decode")
    assert "holds 0.00128 GB, more than --max-size (0.001 GB)" in large["error"]


def test_only_new_is_done_where_old_failures_stay(archive, detect, capsys):
    (archive / "2017-05-05_0000_US_CNN_Empty.mp4").touch()
    detect(archive, status=3)
    detect(archive, "--only", "new")
    assert "1 failed in an earlier run and not tried again" in capsys.readouterr().out


def test_tables_that_another_run_replaced_are_not_current(archive, detect, loudness_bundle):
    output = detect(archive)
    older = {path: path.read_bytes() for path in (output / "recordings").rglob("*.parquet")}
    make_recording(archive / "2016-01-02_0100_US_KABC_Four.wav")
    detect(archive)
    for path, content in older.items():
        path.write_bytes(content)
    detect(archive)
    assert len(rows(output, "recordings")) == 4


def test_dry_run_says_what_would_be_done_and_does_nothing(archive, detect, capsys):
    output = detect(archive, "--dry-run")
    said = capsys.readouterr().out
    assert "3 recordings found" in said
    assert "3 would be decoded" in said
    assert "tables: 2" in said
    assert not output.exists()


def test_one_recording_named_twice_is_done_once(archive, detect, capsys):
    copy = archive / "copy"
    copy.mkdir()
    make_recording(copy / f"{NAMES[0]}.wav", loud=())
    output = detect(archive, archive / f"{NAMES[0]}.wav")
    assert len(rows(output, "recordings")) == 3
    said = capsys.readouterr().err
    assert f"{archive / NAMES[0]}.wav and {copy / NAMES[0]}.wav have the same id" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing/*.mp4"], "matches no recording"),
        (["{archive}", "--onset", "2"], "thresholds must satisfy"),
        (["{archive}", "--audio-stream", "-1"], "audio_stream"),
        (["{archive}", "--max-gap", "0"], "max_gap"),
        (["{archive}", "--head", "nowhere"], "neither a bundle that ships"),
        (["{archive}", "--precision", "bfloat16"], "is for vggish"),
        (["{archive}", "--embedder", "nowhere.ckpt"], "neither an embedder"),
    ],
)
def test_bad_usage_is_one_sentence_and_status_2(archive, loudness_bundle, tmp_path, capsys, arguments, sentence):
    arguments = [argument.format(archive=archive) for argument in arguments]
    bundle = ["--bundle", str(loudness_bundle)]
    assert cli.main(["detect", *arguments, *bundle, "--output", str(tmp_path / "t")]) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said
    assert "\n" not in said
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    "arguments", [[], ["detect"], ["detect", "x.mp4", "--onsett", "1"], ["detect", "x", "--hop", "0"]]
)
def test_a_wrong_command_line_shows_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2
    assert "usage: laughter" in capsys.readouterr().err


def test_a_store_that_cannot_be_written_stops_the_run_with_a_sentence(archive, detect, tmp_path, capsys):
    (tmp_path / "file").write_text("no folder")
    detect(archive, "--store", tmp_path / "file", status=1)
    assert "cannot be written" in capsys.readouterr().err
