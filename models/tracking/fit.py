"""Fitting the tracker on scenes (models.tracking.data), from the compact embedder's first blocks on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from models.networks.compact import read_blocks
from models.networks.track_network import build_tracker, start_from
from models.tracking.data import FRAMES, TrackedScenes
from models.training.schedule import cosine_schedule

BATCH_SCENES = 16
TRACK_WEIGHTS = (1.0, 0.3, 0.3, 0.3, 0.3)
"""Of the five tracks in the loss: laughter is what it is for."""

MASKED_BANDS = 8


def fit_tracker(
    scenes: TrackedScenes,
    *,
    compact: Any,
    epochs: int,
    seed: int,
    learning_rate: float = 1.5e-3,
    report: Callable[[str], object] = print,
) -> Any:
    """Train a tracker; its weights are an exponential moving average over the steps.

    Args:
        scenes: to fit on.
        compact: path of the compact embedder whose first blocks it starts from.
        epochs: over all scenes.
        seed: of order, masks and the new layers.

    Returns:
        The keras.Model of models.networks.track_network.build_tracker for scenes of 1,200 frames.
    """
    import keras

    keras.utils.set_random_seed(seed)
    model = build_tracker(FRAMES)
    start_from(model, read_blocks(compact))
    steps = max(1, len(scenes.log_mel) // BATCH_SCENES) * epochs
    momentum = min(0.998, 1 - 10 / max(steps, 20))
    rate = cosine_schedule(learning_rate, steps, last=0.01)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-3, use_ema=True, ema_momentum=momentum, clipnorm=1.0)
    model.compile(optimizer, loss=track_loss, jit_compile=False)
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        losses = []
        order = rng.permutation(len(scenes.log_mel))
        for at in range(0, max(1, len(order) - BATCH_SCENES + 1), BATCH_SCENES):
            batch = np.sort(order[at : at + BATCH_SCENES])
            features = _masked(rng, scenes.log_mel[batch].astype(np.float32))
            target = np.stack([scenes.truth[batch], scenes.weight[batch]], axis=-1).astype(np.float32)
            losses.append(float(model.train_on_batch(features, target)))
        report(f"tracker: epoch {epoch + 1} of {epochs}, loss {np.mean(losses):.4f}")
    optimizer.finalize_variable_values(model.trainable_variables)
    return model


def track_loss(target: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Mean cross-entropy of logits [B, n, 5] against shares and their weights, [B, n, 5, 2]."""
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(target[..., 0], logits)
    return tf.reduce_mean(entropy * target[..., 1] * tf.constant(TRACK_WEIGHTS))


def _masked(rng: np.random.Generator, features: np.ndarray) -> np.ndarray:
    """Some bands replaced by the scene's mean, and all moved by a gain (SpecAugment, Park et al. 2019)."""
    for scene in features:
        for _ in range(2):
            width = int(rng.integers(0, MASKED_BANDS))
            first = int(rng.integers(0, scene.shape[1] - width))
            scene[:, first : first + width] = scene.mean()
    return features
