"""Fitting the compact embedder, its PCA and its head on scored seconds (see models.distillation.data)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from common.errors import UsageError
from models.constants import CLASSES, EMBEDDING_SIZE, FIRST_AUDIOSET_INDEX, LAUGHTER_KINDS
from models.distillation.data import TeacherScores, kind_targets
from models.distillation.teacher import AUDIOSET_CLASSES
from models.networks.compact import Network, build_compact
from models.networks.head import Head
from models.networks.keras_head import HeadShape, build_keras_head, head_from_keras
from models.networks.log_mel import MEL_BANDS, PATCH_FRAMES
from models.networks.pca import PcaParams, quantise
from models.training.schedule import cosine_schedule

RawEmbedder = Callable[[np.ndarray], np.ndarray]

BATCH_PATCHES = 128
BATCH_WINDOWS = 256
LAUGHTER_WEIGHT = 12.0
LOGIT_LIMIT = 9.0
MIN_VARIANCE_SHARE = 3e-3
"""PCA components below this share of the mean variance are not blown up to variance one: they are rounding noise."""


def fit_embedder(
    scored: TeacherScores,
    *,
    epochs: int,
    seed: int,
    learning_rate: float = 2e-3,
    report: Callable[[str], object] = print,
) -> Any:
    """Train a network so that a linear layer on its embedding says what the teacher says.

    The 527 targets are the teacher's scores, with what is known of laughter as one more; the laughter kinds weigh
    more. The weights are an exponential moving average over the steps (Polyak and Juditsky 1992).

    Returns:
        The keras.Model of models.networks.compact.build_compact, trained.
    """
    import keras

    keras.utils.set_random_seed(seed)
    patches = scored.patches.reshape(-1, *scored.patches.shape[2:])
    targets = _targets(scored)
    model, training = _training_model(targets)
    steps = max(1, len(patches) // BATCH_PATCHES) * epochs
    optimizer = _optimizer(learning_rate, steps)
    training.compile(optimizer, loss=distillation_loss, jit_compile=False)  # XLA: 9 times slower on a CPU
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        losses = [
            training.train_on_batch(patches[batch].astype(np.float32), targets[batch])
            for batch in _batches(rng, len(patches), BATCH_PATCHES)
        ]
        report(f"embedder: epoch {epoch + 1} of {epochs}, loss {np.mean(losses):.4f}")
    optimizer.finalize_variable_values(training.trainable_variables)
    return model


def distillation_loss(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The mean loss of logits [B, 528] against scores [B, 528] in [0, 1].

    Cross-entropy teaches what is there; the distance between logits also teaches how unlikely the rest is
    (Hinton, Vinyals, Dean 2015, "Distilling the knowledge in a neural network", section 2.1).
    """
    weights = np.ones(AUDIOSET_CLASSES + 1, np.float32)
    weights[FIRST_AUDIOSET_INDEX : FIRST_AUDIOSET_INDEX + len(LAUGHTER_KINDS)] = LAUGHTER_WEIGHT
    weights[-1] = 2 * LAUGHTER_WEIGHT
    targets = tf.cast(targets, tf.float32)
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits) * weights
    safe = tf.clip_by_value(targets, 1e-6, 1 - 1e-6)
    goal = tf.clip_by_value(tf.math.log(safe / (1 - safe)), -LOGIT_LIMIT, LOGIT_LIMIT)
    return 0.05 * tf.reduce_mean(tf.reduce_sum(entropy, 1)) + 0.1 * tf.reduce_mean(tf.square(logits - goal))


def fit_pca(raw: np.ndarray) -> PcaParams:
    """The PCA that makes embeddings uncorrelated with variance one, so that most values lie within [-2, 2].

    Args:
        raw: float32 [n, 128], n at least 128.
    """
    if len(raw) < EMBEDDING_SIZE:
        raise UsageError(f"a PCA needs at least {EMBEDDING_SIZE} embeddings, not {len(raw)}: make more programmes")
    means = raw.mean(axis=0, dtype=np.float64)
    variances, vectors = np.linalg.eigh(np.cov(raw.astype(np.float64), rowvar=False))
    floor = MIN_VARIANCE_SHARE * variances.mean()
    whitening = (vectors / np.sqrt(np.maximum(variances, floor))).T[::-1]
    return PcaParams(np.ascontiguousarray(whitening, np.float32), means.astype(np.float32))


def batched(network: Network) -> RawEmbedder:
    """A function of patches [n, 96, 64] to raw embeddings float32 [n, 128], traced once, in batches of one size."""
    shape = (BATCH_PATCHES, PATCH_FRAMES, MEL_BANDS)
    run = tf.function(network, input_signature=[tf.TensorSpec(shape, tf.float32)])

    def raw_embeddings(patches: np.ndarray) -> np.ndarray:
        result = np.empty((len(patches), EMBEDDING_SIZE), np.float32)
        for start in range(0, len(patches), BATCH_PATCHES):
            batch = patches[start : start + BATCH_PATCHES].astype(np.float32)
            padded = np.pad(batch, ((0, BATCH_PATCHES - len(batch)), (0, 0), (0, 0)))
            result[start : start + len(batch)] = run(padded).numpy()[: len(batch)]
        return result

    return raw_embeddings


