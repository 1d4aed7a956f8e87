"""The two files that make VGGish, weights and PCA: named, found in the cache or fetched into it, and checked."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import logging
import os
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from common import download, storage
from common.download import RemoteFile
from common.errors import LaughterError
from models.constants import SAMPLE_RATE_HZ
from models.networks.pca import PcaParams, load_pca

logger = logging.getLogger(__name__)

CACHE_VARIABLE = "LAUGHTER_CACHE"

DECISION_TIMEOUT_S = 4.0
"""For a host to begin to answer for each of the two files, so that a bundle is chosen within ten seconds."""

Progress = Callable[[str, int, int | None], object]
"""Called with a file's name, its bytes so far, and its bytes in all where the server tells."""

_SINE_RAW = {"mean": 0.000657, "std": 0.343}
_SINE_QUANTISED = {"mean": 126.0, "std": 89.3}
_TOLERANCE = 0.1


class WeightsUnavailable(LaughterError):
    """The files are not here and could not be fetched; the message is one sentence with cause and remedy."""


@dataclasses.dataclass(frozen=True)
class RemoteFiles:
    """The two files as they are offered."""

    checkpoint: RemoteFile
    pca: RemoteFile


_BASE = "https://storage.googleapis.com/audioset/"
GOOGLE_FILES = RemoteFiles(
    # its SHA-256 is printed by the first genuine fetch, and belongs here then; MD5 and self-check guard it until then
    checkpoint=RemoteFile(_BASE + "vggish_model.ckpt", "d1c7011e6366aa34176bb05c705e31a8"),
    pca=RemoteFile(
        _BASE + "vggish_pca_params.npz",
        "c80cae691033abe7c7ecd11ea39fc834",
        "4d878af3e306defbfb37095365aa7e5a6cecb86bad13e859e626151c4e6a8b9d",
    ),
)


@dataclasses.dataclass(frozen=True)
class VggishFiles:
    """Paths or URLs of VGGish's weights (V1 or V2 checkpoint, or .npz) and of its PCA parameters (.npz)."""

    weights: str
    pca: str

    @property
    def weights_id(self) -> str:
        """SHA-256 of the arrays in the files, whatever the files' format."""
        return _digest(self.weights, self.pca)

    def fingerprint(self, precision: str) -> str:
        """SHA-256 of the arrays in the files, whatever the files' format, and of the precision."""
        return hashlib.sha256(f"{self.weights_id} {precision}".encode()).hexdigest()

    def verify(self) -> None:
        """Run the self-check on the network with these weights, in float32 (some seconds).

        Raises:
            ValueError: one sentence: a file cannot be read, or the embeddings are not VGGish's.
        """
        import tensorflow as tf

        from models.networks.log_mel import log_mel_patches
        from models.networks.pca import quantise
        from models.networks.vggish import load_vggish_weights, vggish_network

        pca = load_pca_anywhere(self.pca)
        network = vggish_network(load_vggish_weights(self.weights), precision="float32")
        self_check(
            lambda seconds: network(log_mel_patches(tf.constant(seconds))).numpy(),
            lambda raw: quantise(tf.constant(raw), pca).numpy(),
            source=self.weights,
        )


@functools.cache
def _digest(weights: str, pca: str) -> str:
    from models.networks.vggish import load_vggish_weights

    digest = hashlib.sha256()
    for name, values in sorted(load_vggish_weights(weights).items()):
        digest.update(name.encode())
        digest.update(values.data)
    params = load_pca_anywhere(pca)
    digest.update(params.eigen_vectors.tobytes() + params.means.tobytes())
    return digest.hexdigest()


def load_pca_anywhere(path: str) -> PcaParams:
    """PcaParams from a local path or a URL such as gs://...; errors are those of `load_pca`."""
    with storage.local_copy(path) as local:
        return load_pca(local)


def find_or_fetch(weights: str | None = None) -> VggishFiles:
    """The files to use: those named, those in the cache, or those fetched into it now.

    Args:
        weights: path or URL of the weights; the PCA is taken from beside them, else from the cache.

    Raises:
        WeightsUnavailable: one sentence, within ten seconds where no host answers.
        FileNotFoundError, ValueError: what is named is not there, or is not Google's VGGish by the self-check.
    """
    if weights is not None:
        named = VggishFiles(weights, _pca_for(weights))
        named.verify()
        return named
    files = find_cached()
    if files is None:
        logger.warning("fetching Google's VGGish weights (277 MB, once) into %s", cache_folder())
        files = fetch(answer_timeout_s=DECISION_TIMEOUT_S)
        files.verify()
    return files


