"""Fits one network of a head on training shards: batches, one step, epochs with checkpoints and early stopping."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import pathlib
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from common.atomic_files import atomic_file
from common.errors import UsageError
from models.constants import CLASSES
from models.evaluation.ranking import Ranking
from models.load_shards import ShardClips, load_clips, read_manifest, stream
from models.networks.head import Head
from models.networks.keras_head import build_keras_head, head_from_keras
from models.shard_format import LAUGHTER_BITS, LAUGHTER_BYTE, LAUGHTER_LABELS, class_targets
from models.training.batches import (
    crop_seconds,
    decode_targets,
    mixup,
    pad_and_mask,
    shuffle_seconds,
    splice_seconds,
)
from models.training.recipes import Recipe
from models.training.schedule import cosine_schedule

HELD_OUT_CLIPS = 20_000
"""Held-out clips that epochs and thresholds are chosen on, at most: memory does not grow with the shards."""

_MAX_GRADIENT_NORM = 5.0


class TrainingError(UsageError):
    """Training that cannot go on; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Epoch:
    """How far a network is.

    Attributes:
        member: number of the network, from 0.
        number: epochs done.
        loss: mean over the epoch.
        held_out_ap: average precision of detecting laughter on the held-out clips, in [0, 1].
        seconds: the epoch took.
    """

    member: int
    number: int
    loss: float
    held_out_ap: float
    seconds: float


Batch = tuple[Any, Any, Any]
"""embedding uint8 [B, 10, 128], n_frames int32 [B], targets uint8 [B, 66]."""


