"""Google's VGGish files: found in a cache folder or fetched into it once, and checked."""

import functools
import os
import pathlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from common import download
from common.download import RemoteFile

if TYPE_CHECKING:
    from models.postprocess import PcaParams

CACHE_VARIABLE = "LAUGHTER_CACHE"

Progress = Callable[[str, int, int | None], object]
"""Called with a file's name, its bytes so far, and its bytes in all where the server tells."""

_SINE_RAW = {"mean": 0.000657, "std": 0.343}
_SINE_QUANTISED = {"mean": 126.0, "std": 89.3}
_TOLERANCE = 0.1


class WeightsUnavailable(RuntimeError):
    """The files are not here and could not be fetched; the message is one sentence with cause and remedy."""


@dataclass(frozen=True)
class RemoteFiles:
    """The two files that make VGGish, as they are offered."""

    checkpoint: RemoteFile
    pca: RemoteFile


@dataclass(frozen=True)
class LocalFiles:
    """The two files on this machine, each with the right MD5."""

    checkpoint: pathlib.Path
    pca: pathlib.Path


_BASE = "https://storage.googleapis.com/audioset/"
GOOGLE_FILES = RemoteFiles(
    checkpoint=RemoteFile(_BASE + "vggish_model.ckpt", "d1c7011e6366aa34176bb05c705e31a8"),
    pca=RemoteFile(_BASE + "vggish_pca_params.npz", "c80cae691033abe7c7ecd11ea39fc834"),
)


def cache_folder() -> pathlib.Path:
    """The folder for fetched files: the environment's LAUGHTER_CACHE, else ~/.cache/laughter."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return pathlib.Path(chosen).expanduser() if chosen else pathlib.Path.home() / ".cache" / "laughter"


def locate(cache: pathlib.Path | None = None, *, files: RemoteFiles = GOOGLE_FILES) -> LocalFiles | None:
    """Looks for the files without any network, and checks their MD5s (about half a second).

    Args:
        cache: the folder to look in, by default `cache_folder()`.
        files: names and MD5s.

    Returns:
        Their paths, or None where one is absent or is not the file it should be.
    """
    folder = cache or cache_folder()
    if files.pca.is_in(folder) and files.checkpoint.is_in(folder):
        return LocalFiles(folder / files.checkpoint.name, folder / files.pca.name)
    return None


def fetch(
    cache: pathlib.Path | None = None,
    *,
    files: RemoteFiles = GOOGLE_FILES,
    progress: Progress | None = None,
    answer_timeout_s: float = download.ANSWER_TIMEOUT_S,
    stall_timeout_s: float = download.STALL_TIMEOUT_S,
) -> LocalFiles:
    """Downloads what is not yet in the cache folder, and checks it.

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
    return LocalFiles(folder / files.checkpoint.name, folder / files.pca.name)


def verify(checkpoint: str | os.PathLike[str], pca: "PcaParams") -> None:
    """Runs the self-check on the network with these weights, in float32 (some seconds).

    Raises:
        ValueError: one sentence: a file cannot be read, or the embeddings are not VGGish's.
    """
    import tensorflow as tf

    from models.log_mel import log_mel_patches
    from models.postprocess import quantise
    from models.vggish import load_vggish_weights, vggish_network

    network = vggish_network(load_vggish_weights(checkpoint), precision="float32")
    self_check(
        lambda seconds: network(log_mel_patches(tf.constant(seconds))).numpy(),
        lambda raw: quantise(tf.constant(raw), pca).numpy(),
        source=os.fspath(checkpoint),
    )


def self_check(
    embed_raw: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]],
    quantise: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.uint8]],
    *,
    source: str = "this checkpoint",
) -> None:
    """Refuses weights that are not Google's, or a network or front end that does not compute VGGish.

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
    time_s = np.arange(3 * 16000) / 16000
    raw = embed_raw(np.sin(2 * np.pi * 1000 * time_s).astype(np.float32).reshape(3, 16000))
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