def cache_folder() -> pathlib.Path:
    """The folder for fetched files: the environment's LAUGHTER_CACHE, else ~/.cache/laughter."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return pathlib.Path(chosen).expanduser() if chosen else pathlib.Path.home() / ".cache" / "laughter"


def find_cached(cache: pathlib.Path | None = None, *, files: RemoteFiles = GOOGLE_FILES) -> VggishFiles | None:
    """Look for the files without any network, and check their checksums (about a second).

    Args:
        cache: the folder to look in, by default `cache_folder()`.
        files: names and checksums.

    Returns:
        Their paths, or None where one is absent or is not the file it should be.
    """
    folder = cache or cache_folder()
    if files.pca.is_in(folder) and files.checkpoint.is_in(folder):
        return VggishFiles(str(folder / files.checkpoint.name), str(folder / files.pca.name))
    return None


def fetch(
    cache: pathlib.Path | None = None,
    *,
    files: RemoteFiles = GOOGLE_FILES,
    progress: Progress | None = None,
    answer_timeout_s: float = download.ANSWER_TIMEOUT_S,
    stall_timeout_s: float = download.STALL_TIMEOUT_S,
) -> VggishFiles:
    """Download what is not yet in the cache folder, checksums checked; `VggishFiles.verify` proves that it is VGGish.

    Args:
        cache: the folder to fill, by default `cache_folder()`; made where it is absent.
        files: what to fetch.
        progress: told about each megabyte.
        answer_timeout_s: give up when the host has not begun to answer after this long.
        stall_timeout_s: give up when a download that has begun brings nothing for this long.

    Returns:
        The paths of the two files.

    Raises:
        WeightsUnavailable: the cache folder holds no partial file then.
    """
    folder = cache or cache_folder()
    timeouts = {"answer_timeout_s": answer_timeout_s, "stall_timeout_s": stall_timeout_s}
    for file in (files.pca, files.checkpoint):  # the small one first: what does not work shows at once
        tell = functools.partial(progress, file.name) if progress else None
        try:
            if not file.is_in(folder):
                download.download(file, folder, progress=tell, **timeouts)
        except download.DownloadError as error:
            raise WeightsUnavailable(
                f"{error}; get it where there is a connection and put it into {folder}, or use the compact bundle"
            ) from error
    return VggishFiles(str(folder / files.checkpoint.name), str(folder / files.pca.name))


def _pca_for(weights: str) -> str:
    name = GOOGLE_FILES.pca.name
    beside = f"{os.path.dirname(weights) or '.'}/{name}"
    if storage.exists(beside):
        return beside
    cached = cache_folder() / name
    if cached.is_file():
        return str(cached)
    raise WeightsUnavailable(
        f"the PCA parameters that belong to {weights} are neither beside it nor in the cache; put Google's {name} "
        "beside it, or run `laughter models fetch`"
    )


def self_check(
    embed_raw: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]],
    quantise: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.uint8]],
    *,
    source: str = "this checkpoint",
) -> None:
    """Refuse weights that are not Google's, or a network or front end that does not compute VGGish.

    Follows `vggish_smoke_test.py` of tensorflow/models, research/audioset/vggish: statistics of the embeddings
    of a 1 kHz sine, with its tolerance of 10 %. Run it in float32: the expected raw mean is so near zero that
    the rounding of bfloat16 alone may exceed the tolerance.

    Args:
        embed_raw: seconds of audio float32 [3, 16000] in [-1, 1] -> raw embeddings [3, 128].
        quantise: raw embeddings [3, 128] -> uint8 [3, 128].
        source: what the weights are called in the error, such as their file.

    Raises:
        ValueError: one sentence with the statistic that is wrong.
    """
    time_s = np.arange(3 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    raw = embed_raw(np.sin(2 * np.pi * 1000 * time_s).astype(np.float32).reshape(3, SAMPLE_RATE_HZ))
    _check_statistics(raw, _SINE_RAW, f"{source} does not give VGGish's embeddings: the raw ones")
    _check_statistics(quantise(raw), _SINE_QUANTISED, f"{source} does not give VGGish's embeddings: the quantised ones")


def _check_statistics(values: npt.NDArray[Any], expected: dict[str, float], what: str) -> None:
    found = {"mean": float(np.mean(values, dtype=np.float64)), "std": float(np.std(values, dtype=np.float64))}
    for name, value in expected.items():
        if not abs(found[name] - value) <= _TOLERANCE * abs(value):  # written so that NaN fails too
            raise ValueError(
                f"{what} of a 1 kHz sine have a {name} of {found[name]:.3g} instead of {value:g}; check that it is "
                "Google's checkpoint, and fetch it again"
            )
