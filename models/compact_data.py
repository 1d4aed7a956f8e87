"""Training data for the compact embedder: mixtures, scored by the teacher, in files of a few hundred seconds each.

A file of a work folder is an .npz of a number of programmes (see models.mixtures) with, for each of their ten
seconds, the log-mel patch, the teacher's scores and what is known about laughter. File number i depends only on
the seed, i and the sources, so an interrupted run goes on where it stopped.
"""

import csv
import dataclasses
import hashlib
import pathlib
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from models import sounds
from models.log_mel import SAMPLE_RATE, SECOND_SAMPLES, log_mel_patches
from models.mixtures import CONTEXT_S, LAUGHTER, OTHER, PROGRAMME_S, UNKNOWN, Clip, mix_programme
from models.teacher import TEACHER_RATE, Teacher, require

LAUGHTER_LABELS = frozenset({"laughter", "giggle"})
UNKNOWN_LABELS = frozenset({"crowd", "sung_laughter_song", "unlabelled"})
LONGEST_CLIP_S = 8
FILE_PROGRAMMES = 200
LARGEST_HELD_OUT_GROUP = 40
"""A group of more clips than this is not held out: some labels have no other source."""

MANIFEST_COLUMNS = ("path", "label", "group", "use", "licence", "source")


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the manifest: a labelled clip and where it comes from."""

    path: str
    label: str
    group: str
    use: str
    licence: str
    source: str


@dataclasses.dataclass(frozen=True, eq=False)
class Scored:
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


def read_manifest(path: pathlib.Path) -> list[Row]:
    """The manifest's rows.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a column is missing.
    """
    if not path.is_file():
        raise FileNotFoundError(f"the manifest {path} is not there: name it with --manifest")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = set(MANIFEST_COLUMNS) - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{path} lacks the column {min(missing)}: it needs {', '.join(MANIFEST_COLUMNS)}")
        return [Row(*(line[column] for column in MANIFEST_COLUMNS)) for line in reader]


def split(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The `train` rows in two parts without a common group: to fit on, and (about 1/4) to choose settings on.

    Of the groups with laughter every third is held out, of the others every fourth, in an order that depends on
    nothing but their names.
    """
    train = [row for row in rows if row.use == "train"]
    sizes = Counter(row.group for row in train)
    laughing = {row.group for row in train if row.label in LAUGHTER_LABELS}
    groups = sorted((g for g in sizes if sizes[g] <= LARGEST_HELD_OUT_GROUP), key=_hashed)
    held = {*[g for g in groups if g in laughing][::3], *[g for g in groups if g not in laughing][::4]}
    return [row for row in train if row.group not in held], [row for row in train if row.group in held]


