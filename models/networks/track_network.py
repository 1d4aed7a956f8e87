"""The tracker: what is heard ten times a second, from the same log-mel features as the embeddings, without patches.

The first blocks are those of the compact embedder (models.networks.compact), run over continuous features; then the
mean and the maximum over frequency, and separable convolutions over time with growing dilation, as in temporal
convolutional networks (Bai, Kolter, Koltun 2018, arXiv 1803.01271). Its outputs are five tracks in [0, 1].
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from models.constants import TRACK_HZ, TRACKS
from models.networks.compact import BLOCKS, LOG_MEL_MEAN, LOG_MEL_SCALE, STEM_CHANNELS, normalised, separable
from models.networks.log_mel import MEL_BANDS
from models.networks.weight_files import Arrays, assign, load_arrays, named_arrays, save_arrays, variable_name

FRAME_HZ = 100

SHARED_BLOCKS = 6
CHANNELS = 96
DILATIONS = (1, 2, 4, 8)
KERNEL = 5
STRIDE = 8
"""Frames from one step of the network to the next."""

FIELD_S = 3
"""No output depends on sound that is further away: kernel 5 at these dilations, and the blocks before."""

_FIRST_STEP = 8.25
"""Frames from the start of the features to the middle of the first step: each halving looks half a step ahead."""

_FORMAT = "laughter-tracker-1"


def build_tracker(frames: int) -> Any:
    """The untrained network.

    Args:
        frames: of the features, a multiple of 40, at 100 a second.

    Returns:
        A keras.Model of 0.2 million parameters, float32 [B, frames, 64] log-mel -> float32 [B, frames / 10, 5] logits.
    """
    from keras import Input, Model, layers, ops

    features = Input((frames, MEL_BANDS), name="log_mel")
    hidden = layers.Rescaling(1 / LOG_MEL_SCALE, -LOG_MEL_MEAN / LOG_MEL_SCALE, name="normalise")(features)
    hidden = layers.Reshape((frames, MEL_BANDS, 1), name="channel")(hidden)
    hidden = layers.Conv2D(STEM_CHANNELS, 5, strides=2, padding="same", use_bias=False, name="stem")(hidden)
    hidden = normalised(hidden, "stem")
    for number, (channels, stride) in enumerate(BLOCKS[:SHARED_BLOCKS]):
        halved_in_time = hidden.shape[1] * STRIDE > frames
        hidden = separable(hidden, channels, stride, f"block{number}", bands_only=not halved_in_time)
    bands = hidden.shape[2]
    mean = layers.AveragePooling2D((1, bands), name="mean")(hidden)
    most = layers.MaxPooling2D((1, bands), name="most")(hidden)
    hidden = layers.Concatenate(name="pooled")([mean, most])
    hidden = layers.Reshape((frames // STRIDE, hidden.shape[-1]), name="steps")(hidden)
    hidden = layers.Dense(CHANNELS, use_bias=False, name="narrow")(hidden)
    hidden = normalised(hidden, "narrow")
    for dilation in DILATIONS:
        hidden = _temporal(hidden, dilation)
    logits = layers.Dense(len(TRACKS), name="tracks")(hidden)
    every_tenth = ops.einsum("ks,bsc->bkc", reading_matrix(frames), logits)
    return Model(features, every_tenth, name="tracker")


def reading_matrix(frames: int) -> npt.NDArray[np.float32]:
    """Weights that read the steps out every 0.1 s, by linear interpolation: float32 [frames / 10, frames / 8]."""
    steps, slots = frames // STRIDE, frames * TRACK_HZ // FRAME_HZ
    middles = (np.arange(slots) + 0.5) * FRAME_HZ / TRACK_HZ
    place = np.clip((middles - _FIRST_STEP) / STRIDE, 0, steps - 1)
    before = np.minimum(place.astype(int), steps - 2)
    weights = np.zeros((slots, steps), np.float32)
    weights[np.arange(slots), before] = 1 - (place - before)
    weights[np.arange(slots), before + 1] = place - before
    return weights


def save_tracker(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a network of `build_tracker` to one .npz of named arrays."""
    save_arrays(path, _FORMAT, named_arrays(model))


def load_tracker(path: str | os.PathLike[str], frames: int) -> Any:
    """Read a network written by `save_tracker`, for stretches of so many frames; a keras.Model.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: one sentence naming the file, where it is not such a network.
    """

    def use(arrays: Arrays) -> Any:
        model = build_tracker(frames)
        assign(model, arrays)
        model.trainable = False
        return model

    return load_arrays(path, _FORMAT, use, what="a tracker")


def start_from(model: Any, blocks: Arrays) -> None:
    """Give the first blocks the weights that the compact embedder has there."""
    for variable in model.variables:
        if variable_name(variable).startswith(("stem", "block")):
            variable.assign(blocks[variable_name(variable)])


def _temporal(hidden: Any, dilation: int) -> Any:
    from keras import layers

    name = f"temporal{dilation}"
    result = layers.DepthwiseConv1D(KERNEL, padding="same", dilation_rate=dilation, use_bias=False, name=name)(hidden)
    result = normalised(result, name)
    result = layers.Dense(CHANNELS, use_bias=False, name=f"{name}_point")(result)
    result = normalised(result, f"{name}_point")
    return layers.Add(name=f"{name}_add")([hidden, result])
