"""The baselines tell made clips apart, whatever stands behind a clip's last frame."""

import sys

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from common.errors import UsageError
from models.constants import CLASSES
from models.evaluation import baselines
from models.load_shards import ShardClips
from models.shard_format import class_targets
from tests.helpers.shards import made_clips


def clips_of(embedding: np.ndarray, n_frames: list[int]) -> ShardClips:
    count = len(n_frames)
    bits = np.zeros((count, 66), np.uint8)
    return ShardClips(embedding, np.array(n_frames, np.int32), bits, np.array(["x"] * count), np.zeros(count))


def test_pooling_looks_at_a_clips_own_frames_only():
    embedding = np.full((2, 10, 128), 255, np.uint8)  # behind the last frame too
    embedding[0, :2] = [[10] * 128, [21] * 128]
    embedding[1] = 7
    clips = clips_of(embedding, [2, 10])
    np.testing.assert_allclose(baselines.pooled(clips, "mean")[:, 0], [15.5, 7])
    np.testing.assert_allclose(baselines.pooled(clips, "max")[:, 5], [21, 7])


def test_a_clip_without_frames_is_zero():
    np.testing.assert_array_equal(baselines.pooled(clips_of(np.ones((1, 10, 128), np.uint8), [0]), "mean"), 0)


@pytest.fixture(scope="module")
def scored():
    train, clips = made_clips(600, seed=1), made_clips(200, seed=2)
    return dict(baselines.score_baselines(train, clips)), class_targets(clips.targets)


def test_every_baseline_comes_with_every_pooling(scored):
    models = ("k-nearest neighbours", "SVM", "logistic regression")
    assert list(scored[0]) == [f"{model}, {pooling}" for model in models for pooling in ("mean", "max")]


def test_all_seven_classes_are_told_apart(scored):
    scores, targets = scored
    for name, values in scores.items():
        assert values.dtype == np.float32
        assert values.shape == targets.shape
        assert 0 <= values.min() <= values.max() <= 1
        for column in range(len(CLASSES)):
            assert roc_auc_score(targets[:, column], values[:, column]) > 0.95, (name, CLASSES[column])


def test_the_same_seed_gives_the_same_scores():
    train, clips = made_clips(80, seed=1), made_clips(20, seed=2)
    one, two = (dict(baselines.score_baselines(train, clips, seed=4)) for _ in range(2))
    for name, scores in one.items():
        np.testing.assert_array_equal(scores, two[name])


def test_a_kind_that_training_lacks_scores_zero():
    train, clips = made_clips(80, seed=1, kinds=2), made_clips(20, seed=2)
    for name, scores in baselines.score_baselines(train, clips):
        assert not scores[:, 2:6].any(), name
        assert np.ptp(scores[:, 0]) > 0, name


@pytest.mark.parametrize("laugh_every", [1, 1000])
def test_training_clips_of_one_sort_are_refused(laugh_every):
    train = baselines.take(made_clips(40, laugh_every=laugh_every), np.arange(1, 40))
    with pytest.raises(UsageError, match="with laughter and without"):
        list(baselines.score_baselines(train, train))


def test_a_sample_keeps_laughter_first():
    targets = class_targets(made_clips(400).targets)  # 100 with laughter
    rows = baselines.sample(targets, most=250, seed=0)
    assert len(set(rows)) == 250
    assert (np.diff(rows) > 0).all()
    assert (targets[rows, -1] == 0).sum() == 100
    few = baselines.sample(targets, most=100, seed=0)
    assert (len(few), (targets[few, -1] == 0).sum()) == (100, 50)
    assert baselines.sample(targets, most=10_000, seed=0).tolist() == list(range(400))
    assert baselines.sample(targets, most=250, seed=1).tolist() != rows.tolist()


def test_without_scikit_learn_a_sentence_says_what_to_install(monkeypatch):
    for module in ("sklearn", "sklearn.neighbors"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match="the baselines need the package scikit-learn: install"):
        list(baselines.score_baselines(made_clips(40), made_clips(40)))
