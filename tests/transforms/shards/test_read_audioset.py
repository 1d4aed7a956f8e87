"""AudioSet's files: sound ones give every clip, broken ones what is good in them, each trouble under its name."""

import numpy as np
import pyarrow as pa
import pytest

from models.shard_format import unpack_targets
from tests.helpers import tfrecords
from tests.helpers.tfrecords import clip, made_frames, write
from transforms.shards.clips import ShuffleSettings, to_batch, with_targets
from transforms.shards.issues import BadInput, InputIssues
from transforms.shards.read_audioset import find_files, read_clips


def read(*paths, strict=False):
    """All clips of the files as {name: frames}, and what was found."""
    issues = InputIssues(strict=strict)
    clips = {}
    for some in read_clips([(str(path), str(path)) for path in paths], issues):
        for name, count, frames in zip(some.ids, some.n_frames, some.embedding, strict=True):
            assert not frames[count:].any()
            clips[name.decode()] = frames[:count]
    return clips, issues


def troubles(issues):
    return {name: count for name, count in issues.counts.items() if name in issues.examples}


def test_clips_of_one_to_ten_frames_come_out_as_they_went_in(tmp_path):
    records = [clip(f"c{count}", frames=count, labels=[count, 16]) for count in range(1, 11)]
    clips, issues = read(write(tmp_path / "-a.tfrecord", records))
    assert sorted(map(len, clips.values())) == list(range(1, 11))
    for name, frames in clips.items():
        np.testing.assert_array_equal(frames, made_frames(name, len(frames)))
    assert not issues.examples
    assert issues.counts == {"files": 1, "clips_read": 10}


