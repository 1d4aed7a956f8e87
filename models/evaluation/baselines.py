"""What simple models make of the same clips: nearest neighbours, an SVM and a logistic regression, of scikit-learn.

Each sees a clip as one vector, the mean or the maximum of its embeddings, standardised on the training clips. Their
scores serve to rank clips; they are no calibrated probabilities.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from common.errors import UsageError
from common.extras import require
from models.constants import CLASSES
from models.load_shards import ShardClips
from models.shard_format import class_targets

FloatArray = npt.NDArray[np.floating[Any]]
Targets = npt.NDArray[np.uint8]
Scorer = Callable[[FloatArray, Targets, FloatArray], FloatArray]
"""(training vectors [m, 128], their targets [m, 7], vectors [n, 128]) -> scores [n, 7] in [0, 1]."""

POOLINGS = ("mean", "max")
NEIGHBOURS = 50
MAX_CLIPS = {"k-nearest neighbours": 40_000, "logistic regression": 40_000, "SVM": 8_000}
"""Training clips of each baseline, as the time of fitting an SVM grows with the square of them."""


def score_baselines(train: ShardClips, clips: ShardClips, *, seed: int = 0) -> Iterator[tuple[str, FloatArray]]:
    """Fit every baseline with every pooling on `train`, and score `clips`.

    A baseline learns from at most MAX_CLIPS clips: all with laughter, but for an even sample of them where they are
    more than half of that, and an even sample of those without.

    Args:
        train: clips to learn from.
        clips: clips to score.
        seed: of the samples.

    Yields:
        The name, such as "SVM, mean", and float32 [clips, 7] in [0, 1]. A class that no training clip has scores 0.

    Raises:
        UsageError: scikit-learn is not installed, or the training clips all have laughter, or none has.
    """
    targets = class_targets(train.targets)
    if len(np.unique(targets[:, -1])) < 2:
        raise UsageError("the baselines need training clips with laughter and without; make the shards of more clips")
    for name, scorer in SCORERS.items():
        rows = sample(targets, most=MAX_CLIPS[name], seed=seed)
        for pooling in POOLINGS:
            learned, wanted = _standardised(pooled(take(train, rows), pooling), pooled(clips, pooling))
            yield f"{name}, {pooling}", scorer(learned, targets[rows], wanted).astype(np.float32)


def take(clips: ShardClips, rows: npt.NDArray[Any]) -> ShardClips:
    """Some of the clips: `rows` are their numbers, or bool [clips]."""
    return ShardClips(*(getattr(clips, field.name)[rows] for field in dataclasses.fields(clips)))


def sample(targets: Targets, *, most: int, seed: int) -> npt.NDArray[np.int64]:
    """The numbers, rising, of at most `most` clips: at most half of them with laughter, the others without.

    Args:
        targets: uint8 [n, 7].
        most: at least 2.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    laughs, others = np.flatnonzero(targets[:, -1] == 0), np.flatnonzero(targets[:, -1])
    laughs = rng.permutation(laughs)[: most // 2]
    return np.sort(np.concatenate([laughs, rng.permutation(others)[: most - len(laughs)]]))


def pooled(clips: ShardClips, pooling: str) -> npt.NDArray[np.float32]:
    """The mean or the maximum of each clip's embeddings over its seconds, float32 [clips, 128], 0 to 255."""
    steps = clips.embedding.shape[1]
    frames = clips.embedding * (np.arange(steps) < clips.n_frames[:, None]).astype(np.uint8)[:, :, None]
    if pooling == "max":
        return frames.max(axis=1).astype(np.float32)
    return (frames.sum(axis=1, dtype=np.int32) / np.maximum(1, clips.n_frames)[:, None]).astype(np.float32)


def _standardised(train: FloatArray, clips: FloatArray) -> tuple[FloatArray, FloatArray]:
    mean, deviation = train.mean(axis=0), np.maximum(train.std(axis=0), 1e-3)
    return (train - mean) / deviation, (clips - mean) / deviation


def nearest_neighbours(train: FloatArray, targets: Targets, clips: FloatArray) -> FloatArray:
    """The share of the NEIGHBOURS nearest training clips that have each class, near ones counting more."""
    neighbours = require("sklearn.neighbors", purpose="the baselines")
    index = neighbours.NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(train)), algorithm="brute").fit(train)
    distances, found = index.kneighbors(clips)
    weights = 1 / (distances + 1e-6)
    return np.einsum("nk,nkc->nc", weights / weights.sum(axis=1, keepdims=True), targets[found]).clip(0, 1)


def logistic_regression(train: FloatArray, targets: Targets, clips: FloatArray) -> FloatArray:
    """A logistic regression for each class against the rest, both weighing the same."""
    linear = require("sklearn.linear_model", purpose="the baselines")

    def fit(truth: Targets) -> FloatArray:
        model = linear.LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000).fit(train, truth)
        return model.predict_proba(clips)[:, 1]

    return _one_against_rest(fit, targets, len(clips))


def svm(train: FloatArray, targets: Targets, clips: FloatArray) -> FloatArray:
    """A support vector machine of Gaussian kernel for each class against the rest, both weighing the same."""
    machines = require("sklearn.svm", purpose="the baselines")

    def fit(truth: Targets) -> FloatArray:
        model = machines.SVC(class_weight="balanced", cache_size=500).fit(train, truth)
        return 1 / (1 + np.exp(-model.decision_function(clips)))

    return _one_against_rest(fit, targets, len(clips))


SCORERS: dict[str, Scorer] = {
    "k-nearest neighbours": nearest_neighbours,
    "SVM": svm,
    "logistic regression": logistic_regression,
}


def _one_against_rest(fit: Callable[[Targets], FloatArray], targets: Targets, count: int) -> FloatArray:
    """Scores [count, 7]: what `fit` gives for each class, or the class's one target where all clips agree."""
    scores = np.empty((count, len(CLASSES)))
    for column, truth in enumerate(targets.T):
        scores[:, column] = truth[0] if (truth == truth[0]).all() else fit(truth)
    return scores
