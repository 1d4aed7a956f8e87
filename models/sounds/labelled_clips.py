"""Labelled sounds to mix: rows of manifests, decoded once into a file that many processes share, and drawn by label."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from common.errors import UsageError
from common.extras import require
from models.constants import SAMPLE_RATE_HZ
from models.sounds.manifest import LabelledClipRow

LAUGHTER, OTHER, UNKNOWN = "laughter", "other", "unknown"
"""What a clip is known to hold: laughter, no laughter, or nobody has said (crowds, wordless voices)."""

SPEECH = "speech"
LAUGHTER_LABELS = frozenset({"laughter", "giggle"})
UNKNOWN_LABELS = frozenset({"crowd", "sung_laughter_song", "unlabelled"})
MAX_CLIP_S = 8
MAX_HELD_OUT_GROUP = 40
"""A group of more clips than this is not held out: some labels have no other source."""


@dataclasses.dataclass(frozen=True, eq=False)
class Clip:
    """A sound: samples [n] at 16 kHz of any scale; LAUGHTER, OTHER or UNKNOWN; and its label."""

    samples: npt.NDArray[np.float32] | npt.NDArray[np.int16]
    holds: str
    label: str = ""


class ClipSampler:
    """Clips to draw from, so that labels with many clips do not drown the others.

    A label of n clips is drawn as often as the square root of n says, and its clips equally often.
    """

    def __init__(self, clips: Iterable[Clip]) -> None:
        """Sort the clips by what they hold, then by label."""
        self._clips: dict[str, dict[str, list[Clip]]] = {}
        for clip in clips:
            self._clips.setdefault(clip.holds, {}).setdefault(clip.label, []).append(clip)
        self._shares = {holds: _shares(labels.values()) for holds, labels in self._clips.items()}

    def __contains__(self, holds: str) -> bool:
        """Whether there is any such clip."""
        return holds in self._clips

    def draw(self, rng: np.random.Generator, holds: str) -> Clip:
        """One clip that holds LAUGHTER, OTHER or UNKNOWN."""
        labels = list(self._clips[holds].values())
        clips = labels[rng.choice(len(labels), p=self._shares[holds])]
        return clips[rng.integers(len(clips))]

    def draw_speech(self, rng: np.random.Generator, *, size: int) -> list[Clip]:
        """Clips of speech that follow each other, mostly of one speaker, of `size` samples together or all there are.

        Empty without any speech.
        """
        clips = self._clips.get(OTHER, {}).get(SPEECH, [])
        start, taken = int(rng.integers(max(1, len(clips)))), 0
        drawn: list[Clip] = []
        for clip in clips[start:] + clips[:start]:
            if taken >= size:
                break
            drawn.append(clip)
            taken += len(clip.samples)
        return drawn


def _shares(labels: Iterable[Sequence[Clip]]) -> npt.NDArray[np.float64]:
    weights = np.sqrt([len(clips) for clips in labels])
    return weights / weights.sum()


def split(rows: Sequence[LabelledClipRow]) -> tuple[list[LabelledClipRow], list[LabelledClipRow]]:
    """The `train` rows in two parts without a common group: to fit on, and (about 1/4) to choose settings on.

    Of the groups with laughter every third is held out, of the others every fourth, in an order that depends on
    nothing but their names. Sources that an earlier folder had are left out.
    """
    train = _once([row for row in rows if row.use == "train"])
    sizes = Counter(row.group for row in train)
    laughing = {row.group for row in train if row.label in LAUGHTER_LABELS}
    groups = sorted((g for g in sizes if sizes[g] <= MAX_HELD_OUT_GROUP), key=_hashed)
    held = {*[g for g in groups if g in laughing][::3], *[g for g in groups if g not in laughing][::4]}
    return [row for row in train if row.group not in held], [row for row in train if row.group in held]


def _once(rows: Sequence[LabelledClipRow]) -> list[LabelledClipRow]:
    """The rows without those whose source an earlier folder had: two folders may hold the same sounds."""
    first: dict[str, pathlib.Path] = {}
    return [row for row in rows if first.setdefault(row.source, row.path.parent) == row.path.parent]


def read_audio(path: pathlib.Path, *, rate_hz: int) -> npt.NDArray[np.float32]:
    """Mono float32 samples of a trusted audio file.

    Raises:
        UsageError: ffmpeg cannot read the file, or it holds no audio.
    """
    ffmpeg = require("imageio_ffmpeg", purpose="audio files").get_ffmpeg_exe()
    command = [ffmpeg, "-nostdin", "-v", "error", "-i", f"file:{path}", "-vn"]
    command += ["-ac", "1", "-ar", str(rate_hz), "-f", "f32le", "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise UsageError(f"ffmpeg cannot read {path} ({reason[0]}); correct its line of the manifest, or the file")
    if not done.stdout:
        raise UsageError(f"{path} holds no audio; correct its line of the manifest, or the file")
    return np.frombuffer(done.stdout, np.float32)


def cache_decoded(rows: Sequence[LabelledClipRow], folder: pathlib.Path) -> pathlib.Path:
    """Decode the rows' audio into one file of `folder`, unless it is there; returns it, for `load_decoded`.

    Processes that mix map the file, so that hours of sound are in memory once.
    """
    listed = json.dumps([[str(row.path), row.label, row.path.stat().st_size] for row in rows])
    kept = folder / f"sounds-{hashlib.sha256(listed.encode()).hexdigest()[:12]}.npy"
    if not kept.exists():
        with concurrent.futures.ThreadPoolExecutor() as several:
            sounds = list(several.map(_decoded, rows))
        ends = np.cumsum([len(sound) for sound in sounds])
        index = [[row.label, int(end)] for row, end in zip(rows, ends, strict=True)]
        kept.with_suffix(".json").write_text(json.dumps(index), encoding="utf-8")
        part = kept.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, np.concatenate(sounds))
        os.replace(part, kept)
    return kept


def _decoded(row: LabelledClipRow) -> npt.NDArray[np.int16]:
    samples = read_audio(row.path, rate_hz=SAMPLE_RATE_HZ)
    return np.round(32767 * np.clip(samples, -1, 1)).astype(np.int16)


def load_decoded(kept: pathlib.Path) -> list[Clip]:
    """The clips of a file of `cache_decoded`, in pieces of at most 8 s."""
    samples = np.load(kept, mmap_mode="r")
    clips, start = [], 0
    for label, end in json.loads(kept.with_suffix(".json").read_text(encoding="utf-8")):
        for at in range(start, max(start + 1, end - SAMPLE_RATE_HZ // 4), MAX_CLIP_S * SAMPLE_RATE_HZ):
            clips.append(Clip(samples[at : min(end, at + MAX_CLIP_S * SAMPLE_RATE_HZ)], _holds(label), label))
        start = end
    return clips


def _holds(label: str) -> str:
    if label in LAUGHTER_LABELS:
        return LAUGHTER
    return UNKNOWN if label in UNKNOWN_LABELS else OTHER


def _hashed(text: str) -> int:
    """A number that depends on the text alone, on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
