"""Shards: a global order by name alone, each clip once, thinned on demand, counted rightly."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.constants import CLASSES
from models.shard_format import LABELS, class_targets, pack_targets, unpack_targets
from transforms.shards.clips import (
    ParsedClips,
    ShuffleSettings,
    clip_hash,
    from_bytes,
    split_by_shard,
    to_batch,
    with_targets,
)
from transforms.shards.issues import BadInput, InputIssues
from transforms.shards.shuffle import ShardSettings, drop_negatives, negative_keep_rate, shuffled_rows, write_shard


def made(names, *, label=100, frames=10, fill=7, start_s=0.0):
    count = len(names)
    embedding = np.zeros((count, 10, 128), np.uint8)
    embedding[:, :frames] = fill
    return ParsedClips(
        np.array([name.encode() for name in names], object),
        np.full(count, start_s),
        np.full(count, start_s + 10),
        np.full(count, label),
        np.arange(count + 1),
        np.full(count, frames),
        embedding,
    )


NAMES = [f"clip{number}" for number in range(1000)]


def table(clips, evaluation=False, **options):
    return with_targets(pa.Table.from_batches([to_batch(clips, ShuffleSettings(**options), evaluation=evaluation)]))


def test_targets_hold_the_labels():
    packed = pack_targets(np.array([0, 16, 526, 21]), np.array([0, 3, 3, 4]))
    bits = unpack_targets(packed)
    assert [np.flatnonzero(row).tolist() for row in bits] == [[0, 16, 526], [], [21]]
    assert class_targets(packed).tolist() == [[1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1, 0]]
    assert bits.shape == (3, LABELS)


def test_every_clip_is_in_one_shard_and_the_sides_hold():
    shards = dict(split_by_shard(to_batch(made(NAMES), ShuffleSettings(held_out=0.2)), 8))
    names = [name for data in shards.values() for name in from_bytes(data)["video_id"].to_pylist()]
    assert sorted(names) == sorted(NAMES)
    assert min(len(from_bytes(data)) for data in shards.values()) > 80


def test_a_larger_held_out_share_holds_the_smaller_whatever_the_seed():
    small, large = (np.asarray(table(made(NAMES), held_out=share, seed=share > 0.1)["side"]) for share in (0.1, 0.3))
    assert 60 < small.sum() < 140
    assert 250 < large.sum() < 350
    assert not (small & ~large & 1).any()


def test_the_order_is_another_for_another_seed_and_like_no_sorting():
    one, other = (table(made(NAMES), seed=seed)["place"].to_numpy() for seed in (0, 1))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1
    assert abs(np.corrcoef(one, np.arange(1000))[0, 1]) < 0.1


@pytest.mark.parametrize("reverse", [False, True])
def test_of_clips_met_twice_the_same_one_is_kept_in_either_order(reverse):
    twice = [table(made(["a", "b"], frames=3)), table(made(["b", "c"], frames=5))]
    issues = InputIssues()
    clips = pa.concat_tables(twice[::-1] if reverse else twice).combine_chunks()
    kept = clips.take(shuffled_rows(clips, issues))
    assert sorted(zip(kept["video_id"].to_pylist(), kept["n_frames"].to_pylist(), strict=True)) == [
        ("a", 3),
        ("b", 5),
        ("c", 5),
    ]
    assert issues.counts == {"duplicate_clips": 1}
    assert issues.examples["duplicate_clips"] == ["b at 0 s"]


def test_a_clip_of_eval_stays_there_though_it_is_in_training_too():
    both = [table(made(["a"])), table(made(["a"]), evaluation=True)]
    clips = pa.concat_tables(both).combine_chunks()
    kept = clips.take(shuffled_rows(clips, InputIssues()))
    assert kept["side"].to_pylist() == [2]


def test_the_same_name_at_another_time_is_another_clip():
    clips = pa.concat_tables([table(made(["a"])), table(made(["a"], start_s=10.0))]).combine_chunks()
    assert len(shuffled_rows(clips, InputIssues())) == 2


def test_strict_refuses_clips_met_twice():
    clips = pa.concat_tables([table(made(["a"]))] * 2).combine_chunks()
    with pytest.raises(BadInput, match="a at 0 s"):
        shuffled_rows(clips, InputIssues(strict=True))


def test_the_bytes_do_not_depend_on_how_the_clips_arrive(tmp_path):
    batches = [data for _, data in split_by_shard(to_batch(made(NAMES, label=17), ShuffleSettings()), 1)]
    pieces = [from_bytes(batches[0]).slice(start, 170) for start in range(0, 1000, 170)]
    several = [data for piece in pieces[::-1] for _, data in split_by_shard(piece, 1)]
    one, other = (
        write_shard(0, given, ShardSettings(str(tmp_path / name), 1), InputIssues())
        for name, given in (("one", batches), ("other", several))
    )
    assert one == other
    for file in one:
        assert (tmp_path / "one" / file.file).read_bytes() == (tmp_path / "other" / file.file).read_bytes()


def test_a_shard_is_counted_as_it_is(tmp_path):
    laughs, rest = (
        to_batch(made(NAMES[:30], label=18), ShuffleSettings()),
        to_batch(made(NAMES[30:], frames=4), ShuffleSettings()),
    )
    data = [data for batch in (laughs, rest) for _, data in split_by_shard(batch, 1)]
    files = write_shard(0, data, ShardSettings(str(tmp_path), 1), InputIssues())
    assert {file.side for file in files} == {"train", "held_out"}
    assert sum(file.clips for file in files) == 1000
    assert sum(file.classes["giggle"] for file in files) == 30
    assert sum(file.classes[CLASSES[-1]] for file in files) == 970
    assert sum(file.labels[100] for file in files) == 970
    assert sum(file.frames[4] for file in files) == 970
    for file in files:
        written = pq.read_table(tmp_path / file.file)
        assert len(written) == file.clips
        assert written.schema.field("embedding").type == pa.binary(1280)


def test_thinning_keeps_all_laughter_and_about_the_wanted_share_of_the_rest():
    laughs, rest = made(NAMES[:100], label=20), made(NAMES[100:])
    settings = ShardSettings("", 4, negatives_per_laugh=3)
    found = InputIssues()
    found.count("clips_with_laughter", 100)
    found.count("clips_without_laughter", 900)
    assert negative_keep_rate(found, settings) == pytest.approx(1 / 3)
    kept = []
    for clips in (laughs, rest):
        for keyed in split_by_shard(to_batch(clips, ShuffleSettings()), 4):
            kept += [data for _, data in drop_negatives(keyed, found, settings)]
    names = [name for data in kept for name in from_bytes(data)["video_id"].to_pylist()]
    assert set(NAMES[:100]) <= set(names)
    assert 250 < len(names) - 100 < 350


def test_thinning_leaves_eval_whole():
    batch = to_batch(made(NAMES), ShuffleSettings(), evaluation=True)
    found = InputIssues()
    found.count("clips_without_laughter", 1000)
    settings = ShardSettings("", 1, negatives_per_laugh=0)
    (kept,) = (data for keyed in split_by_shard(batch, 1) for _, data in drop_negatives(keyed, found, settings))
    assert len(from_bytes(kept)) == 1000


def test_hashes_of_other_purposes_are_others():
    ids, starts = np.array([b"a", b"b", b"c"], object), np.zeros(3)
    one, two = (clip_hash(ids, starts, seed=0, buckets=1 << 40, purpose=purpose) for purpose in (0, 1))
    assert not (one == two).any()
