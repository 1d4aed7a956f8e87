"""Training data for the compact embedder: mixtures, scored by the teacher, in files of a few hundred seconds each.

A file of a work folder is an .npz of a number of programmes (see models.sounds.mixtures) with, for each of their ten
seconds, the log-mel patch, the teacher's scores and what is known about laughter. File number i depends only on
the seed, i and the sources, so an interrupted run goes on where it stopped.
"""

import dataclasses
import functools
import hashlib
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from common.extras import require
from models.constants import SAMPLE_RATE_HZ, SECOND_SAMPLES
from models.distillation.teacher import TEACHER_RATE, Teacher, load_teacher
from models.distillation.work_files import made, read_joined, save_file
from models.networks.log_mel import log_mel_patches
from models.sounds import synthesis
from models.sounds.labelled_clips import (
    LAUGHTER,
    OTHER,
    UNKNOWN,
    Clip,
    ClipSampler,
    cache_decoded,
    load_decoded,
    split,
)
from models.sounds.manifest import LabelledClipRow
from models.sounds.mixtures import CONTEXT_S, PROGRAMME_S, mix_programme

FILE_PROGRAMMES = 200
VERSION = 3
"""Of how programmes are mixed and scored: goes into the files' names, so that older ones are not taken for new ones."""

Sources = tuple[pathlib.Path, tuple[int, int], int]
"""What programmes are mixed from: decoded clips on disk, and seed and number of synthetic ones."""


@dataclasses.dataclass(frozen=True, eq=False)
class TeacherScores:
    """Seconds of programmes, in order.

    Attributes:
        patches: float16 [programmes, 10, 96, 64] log-mel.
        teacher: float16 [programmes, 10, 527] scores in [0, 1].
        laughter: float32 [programmes, 10], the share of the second with a known laugh.
        known: bool [programmes, 10], false where something unlabelled may be laughter.
    """

    patches: np.ndarray
    teacher: np.ndarray
    laughter: np.ndarray
    known: np.ndarray


def synthetic_clips(rng: np.random.Generator, *, count: int = 60) -> list[Clip]:
    """About four times `count` synthetic sounds of every kind, in fixed proportions."""
    plan: list[tuple[Callable[..., np.ndarray], str, float]] = [
        (synthesis.laugh, LAUGHTER, 0.8),
        (synthesis.crowd_laugh, LAUGHTER, 0.25),
        (synthesis.speech_like, OTHER, 0.35),
        (synthesis.music_like, OTHER, 0.25),
        (synthesis.applause_like, OTHER, 0.2),
        (synthesis.noise, OTHER, 0.1),
        (synthesis.tone, OTHER, 0.1),
        (synthesis.vocalisation, UNKNOWN, 2.0),
    ]
    return [
        Clip(make(rng, rng.uniform(1.0, 5.0)), kind, f"synthetic {make.__name__}")
        for make, kind, share in plan
        for _ in range(max(1, round(share * count)))
    ]


@dataclasses.dataclass(frozen=True)
class FilePlan:
    """One file of programmes: what it is made from decides its name, and with it its bytes."""

    sources: Sources
    teacher: pathlib.Path
    seed: int
    number: int
    programmes: int

    def path(self, work: pathlib.Path) -> pathlib.Path:
        """Where the file lies in a work folder."""
        sounds_file, synthetic_seed, count = self.sources
        made_from = f"{sounds_file.stem}, {synthetic_seed}, {count}, {self.teacher.name}, {self.seed}, {VERSION}"
        key = hashlib.sha256(made_from.encode()).hexdigest()[:12]
        return work / f"programmes-{key}-{self.number:04d}-{self.programmes}.npz"


@functools.lru_cache(maxsize=1)
def _palette(sources: Sources) -> ClipSampler:
    kept, seed, count = sources
    return ClipSampler(load_decoded(kept) + synthetic_clips(np.random.default_rng(list(seed)), count=count))


@functools.lru_cache(maxsize=1)
def _teacher(path: pathlib.Path) -> Teacher:
    return load_teacher(path)


