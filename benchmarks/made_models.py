"""Models for the benchmarks where no genuine VGGish weights are given."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from benchmarks.made_media import made_sound
from models.bundles.bundle import EmbedderSpec
from models.bundles.card import Card, WeightFile, write_card
from models.constants import CLASSES
from models.distillation.fit import fit_head
from models.networks.head_files import save_head
from models.networks.log_mel import log_mel_patches
from models.networks.vggish import VARIABLES, vggish_network


def vggish_weights(folder: pathlib.Path, given: str | None) -> tuple[str, str]:
    """Paths of VGGish's weights and PCA: `given`, or seeded ones, which cost the same but mean nothing.

    The seeded network gets a PCA fitted to its own embeddings of the made sound, so that its quantised values
    fill the range as the genuine ones do.
    """
    if given:
        return given, str(pathlib.Path(given).parent / "vggish_pca_params.npz")
    weights, pca = folder / "seeded.npz", folder / "seeded_pca.npz"
    if not pca.exists():
        arrays = {}
        for number, (name, shape) in enumerate(sorted(VARIABLES.items())):
            values = np.random.default_rng(number).standard_normal(shape)
            scale = 0.01 if name.endswith("biases") else np.sqrt(2 / np.prod(shape[:-1]))
            arrays[name] = (values * scale).astype(np.float32)
        np.savez(weights, **arrays)
        vectors, means = _fit_pca(arrays)
        np.savez(pca, pca_eigen_vectors=vectors, pca_means=means)
    return str(weights), str(pca)


def _fit_pca(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    network = vggish_network(arrays, precision="float32")
    seconds = tf.constant(made_sound(400, seed=2)[0].astype(np.float32) / 32768)
    raw = np.concatenate([network(log_mel_patches(part)).numpy() for part in tf.split(seconds, len(seconds) // 50)])
    values, vectors = np.linalg.eigh(np.cov(raw.T))
    whitening = (vectors / np.sqrt(values + 0.01 * values.max())).T[::-1]
    return whitening.astype(np.float32), raw.mean(axis=0)[:, None].astype(np.float32)


def make_head(folder: pathlib.Path, weights: str, pca: str) -> pathlib.Path:
    """A bundle with a head trained in a minute to find the made laughs from those embeddings."""
    head = folder / "head"
    if not (head / "card.json").exists():
        embedder = EmbedderSpec("vggish", weights, pca, "float32", "benchmark", "benchmark").load()
        pcm, laughing = made_sound(2000, seed=1)
        targets = np.zeros((len(pcm), len(CLASSES)), np.float32)
        targets[:, 0], targets[:, -1] = laughing, ~laughing
        trained = fit_head(embedder.embed(pcm).reshape(-1, 10, 128), targets.reshape(-1, 10, 7), epochs=40, seed=0)
        head.mkdir(parents=True, exist_ok=True)
        save_head(trained, head / "head.npz")
        write_card(head, Card("benchmark", "0", "vggish", head=WeightFile("head.npz", padding="mask")))
    return head
