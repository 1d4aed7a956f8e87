"""Fitting one network: what a step is given, that it is the network that runs later, and when fitting stops."""

import dataclasses
import json
import pathlib
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from models.load_shards import ShardClips, ShardsError
from models.networks.head import Head
from models.networks.keras_head import HeadShape
from models.shard_format import FRAMES, LABELS, class_targets, pack_targets, unpack_targets
from models.training.batches import (
    crop_seconds,
    decode_targets,
    mixup,
    pad_and_mask,
    shuffle_seconds,
    splice_seconds,
)
from models.training.fit import Epoch, TrainableHead, TrainingError, batches, fit
from models.training.recipes import RECIPES, Recipe
from tests.helpers import shards
from tests.helpers.shards import made_clips

SMALL = Recipe(HeadShape(units=4, bidirectional=False, steps=FRAMES), epochs=9, batch=32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    sides = {"train": made_clips(96, seed=1), "held_out": made_clips(40, seed=2)}
    return str(shards.write(tmp_path_factory.mktemp("shards"), sides))


def key(number: int):
    return tf.constant([number, 2 * number])


def small(name: str) -> Recipe:
    shape = dataclasses.replace(RECIPES[name].shape, units=4)
    return dataclasses.replace(RECIPES[name], shape=shape, stop_early=True)


def same(one: Head, other: Head) -> bool:
    return np.array_equal(one.dense, other.dense) and np.array_equal(one.forward.kernel, other.forward.kernel)


def test_targets_are_unpacked_to_the_classes_and_all_labels():
    labels = np.array([0, 16, 17, 526, 21, 7, 8, 15, 22, 21])
    packed = pack_targets(labels, np.array([0, 2, 4, 4, 5, 9, 10]))
    found = decode_targets(tf.constant(packed)).numpy()
    assert found.shape == (6, 7 + LABELS)
    np.testing.assert_array_equal(found[:, :7], class_targets(packed))
    np.testing.assert_array_equal(found[:, 7:], unpack_targets(packed))


def test_a_mask_hides_the_seconds_that_a_clip_lacks():
    clips = made_clips(40)
    x, mask = pad_and_mask(small("hybrid"), clips.embedding, clips.n_frames)
    np.testing.assert_array_equal(x, clips.embedding)
    np.testing.assert_array_equal(mask, np.arange(10) < clips.n_frames[:, None])


def test_zeros_before_move_a_clip_to_the_end_and_hide_nothing():
    clips = made_clips(40)
    clips.embedding[np.arange(10) >= clips.n_frames[:, None]] = 99  # what lies behind a clip must not matter
    x, mask = pad_and_mask(small("2017-adam"), clips.embedding, clips.n_frames)
    assert mask.numpy().all()
    for row, count, clip in zip(x.numpy(), clips.n_frames, clips.embedding, strict=True):
        np.testing.assert_array_equal(row[10 - count :], clip[:count])
        assert not row[: 10 - count].any()


@pytest.mark.parametrize("name", RECIPES)
def test_the_network_that_is_trained_is_the_head_that_runs(name):
    recipe = small(name)
    network = TrainableHead(recipe, seed=3, clips=100)
    rng = np.random.default_rng(0)
    for name, centre, spread in [("normalise_in", 100, 5000), ("normalise_out", 0, 0.3)]:
        if name == "normalise_in" or recipe.shape.normalise_out:
            gamma, beta, mean, variance = rng.random((4, *network.model.get_layer(name).gamma.shape))
            weights = [gamma + 0.5, beta, mean + centre, spread * (variance + 0.5)]
            network.model.get_layer(name).set_weights(weights)
    clips = rng.integers(0, 256, (30, 10, 128)).astype(np.uint8)
    counts = np.tile(np.arange(1, 11, dtype=np.int32), 3)
    logits = network.model([*pad_and_mask(recipe, clips, counts)], training=False).numpy()
    assert logits.shape[1] == 7 + recipe.shape.auxiliary
    expected = logits[:, :7].astype(np.float64)
    if recipe.shape.auxiliary:  # each kind is learned twice
        twice = logits[:, 7 + 16 : 7 + 22]
        assert np.abs(expected[:, :6] - twice).max() > 0.01
        expected[:, :6] = (expected[:, :6] + twice) / 2
    if recipe.shape.none_by == "all":
        no_kind = np.prod(1 / (1 + np.exp(expected[:, :6])), axis=1)
        expected[:, 6] = (expected[:, 6] + np.log(no_kind / (1 - no_kind))) / 2
    found = network.head().sequence_scores(clips, counts)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-expected)), atol=2e-5)
    assert np.ptp(found, axis=0).min() > 0.01


