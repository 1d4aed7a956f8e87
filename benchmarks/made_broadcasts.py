"""An hour of broadcasts with laughs whose times are known, from sounds that no bundle was trained on.

Laughs, talk and other voices are the `evaluate` rows of a folder of labelled clips; music and noise come from packages
that are set aside by name here. There are no laughs of audiences, no crowds and no applause among them, so these are
left out. Everything follows from the seed.
"""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess
from collections.abc import Sequence

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

from common.runs import runs_of
from models.constants import SAMPLE_RATE_HZ
from models.sounds import synthesis
from models.sounds.labelled_clips import LAUGHTER_LABELS, read_audio
from models.sounds.manifest import LabelledClipRow
from models.sounds.scenes import at_level, faded, heard
from transforms.collect.package import Package

RESERVED = (
    Package("extremetuxracer-data", "0.8.2-1", "GPL-2+", "music", 8, labels=((r"/sounds/", "noise"),)),
    Package("lincity-ng-data", "2.9~git20150314-5", "GPL-2+", "noise", 8, labels=((r"/music/", "music"),)),
    Package("colobot-common-sounds", "0.2.0-2", "GPL-3+", "music", 10, take=r"/music/"),
)
"""Never to be trained on: a test holds the bundles' cards against these names."""

SCENE_S = 20
SCENES = 180
BROADCASTS = 6
CODECS = (
    ("ts", ("-c:a", "mp2", "-b:a", "128k")),
    ("mp4", ("-c:a", "aac", "-b:a", "96k")),
    ("mp3", ("-c:a", "libmp3lame", "-b:a", "64k")),
    ("ogg", ("-c:a", "libopus", "-b:a", "48k")),
)
KINDS = ("talk", "talk over music", "music", "voices", "noise")
SHORT_S = 1.5
LOUDER_DB = (0, 3, 6)
LEVEL = 0.08

Float32 = npt.NDArray[np.float32]
READING = ("reading_adult", "reading_child")


@dataclasses.dataclass(frozen=True)
class Laugh:
    """A laugh: seconds of the broadcast, whose it is, and whether somebody talks meanwhile."""

    start_s: float
    end_s: float
    speaker: str
    company: str


@dataclasses.dataclass(frozen=True)
class MadeScene:
    """Twenty seconds of a broadcast: what sounds there, and who laughs or talks in it."""

    kind: str
    speaker: str
    laughs: tuple[Laugh, ...]


@dataclasses.dataclass(frozen=True)
class Broadcast:
    """A broadcast and its scenes, one every SCENE_S."""

    path: pathlib.Path
    scenes: tuple[MadeScene, ...]


class Sounds:
    """The clips by label, decoded once."""

    def __init__(self, rows: Sequence[LabelledClipRow]) -> None:
        """`rows`: of the folders' manifests; only their `evaluate` rows, and those of RESERVED."""
        self._rows: dict[str, list[LabelledClipRow]] = {}
        for row in rows:
            self._rows.setdefault(row.label, []).append(row)
        self._decoded: dict[pathlib.Path, Float32] = {}

    def rows(self, *labels: str) -> list[LabelledClipRow]:
        """Those of some labels, by path."""
        return sorted((row for label in labels for row in self._rows.get(label, [])), key=lambda row: str(row.path))

    def others(self) -> list[LabelledClipRow]:
        """Voices that neither laugh nor read."""
        known = {*LAUGHTER_LABELS, *READING, "music", "noise"}
        return self.rows(*(label for label in self._rows if label not in known))

    def load(self, row: LabelledClipRow) -> Float32:
        """Samples at one level."""
        if row.path not in self._decoded:
            samples = read_audio(row.path, rate_hz=SAMPLE_RATE_HZ)
            self._decoded[row.path] = at_level(samples, LEVEL)
        return self._decoded[row.path]


