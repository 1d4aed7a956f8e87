"""VGGish as plain TensorFlow operations, and the reading of its weights.

The network is that of `vggish_slim.py` in tensorflow/models, research/audioset/vggish (Hershey et al., "CNN
architectures for large-scale audio classification", ICASSP 2017), with the reference's variable names, so
that Google's checkpoint and any checkpoint of the reference code can be read. Weights are numpy arrays and
are never unpickled.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from common import storage
from common.listing import list_folder
from models.constants import EMBEDDING_SIZE
from models.networks.log_mel import MEL_BANDS, PATCH_FRAMES

Weights = Mapping[str, npt.NDArray[np.float32]]
Network = Callable[[tf.Tensor], tf.Tensor]

_CONVOLUTIONS = {  # scope -> channels out
    "conv1": 64,
    "conv2": 128,
    "conv3/conv3_1": 256,
    "conv3/conv3_2": 256,
    "conv4/conv4_1": 512,
    "conv4/conv4_2": 512,
}
_POOLED = ("conv1", "conv2", "conv3/conv3_2", "conv4/conv4_2")
_DENSE = {"fc1/fc1_1": 4096, "fc1/fc1_2": 4096, "fc2": EMBEDDING_SIZE}


def _variable_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    inputs = 1
    for scope, outputs in _CONVOLUTIONS.items():
        shapes |= {f"vggish/{scope}/weights": (3, 3, inputs, outputs), f"vggish/{scope}/biases": (outputs,)}
        inputs = outputs
    inputs *= (PATCH_FRAMES // 16) * (MEL_BANDS // 16)  # four poolings by two
    for scope, outputs in _DENSE.items():
        shapes |= {f"vggish/{scope}/weights": (inputs, outputs), f"vggish/{scope}/biases": (outputs,)}
        inputs = outputs
    return shapes


VARIABLES = _variable_shapes()
"""The 18 variables' names and shapes; axes are height, width, in, out."""


class WeightsError(ValueError):
    """Weights that cannot be used; the message is one sentence that names their file."""


def vggish_network(weights: Weights, *, precision: Literal["float32", "bfloat16"]) -> Network:
    """Builds the network from numpy weights.

    The result may be called eagerly or inside a `tf.function`, which captures the weights as tensors. As
    constants of the graph they were 2 % faster at batch 64, for oneDNN then packs them only once, but the
    graph optimiser copied them so often that the first call took 24 s and 4 GB instead of 1 s and 1.3 GB.

    Args:
        weights: float32 arrays by variable name, see VARIABLES.
        precision: "bfloat16" computes with bfloat16 weights and activations, several times faster on
            processors with AMX.

    Returns:
        A function of log-mel patches float32 [B, 96, 64] giving raw embeddings float32 [B, 128], the last
        layer's values before any activation.

    Raises:
        ValueError: an unknown precision.
        WeightsError: weights that are not VGGish's.
    """
    if precision not in ("float32", "bfloat16"):
        raise ValueError(f"precision must be float32 or bfloat16, not {precision!r}")
    check_weights(weights, source="these weights")
    dtype = tf.as_dtype(precision)
    with tf.init_scope():  # eager tensors, even when this is called while a function is traced
        tensors = {name: tf.cast(tf.constant(weights[name], tf.float32), dtype) for name in VARIABLES}

    def network(patches: tf.Tensor) -> tf.Tensor:
        hidden = _convolutions(tf.cast(patches, dtype)[..., tf.newaxis], tensors)
        return tf.cast(_dense_layers(hidden, tensors), tf.float32)

    return network


def _convolutions(net: tf.Tensor, tensors: Mapping[str, tf.Tensor]) -> tf.Tensor:
    for scope in _CONVOLUTIONS:
        kernel, biases = tensors[f"vggish/{scope}/weights"], tensors[f"vggish/{scope}/biases"]
        net = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(net, kernel, strides=1, padding="SAME"), biases))
        if scope in _POOLED:
            net = tf.nn.max_pool2d(net, ksize=2, strides=2, padding="SAME")
    return net


