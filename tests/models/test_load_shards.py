"""Shards in memory: streamed in a shuffled order, or whole; both give every clip as it was written."""

import hashlib
import json
import pathlib
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.load_shards import ShardsError, load_clips, shard_files, stream
from pipeline import cli
from tests.helpers import tfrecords


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("shards")
    tfrecords.make_split(place / "in", clips=200, files=3)
    assert cli.main(["shards", "--quiet", "--shards", "5", "--input", str(place / "in"), "--output", str(place)]) == 0
    return place


def by_content(embedding, n_frames, targets):
    clips = zip(embedding, n_frames, targets, strict=True)
    keyed = sorted((clip.tobytes(), int(count), bits.tobytes()) for clip, count, bits in clips)
    assert len({key for key, _, _ in keyed}) == len(keyed)
    return keyed


def streamed(folder, seed, batch=16):
    batches = [tuple(column.numpy() for column in some) for some in stream(folder, "train", batch=batch, seed=seed)]
    assert sum(len(n) != batch for _, n, _ in batches) <= 1  # batches are shuffled, the short one too
    return tuple(np.concatenate(column) for column in zip(*batches, strict=True))


def test_the_stream_holds_what_the_arrays_hold(folder):
    whole = load_clips(folder, "train")
    expected = by_content(whole.embedding, whole.n_frames, whole.targets)
    for seed in (None, 0, 1):
        assert by_content(*streamed(folder, seed)) == expected


def test_shards_of_several_row_groups(folder, monkeypatch):
    whole = load_clips(folder, "train")
    monkeypatch.setattr("models.load_shards.ROW_GROUP", 7)
    np.testing.assert_array_equal(streamed(folder, None)[0], whole.embedding)
    assert by_content(*streamed(folder, 1)) == by_content(whole.embedding, whole.n_frames, whole.targets)


def test_shards_made_anew_in_the_same_place_are_read_anew(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    before = streamed(copy, None)[0]
    name = shard_files(copy, "train")[0].path
    table = pq.read_table(name).slice(1)
    pq.write_table(table, name)
    manifest = json.loads((copy / "manifest.json").read_text())
    with pytest.raises(ShardsError, match=f"{name} is not the shard that the manifest lists"):
        load_clips(copy, "train")
    entry = next(file for file in manifest["files"] if name.endswith(file["file"]))
    entry |= {"clips": len(table), "sha256": hashlib.sha256(pathlib.Path(name).read_bytes()).hexdigest()}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    np.testing.assert_array_equal(streamed(copy, None)[0], before[1:])


@pytest.mark.parametrize("place", [0.2, 0.4, 0.6, 0.8, 0.95])
def test_a_single_flipped_bit_is_never_trained_on(folder, tmp_path, place):
    copy = shutil.copytree(folder, tmp_path / "copy")
    name = pathlib.Path(shard_files(copy, "train")[0].path)
    content = bytearray(name.read_bytes())
    content[int(len(content) * place)] ^= 1
    name.write_bytes(content)
    with pytest.raises(ShardsError, match="is not the shard that the manifest lists|cannot be read"):
        load_clips(copy, "train")
    with pytest.raises(ShardsError, match="is not the shard that the manifest lists"):
        streamed(copy, 0)


def test_each_epoch_has_its_own_order_and_always_the_same(folder):
    once, again, other = (streamed(folder, seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


def test_the_order_is_the_same_wherever_the_shards_lie(folder, tmp_path):
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    np.testing.assert_array_equal(streamed(moved, 3)[0], streamed(folder, 3)[0])


def test_without_a_seed_the_order_is_that_of_the_shards(folder):
    np.testing.assert_array_equal(streamed(folder, None)[0], load_clips(folder, "train").embedding)


def test_two_sides_together(folder):
    assert len(load_clips(folder, "train", "held_out")) == 200
    assert sum(len(n) for _, n, _ in stream(folder, "train", "held_out", batch=64, seed=0)) == 200


def test_the_first_clips_alone(folder):
    whole = load_clips(folder, "train", "held_out")
    for at_most in (1, 50, 199, 200, 999):
        some = load_clips(folder, "train", "held_out", at_most=at_most)
        np.testing.assert_array_equal(some.embedding, whole.embedding[:at_most])
        np.testing.assert_array_equal(some.video_ids, whole.video_ids[:at_most])


def test_files_the_manifest_does_not_name_are_not_looked_at(folder):
    stray = folder / "train" / "shard-00000-of-00099.parquet"
    stray.write_bytes(b"not parquet")
    try:
        assert str(stray) not in [file.path for file in shard_files(folder, "train")]
        assert len(load_clips(folder, "train", "held_out")) == 200
    finally:
        stray.unlink()


def test_what_is_not_there_is_said(folder, tmp_path):
    with pytest.raises(ShardsError, match=r"manifest\.json cannot be read"):
        load_clips(tmp_path, "train")
    with pytest.raises(ShardsError, match="no clips on the side eval"):
        load_clips(folder, "eval")
    with pytest.raises(ShardsError, match="no side 'test'"):
        load_clips(folder, "test")
