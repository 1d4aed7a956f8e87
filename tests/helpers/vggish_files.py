"""Seeded VGGish weights, and the files they may come in."""

import os
import pathlib

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saver_pb2

from models.networks import vggish


def seeded_weights() -> dict[str, np.ndarray]:
    """Random weights by the recipe with which the reference outputs were made."""
    weights = {}
    for seed, name in enumerate(sorted(vggish.VARIABLES)):
        shape = vggish.VARIABLES[name]
        scale = 0.01 if name.endswith("biases") else np.sqrt(2 / np.prod(shape[:-1]))
        weights[name] = (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)
    return weights


def save_checkpoint(weights: dict[str, np.ndarray], prefix: pathlib.Path, *, version: int) -> None:
    """Writes a TensorFlow checkpoint: version 1 is one file called `prefix`, version 2 several."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        holders, variables = {}, {}
        for name, values in weights.items():  # placeholders, for a graph with these constants is too large
            holders[name] = tf.compat.v1.placeholder(values.dtype, values.shape)
            variables[name] = tf.compat.v1.Variable(holders[name], name=name)
        for name, variable in variables.items():
            session.run(variable.initializer, {holders[name]: weights[name]})
        saver = tf.compat.v1.train.Saver(variables, write_version=getattr(saver_pb2.SaverDef, f"V{version}"))
        saver.save(session, os.fspath(prefix), write_meta_graph=False, write_state=False)
