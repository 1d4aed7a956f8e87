"""What the head says of a recording's windows."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from models.events import WHAT_S, WHEN_S

WINDOWS_S = (WHEN_S, WHAT_S)


@dataclasses.dataclass(frozen=True, eq=False)
class WindowScores:
    """Scores of a recording's windows.

    Attributes:
        seconds: embeddings of the recording.
        hop_s: seconds from one window's start to the next.
        by_length: for each length in WINDOWS_S, float32 [ceil(seconds / hop_s), 7] in the order of CLASSES.
    """

    seconds: int
    hop_s: int
    by_length: dict[int, npt.NDArray[np.float32]]
