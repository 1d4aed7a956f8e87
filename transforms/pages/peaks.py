"""The loudness of a recording over time, for people to look at."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from transforms.decode.decode import decode_seconds

PEAKS_PER_SECOND = 10

MAX_AMPLITUDE = 32768
"""The largest absolute value of a sample."""


def read_peaks(path: str, *, on_second: Callable[[int], None] = lambda second: None) -> npt.NDArray[np.uint8]:
    """The largest absolute sample of every tenth of a second, in memory that grows by ten bytes a second.

    Args:
        path: of the recording, on this machine.
        on_second: told now and then how many seconds are done.

    Returns:
        uint8 [seconds * PEAKS_A_SECOND]: 255 times the square root of the peak over full scale, for quiet sound needs
        the finer steps.

    Raises:
        DecodeError: there is no sound to be had.
    """
    parts = [np.zeros(0, np.uint8)]
    with contextlib.closing(decode_seconds(path)) as blocks:
        for block in blocks:
            tenths = block.reshape(len(block) * PEAKS_PER_SECOND, -1)
            peaks = np.maximum(tenths.max(axis=1).astype(np.int32), -tenths.min(axis=1).astype(np.int32))
            parts.append(np.rint(255 * np.sqrt(peaks / MAX_AMPLITUDE)).astype(np.uint8))
            on_second(sum(map(len, parts)) // PEAKS_PER_SECOND)
    return np.concatenate(parts)
