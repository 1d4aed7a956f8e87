"""Scenes as on television, for the tracker: what is heard in every tenth of a second is known, for we put it there.

A scene is 12 s of 16 kHz sound: a bed (talk, music, a crowd, talk over music, or a quiet room), and on it laughs of one
person or of an audience, applause and other sounds. Proportions are guesses from what news and talk shows hold: talk
in six of ten scenes, laughs in half of them, so that there are enough to learn from; four of ten laughs of one person
last under 1.5 s.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from common.errors import UsageError
from common.runs import runs_of
from models.constants import SAMPLE_RATE_HZ, TRACKS
from models.sounds import synthesis
from models.sounds.degradation import through_mp3
from models.sounds.labelled_clips import LAUGHTER_LABELS, Clip
from models.sounds.mixtures import augment, band_limit, equalise, place

SCENE_S = 12
SCENE_SAMPLES = SCENE_S * SAMPLE_RATE_HZ
SLOT_SAMPLES = SAMPLE_RATE_HZ // 10
TRUTH_SAMPLES = SAMPLE_RATE_HZ // 100
SHORT_S = 1.5

LAUGHTER, SPEECH, MUSIC, APPLAUSE, CROWD = TRACKS
OTHER, UNSURE = "other", "unsure"
"""What sounds besides the tracks: OTHER, or UNSURE where nobody has said what it is."""

_ROLES = {
    **dict.fromkeys(("speech", "speech_exclamation"), SPEECH),
    **dict.fromkeys(("music", "singing_voice"), MUSIC),
    "applause": APPLAUSE,
    "crowd": CROWD,
    **dict.fromkeys(("unlabelled", "sung_laughter_song", "synthetic vocalisation"), UNSURE),
    "synthetic speech_like": SPEECH,
    "synthetic music_like": MUSIC,
    "synthetic applause_like": APPLAUSE,
    **dict.fromkeys(("synthetic laugh", "synthetic crowd_laugh"), LAUGHTER),
}

_CLOSED_S = 0.25
"""Pauses of a laugh that are shorter are part of it: those between one "ha" and the next."""

BORROWED_SHARE = 0.25
"""Of laughs in voices of people who talk."""

_DROWNED_DB = -6.0
_BEDS = {"talk": 0.45, "talk over music": 0.12, "music": 0.13, "crowd": 0.1, "room": 0.2}

Float32 = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """A mixture and its truth.

    Attributes:
        samples: float32 [192000] in [-1, 1].
        truth: float32 [120, 5], the share of each tenth of a second in which each of TRACKS is heard.
        weight: float32 [120, 5], how much that counts: 0 where nobody can tell, above 1 within short laughs.
    """

    samples: Float32
    truth: Float32
    weight: Float32


class Palette:
    """Clips by what they are heard as; a label of n clips is drawn as often as the square root of n says."""

    def __init__(self, clips: Iterable[Clip]) -> None:
        """Sort the clips by role, then by label."""
        self._clips: dict[str, dict[str, list[Clip]]] = {}
        for clip in clips:
            self._clips.setdefault(role_of(clip.label), {}).setdefault(clip.label, []).append(clip)
        if missing := [role for role in (LAUGHTER, SPEECH) if role not in self._clips]:
            raise UsageError(
                f"scenes need clips of {' and of '.join(missing)}; give folders that hold some with --audio"
            )

    def draw(self, rng: np.random.Generator, role: str) -> Float32:
        """A clip of that role, another version of it each time; of noise where there is none. Its peak is 1."""
        labels = self._clips.get(role)
        if not labels:
            return synthesis.noise(rng, rng.uniform(1, 5))
        if role == LAUGHTER and rng.random() < BORROWED_SHARE:
            return augment(rng, synthesis.borrowed_laugh(rng, self.draw(rng, SPEECH)), slowest=0.9, fastest=1.15)
        clips = _drawn(rng, labels)
        clip = clips[rng.integers(len(clips))].samples.astype(np.float32)
        return augment(rng, clip, slowest=0.75, fastest=1.35)

    def long(self, rng: np.random.Generator, role: str, *, pause_s: float = 0.0) -> Float32:
        """Clips of that role one after another, one speaker's or piece's where they lie beside each other."""
        if role not in self._clips:
            return synthesis.noise(rng, SCENE_S)
        clips = _drawn(rng, self._clips[role])
        first, size = int(rng.integers(len(clips))), 0
        pieces: list[Float32] = []
        while size < SCENE_SAMPLES * 1.3:
            piece = clips[(first + len(pieces) // 2) % len(clips)].samples.astype(np.float32)
            piece = piece / (np.abs(piece).max() + 1e-6)
            pause = np.zeros(int(rng.exponential(pause_s) * SAMPLE_RATE_HZ) if pause_s else 0, np.float32)
            pieces += [piece, pause]
            size += len(piece) + len(pause)
        return augment(rng, np.concatenate(pieces), slowest=0.9, fastest=1.12)[:SCENE_SAMPLES]


def role_of(label: str) -> str:
    """What a clip of that label is heard as."""
    return LAUGHTER if label in LAUGHTER_LABELS else _ROLES.get(label, OTHER)


def mix_scene(rng: np.random.Generator, palette: Palette, *, laughing_share: float = 0.55) -> Scene:
    """A scene; the same state of `rng` and the same sounds give the same one."""
    tracks = {role: np.zeros(SCENE_SAMPLES, np.float32) for role in (*TRACKS, OTHER, UNSURE)}
    short = np.zeros(SCENE_SAMPLES, bool)
    _lay_bed(rng, palette, tracks)
    level = float(np.sqrt(np.mean(np.square(sum(tracks.values())))))
    if rng.random() < laughing_share:
        _add_laughs(rng, palette, tracks[LAUGHTER], short, level)
    for role, share in ((APPLAUSE, 0.12), (CROWD, 0.06), (OTHER, 0.35), (UNSURE, 0.15), (MUSIC, 0.05)):
        if rng.random() < share:
            _place(tracks[role], at_level(palette.draw(rng, role), _louder(rng, level, -12, 6)), rng.uniform(-1, 11))
    return _transmit(rng, tracks, short)


def heard(track: Float32, *, closed_s: float = _CLOSED_S) -> npt.NDArray[np.bool_]:
    """Hundredths of a second in which a track is on: within 30 dB of its loudest, pauses closed. bool [n / 160]."""
    power = np.square(track.astype(np.float64)).reshape(-1, TRUTH_SAMPLES).mean(axis=1)
    on = power > max(power.max() * 1e-3, 1e-9)
    runs = runs_of(on)
    for (_, end), (start, _) in zip(runs[:-1], runs[1:], strict=True):
        if start - end <= closed_s * 100:
            on[end:start] = True
    return on


def _lay_bed(rng: np.random.Generator, palette: Palette, tracks: dict[str, Float32]) -> None:
    kind = str(rng.choice(list(_BEDS), p=list(_BEDS.values())))
    tracks[OTHER] += synthesis.noise(rng, SCENE_S, colour=rng.uniform(0, 2)) * _decibels(rng.uniform(-60, -35))
    if "talk" in kind:
        tracks[SPEECH] += at_level(palette.long(rng, SPEECH, pause_s=0.3), 0.1)
    if "music" in kind:
        quieter = rng.uniform(-20, -6) if kind == "talk over music" else 0
        _place(tracks[MUSIC], at_level(palette.long(rng, MUSIC), 0.1 * _decibels(quieter)), 0)
    if kind == "crowd" or rng.random() < 0.05:
        _place(tracks[CROWD], at_level(palette.long(rng, CROWD), 0.1 * _decibels(rng.uniform(-15, 0))), 0)


def _add_laughs(
    rng: np.random.Generator, palette: Palette, track: Float32, short: npt.NDArray[np.bool_], level: float
) -> None:
    at = rng.uniform(-0.5, 5)
    while at < SCENE_S - 0.3:
        audience = rng.random() < 0.3
        laugh = audience_laugh(rng, palette) if audience else one_laugh(rng, palette)
        laugh = at_level(laugh, _louder(rng, level, -6, 14))
        _place(track, laugh, at)
        seconds = len(laugh) / SAMPLE_RATE_HZ
        if seconds < SHORT_S:
            begin = max(0, int(at * SAMPLE_RATE_HZ))
            short[begin : begin + len(laugh)] = True
        at += seconds + rng.exponential(3.5) + 0.4


def one_laugh(rng: np.random.Generator, palette: Palette) -> Float32:
    """A laugh of one person; four of ten are cut to 0.3 to 1.5 s, from where a burst begins."""
    laugh = _trimmed(palette.draw(rng, LAUGHTER))
    if rng.random() < 0.4:
        wanted = int(rng.uniform(0.3, SHORT_S) * SAMPLE_RATE_HZ)
        on = heard(_whole_slots(laugh), closed_s=0.03)
        begins = np.array([start for start, _ in runs_of(on)], int) * TRUTH_SAMPLES
        begins = begins[begins <= max(0, len(laugh) - wanted)]
        start = int(rng.choice(begins)) if len(begins) else 0
        laugh = _trimmed(faded(laugh[start : start + wanted]))
    return laugh


def audience_laugh(rng: np.random.Generator, palette: Palette) -> Float32:
    """Four to fifteen people who laugh together in a room, swelling and dying away."""
    seconds = rng.uniform(1.0, 6.0)
    total = np.zeros(int(seconds * SAMPLE_RATE_HZ), np.float32)
    for _ in range(int(rng.integers(4, 16))):
        laugh = _trimmed(palette.draw(rng, LAUGHTER))
        _place(total, at_level(laugh, 0.1 * _decibels(rng.uniform(-9, 3))), rng.uniform(0, seconds * 0.5))
    total = synthesis.room(rng, total, decay_s=rng.uniform(0.3, 1.2))
    time = np.linspace(0, 1, len(total))
    swell = np.minimum(1, time / rng.uniform(0.02, 0.2)) * np.minimum(1, (1 - time) / rng.uniform(0.1, 0.5))
    return _trimmed((total * swell).astype(np.float32))


def _transmit(rng: np.random.Generator, tracks: dict[str, Float32], short: npt.NDArray[np.bool_]) -> Scene:
    """Note what is heard, sum the tracks, and send the sum through a channel."""
    truth, weight = _truth(tracks, short)
    mixed = np.sum(list(tracks.values()), axis=0)
    if rng.random() < 0.4:
        mixed = equalise(mixed, gains_db=rng.normal(0, 3, 6))
    if rng.random() < 0.1:
        mixed = band_limit(mixed, low_hz=rng.uniform(80, 300), high_hz=rng.uniform(3400, 6000))
    sent = np.clip(mixed * (_decibels(rng.uniform(-26, 1)) / (np.abs(mixed).max() + 1e-6)), -1, 1).astype(np.float32)
    if rng.random() < 0.2:
        sent = through_mp3(sent, kbit_s=int(rng.integers(24, 96)))
    return Scene(sent, truth, weight)


def _truth(tracks: dict[str, Float32], short: npt.NDArray[np.bool_]) -> tuple[Float32, Float32]:
    powers = {role: _slot_power(track) for role, track in tracks.items()}
    total = sum(powers.values())
    truth = np.zeros((SCENE_S * 10, len(TRACKS)), np.float32)
    weight = np.ones_like(truth)
    for number, role in enumerate(TRACKS):
        if tracks[role].any():
            truth[:, number] = heard(tracks[role]).reshape(-1, 10).mean(axis=1)
        near, rest = _smoothed(powers[role]), _smoothed(total - powers[role])
        weight[(truth[:, number] > 0) & (near < 10 ** (_DROWNED_DB / 10) * rest), number] = 0
    laughter = TRACKS.index(LAUGHTER)
    weight[short.reshape(-1, SLOT_SAMPLES).any(axis=1) & (weight[:, laughter] > 0), laughter] = 3
    # nobody has said what these hold; an audience that laughs is a crowd to some and not to others
    unsure = (powers[UNSURE] > 0.01 * total) & (truth[:, laughter] < 0.5)
    weight[unsure, laughter] = 0
    weight[truth[:, laughter] > 0, TRACKS.index(CROWD)] = 0
    weight[truth[:, TRACKS.index(CROWD)] > 0, TRACKS.index(APPLAUSE)] *= 0.3
    return truth, weight


def _slot_power(track: Float32) -> npt.NDArray[np.float64]:
    return np.square(track.astype(np.float64)).reshape(-1, SLOT_SAMPLES).mean(axis=1) + 1e-12


def _smoothed(power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.convolve(power, np.full(3, 1 / 3), mode="same")


def _place(track: Float32, sound: Float32, at_s: float) -> None:
    """Add a sound from a second on, which may lie before the start; what lies outside is cut."""
    place(track, sound, round(at_s * SAMPLE_RATE_HZ))


def at_level(sound: Float32, level: float) -> Float32:
    """The sound with that mean level (root mean square) where it is on."""
    loud = np.square(sound.astype(np.float64))
    active = loud[loud > loud.max() * 1e-4] if loud.any() else loud
    return (sound * (level / np.sqrt(active.mean() + 1e-12))).astype(np.float32)


def _louder(rng: np.random.Generator, level: float, least_db: float, most_db: float) -> float:
    return max(level, 0.01) * _decibels(rng.uniform(least_db, most_db))


def _trimmed(sound: Float32) -> Float32:
    """Without the silence before and after."""
    on = np.flatnonzero(heard(_whole_slots(sound)))
    return sound[on[0] * TRUTH_SAMPLES : (on[-1] + 1) * TRUTH_SAMPLES] if len(on) else sound


def _whole_slots(sound: Float32) -> Float32:
    return np.pad(sound, (0, -len(sound) % SLOT_SAMPLES))


def faded(sound: Float32, *, fade_s: float = 0.02) -> Float32:
    """The sound with its ends faded in and out."""
    ramp = np.minimum(1, np.arange(len(sound)) / (fade_s * SAMPLE_RATE_HZ))
    return (sound * ramp * ramp[::-1]).astype(np.float32)


def _drawn(rng: np.random.Generator, labels: Mapping[str, list[Clip]]) -> list[Clip]:
    """The clips of one label, drawn as often as the root of their number says, made ones a third as often."""
    weights = np.array(
        [np.sqrt(len(clips)) / (3 if label.startswith("synthetic") else 1) for label, clips in labels.items()]
    )
    return list(labels.values())[rng.choice(len(labels), p=weights / weights.sum())]


def _decibels(gain_db: float) -> float:
    return float(10 ** (gain_db / 20))
