"""Runs of true values in a row of them: where something goes on without a break."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def runs_of(on: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The runs [start, end) of true values in bool [n], in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
