"""VGGish's post-processing: whitening by PCA, then one byte a dimension, as AudioSet was released."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.constants import EMBEDDING_SIZE

if TYPE_CHECKING:  # what reads the store needs no network
    import tensorflow as tf


_LIMIT = 2.0
_NAMES = ("pca_eigen_vectors", "pca_means")


@dataclass(frozen=True)
class PcaParams:
    """The PCA that whitens raw embeddings: `eigen_vectors @ (raw - means)`.

    Attributes:
        eigen_vectors: float32 [128, 128], one output dimension a row.
        means: float32 [128].

    Raises:
        ValueError: a wrong shape, or a value that is not finite.
    """

    eigen_vectors: npt.NDArray[np.float32]
    means: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        """Refuses parameters that cannot be those of a PCA of 128 dimensions."""
        expected = {"eigen_vectors": (EMBEDDING_SIZE, EMBEDDING_SIZE), "means": (EMBEDDING_SIZE,)}
        for name, shape in expected.items():
            values = getattr(self, name)
            if values.shape != shape:
                raise ValueError(f"PCA {name} must have the shape {shape}, not {values.shape}")
            if not np.isfinite(values).all():
                raise ValueError(f"PCA {name} hold values that are not finite numbers")


def load_pca(path: str | os.PathLike[str]) -> PcaParams:
    """Reads PCA parameters from an `.npz` file such as Google's `vggish_pca_params.npz`.

    Args:
        path: a local file with the arrays pca_eigen_vectors [128, 128] and pca_means [128] or [128, 1].

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file does not hold such arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            vectors, means = (np.asarray(stored[name], np.float32) for name in _NAMES)
        return PcaParams(vectors, means[:, 0] if means.shape == (EMBEDDING_SIZE, 1) else means)
    except FileNotFoundError:
        raise
    except (KeyError, ValueError, TypeError, AttributeError, OSError, EOFError, zipfile.BadZipFile) as error:
        reason = str(error).strip("'\"")
        raise ValueError(f"{os.fspath(path)} does not hold VGGish's PCA parameters ({reason})") from error


def quantise(raw: tf.Tensor, pca: PcaParams) -> tf.Tensor:
    """Whitens raw embeddings and turns them into bytes, identically to the reference.

    Follows `vggish_postprocess.py` of tensorflow/models, research/audioset/vggish: PCA, clip to [-2, 2],
    scale to 0 to 255, truncate (not round). Like the reference it computes in float64: a value next to a
    step between two bytes must not move with the size of the batch.

    Args:
        raw: float32 [B, 128], VGGish's pre-activation embeddings.
        pca: the whitening parameters.

    Returns:
        uint8 [B, 128].
    """
    import tensorflow as tf

    centred = tf.cast(raw, tf.float64) - tf.constant(pca.means, tf.float64)
    whitened = tf.matmul(centred, tf.constant(pca.eigen_vectors, tf.float64), transpose_b=True)
    clipped = tf.clip_by_value(whitened, -_LIMIT, _LIMIT)
    return tf.cast((clipped + _LIMIT) * (255.0 / (2 * _LIMIT)), tf.uint8)