def make_file(plan: FilePlan, work: pathlib.Path) -> pathlib.Path:
    """Mix and score the programmes of a file; the same plan gives the same file."""
    rng, palette, teacher = (
        np.random.default_rng([plan.seed, plan.number]),
        _palette(plan.sources),
        _teacher(plan.teacher),
    )
    mixed = [mix_programme(rng, palette) for _ in range(plan.programmes)]
    arrays = {
        "patches": np.stack([programme_patches(programme.samples) for programme in mixed]),
        "teacher": np.stack([score_with_teacher(teacher, programme.samples) for programme in mixed]).astype(np.float16),
        "laughter": np.stack([programme.laughter for programme in mixed]),
        "known": np.stack([programme.known for programme in mixed]),
    }
    return save_file(plan.path(work), arrays)


def programme_patches(samples: np.ndarray) -> np.ndarray:
    """Log-mel of a programme's ten seconds without the context, float16 [10, 96, 64]."""
    seconds = samples.reshape(-1, SECOND_SAMPLES)[CONTEXT_S : CONTEXT_S + PROGRAMME_S]
    return np.asarray(log_mel_patches(seconds)).astype(np.float16)


def score_with_teacher(teacher: Teacher, samples: np.ndarray) -> np.ndarray:
    """The teacher's scores [seconds - 2, 527] of sound at 16 kHz, brought to the teacher's rate."""
    up = TEACHER_RATE // SAMPLE_RATE_HZ
    signal = require("scipy.signal", purpose="teachers")
    return teacher(signal.resample_poly(samples, up, 1).astype(np.float32))


def read_files(paths: Sequence[pathlib.Path]) -> TeacherScores:
    """All files' arrays, joined."""
    return read_joined(TeacherScores, paths)


def kind_targets(scored: TeacherScores) -> np.ndarray:
    """What the head should say of each second: float32 [programmes, 10, 7].

    The kinds come from the teacher. What is known goes before it: where a known laugh is heard for 0.3 s,
    laughter is at least 0.9; where no laughter is known to be, the teacher's kinds count for 0.3; elsewhere
    they are doubled, for this teacher seldom gives clear laughter more than 0.5.
    """
    from models.constants import FIRST_AUDIOSET_INDEX, LAUGHTER_KINDS

    last = FIRST_AUDIOSET_INDEX + len(LAUGHTER_KINDS)
    kinds = scored.teacher[..., FIRST_AUDIOSET_INDEX:last].astype(np.float32)
    silent = scored.known & (scored.laughter < 0.03)
    kinds = np.clip(kinds * np.where(silent, 0.3, 2.0)[..., None], 0, 0.95)
    kinds[..., 0] = np.where(scored.laughter >= 0.3, np.maximum(kinds[..., 0], 0.9), kinds[..., 0])
    return np.concatenate([kinds, 1 - kinds.max(axis=-1, keepdims=True)], axis=-1).astype(np.float32)


def make_data(
    rows: Sequence[LabelledClipRow],
    *,
    teacher: pathlib.Path,
    work: pathlib.Path,
    seed: int,
    programmes: int,
    processes: int,
    report: Callable[[str], object] = print,
) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """Make what is missing of a work folder's files, in so many processes (1: in this one).

    Returns:
        The files to fit on, and those to choose settings on.
    """
    work.mkdir(parents=True, exist_ok=True)
    fit, check = split(rows)
    plans = [
        _plans(rows_of_part, teacher, work, seed=part_seed, programmes=count)
        for rows_of_part, part_seed, count in ((fit, seed, programmes), (check, seed + 1, max(1, programmes // 16)))
    ]
    missing = [plan for part in plans for plan in part if not plan.path(work).exists()]
    for number, _ in enumerate(made(make_file, missing, work, processes)):
        report(f"programmes: {number + 1} of {len(missing)} files")
    made_fit, made_check = ([plan.path(work) for plan in part] for part in plans)
    return made_fit, made_check


def _plans(
    rows: Sequence[LabelledClipRow], teacher: pathlib.Path, work: pathlib.Path, *, seed: int, programmes: int
) -> list[FilePlan]:
    sources = cache_decoded(rows, work), (seed, 0), min(60, 1 + programmes // 7)
    return [
        FilePlan(sources, teacher, seed, 1 + number, min(FILE_PROGRAMMES, programmes - number * FILE_PROGRAMMES))
        for number in range(-(-programmes // FILE_PROGRAMMES))
    ]
