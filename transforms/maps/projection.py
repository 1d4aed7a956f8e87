"""A map of sounds: many numbers each, put onto a plane so that what sounds alike lies together."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from common.errors import UsageError
from common.extras import require

COMPONENTS = 50
"""Principal components that t-SNE works on."""

PERPLEXITY = 30.0
"""About how many neighbours count; less where there are few points."""

START = 1e-4
"""Standard deviation of the first coordinate from which t-SNE starts, as Kobak and Berens (2019) advise."""

MIN_POINTS = 8


@dataclasses.dataclass(frozen=True, eq=False)
class Projection:
    """Points on a plane.

    Attributes:
        coordinates: float32 [n, 2], centred; the first from -1 to 1, the second within that.
        explained: share of the variance that the principal components hold, 0 to 1.
        perplexity: as it was used.
    """

    coordinates: npt.NDArray[np.float32]
    explained: float
    perplexity: float


def project(features: npt.NDArray[np.floating], *, perplexity: float = PERPLEXITY) -> Projection:
    """Standardised features to principal components, and these to a plane by t-SNE (van der Maaten and Hinton, 2008).

    It starts from the first two components, so nothing is left to chance, and runs on one thread: several add up in
    another order each time, and t-SNE makes another map of the difference. The same features give the same bytes on
    the same machine.

    Args:
        features: [n, d], at least MIN_POINTS rows.
        perplexity: less is taken where there are fewer than three times as many rows.

    Raises:
        UsageError: there are too few rows, or scikit-learn is not installed.
    """
    if len(features) < MIN_POINTS:
        raise UsageError(f"a map takes at least {MIN_POINTS} clips, and there are {len(features)}; give more")
    decomposition = require("sklearn.decomposition", purpose="maps of clips", extra="plot")
    manifold = require("sklearn.manifold", purpose="maps of clips", extra="plot")
    threads = require("threadpoolctl", purpose="maps of clips", extra="plot")
    perplexity = min(perplexity, (len(features) - 1) / 3)
    with threads.threadpool_limits(limits=1):
        reduced = decomposition.PCA(min(COMPONENTS, *features.shape), svd_solver="full")
        components = reduced.fit_transform(_standardised(features))
        start = (START * components[:, :2] / max(components[:, 0].std(), np.finfo(float).tiny)).astype(np.float32)
        tsne = manifold.TSNE(perplexity=perplexity, init=start, learning_rate="auto", random_state=0, n_jobs=1)
        placed = tsne.fit_transform(components)
    return Projection(_centred(placed), float(reduced.explained_variance_ratio_.sum()), float(perplexity))


def _standardised(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Every column of mean 0 and standard deviation 1; columns that never change stay 0."""
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    deviation = centred.std(axis=0)
    return centred / np.where(deviation > 0, deviation, 1.0)


def _centred(placed: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Within -1 to 1, turned so that the map is wider than high: which way is up means nothing to t-SNE."""
    if np.ptp(placed[:, 1]) > np.ptp(placed[:, 0]):
        placed = placed[:, ::-1]
    lowest, highest = placed.min(axis=0), placed.max(axis=0)
    half = max(float(highest[0] - lowest[0]) / 2, np.finfo(np.float32).tiny)
    return ((placed - (lowest + highest) / 2) / half).astype(np.float32)
