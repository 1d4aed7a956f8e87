"""The hybrid head in Keras, for training, and its way back to plain arrays; several heads joined to one."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from models.constants import CLASSES, EMBEDDING_SIZE
from models.networks.head import MASKED_LOGIT, MIN_VARIANCE, Head, LstmWeights

FloatArray = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class HeadShape:
    """What a head is built like.

    Attributes:
        units: of the LSTM, in each direction.
        bidirectional: or forward only.
        dropout_in, dropout_out: shares of values dropped before and after the LSTM, in [0, 1).
        attention: weighted means over the seconds that the LSTM's states are pooled to; 0 where of its states those
            after the last second count alone.
        dropout_states: share of the states dropped before the attention, in [0, 1).
        normalise_out: whether a batch normalisation follows the LSTM.
        activation, recurrent_activation, padding, none_by, pooled: as Head has them.
        auxiliary: further sigmoid outputs that only help training, such as all of AudioSet's classes.
        steps: seconds of a sequence where the loop over them is to be unrolled, which trains faster on processors.
    """

    units: int = 64
    bidirectional: bool = True
    dropout_in: float = 0.5
    dropout_out: float = 0.5
    attention: int = 0
    dropout_states: float = 0.0
    normalise_out: bool = True
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    padding: str = "mask"
    none_by: str = "itself"
    pooled: str = "states"
    auxiliary: int = 0
    steps: int | None = None


def build_keras_head(shape: HeadShape) -> Any:
    """The head as a Keras model.

    Returns:
        A keras.Model of [x, mask] -> logits [B, 7 + auxiliary]: x float32 [B, steps, 128] holds the embedding's bytes
        as floats 0..255, mask bool [B, steps] is true where there is a second.
    """
    from keras import Input, Model, initializers, layers, ops

    x = Input((shape.steps, EMBEDDING_SIZE), name="embeddings")
    mask = Input((shape.steps,), dtype="bool", name="mask")
    normalised = layers.BatchNormalization(name="normalise_in")(x, mask=mask)
    dropped = layers.Dropout(shape.dropout_in)(normalised)

    def direction(name: str, *, backwards: bool) -> Any:
        """One direction's states; Keras' Bidirectional, unrolled and masked, blanks those of the backward one."""
        lstm = layers.LSTM(
            shape.units,
            activation=shape.activation,
            recurrent_activation=_hard_sigmoid if shape.recurrent_activation == "hard_sigmoid" else "sigmoid",
            unroll=shape.steps is not None,
            return_sequences=bool(shape.attention),
            go_backwards=backwards,
            name=name,
        )
        states = lstm(dropped, mask=mask)
        return ops.flip(states, axis=1) if backwards and shape.attention else states

    hidden = direction("forward", backwards=False)
    if shape.bidirectional:
        hidden = ops.concatenate([hidden, direction("backward", backwards=True)], axis=-1)
    if shape.attention:
        hidden = layers.Dropout(shape.dropout_states)(hidden)
        heard = layers.Dense(shape.attention, use_bias=False, name="attention")(hidden)
        weights = ops.softmax(ops.where(mask[:, :, None], heard, MASKED_LOGIT), axis=1)
        hidden = layers.Flatten()(ops.einsum("bth,btf->bhf", weights, hidden))
    if shape.pooled == "states_and_statistics":
        hidden = ops.concatenate([hidden, _statistics(normalised, mask)], axis=-1)
    if shape.normalise_out:
        hidden = layers.BatchNormalization(name="normalise_out")(hidden)
    hidden = layers.Dropout(shape.dropout_out)(hidden)
    rare = initializers.Constant(-3.0)  # most classes are absent from most clips
    logits = [layers.Dense(len(CLASSES), name="scores")(hidden)]
    if shape.auxiliary:
        logits.append(layers.Dense(shape.auxiliary, bias_initializer=rare, name="auxiliary")(hidden))
    return Model([x, mask], layers.Concatenate()(logits) if shape.auxiliary else logits[0])


def head_from_keras(model: Any, shape: HeadShape) -> Head:
    """The plain arrays of a model that `build_keras_head` built; the auxiliary outputs are left behind."""
    scale, offset = _folded(model.get_layer("normalise_in"))
    directions = ["forward", "backward"] if shape.bidirectional else ["forward"]
    forward, *backward = (LstmWeights(*model.get_layer(name).get_weights()) for name in directions)
    dense, dense_bias = model.get_layer("scores").get_weights()
    scale2, offset2 = np.ones(len(dense), np.float32), np.zeros(len(dense), np.float32)
    if shape.normalise_out:
        scale2, offset2 = _folded(model.get_layer("normalise_out"))
    return Head(
        scale=scale,
        offset=offset,
        forward=forward,
        backward=backward[0] if backward else None,
        scale2=scale2,
        offset2=offset2,
        dense=dense,
        dense_bias=dense_bias,
        activation=shape.activation,
        recurrent_activation=shape.recurrent_activation,
        padding=shape.padding,
        none_by=shape.none_by,
        pooled=shape.pooled,
        attention=model.get_layer("attention").get_weights()[0] if shape.attention else None,
    )


def _statistics(x: Any, mask: Any) -> Any:
    """Mean, standard deviation and maximum of [B, T, 128] over the steps of the mask, of which there must be one."""
    from keras import ops

    here = ops.cast(mask, "float32")[:, :, None]
    count = ops.sum(here, axis=1)
    mean = ops.sum(x * here, axis=1) / count
    variance = ops.sum(ops.square(x - mean[:, None]) * here, axis=1) / count
    highest = ops.max(ops.where(mask[:, :, None], x, MASKED_LOGIT), axis=1)
    return ops.concatenate([mean, ops.sqrt(variance + MIN_VARIANCE), highest], axis=-1)


def _hard_sigmoid(x: Any) -> Any:
    """Keras 1's: clip(0.2 x + 0.5, 0, 1)."""
    from keras import ops

    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def _folded(layer: Any) -> tuple[FloatArray, FloatArray]:
    gamma, beta, mean, variance = layer.get_weights()
    return fold_batch_normalisation(gamma, beta, mean, variance, epsilon=layer.epsilon)


def fold_batch_normalisation(
    gamma: FloatArray, beta: FloatArray, mean: FloatArray, variance: FloatArray, *, epsilon: float
) -> tuple[FloatArray, FloatArray]:
    """The scale and offset, float32 [n] each, that a trained batch normalisation amounts to."""
    scale = gamma / np.sqrt(variance + epsilon)
    return scale.astype(np.float32), (beta - mean * scale).astype(np.float32)