def make_broadcasts(sounds: Sounds, folder: pathlib.Path, *, seed: int = 1, gain_db: float = 0.0) -> list[Broadcast]:
    """Write the broadcasts into a folder; `gain_db` changes how loud all of it is."""
    rng = np.random.default_rng(seed)
    laughs = _turns(rng, sounds.rows(*LAUGHTER_LABELS))
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(BROADCASTS):
        scenes, samples = [], []
        for place in range(SCENES // BROADCASTS):
            scene, sound = _scene(rng, sounds, laughs, place * SCENE_S)
            scenes.append(scene)
            samples.append(sound)
        ending, codec = CODECS[number % len(CODECS)]
        path = folder / f"2016-01-01_0{number}00_US_MADE_Broadcast.{ending}"
        _write(path, np.concatenate(samples) * 10 ** (gain_db / 20), codec)
        made.append(Broadcast(path, tuple(scenes)))
    return made


def intervals_of(track: Float32) -> list[tuple[float, float]]:
    """Where a laugh's own sound is heard, (start, end) seconds to 0.01 s, pauses under half a second closed."""
    on = heard(np.pad(track, (0, -len(track) % 1600)), closed_s=0.5)
    return [(start / 100, end / 100) for start, end in runs_of(on)]


def _scene(
    rng: np.random.Generator, sounds: Sounds, laughs: list[LabelledClipRow], at_s: int
) -> tuple[MadeScene, Float32]:
    size = SCENE_S * SAMPLE_RATE_HZ
    kind = str(rng.choice(KINDS, p=(0.45, 0.2, 0.1, 0.15, 0.1)))
    bed = synthesis.noise(rng, SCENE_S, colour=1.0) * 10 ** (rng.uniform(-60, -40) / 20)
    talker, speaker = _talk(rng, sounds, size)
    voices = np.zeros(size, np.float32)
    if "talk" in kind:
        voices += talker
    elif kind == "voices":
        speaker = _sprinkle(rng, sounds, voices)
    if "music" in kind:
        bed = bed + _long(rng, sounds, "music", size) * (1.0 if kind == "music" else 10 ** (rng.uniform(-18, -8) / 20))
    if kind == "noise":
        bed = bed + _long(rng, sounds, "noise", size)
    track, found = np.zeros(size, np.float32), []
    if kind in ("talk", "talk over music", "noise") and rng.random() < 0.75:
        row = laughs.pop()
        laughs.insert(0, row)
        speaker = row.group
        for at in (rng.uniform(1, 7), rng.uniform(11, 16))[: int(rng.integers(1, 3))]:
            company = "talk" if "talk" in kind and rng.random() < 0.5 else "alone"
            sound = _cut(rng, sounds.load(row), short=rng.random() < 0.4)
            begin = round(at * SAMPLE_RATE_HZ)
            sound = sound[: size - begin - SAMPLE_RATE_HZ // 2]
            if company == "alone":
                voices[max(0, begin - 4000) : begin + len(sound) + 4000] = 0
            else:
                sound = sound * 10 ** (LOUDER_DB[int(rng.integers(3))] / 20)
            alone = np.zeros(size, np.float32)
            alone[begin : begin + len(sound)] = sound
            track += alone
            found += [Laugh(at_s + start, at_s + end, speaker, company) for start, end in intervals_of(alone)]
    mixed = bed + voices + track
    return MadeScene(kind, speaker, tuple(found)), np.clip(mixed, -1, 1).astype(np.float32)


def _talk(rng: np.random.Generator, sounds: Sounds, size: int) -> tuple[Float32, str]:
    """One reader's sentences, a third of a second apart."""
    rows = sounds.rows(*READING)
    first = rows[int(rng.integers(len(rows)))]
    same = [row for row in rows if row.group == first.group]
    pieces: list[Float32] = []
    while sum(map(len, pieces)) < size:
        pieces += [sounds.load(same[int(rng.integers(len(same)))]), np.zeros(int(0.35 * SAMPLE_RATE_HZ), np.float32)]
    return np.concatenate(pieces)[:size], first.group


def _sprinkle(rng: np.random.Generator, sounds: Sounds, voices: Float32) -> str:
    """Voices that do not laugh, one after another; returns the last one's."""
    at, group = int(rng.uniform(0, 2) * SAMPLE_RATE_HZ), ""
    others = sounds.others()
    while at < len(voices):
        row = others[int(rng.integers(len(others)))]
        sound = sounds.load(row)[: len(voices) - at]
        voices[at : at + len(sound)] += sound
        group = row.group
        at += len(sound) + int(rng.uniform(0.3, 2) * SAMPLE_RATE_HZ)
    return group


def _long(rng: np.random.Generator, sounds: Sounds, label: str, size: int) -> Float32:
    rows = sounds.rows(label)
    return np.resize(sounds.load(rows[int(rng.integers(len(rows)))]), size)


def _cut(rng: np.random.Generator, laugh: Float32, *, short: bool) -> Float32:
    """A laugh of at most 8 s; a short one is what follows a burst's begin, 0.3 to 1.5 s of it."""
    spans = intervals_of(laugh)
    if not spans:
        return laugh[: 8 * SAMPLE_RATE_HZ]
    start, end = spans[int(rng.integers(len(spans)))] if short else (spans[0][0], spans[-1][1])
    length = min(rng.uniform(0.3, SHORT_S) if short else 8.0, end - start)
    piece = laugh[round(start * SAMPLE_RATE_HZ) : round((start + length) * SAMPLE_RATE_HZ)]
    return faded(piece, fade_s=0.01)


def _turns(rng: np.random.Generator, rows: Sequence[LabelledClipRow]) -> list[LabelledClipRow]:
    return [rows[int(index)] for index in rng.permutation(len(rows))]


def _write(path: pathlib.Path, samples: npt.NDArray[np.floating], codec: Sequence[str]) -> None:
    raw = ("-f", "f32le", "-ar", str(SAMPLE_RATE_HZ), "-ac", "1", "-i", "pipe:0")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *raw, "-ar", "48000", *codec, str(path)]
    subprocess.run(command, input=samples.astype("<f4").tobytes(), check=True)