BROKEN = {
    "clips_without_id": clip(None),
    "clips_without_times": clip("x", start_s=None),
    "clips_without_labels": clip("x", labels=[]),
    "clips_without_frames": clip("x", frames=0),
    "clips_of_bad_frames": clip("x", frames=[b"\0" * 128, b"\0" * 127]),
    "unreadable_clips": b"\xff\xff no message",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_clip_is_left_out_and_counted(tmp_path, name):
    path = write(tmp_path / "a.tfrecord", [clip("before"), BROKEN[name], clip("after")])
    clips, issues = read(path)
    assert set(clips) == {"before", "after"}
    assert troubles(issues) == {name: 1}
    assert "a.tfrecord" in issues.examples[name][0]
    assert issues.counts["clips_read"] == 3


@pytest.mark.parametrize("name", BROKEN)
def test_strict_fails_and_names_the_file(tmp_path, name):
    path = write(tmp_path / "a.tfrecord", [clip("before"), BROKEN[name]])
    with pytest.raises(BadInput, match=rf"a\.tfrecord.*{name}"):
        read(path, strict=True)


def test_an_id_that_is_no_utf8_and_one_that_is_empty_are_no_ids(tmp_path):
    _, issues = read(write(tmp_path / "a.tfrecord", [clip(b"\xff\xfe"), clip("")]))
    assert troubles(issues) == {"clips_without_id": 2}


def test_more_than_ten_frames_are_cut(tmp_path):
    clips, issues = read(write(tmp_path / "a.tfrecord", [clip("long", frames=14), clip("short", frames=2)]))
    np.testing.assert_array_equal(clips["long"], made_frames("long", 14)[:10])
    assert len(clips["short"]) == 2
    assert troubles(issues) == {"clips_cut": 1}


def test_unknown_labels_are_dropped_and_the_clip_kept(tmp_path):
    issues = InputIssues()
    path = write(tmp_path / "a.tfrecord", [clip("x", labels=[527, 16, -1])])
    (clips,) = read_clips([(str(path), str(path))], issues)
    batch = to_batch(clips, ShuffleSettings())
    assert batch["labels"].to_pylist() == [[16]]
    packed = np.frombuffer(with_targets(pa.Table.from_batches([batch]))["targets"][0].as_py(), np.uint8)
    assert np.flatnonzero(unpack_targets(packed[None])[0]).tolist() == [16]
    assert troubles(issues) == {"unknown_labels": 1}


def test_records_before_a_truncation_are_kept(tmp_path):
    whole = write(tmp_path / "sound.tfrecord", [clip(f"s{n}") for n in range(3)])
    path = write(tmp_path / "cut.tfrecord", [clip(f"c{n}") for n in range(5)])
    path.write_bytes(path.read_bytes()[:-700])
    clips, issues = read(path, whole)
    assert set(clips) == {"c0", "c1", "c2", "c3", "s0", "s1", "s2"}
    assert troubles(issues) == {"truncated_files": 1}


def test_records_before_a_bad_checksum_are_kept(tmp_path):
    path = write(tmp_path / "bad.tfrecord", [clip(f"c{n}") for n in range(5)])
    content = bytearray(path.read_bytes())
    content[len(content) * 5 // 10] ^= 1
    path.write_bytes(content)
    clips, issues = read(path)
    assert set(clips) == {"c0", "c1"}
    assert troubles(issues) == {"damaged_files": 1}


def test_a_file_that_is_something_else_gives_nothing(tmp_path):
    (tmp_path / "a.tfrecord").write_text("not records at all, but some text")
    clips, issues = read(tmp_path / "a.tfrecord")
    assert not clips
    assert troubles(issues) == {"damaged_files": 1}


def test_empty_absent_and_gzipped_files(tmp_path):
    (tmp_path / "empty.tfrecord").touch()
    zipped = write(tmp_path / "z.tfrecord", [clip("z")], gzipped=True)
    clips, issues = read(tmp_path / "empty.tfrecord", tmp_path / "absent.tfrecord", zipped)
    assert set(clips) == {"z"}
    assert troubles(issues) == {"empty_files": 1, "unreadable_files": 1}
    assert issues.counts["gzip_files"] == 1


def test_a_gzip_file_cut_off_keeps_what_can_be_had(tmp_path):
    path = write(tmp_path / "z.tfrecord.gz", [clip(f"c{n}") for n in range(50)], gzipped=True)
    path.write_bytes(path.read_bytes()[:-5000])
    clips, issues = read(path)
    assert 30 < len(clips) < 50
    assert len(troubles(issues)) == 1


def test_trouble_late_in_a_large_group_loses_and_doubles_nothing(tmp_path):
    many = write(tmp_path / "many.tfrecord", [clip(f"m{n}", frames=1) for n in range(2500)])
    late = write(tmp_path / "late.tfrecord", [clip(f"l{n}", frames=1) for n in range(900)] + [clip("x", labels=[])])
    issues = InputIssues()
    names = [name for some in read_clips([(str(p), str(p)) for p in (many, late)], issues) for name in some.ids]
    assert len(names) == len(set(names)) == 3400
    assert issues.counts["clips_read"] == 3401


def test_files_are_found_by_folder_and_split(tmp_path):
    for split in ("bal_train", "eval", "unbal_train"):
        tfrecords.make_split(tmp_path / split, clips=4, files=2)
    files = list(find_files(str(tmp_path)))
    assert len(files) == 6
    assert {file.evaluation for file in files if "/eval/" in file.path} == {True}
    assert sum(file.evaluation for file in files) == 2
    assert len(list(find_files(str(tmp_path), splits=["eval", "bal_train"]))) == 4


def test_what_lies_above_a_file_s_own_folder_may_be_called_anything(tmp_path):
    for split in ("bal_train", "eval"):
        tfrecords.make_split(tmp_path / "eval" / "bal_train" / split, clips=2, files=1)
    for place in (tmp_path, tmp_path / "eval", tmp_path / "eval" / "*" / "*"):
        found = {file.path.split("/")[-2]: file.evaluation for file in find_files(str(place))}
        assert found == {"bal_train": False, "eval": True}
    assert [file.evaluation for file in find_files(str(tmp_path), splits=["bal_train"])] == [False]
