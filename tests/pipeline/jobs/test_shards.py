"""The shards job as its users run it: the same bytes however it is run, and an honest manifest."""

import hashlib
import json
import os
import pathlib

import duckdb
import numpy as np
import pytest

from models.embedding_space import EmbeddingSpace
from models.load_shards import load_clips
from models.shard_format import class_targets
from pipeline import cli
from tests.helpers import tfrecords
from tests.helpers.store import made_part
from tests.helpers.tfrecords import clip, made_frames, write
from transforms.embed.embedder_note import check_embedder
from transforms.embed.recordings import recording_at


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """A small release: two splits for training and eval, 10 clips with laughter among 50, 12, and 8 of eval."""
    folder = tmp_path_factory.mktemp("release")
    tfrecords.make_split(folder / "bal_train", clips=50, files=7, seed=1)
    tfrecords.make_split(folder / "unbal_train", clips=12, files=2, seed=2)
    tfrecords.make_split(folder / "eval", clips=8, files=3, seed=3)
    return folder


def shards(*arguments):
    return cli.main(["shards", "--quiet", "--shards", "4", *map(str, arguments)])


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def test_every_clip_comes_out_once_on_its_side(release, tmp_path, capsys):
    assert shards("--input", release, "--output", tmp_path / "out") == 0
    clips = load_clips(tmp_path / "out", "train", "held_out")
    expected = [f"1-{n:05d}" for n in range(50)] + [f"2-{n:05d}" for n in range(12)]
    assert sorted(clips.video_ids) == expected
    assert list(clips.video_ids) != expected
    for name, count, frames in zip(clips.video_ids, clips.n_frames, clips.embedding, strict=True):
        np.testing.assert_array_equal(frames[:count], made_frames(name, count))
    evaluation = load_clips(tmp_path / "out", "eval")
    assert sorted(evaluation.video_ids) == [f"3-{n:05d}" for n in range(8)]
    laughs = class_targets(evaluation.targets)
    assert laughs[:, 6].sum() == 6
    assert "8 clips" in capsys.readouterr().out