def embed(raw_embeddings: RawEmbedder, pca: PcaParams, patches: np.ndarray) -> np.ndarray:
    """Embeddings uint8 [..., 128] of patches [..., 96, 64]."""
    flat = patches.reshape(-1, *patches.shape[-2:])
    return quantise(raw_embeddings(flat), pca).numpy().reshape(*patches.shape[:-2], EMBEDDING_SIZE)


def fit_head(
    embeddings: np.ndarray,
    targets: np.ndarray,
    *,
    epochs: int,
    seed: int,
    units: int = 48,
    dropout: float = 0.4,
    report: Callable[[str], object] = print,
) -> Head:
    """Train the hybrid head on windows of 1 s and of 2 to 10 s.

    A longer window's target is the largest score of each kind over its seconds.

    Args:
        embeddings: uint8 [programmes, 10, 128].
        targets: float32 [programmes, 10, 7].
    """
    import keras

    keras.utils.set_random_seed(seed)
    shape = HeadShape(units=units, dropout_in=dropout, dropout_out=dropout)
    model, rng = build_keras_head(shape), np.random.default_rng(seed)
    steps = epochs * -(-2 * embeddings.shape[0] * embeddings.shape[1] // BATCH_WINDOWS)
    optimizer = _optimizer(2e-3, steps)
    model.compile(optimizer, loss=keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
    for epoch in range(epochs):
        losses = []
        for single in _batches(rng, embeddings.shape[0] * embeddings.shape[1], BATCH_WINDOWS):
            for x, mask, y in (_seconds(embeddings, targets, single), _windows(rng, embeddings, targets)):
                losses.append(float(model.train_on_batch([x, mask], y)))
        report(f"head: epoch {epoch + 1} of {epochs}, loss {np.mean(losses):.4f}")
    optimizer.finalize_variable_values(model.trainable_variables)
    return head_from_keras(model, shape)


def window_targets(targets: np.ndarray) -> np.ndarray:
    """The target of a whole window, [..., 7], of its seconds' targets [..., seconds, 7]."""
    kinds = targets[..., :-1].max(axis=-2)
    return np.concatenate([kinds, 1 - kinds.max(axis=-1, keepdims=True)], axis=-1)


Batch = tuple[np.ndarray, np.ndarray, np.ndarray]


def _seconds(embeddings: np.ndarray, targets: np.ndarray, batch: np.ndarray) -> Batch:
    x = embeddings.reshape(-1, 1, EMBEDDING_SIZE)[batch].astype(np.float32)
    return x, np.ones(x.shape[:2], bool), targets.reshape(-1, len(CLASSES))[batch]


def _windows(rng: np.random.Generator, embeddings: np.ndarray, targets: np.ndarray) -> Batch:
    """Half a batch of whole programmes and of their beginnings, the rest masked."""
    rows = rng.integers(len(embeddings), size=BATCH_WINDOWS // 2)
    longest = embeddings.shape[1]
    lengths = np.where(rng.random(len(rows)) < 0.6, longest, rng.integers(min(2, longest), longest + 1, len(rows)))
    mask = np.arange(longest) < lengths[:, None]
    return embeddings[rows].astype(np.float32), mask, window_targets(_masked(targets[rows], mask))


def _masked(targets: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return targets * mask[..., None]


def _targets(scored: TeacherScores) -> np.ndarray:
    """Float16 [seconds, 528]: the teacher's scores, then what is known of laughter."""
    laughter = kind_targets(scored)[..., :1].astype(np.float16)
    return np.concatenate([scored.teacher, laughter], axis=-1).reshape(-1, AUDIOSET_CLASSES + 1)


def _training_model(targets: np.ndarray) -> tuple[Any, Any]:
    """The embedder, and the embedder with the linear layer that starts at the classes' mean scores."""
    import keras

    model = build_compact()
    mean = np.clip(targets.mean(axis=0, dtype=np.float32), 1e-4, 1 - 1e-4)
    bias = keras.initializers.Constant(np.log(mean / (1 - mean)))
    logits = keras.layers.Dense(AUDIOSET_CLASSES + 1, bias_initializer=bias, name="teacher")(model.output)
    return model, keras.Model(model.input, logits)


def _optimizer(learning_rate: float, steps: int) -> Any:
    import keras

    rate = cosine_schedule(learning_rate, steps, last=0.01)
    momentum = min(0.998, 1 - 10 / max(steps, 20))
    return keras.optimizers.AdamW(rate, weight_decay=1e-4, use_ema=True, ema_momentum=momentum)


def _batches(rng: np.random.Generator, count: int, size: int) -> list[np.ndarray]:
    """All numbers below count, shuffled, in whole batches (one short batch where there are too few)."""
    order = rng.permutation(count)
    return [np.sort(order[start : start + size]) for start in range(0, max(1, count - size + 1), size)]
