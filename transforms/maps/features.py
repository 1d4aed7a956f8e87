"""What a clip's spectrogram is like as a whole: the mean and the deviation of each of its bands over time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.constants import SECOND_SAMPLES
from models.networks.log_mel import MEL_BANDS, PATCH_FRAMES, PATCH_SAMPLES, log_mel_patches

SECONDS_PER_CALL = 64
FEATURES = 2 * MEL_BANDS

_HOP = SECOND_SAMPLES // 100


def log_mel_statistics(samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Mean and standard deviation over time of each log-mel band.

    Args:
        samples: [n] at 16 kHz in [-1, 1], n at least 1.

    Returns:
        float32 [128]: 64 means, then 64 deviations, in natural log of mel magnitude. Silence that fills up the last
        second does not count.
    """
    seconds = -(-len(samples) // SECOND_SAMPLES)
    filled = np.zeros(seconds * SECOND_SAMPLES, np.float32)
    filled[: len(samples)] = samples
    rows = filled.reshape(seconds, SECOND_SAMPLES)
    calls = range(0, seconds, SECONDS_PER_CALL)
    bands = np.concatenate([log_mel_patches(rows[at : at + SECONDS_PER_CALL]).numpy() for at in calls])
    missing = max(0, PATCH_SAMPLES - (len(samples) - (seconds - 1) * SECOND_SAMPLES))
    heard = max(1, seconds * PATCH_FRAMES - -(-missing // _HOP))
    frames = bands.reshape(-1, MEL_BANDS)[:heard].astype(np.float64)
    return np.concatenate([frames.mean(axis=0), frames.std(axis=0)]).astype(np.float32)
