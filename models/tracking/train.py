"""The recipe of the tracker, from labelled clips, a tagger and the compact embedder to weights with their card.

Steps: mix scenes (data), fit (fit), choose thresholds on groups held out from the `train` rows (thresholds). The
`evaluate` rows are never trained or chosen on; `python -m benchmarks.broadcasts` measures on them.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from models.bundles.tracker_card import TRACKER_FILE, TrackerCard, write_tracker_card
from models.constants import TRACKS
from models.events.segments import TrackThresholds
from models.networks.compact import EMBEDDER_FILE
from models.networks.track_network import load_tracker, save_tracker
from models.sounds.labelled_clips import split
from models.sounds.manifest import LabelledClipRow, training_data
from models.tracking.data import FRAMES, TrackedScenes, make_scenes, read_scenes
from models.tracking.fit import fit_tracker
from models.tracking.recipe import TrackerSettings
from models.tracking.thresholds import choose_track_thresholds

VERSION = "1.0"
LIMITS = (
    "It says when somebody laughs, to a tenth of a second, and what else sounds: speech, music, applause or cheering, "
    "a crowd. It learned from mixtures of a few dozen real laughs, most of them acted and short, of made laughs, and "
    "of laughs in the voices of people who talk. Quiet laughs of one person under speech are mostly missed."
)


def train_tracker(
    rows: Sequence[LabelledClipRow],
    *,
    teacher: pathlib.Path,
    work: pathlib.Path,
    output: pathlib.Path,
    settings: TrackerSettings,
    processes: int = 1,
    report: Callable[[str], object] = print,
) -> pathlib.Path:
    """Make the tracker of the compact bundle in `output` and return the path of its weights.

    With the same inputs, settings, software and processor family the weights come out the same.

    Raises:
        UsageError: an input is missing or not what it should be, or a package of the extra `train` is missing.
        FileNotFoundError, ValueError: there is no compact embedder in `output`.
    """
    fit, check = split(rows)
    made: list[TrackedScenes] = []
    for part, seed, scenes in ((fit, settings.seed, settings.scenes), (check, settings.seed + 1, _held_out(settings))):
        files = make_scenes(
            part, teacher=teacher, work=work, seed=seed, scenes=scenes, processes=processes, report=report
        )
        made.append(read_scenes(files))
    model = fit_tracker(
        made[0], compact=output / EMBEDDER_FILE, epochs=settings.epochs, seed=settings.seed, report=report
    )
    save_tracker(model, output / TRACKER_FILE)
    held_out = choose_track_thresholds(
        tracks_of(output / TRACKER_FILE, made[1])[..., 0], made[1].truth[..., 0], made[1].weight[..., 0]
    )
    measured = {"recipe": dataclasses.asdict(settings), "held_out_scenes": held_out}
    thresholds = TrackThresholds(**held_out["thresholds"])
    write_tracker_card(output, TrackerCard(VERSION, thresholds, training_data(rows), LIMITS, measured))
    return output / TRACKER_FILE


def tracks_of(weights: pathlib.Path, scenes: TrackedScenes) -> np.ndarray:
    """What a tracker says of scenes, float32 [scenes, 120, 5] in [0, 1], in steps of 1/255 as stored."""
    model = load_tracker(weights, FRAMES)
    batches = [scenes.log_mel[at : at + 16].astype(np.float32) for at in range(0, len(scenes.log_mel), 16)]
    logits = np.concatenate([np.asarray(model(batch, training=False)) for batch in batches])
    tracks: np.ndarray = np.round(255 / (1 + np.exp(-logits))).astype(np.float32) / 255
    return tracks.reshape(-1, FRAMES // 10, len(TRACKS))


def _held_out(settings: TrackerSettings) -> int:
    return max(1, settings.scenes // 10)
