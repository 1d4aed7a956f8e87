"""The compact embedder: a small network that stands in for VGGish and ships with the project.

A patch of VGGish's log-mel features in, 128 numbers out, quantised by a PCA of the same form as VGGish's. The
blocks are the depthwise-separable convolutions of MobileNet (Howard et al. 2017, arXiv 1704.04861).
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from models.constants import EMBEDDING_SIZE
from models.networks.log_mel import MEL_BANDS, PATCH_FRAMES
from models.networks.pca import PcaParams
from models.networks.weight_files import Arrays, assign, load_arrays, named_arrays, save_arrays

MAX_BYTES = 4_000_000
"""The largest embedder that may ship with the project."""

EMBEDDER_FILE, HEAD_FILE = "embedder.npz", "head.npz"
"""Of a compact bundle's folder."""

STEM_CHANNELS = 24
BLOCKS = ((48, 2), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (320, 1), (448, 1))
"""(channels, stride) of each separable block."""

HIDDEN = 256
LOG_MEL_MEAN, LOG_MEL_SCALE = -2.5, 2.0
"""About the mean and the spread of log-mel features, so that the first layer sees numbers about one."""

Network = Callable[[tf.Tensor], tf.Tensor]

_FORMAT = "laughter-compact-embedder-1"
_PCA = ("pca_eigen_vectors", "pca_means")


def build_compact() -> Any:
    """The untrained network.

    Returns:
        A keras.Model of about 0.7 million parameters, float32 [B, 96, 64] log-mel -> float32 [B, 128].
    """
    from keras import Input, Model, layers

    patch = Input((PATCH_FRAMES, MEL_BANDS), name="log_mel")
    hidden = layers.Rescaling(1 / LOG_MEL_SCALE, -LOG_MEL_MEAN / LOG_MEL_SCALE, name="normalise")(patch)
    hidden = layers.Reshape((PATCH_FRAMES, MEL_BANDS, 1), name="channel")(hidden)
    hidden = layers.Conv2D(STEM_CHANNELS, 5, strides=2, padding="same", use_bias=False, name="stem")(hidden)
    hidden = normalised(hidden, "stem")
    for number, (channels, stride) in enumerate(BLOCKS):
        hidden = separable(hidden, channels, stride, f"block{number}")
    mean = layers.GlobalAveragePooling2D(name="mean")(hidden)
    most = layers.GlobalMaxPooling2D(name="most")(hidden)
    hidden = layers.Concatenate(name="pooled")([mean, most])
    hidden = layers.Dense(HIDDEN, activation="relu", name="hidden")(hidden)
    return Model(patch, layers.Dense(EMBEDDING_SIZE, name="embedding")(hidden), name="compact")


def save_compact(model: Any, pca: PcaParams, path: str | os.PathLike[str]) -> None:
    """Write a network of `build_compact` and its PCA to one .npz of named arrays.

    Raises:
        ValueError: the file would be larger than MAX_BYTES.
    """
    arrays = named_arrays(model)
    size = sum(array.nbytes for array in arrays.values())
    if size > MAX_BYTES - 100_000:
        raise ValueError(f"{os.fspath(path)} would hold {size} bytes, more than the {MAX_BYTES} that may ship")
    pca_arrays = dict(zip(_PCA, (pca.eigen_vectors, pca.means), strict=True))
    save_arrays(path, _FORMAT, {**pca_arrays, **arrays})


def load_compact(path: str | os.PathLike[str]) -> tuple[Network, PcaParams]:
    """Read an embedder written by `save_compact`.

    Returns:
        The network, float32 [B, 96, 64] -> float32 [B, 128], and its PCA.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: one sentence naming the file, where it is not such an embedder.
    """

    def use(arrays: Arrays) -> tuple[Network, PcaParams]:
        pca = PcaParams(*(np.asarray(arrays.pop(name), np.float32) for name in _PCA))
        model = build_compact()
        assign(model, arrays)
        model.trainable = False
        return lambda patches: model(patches, training=False), pca

    return load_arrays(path, _FORMAT, use, what="a compact embedder")


def read_blocks(path: str | os.PathLike[str]) -> Arrays:
    """The weights of the convolutions of an embedder written by `save_compact`, which other networks start from."""
    return load_arrays(
        path,
        _FORMAT,
        lambda arrays: {k: v for k, v in arrays.items() if k.startswith(("stem", "block"))},
        what="a compact embedder",
    )


def separable(hidden: Any, channels: int, stride: int, name: str, *, bands_only: bool = False) -> Any:
    """A 3 x 3 convolution of each channel alone, then a 1 x 1 convolution across channels; added to the input
    where the shapes agree.

    `bands_only`: the stride is over bands, and every step of time is kept.
    """
    from keras import layers

    depth, strides = f"{name}_depth", 1 if bands_only else stride
    result = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False, name=depth)(hidden)
    if bands_only and stride > 1:
        result = result[:, :, 1::stride]  # those that the stride would have kept
    result = normalised(result, depth)
    result = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_point")(result)
    result = normalised(result, f"{name}_point")
    return layers.Add(name=f"{name}_add")([hidden, result]) if hidden.shape == result.shape else result


def normalised(hidden: Any, name: str) -> Any:
    """Batch normalisation, then no values below 0."""
    from keras import layers

    hidden = layers.BatchNormalization(momentum=0.98, name=f"{name}_normalise")(hidden)
    return layers.ReLU(name=f"{name}_relu")(hidden)
