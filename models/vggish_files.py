"""The two files that make VGGish, its weights and its PCA: wherever they come from, ready to be loaded."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import logging
import os
from collections.abc import Callable

from common import storage
from common.download import ANSWER_TIMEOUT_S
from models import vggish_weights
from models.vggish_weights import GOOGLE_FILES, LocalFiles, WeightsUnavailable, locate

logger = logging.getLogger(__name__)

DECISION_TIMEOUT_S = 4.0
"""For a host to begin to answer for each of the two files, so that a bundle is chosen within ten seconds."""


@dataclasses.dataclass(frozen=True)
class VggishFiles:
    """Paths or URLs of VGGish's weights (V1 or V2 checkpoint, or .npz) and of its PCA parameters (.npz)."""

    weights: str
    pca: str

    @property
    def space(self) -> str:
        """SHA-256 of the arrays in the files, whatever the files' format."""
        return _digest(self.weights, self.pca)

    def fingerprint(self, precision: str) -> str:
        """SHA-256 of the arrays in the files, whatever the files' format, and of the precision."""
        return hashlib.sha256(f"{self.space} {precision}".encode()).hexdigest()


@functools.cache
def _digest(weights: str, pca: str) -> str:
    from models.vggish import load_vggish_weights

    digest = hashlib.sha256()
    for name, values in sorted(load_vggish_weights(weights).items()):
        digest.update(name.encode())
        digest.update(values.data)
    params = load_pca_anywhere(pca)
    digest.update(params.eigen_vectors.tobytes() + params.means.tobytes())
    return digest.hexdigest()


def load_pca_anywhere(path: str):  # type: ignore[no-untyped-def]  # PcaParams, whose module imports TensorFlow
    """PcaParams from a local path or a URL such as gs://...; errors are those of `load_pca`."""
    from models.postprocess import load_pca

    with storage.local_file(path) as local:
        return load_pca(local)


def obtain(weights: str | None = None) -> VggishFiles:
    """The files to use: those named, those in the cache, or those fetched into it now.

    Args:
        weights: path or URL of the weights; the PCA is taken from beside them, else from the cache.

    Raises:
        WeightsUnavailable: one sentence, within ten seconds where no host answers.
        FileNotFoundError, ValueError: what is named is not there, or is not Google's VGGish by the self-check.
    """
    if weights is not None:
        named = VggishFiles(weights, _pca_for(weights))
        vggish_weights.verify(named.weights, load_pca_anywhere(named.pca))
        return named
    files = locate()
    if files is None:
        logger.warning("fetching Google's VGGish weights (277 MB, once) into %s", vggish_weights.cache_folder())
        files = fetch(answer_timeout_s=DECISION_TIMEOUT_S)
    return VggishFiles(str(files.checkpoint), str(files.pca))


def fetch(
    *, progress: Callable[[str, int, int | None], object] | None = None, answer_timeout_s: float = ANSWER_TIMEOUT_S
) -> LocalFiles:
    """Fetch Google's files into the cache, their MD5s checked, and prove them by the self-check on a sine.

    Raises:
        WeightsUnavailable: one sentence.
    """
    files = vggish_weights.fetch(progress=progress, answer_timeout_s=answer_timeout_s)
    vggish_weights.verify(files.checkpoint, load_pca_anywhere(str(files.pca)))
    return files


def _pca_for(weights: str) -> str:
    name = GOOGLE_FILES.pca.name
    beside = f"{os.path.dirname(weights) or '.'}/{name}"
    filesystem, place = storage.filesystem_of(beside)
    with storage.storage_errors(beside):
        if filesystem.exists(place):
            return beside
    cached = vggish_weights.cache_folder() / name
    if cached.is_file():
        return str(cached)
    raise WeightsUnavailable(
        f"the PCA parameters that belong to {weights} are neither beside it nor in the cache; put Google's {name} "
        "beside it, or run `laughter models fetch`"
    )
