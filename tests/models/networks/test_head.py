"""The head: Keras and plain arrays agree, windows are padded as the card says, files round-trip."""

import dataclasses

import numpy as np
import pytest

from models.networks.head import _none_by_all, join_heads
from models.networks.head_files import load_head, save_head
from models.networks.keras_head import HeadShape, build_keras_head, head_from_keras

SHAPE = HeadShape(units=8)


def made_model(shape):
    import keras

    keras.utils.set_random_seed(3)
    model = build_keras_head(shape)
    rng = np.random.default_rng(0)
    for layer in ("normalise_in", "normalise_out"):
        weights = model.get_layer(layer).get_weights()
        model.get_layer(layer).set_weights(
            [w + rng.random(w.shape).astype(np.float32) * (50 if layer == "normalise_in" else 0.5) for w in weights]
        )
    return model


@pytest.fixture(scope="module")
def keras_head():
    return made_model(SHAPE)


@pytest.fixture
def embeddings():
    return np.random.default_rng(1).integers(0, 256, (37, 128)).astype(np.uint8)


def keras_scores(model, embeddings, window_s, start):
    x = np.zeros((1, window_s, 128), np.float32)
    mask = np.zeros((1, window_s), bool)
    piece = embeddings[start : start + window_s]
    x[0, : len(piece)], mask[0, : len(piece)] = piece, True
    return 1 / (1 + np.exp(-model([x, mask], training=False).numpy()[0]))


@pytest.mark.parametrize(("window_s", "hop_s"), [(1, 1), (10, 1), (10, 3), (50, 1)])
def test_window_scores_equal_keras_windows_with_a_mask_at_the_end(keras_head, embeddings, window_s, hop_s):
    head = head_from_keras(keras_head, SHAPE)
    scores = head.window_scores(embeddings, window_s=window_s, hop_s=hop_s)
    starts = range(0, 37, hop_s)
    assert scores.shape == (len(starts), 7)
    expected = np.stack([keras_scores(keras_head, embeddings, window_s, start) for start in starts])
    np.testing.assert_allclose(scores, expected, atol=2e-5)
    assert np.ptp(expected, axis=0).max() > 1e-3  # the windows do differ


@pytest.mark.parametrize("bidirectional", [True, False])
def test_attention_equals_keras(embeddings, bidirectional):
    shape = HeadShape(units=8, bidirectional=bidirectional, attention=3, steps=10)
    model = made_model(shape)
    heard = model.get_layer("attention")
    heard.set_weights([values * 30 for values in heard.get_weights()])
    scores = head_from_keras(model, shape).window_scores(embeddings, window_s=10, hop_s=1)
    expected = np.stack([keras_scores(model, embeddings, 10, start) for start in range(37)])
    np.testing.assert_allclose(scores, expected, atol=2e-5)
    heard.set_weights([values * 0 for values in heard.get_weights()])
    plain = np.stack([keras_scores(model, embeddings, 10, start) for start in range(37)])
    assert np.abs(plain - expected).max() > 1e-3  # the attention does matter


@pytest.mark.parametrize("attention", [0, 2])
def test_statistics_equal_keras(embeddings, attention):
    shape = HeadShape(units=8, attention=attention, pooled="states_and_statistics", steps=10)
    model = made_model(shape)
    usual = [np.full(128, value, np.float32) for value in (1.5, 0.2, 120, 5000)]
    model.get_layer("normalise_in").set_weights(usual)  # scale, offset, mean and variance
    head = head_from_keras(model, shape)
    for seconds in (1, 2, 37):
        scores = head.window_scores(embeddings[:seconds], window_s=10, hop_s=1)
        expected = np.stack([keras_scores(model, embeddings[:seconds], 10, start) for start in range(seconds)])
        np.testing.assert_allclose(scores, expected, atol=2e-5)
    nothing = head.sequence_scores(np.full((1, 10, 128), 200, np.uint8), np.zeros(1, np.int64))
    by_zeros = head.offset2 @ head.dense + head.dense_bias  # states and statistics are zeros
    np.testing.assert_allclose(nothing[0], 1 / (1 + np.exp(-by_zeros)), atol=2e-5)


@pytest.mark.parametrize("statistic", ["mean", "standard deviation", "maximum"])
def test_each_statistic_is_what_it_is_called(embeddings, statistic):
    place = ("mean", "standard deviation", "maximum").index(statistic)
    shape = HeadShape(units=8, normalise_out=False, pooled="states_and_statistics")
    head = head_from_keras(build_keras_head(shape), shape)
    dense = np.zeros_like(head.dense)
    dense[-3 * 128 + place * 128 + 5, 2] = 1  # the third class is that statistic of the embedding's sixth value
    value = embeddings[4:14, 5] / 100
    head = dataclasses.replace(
        head, dense=dense, scale=np.full(128, 0.01, np.float32), offset=np.zeros(128, np.float32)
    )
    score = head.window_scores(embeddings, window_s=10, hop_s=1)[4, 2]
    expected = (value.mean(), value.std(), value.max())[place]
    np.testing.assert_allclose(np.log(score / (1 - score)), expected, rtol=2e-3)