class TrainableHead:
    """One network of a head with its optimiser; everything random comes from `seed`."""

    def __init__(self, recipe: Recipe, *, seed: int, clips: int) -> None:
        """Build it for epochs of `clips` clips."""
        import keras

        keras.utils.set_random_seed(seed)
        self.recipe, self.seed = recipe, seed
        self.model = build_keras_head(recipe.shape)
        self.optimizer = _optimizer(recipe, recipe.epochs * max(1, -(-clips // recipe.batch)))
        self.optimizer.build(self.model.trainable_variables)
        self._run = tf.function(self._step, reduce_retracing=True)
        self._predict = tf.function(self._detection, reduce_retracing=True)

    def epoch(self, batches: Iterable[Batch], number: int) -> float:
        """Learn from the batches of epoch `number`; returns the mean loss."""
        losses = [
            self._run(*batch, tf.constant([self.seed * 1000 + number, 2 * step])) for step, batch in enumerate(batches)
        ]
        return float(np.mean([loss.numpy() for loss in losses]))

    def _step(self, clips: Any, counts: Any, targets: Any, key: Any) -> Any:
        recipe, y = self.recipe, decode_targets(targets)[:, : len(CLASSES) + self.recipe.shape.auxiliary]
        if recipe.shorten:
            clips, counts = crop_seconds(clips, counts, recipe.shorten, key)
        if recipe.disorder:
            clips = shuffle_seconds(clips, counts, key)
        if recipe.interleave:
            clips, y = splice_seconds(clips, counts, y, recipe.interleave, key)
        x, mask = pad_and_mask(recipe, clips, counts)
        if recipe.mixup:
            x, y = mixup(x, mask, y, recipe.mixup, key)
        with tf.GradientTape() as tape:
            logits = self.model([x, mask], training=True)
            losses = tf.nn.sigmoid_cross_entropy_with_logits(y, logits)
            loss = tf.reduce_mean(tf.reduce_sum(losses, axis=1))
        gradients = tape.gradient(loss, self.model.trainable_variables)
        gradients, _ = tf.clip_by_global_norm(gradients, _MAX_GRADIENT_NORM)
        self.optimizer.apply(gradients)
        return loss

    def _detection(self, clips: Any, counts: Any) -> Any:
        logits = self.model([*pad_and_mask(self.recipe, clips, counts)], training=False)
        return -logits[:, CLASSES.index("none")]

    def average_precision(self, clips: ShardClips) -> float:
        """Of detecting laughter on some clips, in [0, 1]; 0 where none of them has any."""
        laughs = class_targets(clips.targets)[:, -1] == 0
        if not laughs.any():
            return 0.0
        steps = range(0, len(clips), 1024)
        parts = [self._predict(clips.embedding[k : k + 1024], clips.n_frames[k : k + 1024]).numpy() for k in steps]
        return float(Ranking(np.concatenate(parts), laughs).measure(np.ones((1, len(clips)), np.int64))[0][0])

    def head(self) -> Head:
        """The network as plain arrays.

        The six kinds are among AudioSet's classes, so each is learned twice, as a score and as an auxiliary output: the
        head gives the mean of both logits.
        """
        head = head_from_keras(self.model, self.recipe.shape)
        if not self.recipe.shape.auxiliary:
            return head
        again, bias_again = (values[..., LAUGHTER_LABELS] for values in self.model.get_layer("auxiliary").get_weights())
        dense, bias = head.dense.copy(), head.dense_bias.copy()
        kinds = slice(0, len(LAUGHTER_LABELS))
        dense[:, kinds] = (dense[:, kinds] + again) / 2
        bias[kinds] = (bias[kinds] + bias_again) / 2
        return dataclasses.replace(head, dense=dense, dense_bias=bias)

    def state(self) -> list[np.ndarray]:
        """All that training changes, the generators of random numbers included."""
        return [variable.numpy() for variable in (*self.model.variables, *self.optimizer.variables)]

    def restore(self, state: Sequence[np.ndarray]) -> None:
        """Go back to a `state`.

        Raises:
            TrainingError: it is of another recipe.
        """
        variables = [*self.model.variables, *self.optimizer.variables]
        if [tuple(v.shape) for v in variables] != [values.shape for values in state]:
            raise TrainingError("the checkpoints were made by another recipe; remove them")
        for variable, values in zip(variables, state, strict=True):
            variable.assign(values)


def _optimizer(recipe: Recipe, steps: int) -> Any:
    from keras import optimizers

    rate: Any = cosine_schedule(recipe.learning_rate, steps) if recipe.cosine else recipe.learning_rate
    if recipe.optimizer == "adamw":
        return optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    return {"adam": optimizers.Adam, "sgd": optimizers.SGD}[recipe.optimizer](rate)


def batches(folder: str, recipe: Recipe, *, seed: int) -> Iterator[Batch]:
    """One epoch of the training side, in an order that depends on `seed` alone."""
    if recipe.balanced:
        yield from _balanced(folder, recipe, seed)
    else:
        yield from stream(folder, "train", batch=recipe.batch, seed=seed)


def _balanced(folder: str, recipe: Recipe, seed: int) -> Any:
    """As many clips as the side has: half of them with laughter, which come again and again, and half without."""
    total = read_manifest(folder)["sides"]["train"]["clips"]
    clips = stream(folder, "train", batch=1024, seed=seed).unbatch()

    def only(laughing: bool) -> Any:
        return clips.filter(lambda _, __, bits: tf.equal(bits[LAUGHTER_BYTE] & LAUGHTER_BITS > 0, laughing))

    both = [only(True).cache().repeat(), only(False).repeat()]
    return tf.data.Dataset.sample_from_datasets(both, [0.5, 0.5], seed=seed).take(total).batch(recipe.batch)


def fit(
    folder: str,
    recipe: Recipe,
    *,
    member: int,
    seed: int,
    checkpoint: pathlib.Path,
    patience: int,
    report: Callable[[Epoch], None],
) -> Head:
    """Fit one network; where the recipe stops early, return it as it was after its best epoch by the held-out clips.

    Args:
        folder: the shards, with the sides train and held_out.
        recipe: how.
        member: its number, for the report.
        seed: of everything random.
        checkpoint: a file without ending: its state is kept beside it after each epoch, and taken up again from there.
        patience: where the recipe stops early, stop after so many epochs that were no better than the best before them.
        report: called after each epoch.

    Raises:
        ShardsError: the shards lack one of the sides.
        TrainingError: the checkpoint is of another recipe or seed, or the loss is no number any more.
    """
    held_out = load_clips(folder, "held_out", at_most=HELD_OUT_CLIPS)
    manifest = read_manifest(folder)
    network = TrainableHead(recipe, seed=seed, clips=manifest["sides"]["train"]["clips"])
    shards = hashlib.sha256(json.dumps(manifest["files"], sort_keys=True).encode()).hexdigest()
    progress = _Progress(checkpoint, made_by=f"{recipe}, seed {seed}, shards {shards}")
    progress.load(network)
    while progress.done < recipe.epochs and not (recipe.stop_early and progress.since_best >= patience):
        began = time.monotonic()
        loss = network.epoch(batches(folder, recipe, seed=seed * 1000 + progress.done), progress.done)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss of network {member + 1} is {loss} in epoch {progress.done + 1}; nothing can be learned so, "
                "check the shards, or train with another --seed"
            )
        precision = network.average_precision(held_out)
        progress.save(network, precision)
        report(Epoch(member, progress.done, loss, precision, time.monotonic() - began))
    if recipe.stop_early:
        network.restore(progress.best_state)
    return network.head()


class _Progress:
    """How far a fit is, kept in one file that is replaced after each epoch."""

    def __init__(self, checkpoint: pathlib.Path, *, made_by: str) -> None:
        self._made_by = made_by
        self._file = checkpoint.with_suffix(".npz")
        self.done = self.since_best = 0
        self._best = -1.0
        self.best_state: list[np.ndarray] = []

    def load(self, network: TrainableHead) -> None:
        """Go on from the file, if there is one.

        Raises:
            TrainingError: it was made by something else.
        """
        if not self._file.exists():
            return
        try:
            with np.load(self._file, allow_pickle=False) as file:
                made_by = str(file["made_by"])
                if made_by == self._made_by:
                    numbers = ("done", "since_best", "best")
                    self.done, self.since_best, self._best = (file[name].item() for name in numbers)
                    states = {kind: [file[f"{kind}{k}"] for k in range(file["count"])] for kind in ("last", "best_")}
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise TrainingError(f"the checkpoint {self._file} is damaged ({error}); remove it") from error
        if made_by != self._made_by:
            folder = self._file.parent
            raise TrainingError(
                f"the checkpoints in {folder} were made from other shards, or by another recipe or seed; remove them"
            )
        network.restore(states["last"])
        self.best_state = states["best_"]

    def save(self, network: TrainableHead, precision: float) -> None:
        """Note an epoch."""
        state = network.state()
        self.done += 1
        self.since_best += 1
        if precision > self._best:
            self.since_best, self._best, self.best_state = 0, precision, state
        numbered = {f"last{k}": values for k, values in enumerate(state)}
        numbered |= {f"best_{k}": values for k, values in enumerate(self.best_state)}
        with atomic_file(str(self._file)) as temporary, open(temporary, "wb") as file:
            facts: dict[str, Any] = {"made_by": self._made_by, "done": self.done, "since_best": self.since_best}
            np.savez(file, best=self._best, count=len(state), **facts, **numbered)