def test_shortened_clips_are_stretches_of_the_clips():
    clips = np.arange(1, 4)[:, None, None] * 20 + np.arange(10)[:, None] + np.zeros((3, 10, 128), int)
    counts = np.array([10, 6, 1], np.int32)
    lengths, starts = set(), set()
    for number in range(80):
        found, left = (part.numpy() for part in crop_seconds(clips.astype(np.uint8), counts, 1.0, key(number)))
        lengths.add(left[0])
        np.testing.assert_array_equal(left, np.minimum(counts, left[0]))  # one length for all clips that have it
        for row, count in enumerate(left):
            start = found[row, 0, 0] - 20 * (row + 1)
            assert 0 <= start <= counts[row] - count
            np.testing.assert_array_equal(found[row, :count], clips[row, start : start + count])
        starts.add(found[0, 0, 0] - 20)
    assert lengths == set(range(1, 10))
    assert starts >= set(range(8))


def test_a_share_of_batches_is_shortened():
    clips = made_clips(4)
    full = np.full(4, 10, np.int32)
    cut = [int(crop_seconds(clips.embedding, full, 0.25, key(number))[1][0]) < 10 for number in range(400)]
    assert 60 < sum(cut) < 140
    found, left = crop_seconds(clips.embedding, clips.n_frames, 0.0, key(1))
    np.testing.assert_array_equal(found, clips.embedding)
    np.testing.assert_array_equal(left, clips.n_frames)


def test_disorder_moves_the_seconds_of_a_clip_and_no_others():
    clips = made_clips(40)
    moved, again, other = (shuffle_seconds(clips.embedding, clips.n_frames, key(n)).numpy() for n in (1, 1, 2))
    np.testing.assert_array_equal(moved, again)
    assert (moved != other).any()
    for before, after, count in zip(clips.embedding, moved, clips.n_frames, strict=True):
        assert sorted(map(bytes, before[:count])) == sorted(map(bytes, after[:count]))
        np.testing.assert_array_equal(before[count:], after[count:])


def mix(number: int, count: int = 200):
    """Clips whose every value is the clip's own number, as is their first target, mixed; and the numbers."""
    numbers = np.arange(count, dtype=np.float32)
    lengths = np.arange(count) % 4 + 1
    x = np.broadcast_to(numbers[:, None, None], (count, 10, 128))
    y = np.stack([numbers, numbers == 0], axis=1).astype(np.float32)
    x, y = mixup(x, np.arange(10) < lengths[:, None], y, 1.0, key(number))
    return x.numpy(), y.numpy(), numbers


def test_equally_long_clips_are_mixed_with_their_targets():
    found, targets, numbers = mix(1)
    assert np.ptp(found, axis=(1, 2)).max() < 1e-4  # one share for a whole clip
    np.testing.assert_allclose(targets[:, 0], found[:, 0, 0], rtol=1e-5)
    changed = found[:, 0, 0] != numbers
    assert 0.1 < changed.mean() < 0.5  # a quarter of random partners is as long
    assert found.min() >= 0
    assert found.max() <= numbers[-1]


def test_a_mixed_clip_is_mostly_itself_and_partly_one_as_long():
    count = 40
    lengths = np.arange(count) % 4 + 1
    own = np.eye(count, dtype=np.float32)
    _, shares = mixup(np.zeros((count, 10, 128), np.float32), np.arange(10) < lengths[:, None], own, 1.0, key(2))
    np.testing.assert_allclose(shares.numpy().sum(axis=1), 1, atol=1e-6)
    for clip, row in enumerate(shares.numpy()):
        assert row[clip] >= 0.5
        assert set(lengths[row > 0]) == {lengths[clip]}
        assert np.count_nonzero(row) <= 2
    assert (np.diag(shares.numpy()) < 0.9).any()


def interleave(number, share=1.0):
    """400 clips whose frames all hold the clip's number and whose one label, beside `none`, is their own."""
    count = 200
    lengths = np.arange(count) % 4 + 1
    clips = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None], (count, 10, 128))
    y = np.concatenate([np.zeros((count, 6)), np.ones((count, 1)), np.eye(count)], axis=1).astype(np.float32)
    y[:2, [0, 6]] = 1, 0  # two clips with laughter
    found, targets = splice_seconds(clips, lengths, y, share, key(number))
    return found.numpy(), targets.numpy(), lengths, y


