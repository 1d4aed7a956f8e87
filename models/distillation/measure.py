"""Measures the compact bundle on clips that nothing was trained on, as they are and damaged, and sets its threshold."""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.bundles.bundle import open_bundle
from models.bundles.card import write_card
from models.constants import SAMPLE_RATE_HZ
from models.distillation.clip_report import (
    ClipReport,
    Probability,
    at_onset,
    clip_report,
    laughter_in_seconds,
    teachers_laughter,
)
from models.distillation.teacher import load_teacher
from models.events.segments import Thresholds
from models.networks.compact import EMBEDDER_FILE, HEAD_FILE, load_compact
from models.networks.head_files import load_head
from models.sounds.degradation import band_limited_to, mix_with_speech, through_mp3
from models.sounds.labelled_clips import read_audio
from models.sounds.manifest import LabelledClipRow


def measure_compact(
    rows: Sequence[LabelledClipRow],
    *,
    output: pathlib.Path,
    teacher: pathlib.Path | None,
    command: str,
    bootstraps: int = 1000,
    report: Callable[[str], object] = print,
) -> dict[str, Any]:
    """Measure a bundle on the `evaluate` rows, set its thresholds by them, report the tables, write all to the card.

    With a teacher its own measures on the same rows stand beside them, as a yardstick; `report` gets a line each.

    Raises:
        ModelError: there is no bundle in `output`, or one of its files is absent or damaged.
        UsageError: the rows lack laughter, or lack anything else, or a clip cannot be read.
    """
    bundle = open_bundle(output.absolute())  # a folder, though a bundle that ships may have its name
    bundle.verify()
    card = bundle.card
    rows = [row for row in rows if row.use == "evaluate"]
    sounds = [read_audio(row.path, rate_hz=SAMPLE_RATE_HZ) for row in rows]
    probability = laughter_in_seconds(*load_compact(output / EMBEDDER_FILE), load_head(output / HEAD_FILE))
    thresholds = card.thresholds or Thresholds()

    def measure(probability: Probability, heard: Sequence[np.ndarray]) -> tuple[ClipReport, float]:
        return clip_report(rows, heard, probability, thresholds=thresholds, bootstraps=bootstraps)

    measured: dict[str, Any] = {"command": command, "conditions": {}}
    for name, heard in conditions(rows, sounds).items():
        found, onset = measure(probability, heard)
        measured["conditions"][name] = _rounded(found)
        report(f"{name}: {_sentence(found)}")
        if name == "clean":
            chosen = dataclasses.asdict(at_onset(thresholds, onset))
            found_at = Thresholds(**{field: round(value, 4) for field, value in chosen.items()})
            card = dataclasses.replace(card, thresholds=found_at)
            measured["evaluate_clips"] = _rounded(found, by_label=True)
    if teacher is not None:
        found, _ = measure(teachers_laughter(load_teacher(teacher)), sounds)
        measured["teacher_on_evaluate_clips"] = _rounded(found)
        report(f"the teacher: {_sentence(found)}")
    write_card(output, card.with_measured(measured))
    for label, values in measured["evaluate_clips"]["by_label"].items():
        report(f"{label:20} {values['clips']:4} clips, found {values['share_found']:.0%}, mean {values['mean_score']}")
    return measured


def conditions(rows: Sequence[LabelledClipRow], sounds: Sequence[np.ndarray]) -> dict[str, list[np.ndarray]]:
    """The clips as they are, under read speech of another group, and damaged as broadcasts are."""
    reading = [number for number, row in enumerate(rows) if row.label.startswith("reading_adult")]

    def over_speech(level_db: float) -> list[np.ndarray]:
        mixed = []
        for number, row in enumerate(rows):
            others = [other for other in reading if rows[other].group != row.group]
            speech = sounds[others[number % len(others)]] if others else np.zeros(1, np.float32)
            mixed.append(mix_with_speech(sounds[number], speech, sound_over_speech_db=level_db))
        return mixed

    def each(change: Callable[[np.ndarray], np.ndarray]) -> list[np.ndarray]:
        return [change(sound) for sound in sounds]

    return {
        "clean": list(sounds),
        "10 dB over speech": over_speech(10),
        "0 dB over speech": over_speech(0),
        "8 kHz": each(lambda sound: band_limited_to(sound, rate_hz=8000)),
        "MP3 of 64 kbit/s": each(lambda sound: through_mp3(sound, kbit_s=64)),
    }


def _rounded(found: ClipReport, *, by_label: bool = False) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in dataclasses.asdict(found).items():
        if isinstance(value, float):
            values[name] = round(value, 3)
        elif isinstance(value, tuple):
            values[name] = [round(one, 3) for one in value]
        elif name != "by_label" or by_label:
            values[name] = value
    return values


def _sentence(found: ClipReport) -> str:
    def part(value: float, interval: tuple[float, float]) -> str:
        return f"{value:.3f} ({interval[0]:.2f} to {interval[1]:.2f})"

    ranking = (
        f"AUC {part(found.auc, found.auc_interval)}, "
        f"AP {part(found.average_precision, found.average_precision_interval)}"
    )
    events = (
        f"found {part(found.found, found.found_interval)} of {found.laughs} laughing clips, "
        f"{found.false_events} false events in {found.quiet_minutes:.1f} min of reading and singing"
    )
    return f"{ranking}, {events}"