def test_the_manifest_says_what_the_shards_hold(release, tmp_path):
    shards("--input", release, "--output", tmp_path)
    document = manifest(tmp_path)
    totals = document["sides"]
    assert totals["train"]["clips"] + totals["held_out"]["clips"] == 62
    assert totals["eval"]["classes"] == {
        **dict.fromkeys(["giggle", "snicker", "belly_laugh", "chuckle_chortle"], 0),
        "laughter": 1,
        "baby_laughter": 0,
        "chuckle_chortle": 1,
        "none": 6,
    }
    assert document["read"] == {
        "clips_read": 70,
        "clips_with_laughter": 13,
        "clips_without_laughter": 49,
        "files": 12,
    }
    assert document["troubles"] == {}
    assert document["embedder"] == {"embedder": "vggish", "space": ""}
    for file in document["files"]:
        data = (tmp_path / file["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    listed = {file["file"] for file in document["files"]}
    assert listed | {"manifest.json"} == set(contents(tmp_path))


def test_workers_and_the_order_of_files_change_no_byte(release, tmp_path):
    shards("--input", release, "--output", tmp_path / "one")
    several = [release / split for split in ("unbal_train", "eval", "bal_train")]
    shards("--input", *several, "--output", tmp_path / "two", "--direct_num_workers", "2")
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert json.loads(one.pop("manifest.json"))["files"] == json.loads(two.pop("manifest.json"))["files"]
    assert one == two


def test_another_seed_is_another_order_of_the_same_clips(release, tmp_path):
    for seed in (0, 1):
        shards("--input", release, "--output", tmp_path / str(seed), "--seed", seed)
    one, two = (list(load_clips(tmp_path / str(seed), "train").video_ids) for seed in (0, 1))
    assert one != two
    assert sorted(one) == sorted(two)


def test_one_split_alone(release, tmp_path):
    assert shards("--input", release, "--split", "bal_train", "--output", tmp_path) == 0
    totals = manifest(tmp_path)["sides"]
    assert totals["train"]["clips"] + totals["held_out"]["clips"] == 50
    assert totals["eval"]["clips"] == 0


def test_a_sampled_share_of_the_rest(tmp_path):
    tfrecords.make_split(tmp_path / "in", clips=1000, files=3, laugh_every=50)
    shards("--input", tmp_path / "in", "--output", tmp_path / "out", "--negatives-per-laugh", 5, "--held-out", 0)
    document = manifest(tmp_path / "out")
    assert 70 < document["sides"]["train"]["classes"]["none"] < 130
    assert document["sides"]["train"]["clips"] - document["sides"]["train"]["classes"]["none"] == 20
    assert document["settings"]["share_of_negatives"] == pytest.approx(100 / 980, abs=1e-5)


def test_troubles_are_listed_and_the_status_says_so(tmp_path, capsys):
    write(tmp_path / "in" / "a.tfrecord", [clip("a"), clip("b", labels=[]), clip("a")])
    (tmp_path / "in" / "b.tfrecord").touch()
    assert shards("--input", tmp_path / "in", "--output", tmp_path / "out", "--held-out", 0) == 3
    document = manifest(tmp_path / "out")
    assert document["troubles"] == {"empty_files": 1, "clips_without_labels": 1, "duplicate_clips": 1}
    printed = capsys.readouterr().out
    assert "clips_without_labels" in printed
    assert "a.tfrecord, clip b" in printed
    assert shards("--input", tmp_path / "in", "--output", tmp_path / "out", "--strict") == 1
    assert "run without --strict" in capsys.readouterr().err
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_folder_that_may_not_be_listed_is_said_and_the_status_is_3(tmp_path, monkeypatch, capsys):
    """The superuser may list everything, so the system's refusal is made."""
    tfrecords.make_split(tmp_path / "release" / "bal_train", clips=4, files=2)
    closed, scandir = tmp_path / "release" / "eval", os.scandir
    closed.mkdir()

    def refuse(path="."):
        if not isinstance(path, int) and os.path.abspath(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert shards("--input", tmp_path / "release", "--output", tmp_path / "out") == 3
    assert f"{closed} (Permission denied): see to its permissions, then run again" in capsys.readouterr().out
    assert manifest(tmp_path / "out")["troubles"]["unlisted_folders"] == 1
    assert shards("--input", tmp_path / "release", "--output", tmp_path / "other", "--dry-run") == 0
    assert f"the folder {closed} (Permission denied) cannot be listed" in capsys.readouterr().err


def test_shards_of_an_earlier_run_do_not_stay(release, tmp_path):
    cli.main(["shards", "--quiet", "--shards", "9", "--input", str(release), "--output", str(tmp_path)])
    (tmp_path / "train" / "notes.txt").write_text("mine")
    shards("--input", release, "--output", tmp_path)
    names = set(contents(tmp_path))
    assert "train/notes.txt" in names
    assert not [name for name in names if "of-00009" in name]


def test_a_dry_run_writes_nothing(release, tmp_path, capsys):
    assert shards("--input", release, "--output", tmp_path / "out", "--dry-run") == 0
    assert not (tmp_path / "out").exists()
    assert "12 files" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "give either --input"),
        (["--input", "x", "--labels-csv", "y", "--store", "z"], "give either --input"),
        (["--labels-csv", "y"], "give either --input"),
        (["--input", "x", "--shards", "0"], "--shards must be at least 1"),
        (["--input", "x", "--held-out", "1"], "--held-out in"),
        (["--input", "/nowhere/*.tfrecord"], "matches no TFRecord file"),
        (["--labels-csv", "y", "--store", "z", "--split", "eval"], "--split is for AudioSet"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, capsys, arguments, reason):
    assert cli.main(["shards", "--output", str(tmp_path / "out"), *arguments]) == 2
    assert reason in capsys.readouterr().err


def test_input_without_a_single_clip_is_an_error(tmp_path, capsys):
    write(tmp_path / "in" / "a.tfrecord", [clip("b", labels=[])])
    assert shards("--input", tmp_path / "in", "--output", tmp_path / "out") == 1
    assert "no clip that can be used" in capsys.readouterr().err


def test_own_labels_and_store_become_shards(tmp_path):
    store, recording = tmp_path / "store", recording_at("/a/2016-01-01_0030_US_CNN_X.ts", 1, "")
    embeddings = np.random.default_rng(0).integers(0, 256, (60, 128)).astype(np.uint8)
    made_part(store, recording, embeddings)
    check_embedder(str(store), EmbeddingSpace("compact", "abc"), "0")
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "recording,start_s,end_s,label\n2016-01-01_0030_US_CNN_X,0,60,none\n2016-01-01_0030_US_CNN_X.ts,20,25,giggle\n"
        "2016-01-01_0030_US_CNN_X,80,90,giggle\ngone,1,2,giggle\n"
    )
    assert shards("--store", store, "--labels-csv", labels, "--output", tmp_path / "out", "--held-out", 0) == 3
    document = manifest(tmp_path / "out")
    assert document["troubles"] == {"unknown_recordings": 1, "labels_past_end": 1}
    assert document["embedder"] == {"embedder": "compact", "space": "abc"}
    clips = load_clips(tmp_path / "out", "train")
    assert clips.n_frames.sum() == 60
    (laugh,) = np.flatnonzero(class_targets(clips.targets)[:, 2])
    assert clips.starts[laugh] == 20
    np.testing.assert_array_equal(clips.embedding[laugh, :5], embeddings[20:25])


def test_a_folder_that_is_no_store_is_refused(tmp_path, capsys):
    (tmp_path / "labels.csv").write_text("recording,start_s,end_s,label\na,0,6,none\n")
    assert shards("--store", tmp_path, "--labels-csv", tmp_path / "labels.csv", "--output", tmp_path / "out") == 2
    assert "is no embedding store" in capsys.readouterr().err


def test_duckdb_reads_them(release, tmp_path):
    shards("--input", release, "--output", tmp_path)
    found = duckdb.sql(f"SELECT count(*), sum(list_contains(labels, 16)::int) FROM '{tmp_path}/*/*.parquet'").fetchall()
    assert found == [(70, 4)]
