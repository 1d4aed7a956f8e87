"""The hybrid head in Keras, for training, and its way back to plain arrays; several heads joined to one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.classes import CLASSES
from models.hybrid_head import HeadWeights, LstmWeights
from models.postprocess import EMBEDDING_SIZE

FloatArray = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class HeadShape:
    """What a head is built like.

    Attributes:
        units: of the LSTM, in each direction.
        bidirectional: or forward only.
        dropout_in, dropout_out: shares of values dropped before and after the LSTM, in [0, 1).
        normalise_out: whether a batch normalisation follows the LSTM.
        activation, recurrent_activation, padding: as HeadWeights has them.
        auxiliary: further sigmoid outputs that only help training, such as all of AudioSet's classes.
        steps: seconds of a sequence where the loop over them is to be unrolled, which trains faster on processors.
    """

    units: int = 64
    bidirectional: bool = True
    dropout_in: float = 0.5
    dropout_out: float = 0.5
    normalise_out: bool = True
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    padding: str = "mask"
    auxiliary: int = 0
    steps: int | None = None


def build_keras_head(shape: HeadShape) -> Any:
    """The head as a Keras model.

    Returns:
        A keras.Model of [x, mask] -> logits [B, 7 + auxiliary]: x float32 [B, steps, 128] holds the embedding's bytes
        as floats 0..255, mask bool [B, steps] is true where there is a second.
    """
    from keras import Input, Model, initializers, layers, saving

    x = Input((shape.steps, EMBEDDING_SIZE), name="embeddings")
    mask = Input((shape.steps,), dtype="bool", name="mask")
    hidden = layers.Dropout(shape.dropout_in)(layers.BatchNormalization(name="normalise_in")(x, mask=mask))
    lstm = layers.LSTM(
        shape.units,
        activation=shape.activation,
        recurrent_activation=_keras1_hard_sigmoid if shape.recurrent_activation == "hard_sigmoid" else "sigmoid",
        unroll=shape.steps is not None,
        name="lstm",
    )
    with saving.custom_object_scope({"_keras1_hard_sigmoid": _keras1_hard_sigmoid}):  # Bidirectional copies by name
        layer = layers.Bidirectional(lstm, name="lstm") if shape.bidirectional else lstm
    hidden = layer(hidden, mask=mask)
    if shape.normalise_out:
        hidden = layers.BatchNormalization(name="normalise_out")(hidden)
    hidden = layers.Dropout(shape.dropout_out)(hidden)
    rare = initializers.Constant(-3.0)  # most classes are absent from most clips
    logits = [layers.Dense(len(CLASSES), name="scores")(hidden)]
    if shape.auxiliary:
        logits.append(layers.Dense(shape.auxiliary, bias_initializer=rare, name="auxiliary")(hidden))
    return Model([x, mask], layers.Concatenate()(logits) if shape.auxiliary else logits[0])


def head_from_keras(model: Any, shape: HeadShape) -> HeadWeights:
    """The plain arrays of a model that `build_keras_head` built; the auxiliary outputs are left behind."""
    scale, offset = _folded(model.get_layer("normalise_in"))
    lstm = model.get_layer("lstm")
    directions = [lstm.forward_layer, lstm.backward_layer] if shape.bidirectional else [lstm]
    forward, *backward = (LstmWeights(*direction.get_weights()) for direction in directions)
    dense, dense_bias = model.get_layer("scores").get_weights()
    scale2, offset2 = np.ones(len(dense), np.float32), np.zeros(len(dense), np.float32)
    if shape.normalise_out:
        scale2, offset2 = _folded(model.get_layer("normalise_out"))
    return HeadWeights(
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
    )


def _keras1_hard_sigmoid(x: Any) -> Any:
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


def join_heads(heads: Sequence[HeadWeights]) -> HeadWeights:
    """One head whose logits are the mean of those of several: their LSTMs side by side, not connected.

    Args:
        heads: of one kind (directions, activations, padding); their first normalisations may differ.

    Raises:
        ValueError: they are of different kinds.
    """
    first = heads[0]
    kinds = {
        (head.activation, head.recurrent_activation, head.padding, head.backward is None, len(head.dense))
        for head in heads
    }
    if len(kinds) != 1:
        raise ValueError(f"heads of different kinds cannot be joined: {sorted(map(str, kinds))}")
    units = len(first.forward.recurrent)
    sides = [slice(0, units)] if first.backward is None else [slice(0, units), slice(units, 2 * units)]

    def beside(name: str) -> Any:
        return np.concatenate([getattr(head, name)[side] for side in sides for head in heads])

    return dataclasses.replace(
        first,
        scale=np.ones(EMBEDDING_SIZE, np.float32),
        offset=np.zeros(EMBEDDING_SIZE, np.float32),
        forward=_join_lstms([_with_scale(head.forward, head) for head in heads]),
        backward=None if first.backward is None else _join_lstms([_with_scale(h.backward, h) for h in heads]),  # type: ignore[arg-type]
        scale2=beside("scale2"),
        offset2=beside("offset2"),
        dense=beside("dense") / np.float32(len(heads)),
        dense_bias=np.mean([head.dense_bias for head in heads], axis=0, dtype=np.float32),
    )


def _with_scale(lstm: LstmWeights, head: HeadWeights) -> LstmWeights:
    """The LSTM on bytes as they are, the head's first normalisation folded in."""
    bias = lstm.bias + head.offset @ lstm.kernel
    return LstmWeights(head.scale[:, None] * lstm.kernel, lstm.recurrent, bias.astype(np.float32))


def _join_lstms(lstms: Sequence[LstmWeights]) -> LstmWeights:
    """LSTMs side by side in one; each gate holds that gate of all of them."""
    units = len(lstms[0].recurrent)
    total = units * len(lstms)
    recurrent = np.zeros((total, 4, total), np.float32)
    for number, lstm in enumerate(lstms):
        place = slice(number * units, (number + 1) * units)
        recurrent[place, :, place] = lstm.recurrent.reshape(units, 4, units)
    kernels = [lstm.kernel.reshape(EMBEDDING_SIZE, 4, units) for lstm in lstms]
    biases = [lstm.bias.reshape(4, units) for lstm in lstms]
    return LstmWeights(
        np.concatenate(kernels, axis=2).reshape(EMBEDDING_SIZE, 4 * total),
        recurrent.reshape(total, 4 * total),
        np.concatenate(biases, axis=1).reshape(4 * total),
    )
