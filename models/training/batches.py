"""Batches of clips as a network learns them: targets unpacked, clips placed, shortened, disordered, interleaved, mixed.

Everything random comes from a key, int32 [2], so that the same seed gives the same batches.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from models.constants import CLASSES, LAUGHTER_KINDS
from models.shard_format import FRAMES, LABELS, LAUGHTER_LABELS
from models.training.recipes import Recipe


def decode_targets(targets: Any) -> Any:
    """Float32 [B, 7 + 527]: what the head's outputs and the auxiliary ones learn, of packed targets uint8 [B, 66]."""
    bits = tf.bitwise.bitwise_and(targets[:, :, None], tf.constant([128, 64, 32, 16, 8, 4, 2, 1], tf.uint8)) > 0
    labels = tf.cast(tf.reshape(bits, [tf.shape(targets)[0], -1])[:, :LABELS], tf.float32)
    kinds = labels[:, LAUGHTER_LABELS[0] : LAUGHTER_LABELS[-1] + 1]
    return tf.concat([kinds, 1 - tf.reduce_max(kinds, axis=1, keepdims=True), labels], axis=1)


def pad_and_mask(recipe: Recipe, clips: Any, counts: Any) -> tuple[Any, Any]:
    """Clips as the network takes them: x float32 [B, 10, 128] and mask bool [B, 10]."""
    step = tf.range(FRAMES)[None, :]
    x = tf.cast(clips, tf.float32)
    if recipe.shape.padding == "mask":
        return x, step < counts[:, None]
    source = step - (FRAMES - counts[:, None])
    moved = tf.gather(x, tf.maximum(source, 0), batch_dims=1)
    return tf.where((source >= 0)[:, :, None], moved, 0.0), tf.ones_like(source, bool)


def crop_seconds(clips: Any, counts: Any, share: float, key: Any) -> tuple[Any, Any]:
    """In a share of batches, a random stretch of one length, 1 to 9 seconds, of every clip; `key` int32 [2]."""
    whether, length, start = tf.unstack(tf.random.stateless_uniform([3, tf.shape(counts)[0]], key))
    longest = tf.cast(length[0] * (FRAMES - 1), tf.int32) + 1
    room = tf.cast(tf.maximum(counts - longest, 0) + 1, tf.float32)
    places = tf.cast(start * room, tf.int32)[:, None] + tf.range(FRAMES)
    moved = tf.gather(clips, tf.minimum(places, FRAMES - 1), batch_dims=1)
    cut = whether[0] < share
    return tf.where(cut, moved, clips), tf.where(cut, tf.minimum(counts, longest), counts)


def shuffle_seconds(clips: Any, counts: Any, key: Any) -> Any:
    """The seconds of each clip in a random order of its own; `key` int32 [2]."""
    draws = tf.random.stateless_uniform(tf.shape(clips)[:2], key + 7)
    last = tf.cast(tf.range(FRAMES)[None, :] >= counts[:, None], tf.float32)
    return tf.gather(clips, tf.argsort(draws + last, axis=1, stable=True), batch_dims=1)


def splice_seconds(clips: Any, counts: Any, y: Any, share: float, key: Any) -> tuple[Any, Any]:
    """A share of clips with some of their seconds, up to half, replaced by those of another clip of the same length.

    A sound that AudioSet names may be heard in any of a clip's seconds. Of one that a clip has, 1 - (1 - s)^2 is left
    in the targets when a share s of the clip's seconds is: as if it were heard in two of them.

    Args:
        clips: uint8 [B, 10, 128].
        counts: int32 [B], seconds of each.
        y: float32 [B, 7 + n], the targets, `none` the seventh.
        share: of clips, in [0, 1].
        key: int32 [2].
    """
    rows, step = tf.shape(counts)[0], tf.range(FRAMES)[None, :]
    partner = tf.random.experimental.stateless_shuffle(tf.range(rows), key + 11)
    whether, most = tf.unstack(tf.random.stateless_uniform([2, rows], key + 12))
    joined = (whether < share) & (counts == tf.gather(counts, partner))
    kept = tf.random.stateless_uniform([rows, FRAMES], key + 13) < (0.5 + most / 2)[:, None]
    kept |= ~joined[:, None]
    heard = tf.cast(kept & (step < counts[:, None]), tf.float32)
    own = tf.reduce_sum(heard, axis=1, keepdims=True) / tf.cast(tf.maximum(counts, 1)[:, None], tf.float32)
    left, right = (1 - (1 - part) ** 2 for part in (own, 1 - own))
    both = 1 - (1 - left * y) * (1 - right * tf.gather(y, partner))
    kinds, rest = both[:, : len(LAUGHTER_KINDS)], both[:, len(CLASSES) :]
    both = tf.concat([kinds, 1 - tf.reduce_max(kinds, axis=1, keepdims=True), rest], axis=1)
    return tf.where(kept[:, :, None], clips, tf.gather(clips, partner)), tf.where(joined[:, None], both, y)


def mixup(x: Any, mask: Any, y: Any, alpha: float, key: Any) -> tuple[Any, Any]:
    """Each clip mixed with another of the same length, by a share drawn from Beta(alpha, alpha); `key` int32 [2].

    Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018.
    """
    count = tf.shape(x)[0]
    one, two = tf.unstack(tf.random.stateless_gamma([2, count], key, alpha))
    share = tf.maximum(one, two) / (one + two)
    partner = tf.random.experimental.stateless_shuffle(tf.range(count), key + 1)
    same = tf.reduce_all(mask == tf.gather(mask, partner), axis=1)
    share = tf.where(same, share, 1.0)
    wide, flat = share[:, None, None], share[:, None]
    return wide * x + (1 - wide) * tf.gather(x, partner), flat * y + (1 - flat) * tf.gather(y, partner)