def test_interleaved_clips_hold_seconds_of_two_equally_long_ones_and_the_labels_of_both_by_their_shares():
    found, targets, lengths, y = interleave(3)
    changed = 0
    for clip, (seconds, target, length) in enumerate(zip(found[:, :, 0], targets, lengths, strict=True)):
        own = np.mean(seconds[:length] == clip)
        others = set(seconds[:length].tolist()) - {clip}
        assert len(others) <= 1
        if (target != y[clip]).any() and others:
            other = others.pop()
            assert lengths[other] == length
            assert target[7 + clip] == pytest.approx(1 - (1 - own) ** 2, abs=1e-6)
            assert target[7 + other] == pytest.approx(1 - own**2, abs=1e-6)
            changed += 1
        assert target[6] == pytest.approx(1 - target[:6].max(), abs=1e-6)
    assert changed > 10


def test_a_share_of_clips_is_interleaved():
    def changed(share):
        return np.mean((interleave(4, share)[1] != interleave(4, 0.0)[3]).any(axis=1))

    assert changed(0.0) == 0
    assert 0.1 * changed(1.0) < changed(0.3) < 0.6 * changed(1.0)


def test_the_same_key_gives_the_same_mixture_and_stretch():
    np.testing.assert_array_equal(mix(1)[0], mix(1)[0])
    assert (mix(1)[0] != mix(2)[0]).any()
    clips = made_clips(9)
    one, again, other = (crop_seconds(clips.embedding, clips.n_frames, 1.0, key(number))[0] for number in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one.numpy() != other.numpy()).any()


def taken(folder: str, recipe: Recipe, seed: int) -> list[tuple[np.ndarray, ...]]:
    return [tuple(column.numpy() for column in batch) for batch in batches(folder, recipe, seed=seed)]


def laughing(some: list[tuple[np.ndarray, ...]]) -> int:
    return sum(int((class_targets(targets)[:, -1] == 0).sum()) for _, _, targets in some)


@pytest.mark.parametrize(("balanced", "least", "most"), [(False, 24, 24), (True, 34, 62)])
def test_an_epoch_is_balanced_or_as_the_clips_are_in_an_order_by_its_seed(folder, balanced, least, most):
    recipe = dataclasses.replace(SMALL, balanced=balanced)
    one, again, other = (taken(folder, recipe, seed) for seed in (1, 1, 2))
    assert [len(counts) for _, counts, _ in one] == [32, 32, 32]
    assert least <= laughing(one) <= most
    embeddings, again_embeddings, others = (
        np.concatenate([batch[0] for batch in some]) for some in (one, again, other)
    )
    np.testing.assert_array_equal(embeddings, again_embeddings)
    assert (embeddings != others).any()


def scripted(monkeypatch, precisions: list[float]) -> list[Head]:
    """Let the held-out precisions be these, epoch by epoch; the list returned fills with the heads that had them."""
    heads: list[Head] = []

    def average_precision(network: TrainableHead, clips: ShardClips) -> float:
        heads.append(network.head())
        return precisions[len(heads) - 1]

    monkeypatch.setattr(TrainableHead, "average_precision", average_precision)
    return heads


def run_fit(folder, tmp_path, recipe=SMALL, *, patience=2, report=None, seed=0) -> tuple[Head, list[Epoch]]:
    epochs: list[Epoch] = []
    head = fit(
        folder,
        recipe,
        member=0,
        seed=seed,
        checkpoint=tmp_path / "member0",
        patience=patience,
        report=report or epochs.append,
    )
    return head, epochs


def stopping_after(number: int) -> Callable[[Epoch], None]:
    def report(epoch: Epoch) -> None:
        if epoch.number == number:
            raise KeyboardInterrupt

    return report


@pytest.mark.usefixtures("eagerly")
def test_fitting_stops_when_patience_ends_and_returns_the_best_epoch(folder, tmp_path, monkeypatch):
    heads = scripted(monkeypatch, [0.5, 0.4, 0.7, 0.7, 0.6, 0.9, 0.9])
    head, epochs = run_fit(folder, tmp_path, patience=2)
    assert [(epoch.number, epoch.held_out_ap) for epoch in epochs] == [(1, 0.5), (2, 0.4), (3, 0.7), (4, 0.7), (5, 0.6)]
    assert [same(head, other) for other in heads] == [False, False, True, False, False]


@pytest.mark.usefixtures("eagerly")
def test_a_recipe_that_does_not_stop_early_goes_on_and_keeps_its_last_epoch(folder, tmp_path, monkeypatch):
    heads = scripted(monkeypatch, [0.9, 0.8, 0.7])
    recipe = dataclasses.replace(SMALL, stop_early=False, epochs=3)
    head, epochs = run_fit(folder, tmp_path, recipe, patience=1)
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert [same(head, other) for other in heads] == [False, False, True]


