"""The hybrid head: batch normalisation, bidirectional LSTM, pooling, batch normalisation, seven sigmoids.

Training builds it in Keras (models.networks.keras_head); everything else runs it from plain arrays (`Head`), so
that loading a head never executes anything and heads of other origin (the 2017 models) fit in.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from models.constants import CLASSES, EMBEDDING_SIZE

BATCH_WINDOWS = 256
"""Windows of one call. Fixed, the last batch padded: float32 results depend on the shape of the batch."""

STATISTICS = 3
"""Of each of an embedding's values over the seconds: mean, standard deviation and maximum."""

MIN_VARIANCE = 1e-3
"""Added to variances, so that the standard deviation of a single second has a gradient."""

MASKED_LOGIT = -1e9
"""Stands for seconds that a window lacks: in attention before the softmax, and where a maximum is looked for."""

CHOICES = {
    "activation": ("tanh", "relu"),
    "recurrent_activation": ("sigmoid", "hard_sigmoid"),
    "padding": ("mask", "zeros_before"),
    "none_by": ("itself", "all"),
    "pooled": ("states", "states_and_statistics"),
}
"""The settings that are names, each with the names that there are; fields of Head."""

FloatArray = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class LstmWeights:
    """One direction: kernel [in, 4U], recurrent [U, 4U], bias [4U], float32; gates in the order i, f, c, o."""

    kernel: FloatArray
    recurrent: FloatArray
    bias: FloatArray