def read_audio(path: pathlib.Path, *, rate_hz: int) -> np.ndarray:
    """Mono float32 samples of a trusted audio file.

    Raises:
        ValueError: ffmpeg cannot read the file, or it holds no audio.
    """
    command = [require("imageio_ffmpeg").get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", f"file:{path}", "-vn"]
    command += ["-ac", "1", "-ar", str(rate_hz), "-f", "f32le", "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise ValueError(f"ffmpeg cannot read {path}: {reason[0]}")
    if not done.stdout:
        raise ValueError(f"{path} holds no audio")
    return np.frombuffer(done.stdout, np.float32)


def recorded_clips(audio: pathlib.Path, rows: Sequence[Row]) -> list[Clip]:
    """The rows' audio, in pieces of at most 8 s. Laughs come three times: they are few."""
    clips = []
    for row in rows:
        samples, kind = read_audio(audio / row.path, rate_hz=SAMPLE_RATE), _holds(row.label)
        for start in range(0, max(1, len(samples) - SAMPLE_RATE // 4), LONGEST_CLIP_S * SAMPLE_RATE):
            piece = Clip(samples[start : start + LONGEST_CLIP_S * SAMPLE_RATE], kind)
            clips += [piece] * (3 if kind == LAUGHTER else 1)
    return clips


def synthetic_clips(rng: np.random.Generator, *, count: int = 60) -> list[Clip]:
    """About four times `count` synthetic sounds of every kind, in fixed proportions."""
    plan: list[tuple[Callable[..., np.ndarray], str, float]] = [
        (sounds.laugh, LAUGHTER, 0.8),
        (sounds.crowd_laugh, LAUGHTER, 0.25),
        (sounds.speech_like, OTHER, 0.35),
        (sounds.music_like, OTHER, 0.25),
        (sounds.applause_like, OTHER, 0.2),
        (sounds.noise, OTHER, 0.1),
        (sounds.tone, OTHER, 0.1),
        (sounds.vocalisation, UNKNOWN, 2.0),
    ]
    return [
        Clip(make(rng, rng.uniform(1.0, 5.0)), kind)
        for make, kind, share in plan
        for _ in range(max(1, round(share * count)))
    ]


def make_file(path: pathlib.Path, clips: Sequence[Clip], teacher: Teacher, *, seed: list[int], programmes: int) -> None:
    """Mix and score `programmes` programmes into one file, unless it is there already."""
    if path.exists():
        return
    rng = np.random.default_rng(seed)
    mixed = [mix_programme(rng, clips) for _ in range(programmes)]
    arrays = {
        "patches": np.stack([programme_patches(programme.samples) for programme in mixed]),
        "teacher": np.stack([teach(teacher, programme.samples) for programme in mixed]).astype(np.float16),
        "laughter": np.stack([programme.laughter for programme in mixed]),
        "known": np.stack([programme.known for programme in mixed]),
    }
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, **arrays)
    part.replace(path)


def programme_patches(samples: np.ndarray) -> np.ndarray:
    """Log-mel of a programme's ten seconds without the context, float16 [10, 96, 64]."""
    seconds = samples.reshape(-1, SECOND_SAMPLES)[CONTEXT_S : CONTEXT_S + PROGRAMME_S]
    return np.asarray(log_mel_patches(seconds)).astype(np.float16)


def teach(teacher: Teacher, samples: np.ndarray) -> np.ndarray:
    """The teacher's scores [seconds - 2, 527] of sound at 16 kHz, brought to the teacher's rate."""
    up = TEACHER_RATE // SAMPLE_RATE
    return teacher(require("scipy.signal").resample_poly(samples, up, 1).astype(np.float32))


def read_files(paths: Sequence[pathlib.Path]) -> Scored:
    """All files' arrays, joined."""
    stored = []
    for path in paths:
        with np.load(path, allow_pickle=False) as arrays:
            stored.append({field.name: arrays[field.name] for field in dataclasses.fields(Scored)})
    return Scored(**{name: np.concatenate([arrays[name] for arrays in stored]) for name in stored[0]})


def kind_targets(scored: Scored) -> np.ndarray:
    """What the head should say of each second: float32 [programmes, 10, 7].

    The kinds come from the teacher. What is known goes before it: where a known laugh is heard for 0.3 s,
    laughter is at least 0.9; where no laughter is known to be, the teacher's kinds count for 0.3; elsewhere
    they are doubled, for this teacher seldom gives clear laughter more than 0.5.
    """
    from models.classes import FIRST_AUDIOSET_INDEX, LAUGHTER_KINDS

    last = FIRST_AUDIOSET_INDEX + len(LAUGHTER_KINDS)
    kinds = scored.teacher[..., FIRST_AUDIOSET_INDEX:last].astype(np.float32)
    silent = scored.known & (scored.laughter < 0.03)
    kinds = np.clip(kinds * np.where(silent, 0.3, 2.0)[..., None], 0, 0.95)
    kinds[..., 0] = np.where(scored.laughter >= 0.3, np.maximum(kinds[..., 0], 0.9), kinds[..., 0])
    return np.concatenate([kinds, 1 - kinds.max(axis=-1, keepdims=True)], axis=-1).astype(np.float32)


def _holds(label: str) -> str:
    if label in LAUGHTER_LABELS:
        return LAUGHTER
    return UNKNOWN if label in UNKNOWN_LABELS else OTHER


def _hashed(text: str) -> int:
    """A number that depends on the text alone, on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def make_data(
    *, audio: pathlib.Path, manifest: pathlib.Path, teacher: Teacher, work: pathlib.Path, seed: int, programmes: int
) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """Make what is missing of a work folder's files; returns those to fit on and those to choose settings on."""
    work.mkdir(parents=True, exist_ok=True)
    fit, check = split(read_manifest(manifest))
    parts = {"fit": (fit, programmes, seed), "check": (check, max(1, programmes // 8), seed + 1)}
    made = {}
    for name, (rows, count, part_seed) in parts.items():
        paths = [work / f"{name}-{seed}-{programmes}-{n:04d}.npz" for n in range(-(-count // FILE_PROGRAMMES))]
        if not all(path.exists() for path in paths):
            clips = recorded_clips(audio, rows) + synthetic_clips(
                np.random.default_rng([part_seed, 0]), count=min(60, 1 + count // 7)
            )
            for number, path in enumerate(paths):
                size = min(FILE_PROGRAMMES, count - number * FILE_PROGRAMMES)
                make_file(path, clips, teacher, seed=[part_seed, 1 + number], programmes=size)
                print(f"{name}: {number + 1} of {len(paths)} files", flush=True)
        made[name] = paths
    return made["fit"], made["check"]
