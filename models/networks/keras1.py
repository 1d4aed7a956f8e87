"""Reads the Keras 1 models of the 2017 project into plain arrays, without Keras and without executing anything.

A file is HDF5: the layers' settings as JSON, and named arrays. Only the one architecture of that project is
known (batch normalisation, a forward or bidirectional LSTM, perhaps another batch normalisation, seven
sigmoids); any other layer, a Lambda of pickled code above all, is refused by its name.

What differs from today's Keras, after the source of Keras 1.2.2: `hard_sigmoid` is clip(0.2 x + 0.5, 0, 1);
`running_std` holds the variance; each gate has arrays of its own; and the models were trained on the bytes of
AudioSet's embeddings as floats 0 to 255, with zero frames put before clips shorter than ten seconds.
"""

import json
import os
import re
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from common import storage
from common.errors import ModelError
from models.constants import CLASSES, EMBEDDING_SIZE
from models.networks.head import Head, LstmWeights
from models.networks.keras_head import fold_batch_normalisation

FloatArray = npt.NDArray[np.float32]
Config = Mapping[str, Any]

_MOST_VALUES = 10_000_000
"""Of an array: the models of the project have some thousands."""

_GATES = "ifco"  # the order of LstmWeights
_LSTM_SETTINGS = {"go_backwards": (False,), "return_sequences": (False,)}
_BATCH_NORMALISATION_SETTINGS = {"mode": (0,), "axis": (-1,)}
_DENSE_SETTINGS = {"activation": ("sigmoid",), "bias": (True,), "output_dim": (len(CLASSES),)}


class _NotSuchAModel(Exception):
    """Why a file is refused, for the sentence that names it."""


def import_keras1(path: str | os.PathLike[str]) -> Head:
    """Reads a model of the 2017 project.

    Args:
        path: the `.h5` file that Keras 1's `model.save` wrote.

    Returns:
        The same function of embeddings, float32; windows are padded with zero embeddings in front.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: one sentence: the file is not such a model.
    """
    try:
        storage.refuse_irregular(os.fspath(path))
        with h5py.File(path, "r") as file:
            return _head(_layers(file), _inside(file, "model_weights", h5py.Group))
    except FileNotFoundError:
        raise
    except _NotSuchAModel as error:
        reason = str(error)
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        reason = str(error).strip("'\"")
    raise ValueError(f"{os.fspath(path)} is not a Keras 1 model of the 2017 laughter project: {reason}")


def open_keras1(path: str | os.PathLike[str]) -> Head:
    """What `import_keras1` reads, for a file that the user named.

    Raises:
        ModelError: one sentence: there is no such file, or it is not such a model.
    """
    try:
        return import_keras1(path)
    except FileNotFoundError as error:
        raise ModelError(f"{os.fspath(path)} does not exist; check the path of the Keras file") from error
    except (OSError, ValueError) as error:
        raise ModelError(str(error)) from error


def _layers(file: h5py.File) -> list[Config]:
    """The settings of the layers, {"class_name": ..., "config": ...} each, but for the Dropouts."""
    version = _text(file.attrs.get("keras_version", ""))
    if not version.startswith("1."):
        raise _NotSuchAModel(f"it was written by Keras {version or '(unknown)'}, not by Keras 1")
    model = json.loads(_text(file.attrs["model_config"]))
    if model["class_name"] != "Sequential":
        raise _NotSuchAModel(f"it is a {model['class_name']} model, not a Sequential one")
    layers = [layer for layer in model["config"] if layer["class_name"] != "Dropout"]
    kinds = " ".join(layer["class_name"] for layer in layers)
    if not re.fullmatch("BatchNormalization (LSTM|Bidirectional)( BatchNormalization)? Dense", kinds):
        raise _NotSuchAModel(f"its layers are {kinds}")
    return layers


def _head(layers: list[Config], weights: h5py.Group) -> Head:
    first, recurrent, *second, dense = layers
    scale, offset = _batch_normalisation(first["config"], weights)
    forward, backward, settings = _recurrent(recurrent, weights)
    units = len(forward.recurrent) * (2 if backward else 1)
    scale2, offset2 = np.ones(units, np.float32), np.zeros(units, np.float32)
    if second:
        scale2, offset2 = _batch_normalisation(second[0]["config"], weights)
    _require(dense["config"], _DENSE_SETTINGS)
    name = dense["config"]["name"]
    return Head(
        scale=scale,
        offset=offset,
        forward=forward,
        backward=backward,
        scale2=scale2,
        offset2=offset2,
        dense=_array(weights, name, f"{name}_W", (units, len(CLASSES))),
        dense_bias=_array(weights, name, f"{name}_b", (len(CLASSES),)),
        activation=settings["activation"],
        recurrent_activation=settings["inner_activation"],
        padding="zeros_before",
    )


