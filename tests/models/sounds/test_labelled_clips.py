"""Labelled sounds: rows of manifests, decoded once, drawn so that rare labels are heard too."""

import collections
import csv
import dataclasses
import wave

import numpy as np
import pytest

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
from models.sounds.manifest import MANIFEST_COLUMNS, read_manifest


@pytest.fixture
def folder(tmp_path):
    with (tmp_path / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(MANIFEST_COLUMNS)
        for number, (label, seconds) in enumerate([("laughter", 1.5), ("speech", 17), ("unlabelled", 0.5)]):
            pcm = np.full(int(seconds * 16000), 1000 * (number + 1), "<i2")
            with wave.open(str(tmp_path / f"{label}.wav"), "wb") as sound:
                sound.setparams((1, 2, 16000, len(pcm), "NONE", ""))
                sound.writeframes(pcm.tobytes())
            table.writerow([f"{label}.wav", label, f"group {number}", "train", "CC0", f"made: {label}"])
    return tmp_path


def test_sounds_are_decoded_once_and_come_in_pieces_with_what_they_hold(folder, tmp_path, monkeypatch):
    rows, work = read_manifest(folder), tmp_path
    kept = cache_decoded(rows, work)
    clips = load_decoded(kept)
    assert [(clip.label, clip.holds, len(clip.samples) / 16000) for clip in clips] == [
        ("laughter", LAUGHTER, 1.5),
        ("speech", OTHER, 8),
        ("speech", OTHER, 8),
        ("speech", OTHER, 1),
        ("unlabelled", UNKNOWN, 0.5),
    ]
    assert [int(clip.samples[5]) for clip in clips] == [1000, 2000, 2000, 2000, 3000]
    monkeypatch.setattr("models.sounds.labelled_clips.read_audio", None)  # it is not called again
    assert cache_decoded(rows, work) == kept
    with pytest.raises(TypeError):
        cache_decoded(rows[:2], work)  # other rows, another file


def test_a_sound_that_two_folders_hold_is_taken_once(folder):
    rows = read_manifest(folder)
    again = [dataclasses.replace(row, path=row.path.parent / "copy" / row.path.name) for row in rows]
    other = dataclasses.replace(again[1], source="another")
    assert split(rows + again) == split(rows)
    assert other in [row for part in split([*rows, *again, other]) for row in part]


def test_rare_labels_are_drawn_more_than_their_share():
    def clips(count, holds, label):
        return [Clip(np.full(3, number), holds, label) for number in range(count)]

    palette = ClipSampler(clips(400, OTHER, "speech") + clips(4, OTHER, "sneeze") + clips(1, LAUGHTER, "giggle"))
    assert LAUGHTER in palette
    assert UNKNOWN not in palette
    rng = np.random.default_rng(0)
    drawn = [palette.draw(rng, OTHER) for _ in range(2200)]
    assert collections.Counter(clip.label for clip in drawn)["sneeze"] == pytest.approx(200, abs=60)
    speech = collections.Counter(int(clip.samples[0]) for clip in drawn if clip.label == "speech")
    assert len(speech) > 380
    assert palette.draw(rng, LAUGHTER).label == "giggle"
