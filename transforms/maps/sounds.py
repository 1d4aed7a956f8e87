"""Clips for a map of spectrogram features: labelled sound files, as a manifest lists them."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

import numpy as np

from common.errors import UsageError
from common.text import display_text
from models.constants import LAUGHTER_KINDS, SAMPLE_RATE_HZ
from models.sounds.labelled_clips import UNKNOWN_LABELS, read_audio
from models.sounds.manifest import MANIFEST, LabelledClipRow, read_manifest
from transforms.maps.clips import NO_LAUGHTER, UNKNOWN, MapClip, MapClips, OnDone
from transforms.maps.features import FEATURES, log_mel_statistics
from transforms.maps.sampling import BalancedSample, stable_hash


def clips_of_sounds(folders: Sequence[str], *, size: int, seed: int, on_done: OnDone) -> MapClips:
    """A sample of labelled sounds: mean and deviation over time of each one's log-mel bands.

    Args:
        folders: each with a manifest.csv.
        size: clips at most.
        seed: of the sample.
        on_done: told how many sounds of how many are read.

    Raises:
        UsageError: a manifest is absent or cannot be read.
    """
    sample: BalancedSample[tuple[str, LabelledClipRow]] = BalancedSample(size)
    for folder in folders:
        for row in _rows(folder):
            name = os.path.relpath(row.path, folder)
            sample.add(_group(row.label), stable_hash(seed, name), (name, row))
    clips, features, troubles = [], [], []
    chosen = sample.sample()
    for number, (group, (name, row)) in enumerate(chosen):
        on_done(number, len(chosen))
        try:
            features.append(log_mel_statistics(read_audio(row.path, rate_hz=SAMPLE_RATE_HZ)))
        except ValueError as error:
            troubles.append(display_text(str(error), longest=300))
            continue
        clips.append(MapClip(name, group, row.label, os.fspath(row.path)))
    source = "mean and deviation over time of 64 log-mel bands of labelled sounds"
    return MapClips(source, clips, np.reshape(features, (-1, FEATURES)), sample.offered, troubles)


def _rows(folder: str) -> list[LabelledClipRow]:
    try:
        return read_manifest(pathlib.Path(folder))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{display_text(os.path.join(folder, MANIFEST))} cannot be read ({display_text(str(error), longest=300)}); "
            "give folders that hold a manifest of labelled sounds"
        ) from error


def _group(label: str) -> str:
    if label in LAUGHTER_KINDS:
        return label
    return UNKNOWN if label in UNKNOWN_LABELS else NO_LAUGHTER