@pytest.mark.usefixtures("eagerly")
def test_patience_counts_on_after_a_stop_but_only_with_the_same_recipe_and_seed(folder, tmp_path, monkeypatch):
    heads = scripted(monkeypatch, [0.5, 0.4, 0.3, 0.9])
    with pytest.raises(KeyboardInterrupt):
        run_fit(folder, tmp_path, report=stopping_after(2))
    wider = dataclasses.replace(SMALL, shape=dataclasses.replace(SMALL.shape, units=5))
    for recipe, seed in [(wider, 0), (dataclasses.replace(SMALL, learning_rate=0.5), 0), (SMALL, 1)]:
        with pytest.raises(
            TrainingError, match=r"^the checkpoints in .* were made from other shards, or by another recipe or seed"
        ):
            run_fit(folder, tmp_path, recipe, seed=seed)
    head, epochs = run_fit(folder, tmp_path)
    assert [epoch.number for epoch in epochs] == [3]
    assert same(head, heads[0])
    assert run_fit(folder, tmp_path)[1] == []


@pytest.mark.usefixtures("eagerly")
def test_a_checkpoint_of_other_shards_or_cut_short_is_refused(folder, tmp_path, monkeypatch):
    scripted(monkeypatch, [0.5, 0.4, 0.3, 0.9])
    with pytest.raises(KeyboardInterrupt):
        run_fit(folder, tmp_path, report=stopping_after(1))
    manifest = pathlib.Path(folder) / "manifest.json"
    before = manifest.read_text()
    document = json.loads(before)
    document["files"][0]["sha256"] = "0" * 64
    manifest.write_text(json.dumps(document))
    with pytest.raises(TrainingError, match="made from other shards"):
        run_fit(folder, tmp_path)
    manifest.write_text(before)
    [checkpoint] = tmp_path.glob("*.npz")
    content = checkpoint.read_bytes()
    for size in (0, 100, len(content) // 2, len(content) - 1):
        checkpoint.write_bytes(content[:size])
        with pytest.raises(TrainingError, match=r"^the checkpoint .* is damaged .*; remove it"):
            run_fit(folder, tmp_path)


def test_a_network_learns_to_tell_laughter(tmp_path):
    sides = {"train": made_clips(400, seed=1, kinds=1), "held_out": made_clips(100, seed=2, kinds=1)}
    folder = str(shards.write(tmp_path / "shards", sides))
    shape = dataclasses.replace(RECIPES["hybrid"].shape, units=4, bidirectional=False)
    recipe = dataclasses.replace(RECIPES["hybrid"], shape=shape, learning_rate=0.01, epochs=4, batch=8)
    _, epochs = run_fit(folder, tmp_path, recipe, patience=4)
    assert max(epoch.held_out_ap for epoch in epochs) > 0.9
    assert epochs[-1].loss < epochs[0].loss / 2


def test_held_out_precision_is_of_any_laughter():
    network = TrainableHead(SMALL, seed=0, clips=96)
    network.model.get_layer("normalise_in").set_weights([np.full(128, value) for value in (1, 0, 90, 3000)])
    clips = made_clips(40)
    laughs = class_targets(clips.targets)[:, -1] == 0
    ranked = laughs[np.argsort(network.head().sequence_scores(clips.embedding, clips.n_frames)[:, -1])]
    precisions = np.cumsum(ranked) / np.arange(1, 41)
    assert network.average_precision(clips) == pytest.approx(precisions[ranked].mean())
    none = dataclasses.replace(clips, targets=np.zeros_like(clips.targets))
    assert network.average_precision(none) == 0
    every = dataclasses.replace(clips, targets=pack_targets(np.full(40, 18), np.arange(41)))
    assert network.average_precision(every) == 1


def test_shards_without_a_side_are_refused(tmp_path):
    only = shards.write(tmp_path / "one", {"train": made_clips(9)})
    with pytest.raises(ShardsError, match="no clips on the side held_out"):
        run_fit(str(only), tmp_path)
    only = shards.write(tmp_path / "two", {"held_out": made_clips(9)})
    with pytest.raises(ShardsError, match="no clips on the side train"):
        run_fit(str(only), tmp_path)


@pytest.mark.usefixtures("eagerly")
def test_a_loss_that_is_no_number_ends_the_training(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(TrainableHead, "epoch", lambda network, batches, number: float("nan"))
    with pytest.raises(TrainingError, match=r"loss of network 1 is nan in epoch 1"):
        run_fit(folder, tmp_path)
    assert not list(tmp_path.iterdir())