@dataclasses.dataclass(frozen=True, eq=False)
class Head:
    """A trained head as plain float32 arrays.

    Attributes:
        scale, offset: [128], the first batch normalisation folded to `x * scale + offset`, x being the
            embedding's bytes as floats 0..255.
        forward, backward: the LSTM's directions; backward is None for a single forward LSTM.
        attention: [F, H], F being U or 2U: scores of a second's state, of which a softmax over the seconds makes H
            weighted means; None where of the states those after the last second count alone (H is 1 then).
        scale2, offset2: [D], the second batch normalisation; ones and zeros where there is none. D is H * F, with
            statistics 3 * 128 more.
        dense, dense_bias: [D, 7] and [7].
        activation: "tanh" (Keras 3) or "relu" (the 2017 models).
        recurrent_activation: "sigmoid", or "hard_sigmoid": Keras 1's clip(0.2 x + 0.5, 0, 1).
        padding: what stands for seconds that a window lacks: "mask", or "zeros_before" (zero embeddings in
            front, as Keras' `pad_sequences` gave the 2017 models).
        none_by: what the score of `none` comes from: "itself", its own output, or "all": the mean of that output's
            logit and the logit of no kind being there, the product of 1 - p over the six kinds.
        pooled: what of a window's seconds goes on to the dense layer: "states", or "states_and_statistics": the mean,
            standard deviation and maximum of the normalised embeddings too (statistics pooling: Snyder et al. 2018,
            "X-vectors").
        members: further networks; the head's logits are the mean of those of all.
    """

    scale: FloatArray
    offset: FloatArray
    forward: LstmWeights
    backward: LstmWeights | None
    scale2: FloatArray
    offset2: FloatArray
    dense: FloatArray
    dense_bias: FloatArray
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    padding: str = "mask"
    none_by: str = "itself"
    pooled: str = "states"
    attention: FloatArray | None = None
    members: tuple[Head, ...] = ()

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit together and names of functions that do not exist."""
        states = self.forward.recurrent.shape[0] * (2 if self.backward else 1)
        means = 1 if self.attention is None else self.attention.shape[-1]
        units = means * states + (STATISTICS * EMBEDDING_SIZE if self.pooled == "states_and_statistics" else 0)
        expected: dict[str, tuple[int, ...]] = {
            "scale": (EMBEDDING_SIZE,),
            "offset": (EMBEDDING_SIZE,),
            "scale2": (units,),
            "offset2": (units,),
            "dense": (units, len(CLASSES)),
            "dense_bias": (len(CLASSES),),
        }
        if self.attention is not None:
            expected["attention"] = (states, means)
        for field, known in CHOICES.items():
            if getattr(self, field) not in known:
                raise ValueError(f"the head's {field} is {getattr(self, field)!r}, not one of {known}")
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"the head's {name} has shape {getattr(self, name).shape}, not {shape}")
        for member in self.members:
            if member.members or any(getattr(member, field) != getattr(self, field) for field in CHOICES):
                raise ValueError(f"the head's networks differ in {', '.join(CHOICES)}, or have networks of their own")

    def window_scores(self, embeddings: npt.NDArray[np.uint8], *, window_s: int, hop_s: int) -> FloatArray:
        """Score the windows [k, k + window_s) for k = 0, hop_s, 2 hop_s, ... below the recording's end.

        Args:
            embeddings: uint8 [seconds, 128].
            window_s: the windows' length in seconds (embeddings), at least 1.
            hop_s: seconds from one window's start to the next, at least 1.

        Returns:
            float32 [ceil(seconds / hop_s), 7] in [0, 1], in the order of CLASSES. Seconds past the end are
            padded as `padding` says.
        """
        if window_s < 1 or hop_s < 1:
            raise ValueError(f"window_s and hop_s must be at least 1, not {window_s} and {hop_s}")
        starts = np.arange(0, len(embeddings), hop_s)
        span = (BATCH_WINDOWS - 1) * hop_s + window_s
        scores = np.empty((len(starts), len(CLASSES)), np.float32)
        for first in range(0, len(starts), BATCH_WINDOWS):
            batch = starts[first : first + BATCH_WINDOWS]
            seconds = embeddings[batch[0] : batch[0] + span]
            lengths = np.minimum(window_s, len(embeddings) - batch)
            scores[first : first + len(batch)] = self._run(seconds, span, batch - batch[0], lengths, window_s)
        return scores

    def sequence_scores(self, sequences: npt.NDArray[np.uint8], lengths: npt.NDArray[np.integer[Any]]) -> FloatArray:
        """Score whole sequences, such as AudioSet's clips of up to ten seconds.

        Args:
            sequences: uint8 [n, steps, 128]; sequence i holds `lengths[i]` embeddings, then anything.
            lengths: int [n], 0 to steps.

        Returns:
            float32 [n, 7] in [0, 1].
        """
        count, steps, _ = sequences.shape
        scores = np.empty((count, len(CLASSES)), np.float32)
        for first in range(0, count, BATCH_WINDOWS):
            batch = sequences[first : first + BATCH_WINDOWS].reshape(-1, EMBEDDING_SIZE)
            starts = np.arange(0, len(batch), steps)
            part = lengths[first : first + BATCH_WINDOWS]
            scores[first : first + len(starts)] = self._run(batch, BATCH_WINDOWS * steps, starts, part, steps)
        return scores

    def _run(
        self,
        seconds: npt.NDArray[np.uint8],
        span: int,
        starts: npt.NDArray[np.integer[Any]],
        lengths: npt.NDArray[np.integer[Any]],
        steps: int,
    ) -> FloatArray:
        """Score up to BATCH_WINDOWS windows of `seconds`, everything padded to one fixed shape."""
        rows = np.zeros((span + 1, EMBEDDING_SIZE), np.uint8)  # the last row stays zero, for zeros_before
        rows[: len(seconds)] = seconds
        index = np.full((BATCH_WINDOWS, steps), span, np.int32)
        step = np.arange(steps)[None, :]
        if self.padding == "zeros_before":
            real = step >= steps - lengths[:, None]
            place = starts[:, None] + step - (steps - lengths[:, None])
            valid = np.ones((BATCH_WINDOWS, steps), bool)
        else:
            real = step < lengths[:, None]
            place = starts[:, None] + step
            valid = np.zeros((BATCH_WINDOWS, steps), bool)
            valid[: len(starts)] = real
        index[: len(starts)] = np.where(real, place, span)
        return cast(FloatArray, self._function(rows, index, valid).numpy())[: len(starts)]

    @functools.cached_property
    def _function(self) -> Any:
        """The head as one TensorFlow function of (rows, index, valid); traced once a shape."""
        import tensorflow as tf

        return tf.function(self._graph, autograph=False)

    def _graph(self, rows: Any, index: Any, valid: Any) -> Any:
        """Scores [B, 7] of windows whose step t is row `index[:, t]`, skipped where `valid` is false."""
        import tensorflow as tf

        logits = [network._logits(rows, index, valid) for network in (self, *self.members)]
        mean = tf.add_n(logits) / len(logits)
        return tf.sigmoid(_none_by_all(mean) if self.none_by == "all" else mean)

    def _logits(self, rows: Any, index: Any, valid: Any) -> Any:
        import tensorflow as tf

        inputs = tf.cast(rows, tf.float32) * self.scale + self.offset
        states = [self._states(inputs, index, valid, self.forward, reverse=False)]
        if self.backward is not None:
            states.append(self._states(inputs, index, valid, self.backward, reverse=True))
        if self.attention is None:
            features = tf.concat([one[-1] for one in states], axis=1)
        else:
            sequence = tf.concat([tf.stack(states[0], axis=1), *(tf.stack(one[::-1], axis=1) for one in states[1:])], 2)
            attention = tf.where(valid[:, :, None], tf.matmul(sequence, self.attention), MASKED_LOGIT)
            means = tf.einsum("bth,btf->bhf", tf.nn.softmax(attention, axis=1), sequence)
            features = tf.reshape(means, [-1, means.shape[1] * means.shape[2]])
        if self.pooled == "states_and_statistics":
            features = tf.concat([features, _statistics(tf.gather(inputs, index), valid)], axis=1)
        return tf.matmul(features * self.scale2 + self.offset2, self.dense) + self.dense_bias

    def _states(self, inputs: Any, index: Any, valid: Any, lstm: LstmWeights, *, reverse: bool) -> list[Any]:
        """The LSTM's output [B, U] after each step, in the order of its steps; steps that are not valid change nothing.

        Windows overlap, so the inputs' share of the gates is computed once a second, not once a window.
        """
        import tensorflow as tf

        projected = tf.matmul(inputs, lstm.kernel) + lstm.bias
        activation = {"tanh": tf.tanh, "relu": tf.nn.relu}[self.activation]
        gate = {"sigmoid": tf.sigmoid, "hard_sigmoid": _hard_sigmoid}[self.recurrent_activation]
        state = tf.zeros((index.shape[0], lstm.recurrent.shape[0]))
        cell = tf.zeros_like(state)
        steps, states = range(index.shape[1]), []
        for step in reversed(steps) if reverse else steps:
            gates = tf.gather(projected, index[:, step]) + tf.matmul(state, lstm.recurrent)
            enter, forget, candidate, leave = tf.split(gates, 4, axis=1)
            new_cell = gate(forget) * cell + gate(enter) * activation(candidate)
            new_state = gate(leave) * activation(new_cell)
            here = valid[:, step, None]
            cell, state = tf.where(here, new_cell, cell), tf.where(here, new_state, state)
            states.append(state)
        return states


def join_heads(heads: Sequence[Head]) -> Head:
    """One head whose logits are the mean of those of several networks.

    Raises:
        ValueError: their activations, paddings or ways of pooling differ.
    """
    return dataclasses.replace(heads[0], members=tuple(heads[1:]))


def _statistics(inputs: Any, valid: Any) -> Any:
    """Mean, standard deviation and maximum over the valid steps of inputs [B, T, 128]: [B, 384]; without any, zeros."""
    import tensorflow as tf

    here = tf.cast(valid, tf.float32)[:, :, None]
    count = tf.maximum(tf.reduce_sum(here, axis=1), 1)
    mean = tf.reduce_sum(inputs * here, axis=1) / count
    variance = tf.reduce_sum(tf.square(inputs - mean[:, None]) * here, axis=1) / count
    highest = tf.reduce_max(tf.where(valid[:, :, None], inputs, MASKED_LOGIT), axis=1)
    some = tf.reduce_any(valid, axis=1, keepdims=True)
    return tf.where(some, tf.concat([mean, tf.sqrt(variance + MIN_VARIANCE), highest], axis=1), 0.0)


def _none_by_all(logits: Any) -> Any:
    """Logits [B, 7] with the last one joined with what the six kinds say of it."""
    import tensorflow as tf

    kinds, none = logits[:, :-1], logits[:, -1:]
    silence = tf.reduce_sum(tf.nn.softplus(kinds), axis=1, keepdims=True)  # -log of the product of 1 - p
    silence = tf.maximum(silence, 1e-30)
    no_kind = -silence - tf.math.log(-tf.math.expm1(-silence))
    return tf.concat([kinds, (none + no_kind) / 2], axis=1)


def _hard_sigmoid(x: Any) -> Any:
    """Keras 1's: clip(0.2 x + 0.5, 0, 1). Keras 3's has a slope of one sixth."""
    import tensorflow as tf

    return tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0)
