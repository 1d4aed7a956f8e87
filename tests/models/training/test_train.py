"""Training a head: the same bytes whether stopped or not, thresholds from held-out clips, a card that opens."""

import dataclasses
import json

import numpy as np
import pytest

from models.bundles.bundle import open_bundle
from models.events.segments import Thresholds
from models.events.windows import laughter_probability
from models.load_shards import load_clips
from models.networks.head import Head
from models.networks.keras_head import HeadShape, build_keras_head, head_from_keras
from models.shard_format import FRAMES, LABELS, class_targets
from models.training.fit import Epoch
from models.training.recipes import Recipe
from models.training.train import best_threshold, choose_thresholds, highest_probability, train_head
from tests.helpers import shards
from tests.helpers.shards import made_clips

RECIPE = Recipe(
    HeadShape(units=2, bidirectional=False, dropout_in=0.2, dropout_out=0.2, auxiliary=LABELS, steps=FRAMES),
    epochs=2,
    batch=32,
    mixup=1.0,
    shorten=0.5,
    disorder=True,
    members=2,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    sides = {"train": made_clips(96, seed=1), "held_out": made_clips(40, seed=2)}
    place = tmp_path_factory.mktemp("shards")
    return str(shards.write(place, sides, embedder="compact", space="abc"))


def train(folder, output, *, seed=7, report):
    return train_head(
        folder, output, RECIPE, name="made", recipe_name="small", seed=seed, patience=9, report=report
    ).parent


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """The folder of a head trained without a stop, and its epochs."""
    epochs: list[Epoch] = []
    return train(folder, tmp_path_factory.mktemp("head"), report=epochs.append), epochs


def test_a_training_stopped_and_taken_up_again_gives_the_same_bytes(folder, trained, tmp_path):
    undisturbed, expected = trained
    seen: list[Epoch] = []

    def stop(epoch):
        seen.append(epoch)
        raise KeyboardInterrupt

    for _ in range(3):  # in the middle of a network, at its end, in the middle of the next one
        with pytest.raises(KeyboardInterrupt):
            train(folder, tmp_path, report=stop)
        assert not (tmp_path / "card.json").exists()
    train(folder, tmp_path, report=seen.append)
    assert [dataclasses.replace(epoch, seconds=0) for epoch in seen] == [
        dataclasses.replace(epoch, seconds=0) for epoch in expected
    ]
    assert [(epoch.member, epoch.number) for epoch in seen] == [(0, 1), (0, 2), (1, 1), (1, 2)]
    for name in ("head.npz", "card.json"):
        assert (tmp_path / name).read_bytes() == (undisturbed / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.json", "head.npz"]


def test_another_seed_gives_another_head(folder, trained, tmp_path):
    other = train(folder, tmp_path, seed=17, report=lambda _: None)
    assert (other / "head.npz").read_bytes() != (trained[0] / "head.npz").read_bytes()


def test_the_head_opens_and_says_whose_embeddings_it_reads(folder, trained):
    spec = open_bundle(trained[0]).head()
    assert (spec.name, spec.space.name, spec.space.weights_id, spec.padding) == ("made", "compact", "abc", "mask")
    clips = load_clips(folder, "held_out")
    scores = spec.load().sequence_scores(clips.embedding, clips.n_frames)
    assert np.isfinite(scores).all()
    assert len(spec.load().members) == RECIPE.members - 1 == 1


def test_the_card_tells_what_was_done(folder, trained):
    card = open_bundle(trained[0]).card
    thresholds, measured = choose_thresholds(open_bundle(trained[0]).head().load(), load_clips(folder, "held_out"))
    assert card.thresholds == thresholds
    assert card.clip_threshold == measured.pop("clip_threshold")
    assert card.measured == {"held_out": measured}
    assert (measured["clips"], measured["with_laughter"]) == (40, 10)
    (source,) = card.training_data
    assert (source["clips"], source["with_laughter"]) == (96, 24)
    assert "archive" in source["source"]
    assert card.recipe == {"name": "small", "seed": 7, **json.loads(json.dumps(dataclasses.asdict(RECIPE)))}


SCORES, TRUTH = np.array([0.9, 0.5, 0.5, 0.5, 0.1]), np.array([True, True, False, False, False])


@pytest.mark.parametrize(("beta", "above", "value"), [(0.5, 0.5, 5 / 6), (2.0, 0.1, 5 / 6), (1.0, 0.5, 2 / 3)])
def test_the_best_threshold_weighs_recall_as_beta_says(beta, above, value):
    threshold, found = best_threshold(SCORES, TRUTH, beta=beta)
    assert above < threshold <= {0.5: 0.9, 0.1: 0.5}[above]
    assert found == pytest.approx(value)


def test_a_threshold_that_parts_all_is_found():
    threshold, found = best_threshold(np.array([0.2, 0.7, 0.6, 0.1]), np.array([False, True, True, False]), beta=1)
    assert 0.2 < threshold <= 0.6
    assert found == 1


@pytest.mark.parametrize("scores", [[0.2, 0.9], [0.0, 0.001], [0.0, 0.0]])
def test_where_nothing_true_is_found_the_threshold_is_a_half(scores):
    assert best_threshold(np.array(scores), np.array([False, False]), beta=1) == (0.5, 0.0)
    if max(scores) < 0.01:
        assert best_threshold(np.array(scores), np.array([True, True]), beta=1) == (0.5, 0.0)


def random_head(padding: str) -> Head:
    import keras

    keras.utils.set_random_seed(1)
    shape = HeadShape(units=2, padding=padding)
    model = build_keras_head(shape)
    model.get_layer("normalise_in").set_weights([np.full(128, value) for value in (1, 0, 90, 3000)])
    model.get_layer("scores").set_weights([4 * weights for weights in model.get_layer("scores").get_weights()])
    return head_from_keras(model, shape)


@pytest.mark.parametrize("padding", ["mask", "zeros_before"])
def test_the_highest_probability_is_that_of_the_clip_as_a_recording(padding):
    head, clips = random_head(padding), made_clips(30, seed=4)
    expected = []
    for embedding, count in zip(clips.embedding, clips.n_frames, strict=True):
        when, what = (head.window_scores(embedding[:count], window_s=seconds, hop_s=1) for seconds in (1, 10))
        expected.append(laughter_probability(when, what, int(count)).max())
    assert set(clips.n_frames) == set(range(1, 11))
    assert np.ptp(expected) > 0.02
    np.testing.assert_allclose(highest_probability(head, clips), expected, atol=1e-5)


def test_thresholds_are_in_order_with_and_without_laughter():
    head, clips = random_head("mask"), made_clips(30, seed=4)
    laughs = class_targets(clips.targets)[:, -1] == 0
    thresholds, measured = choose_thresholds(head, clips)
    assert 0 < thresholds.offset < thresholds.onset < 1
    assert 0 < measured["clip_threshold"] < 1
    assert measured["with_laughter"] == laughs.sum() == 8
    thresholds, measured = choose_thresholds(head, dataclasses.replace(clips, targets=np.zeros_like(clips.targets)))
    assert thresholds == Thresholds(onset=0.5, offset=0.35, min_on_s=1.0, min_off_s=1.0)
    assert (measured["clip_threshold"], measured["clip_f1"], measured["event_f0.5"]) == (0.5, 0.0, 0.0)
