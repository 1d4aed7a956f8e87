"""One channel out of two, of which nothing is lost where they cancel; and how loud it is."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from transforms.decode.timeline import Samples

FULL_SCALE = 32768.0

_CANCELS = 16.0
"""So much more power (12 dB) in the difference of the channels than in their sum: they cancel."""
_AUDIBLE_RMS = 30.0
"""Of the difference, in steps of 16 bits, -61 dBFS: below that it is noise."""


@dataclasses.dataclass
class Mixer:
    """Chooses, second by second, and keeps count.

    Attributes:
        cancelled_s: seconds in which the channels cancel.
        peak: the largest absolute sample, 0 to 32768.
        power: the sum of all samples' squares.
    """

    cancelled_s: int = 0
    peak: int = 0
    power: float = 0.0

    def mix(self, seconds: npt.NDArray[np.int16]) -> Samples:
        """One channel, int16 [n, 16000], of int16 [n, 16000, 2]: half the sum and half the difference of two.

        A second of which the sum is 12 dB below the difference, as of a stereo cable with one side turned over, is the
        difference; every other one is the sum.
        """
        values = seconds.astype(np.float32)
        power = np.einsum("nsc,nsc->nc", values, values, dtype=np.float64)
        audible = power[:, 1] > _AUDIBLE_RMS**2 * seconds.shape[1]
        cancels = audible & (power[:, 1] > _CANCELS * power[:, 0])
        chosen = np.where(cancels[:, None], seconds[:, :, 1], seconds[:, :, 0])
        self.cancelled_s += int(cancels.sum())
        self.power += float(np.where(cancels, power[:, 1], power[:, 0]).sum())
        if chosen.size:
            self.peak = max(self.peak, int(chosen.max()), -int(chosen.min()))
        return chosen

    @property
    def peak_dbfs(self) -> float | None:
        """The loudest sample against full scale, dB; None of silence."""
        return round(20 * math.log10(self.peak / FULL_SCALE), 2) if self.peak else None

    def mean_dbfs(self, samples: float) -> float | None:
        """The mean power over so many samples against that of full scale, dB; None of silence."""
        if not self.power or samples <= 0:
            return None
        return round(10 * math.log10(self.power / samples / FULL_SCALE**2), 2)