def test_sequence_scores_equal_window_scores(keras_head, embeddings):
    head = head_from_keras(keras_head, SHAPE)
    lengths = np.array([10, 4, 1])
    sequences = np.full((3, 10, 128), 77, np.uint8)  # what follows a short sequence must not matter
    for row, length in enumerate(lengths):
        sequences[row, :length] = embeddings[:length]
    scores = head.sequence_scores(sequences, lengths)
    for row, length in enumerate(lengths):
        expected = head.window_scores(embeddings[:length], window_s=10, hop_s=1)[0]
        np.testing.assert_allclose(scores[row], expected, atol=1e-6)


def test_zeros_before_puts_zero_embeddings_in_front(keras_head, embeddings):
    head = dataclasses.replace(head_from_keras(keras_head, SHAPE), padding="zeros_before")
    padded = np.concatenate([np.zeros((6, 128), np.uint8), embeddings[:4]])
    short = head.window_scores(embeddings[:4], window_s=10, hop_s=1)[0]
    np.testing.assert_allclose(short, head.window_scores(padded, window_s=10, hop_s=1)[0], atol=1e-6)
    assert np.abs(short - head.window_scores(embeddings[:4], window_s=4, hop_s=1)[0]).max() > 1e-4


def test_a_window_scores_the_same_wherever_it_lies(keras_head):
    head = head_from_keras(keras_head, SHAPE)
    piece = np.random.default_rng(2).integers(0, 256, (10, 128)).astype(np.uint8)
    many = np.tile(piece, (100, 1))
    scores = head.window_scores(many, window_s=10, hop_s=10)
    assert (scores == scores[0]).all()


def test_files_round_trip_and_never_hold_pickles(keras_head, embeddings, tmp_path):
    attentive = HeadShape(units=4, attention=2)
    joined = join_heads([head_from_keras(keras_head, SHAPE)] + 2 * [head_from_keras(made_model(attentive), attentive)])
    by_all = dataclasses.replace(joined.members[0], none_by="all")
    shape = HeadShape(units=4, pooled="states_and_statistics")
    wide = head_from_keras(build_keras_head(shape), shape)
    for head in (joined, *joined.members, join_heads([by_all, by_all]), wide):
        save_head(head, tmp_path / "head.npz")
        again = load_head(tmp_path / "head.npz")
        np.testing.assert_array_equal(
            again.window_scores(embeddings, window_s=10, hop_s=1), head.window_scores(embeddings, window_s=10, hop_s=1)
        )
        assert (len(again.members), again.none_by) == (len(head.members), head.none_by)
    np.savez(tmp_path / "evil.npz", settings=np.array([object()], dtype=object))
    with pytest.raises(ValueError, match=r"evil\.npz is not a head"):
        load_head(tmp_path / "evil.npz")
    with pytest.raises(ValueError, match="no head at"):
        load_head(tmp_path / "absent.npz")


@pytest.mark.parametrize(
    "shape",
    [
        SHAPE,
        HeadShape(units=8, bidirectional=False, normalise_out=False, auxiliary=9),
        HeadShape(units=8, attention=2, steps=10),
    ],
)
def test_joined_heads_give_the_mean_of_their_logits(embeddings, shape):
    import keras

    heads = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        model = build_keras_head(shape)
        normalise = model.get_layer("normalise_in")
        weights = [w + 40 * np.random.default_rng(seed).random(w.shape).astype(np.float32) for w in normalise.weights]
        normalise.set_weights(weights)
        heads.append(head_from_keras(model, shape))
    scores = np.stack([head.window_scores(embeddings, window_s=10, hop_s=1) for head in heads]).astype(np.float64)
    expected = 1 / (1 + np.exp(-np.mean(np.log(scores / (1 - scores)), axis=0)))
    np.testing.assert_allclose(join_heads(heads).window_scores(embeddings, window_s=10, hop_s=1), expected, atol=2e-4)
    assert np.ptp(scores, axis=0).max() > 0.05


def test_none_by_all_is_as_far_from_its_own_score_as_from_what_the_kinds_say(keras_head, embeddings):
    head = head_from_keras(keras_head, SHAPE)
    own = head.window_scores(embeddings, window_s=10, hop_s=1).astype(np.float64)
    found = dataclasses.replace(head, none_by="all").window_scores(embeddings, window_s=10, hop_s=1)
    np.testing.assert_array_equal(found[:, :-1], own[:, :-1].astype(np.float32))
    no_kind = np.prod(1 - own[:, :-1], axis=1)
    odds = np.sqrt(own[:, -1] / (1 - own[:, -1]) * no_kind / (1 - no_kind))
    np.testing.assert_allclose(found[:, -1], odds / (1 + odds), rtol=1e-4)
    assert np.abs(found[:, -1] - own[:, -1]).max() > 0.05


def test_none_by_all_stays_a_number_for_scores_at_the_limits():
    logits = np.array([[-200.0] * 6 + [50], [200.0] * 6 + [-50], [-10.0] * 6 + [10]], np.float32)
    found = _none_by_all(logits).numpy()
    assert np.isfinite(found).all()
    assert found[0, -1] > found[2, -1] > 0 > found[1, -1]


@pytest.mark.parametrize("other", [{"padding": "zeros_before"}, {"activation": "relu"}, {"none_by": "all"}])
def test_heads_of_different_kinds_are_not_joined(keras_head, other):
    one = head_from_keras(keras_head, SHAPE)
    with pytest.raises(ValueError, match="networks differ in activation, recurrent_activation, padding, none_by"):
        join_heads([one, dataclasses.replace(one, **other)])