def _dense_layers(net: tf.Tensor, tensors: Mapping[str, tf.Tensor]) -> tf.Tensor:
    net = tf.reshape(net, [-1, VARIABLES["vggish/fc1/fc1_1/weights"][0]])
    for scope in _DENSE:
        kernel, biases = tensors[f"vggish/{scope}/weights"], tensors[f"vggish/{scope}/biases"]
        net = tf.nn.bias_add(tf.matmul(net, kernel), biases)
        if scope != "fc2":  # the embedding is taken before its activation
            net = tf.nn.relu(net)
    return net


def check_weights(weights: Weights, *, source: str) -> None:
    """Refuses weights that are not VGGish's.

    Args:
        weights: arrays by variable name; names beyond VARIABLES do not matter.
        source: what the weights are called in the error, such as their file.

    Raises:
        WeightsError: a variable is missing, has the wrong shape or holds NaN or infinity.
    """
    _check_shapes({name: np.shape(values) for name, values in weights.items()}, source=source)
    for name in VARIABLES:
        if not np.isfinite(weights[name]).all():
            raise WeightsError(f"{source} cannot be used as VGGish: {name} holds values that are not finite")


def _check_shapes(shapes: Mapping[str, tuple[int, ...]], *, source: str) -> None:
    for name, expected in VARIABLES.items():
        if name not in shapes:
            raise WeightsError(f"{source} cannot be used as VGGish: the variable {name} is missing")
        if tuple(shapes[name]) != expected:
            raise WeightsError(
                f"{source} cannot be used as VGGish: {name} has the shape {tuple(shapes[name])}, not {expected}"
            )


def load_vggish_weights(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[np.float32]]:
    """Reads VGGish's weights, of whatever origin, without running or unpickling anything.

    Args:
        path: a TensorFlow V1 checkpoint file (as Google's vggish_model.ckpt), a V2 checkpoint's prefix or its
            `.index` file, or an `.npz` of arrays by variable name; local, or a URL that fsspec knows
            (`gs://...`), staged to a temporary folder while it is read.

    Returns:
        float32 arrays by variable name, exactly those of VARIABLES.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        WeightsError: it is not such a file, or does not hold VGGish's weights.
    """
    source = os.fspath(path)
    with _staged(source) as local:
        try:
            read = _read_npz if local.endswith(".npz") else _read_checkpoint
            weights = read(local, source)
        except WeightsError:
            raise
        except Exception as error:  # TensorFlow's and numpy's readers raise about ten different types
            reason = (str(error).splitlines() or [type(error).__name__])[0].replace(local, source)
            raise WeightsError(
                f"{source} is not a TensorFlow checkpoint or .npz of weights that can be read ({reason})"
            ) from error
    check_weights(weights, source=source)
    return weights


def _read_npz(local: str, source: str) -> dict[str, npt.NDArray[np.float32]]:
    with np.load(local, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in VARIABLES if name in stored}
    _check_shapes({name: values.shape for name, values in arrays.items()}, source=source)
    return {name: np.asarray(values, np.float32) for name, values in arrays.items()}


def _read_checkpoint(local: str, source: str) -> dict[str, npt.NDArray[np.float32]]:
    reader = tf.train.load_checkpoint(local)
    _check_shapes({k: tuple(v) for k, v in reader.get_variable_to_shape_map().items()}, source=source)
    return {name: np.asarray(reader.get_tensor(name), np.float32) for name in VARIABLES}


@contextlib.contextmanager
def _staged(source: str) -> Iterator[str]:
    """The local path TensorFlow or numpy should open: remote files are copied, and removed at the end."""
    files = _files_of(source)
    if not files:
        raise FileNotFoundError(f"there are no VGGish weights at {source}: no such file or checkpoint prefix")
    local = storage.local_path(source)
    if local is not None:
        yield local.removesuffix(".index")
        return
    with tempfile.TemporaryDirectory(prefix="vggish-") as folder:
        for file in files:
            storage.download_to(file, os.path.join(folder, os.path.basename(file)))
        yield os.path.join(folder, os.path.basename(source)).removesuffix(".index")


def _files_of(source: str) -> list[str]:
    """The one file at `source`, or the files of the V2 checkpoint with that prefix or index; may be none."""
    if not source.endswith(".index") and storage.is_file(source):
        return [source]
    prefix = source.removesuffix(".index")
    if not storage.is_file(prefix + ".index"):
        return []
    folder, _, name = prefix.rpartition("/")
    data = [entry.path for entry in list_folder(folder or ".") if entry.name.startswith(f"{name}.data-")]
    return [prefix + ".index", *data]
