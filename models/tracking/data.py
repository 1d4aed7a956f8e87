"""Training data for the tracker: scenes with their truth, in files of a few hundred.

File number i depends only on the seed, i and the sources, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import pathlib
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from models.constants import FIRST_AUDIOSET_INDEX, LAUGHTER_KINDS, SAMPLE_RATE_HZ
from models.distillation.data import score_with_teacher, synthetic_clips
from models.distillation.teacher import Teacher, load_teacher
from models.distillation.work_files import made, read_joined, save_file
from models.networks.log_mel import HOP_SAMPLES, log_mel_frames
from models.sounds.labelled_clips import Clip, cache_decoded, load_decoded
from models.sounds.manifest import LabelledClipRow
from models.sounds.scenes import SCENE_S, UNSURE, Palette, mix_scene, role_of

FILE_SCENES = 100
VERSION = 2
"""Of how scenes are mixed: goes into the files' names, so that older ones are not taken for new ones."""

FRAMES = SCENE_S * 100
SETTLED, SETTLED_BELOW = "no laughter by the tagger", 0.02


@dataclasses.dataclass(frozen=True, eq=False)
class TrackedScenes:
    """Scenes, in order.

    Attributes:
        log_mel: float16 [scenes, 1200, 64], at 100 frames a second.
        truth: float16 [scenes, 120, 5], the share of each tenth of a second in which each track is heard.
        weight: float16 [scenes, 120, 5], how much that counts.
    """

    log_mel: npt.NDArray[np.float16]
    truth: npt.NDArray[np.float16]
    weight: npt.NDArray[np.float16]


@dataclasses.dataclass(frozen=True)
class ScenePlan:
    """One file to make, from sounds decoded in one file, and `synthetic` made ones of each sort."""

    sounds: pathlib.Path
    teacher: pathlib.Path
    seed: int
    number: int
    scenes: int
    synthetic: int

    def path(self, work: pathlib.Path) -> pathlib.Path:
        """Where it lies."""
        made_from = f"{self.sounds.name}, {self.teacher.stat().st_size}, {self.seed}, {self.synthetic}, {VERSION}"
        key = hashlib.sha256(made_from.encode()).hexdigest()[:12]
        return work / f"scenes-{key}-{self.number:04d}-{self.scenes}.npz"


def make_scenes(
    rows: Sequence[LabelledClipRow],
    *,
    teacher: pathlib.Path,
    work: pathlib.Path,
    seed: int,
    scenes: int,
    processes: int,
    report: Callable[[str], object] = print,
) -> list[pathlib.Path]:
    """Make what is missing of a work folder's files, in so many processes (1: in this one)."""
    work.mkdir(parents=True, exist_ok=True)
    sounds = cache_decoded(rows, work)
    plans = [
        ScenePlan(
            sounds, teacher, seed, number, min(FILE_SCENES, scenes - number * FILE_SCENES), min(40, 4 + scenes // 20)
        )
        for number in range(-(-scenes // FILE_SCENES))
    ]
    missing = [plan for plan in plans if not plan.path(work).exists()]
    for number, _ in enumerate(made(make_file, missing, work, processes)):
        report(f"scenes: {number + 1} of {len(missing)} files")
    return [plan.path(work) for plan in plans]


def make_file(plan: ScenePlan, work: pathlib.Path) -> pathlib.Path:
    """Mix the scenes of a file; the same plan gives the same file."""
    rng, palette = np.random.default_rng([plan.seed, plan.number]), _palette(plan)
    mixed = [mix_scene(rng, palette) for _ in range(plan.scenes)]
    arrays = {
        "log_mel": np.stack([continuous_log_mel(scene.samples).astype(np.float16) for scene in mixed]),
        "truth": np.stack([scene.truth.astype(np.float16) for scene in mixed]),
        "weight": np.stack([scene.weight.astype(np.float16) for scene in mixed]),
    }
    return save_file(plan.path(work), arrays)


def continuous_log_mel(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Log-mel of a stretch, float32 [n / 160, 64]; the last frames see silence behind the end."""
    padded = np.pad(samples, (0, 2 * HOP_SAMPLES))[np.newaxis]
    return np.asarray(log_mel_frames(padded, len(samples) // HOP_SAMPLES))[0]


def read_scenes(paths: Sequence[pathlib.Path]) -> TrackedScenes:
    """All files' arrays, joined."""
    return read_joined(TrackedScenes, paths)


def settled(clips: Sequence[Clip], teacher: Teacher) -> list[Clip]:
    """The clips, those of which nobody said what they hold told apart by the tagger.

    Where it hears no laughter in any second, they teach what is none; the others stay unsure.
    """
    kinds = slice(FIRST_AUDIOSET_INDEX, FIRST_AUDIOSET_INDEX + len(LAUGHTER_KINDS))
    told = []
    for clip in clips:
        if role_of(clip.label) == UNSURE and not clip.label.startswith("synthetic"):
            seconds = -(-len(clip.samples) // SAMPLE_RATE_HZ)
            sound = np.asarray(clip.samples, np.float32)
            sound = sound / max(float(np.abs(sound).max()), 1e-6)
            padded = np.pad(sound, (SAMPLE_RATE_HZ, (seconds + 1) * SAMPLE_RATE_HZ - len(sound)))
            if score_with_teacher(teacher, padded)[:, kinds].max() < SETTLED_BELOW:
                clip = dataclasses.replace(clip, label=SETTLED)
        told.append(clip)
    return told


@functools.lru_cache(maxsize=1)
def _sounds(path: pathlib.Path, teacher: pathlib.Path) -> list[Clip]:
    return settled(load_decoded(path), load_teacher(teacher))


def _palette(plan: ScenePlan) -> Palette:
    made = synthetic_clips(np.random.default_rng([plan.seed, 0]), count=plan.synthetic)
    return Palette(_sounds(plan.sounds, plan.teacher) + made)
