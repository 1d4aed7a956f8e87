"""Peaks lie where the sound is."""

import numpy as np
import pytest

from tests.helpers.media import beeps
from transforms.decode.outcome import DecodeError
from transforms.pages.peaks import PEAKS_PER_SECOND, read_peaks


def test_beeps_are_peaks_at_their_times(tmp_path):
    told = []
    peaks = read_peaks(str(beeps(tmp_path / "a.wav", [2.0, 70.5], duration_s=100)), on_second=told.append)
    assert (peaks.dtype, peaks.shape) == (np.uint8, (1000,))
    loud = np.flatnonzero(peaks > 20) / PEAKS_PER_SECOND
    assert loud == pytest.approx([2.0, 2.1, 2.2, 70.5, 70.6, 70.7], abs=0.11)
    assert (peaks.max() / 255) ** 2 == pytest.approx(0.5, abs=0.03)
    assert told == [64, 100]


def test_no_recording_is_an_error(tmp_path):
    (tmp_path / "a.mp4").write_text("no media")
    with pytest.raises(DecodeError):
        read_peaks(str(tmp_path / "a.mp4"))
