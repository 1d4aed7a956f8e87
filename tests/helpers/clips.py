"""Folders of labelled clips made on the spot, and a teacher that knows how loud a second is, and nothing else."""

from __future__ import annotations

import csv
import pathlib
import wave
from collections.abc import Callable, Sequence

import numpy as np

from models.distillation.teacher import AUDIOSET_CLASSES, TEACHER_RATE
from models.sounds.manifest import MANIFEST_COLUMNS

MadeClip = tuple[str, Callable[..., np.ndarray], str, str]
"""Name, how it is made, label and use."""


def level_teacher(samples: np.ndarray) -> np.ndarray:
    """Scores of every second but the first and last."""
    seconds = samples.reshape(-1, TEACHER_RATE)[1:-1]
    level = np.abs(seconds).mean(axis=1, keepdims=True)
    return np.repeat(level.clip(0, 1), AUDIOSET_CLASSES, axis=1).astype(np.float32)


def write_clips(folder: pathlib.Path, clips: Sequence[MadeClip]) -> pathlib.Path:
    """Write the clips, of 1.5 s each, with their manifest; returns the folder."""
    folder.mkdir()
    with (folder / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(MANIFEST_COLUMNS)
        for number, (name, make, label, use) in enumerate(clips):
            pcm = (make(np.random.default_rng(number), 1.5) * 32767).astype("<i2")
            with wave.open(str(folder / f"{name}.wav"), "wb") as sound:
                sound.setparams((1, 2, 16000, len(pcm), "NONE", ""))
                sound.writeframes(pcm.tobytes())
            table.writerow([f"{name}.wav", label, name, use, "CC0", "made by the test: " + name])
    return folder