def _batch_normalisation(config: Config, weights: h5py.Group) -> tuple[FloatArray, FloatArray]:
    """Scale and offset of a trained batch normalisation; `running_std` is a variance, whatever it is called."""
    _require(config, _BATCH_NORMALISATION_SETTINGS)
    name = config["name"]
    kinds = ("gamma", "beta", "running_mean", "running_std")
    gamma, beta, mean, variance = (_array(weights, name, f"{name}_{kind}") for kind in kinds)
    epsilon = float(config["epsilon"])
    if not 0 < epsilon < 1:
        raise _NotSuchAModel(f"{name} has epsilon = {epsilon}, which is no small number above 0")
    if (variance < 0).any():
        raise _NotSuchAModel(f"{name} holds variances below 0")
    return fold_batch_normalisation(gamma, beta, mean, variance, epsilon=epsilon)


def _recurrent(layer: Config, weights: h5py.Group) -> tuple[LstmWeights, LstmWeights | None, Config]:
    """Both directions, None for the one that is not there, and the LSTM's settings."""
    config = layer["config"]
    if layer["class_name"] == "LSTM":
        _require(config, _LSTM_SETTINGS)
        return _lstm(config["output_dim"], weights, config["name"], config["name"]), None, config
    _require(config, {"merge_mode": ("concat",)})
    inner = config["layer"]
    if inner["class_name"] != "LSTM":
        raise _NotSuchAModel(f"its Bidirectional layer holds a {inner['class_name']}, not an LSTM")
    settings = inner["config"]
    _require(settings, _LSTM_SETTINGS)
    prefixes = [f"{side}_{settings['name']}" for side in ("forward", "backward")]
    forward, backward = (_lstm(settings["output_dim"], weights, config["name"], prefix) for prefix in prefixes)
    return forward, backward, settings


def _lstm(units: int, weights: h5py.Group, layer: str, prefix: str) -> LstmWeights:
    """One direction, its gates' arrays joined in the order of LstmWeights."""
    shapes = {"W": (EMBEDDING_SIZE, units), "U": (units, units), "b": (units,)}
    joined = [
        np.concatenate([_array(weights, layer, f"{prefix}_{kind}_{gate}", shape) for gate in _GATES], axis=-1)
        for kind, shape in shapes.items()
    ]
    return LstmWeights(*joined)


def _array(weights: h5py.Group, layer: str, name: str, shape: tuple[int, ...] | None = None) -> FloatArray:
    """The float32 array of that name in a layer; Keras appends a number where it made the name twice."""
    group = _inside(weights, layer, h5py.Group)
    found = [key for key in group if re.fullmatch(re.escape(name) + r"(_\d+)?:0", key)]
    if len(found) != 1:
        raise _NotSuchAModel(f"it holds {len(found)} arrays called {name} instead of one")
    stored = _inside(group, found[0], h5py.Dataset)
    if stored.external or stored.is_virtual:
        raise _NotSuchAModel(f"{name} lies in another file")
    if stored.dtype.kind != "f" or stored.size > _MOST_VALUES:
        raise _NotSuchAModel(f"{name} is {stored.size} values of {stored.dtype}, which no such model has")
    values = np.asarray(stored, np.float32)
    if shape is not None and values.shape != shape:
        raise _NotSuchAModel(f"{name} has the shape {values.shape}, not {shape}")
    if not np.isfinite(values).all():
        raise _NotSuchAModel(f"{name} holds values that are not finite numbers")
    return values


def _inside(group: h5py.Group, name: str, kind: type) -> Any:
    """What a group holds by that name, in the very file: a link could lead to another one."""
    if not isinstance(group.get(name, getlink=True), h5py.HardLink) or not isinstance(group[name], kind):
        raise _NotSuchAModel(f"{name} is no {kind.__name__.lower()} of this file")
    return group[name]


def _require(config: Config, allowed: Mapping[str, tuple[Any, ...]]) -> None:
    for setting, values in allowed.items():
        if config[setting] not in values:
            raise _NotSuchAModel(f"{config['name']} has {setting} = {config[setting]!r}, not {values[0]!r}")


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
