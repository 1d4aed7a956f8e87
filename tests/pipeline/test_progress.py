"""What a run says of itself while it goes on and at its end."""

import dataclasses

import numpy as np
import pytest

from models.bundles.bundle import EmbedderSpec
from pipeline import progress, summary
from pipeline.plan import Plan
from transforms.embed.embed_recordings import EmbedSettings
from transforms.embed.recordings import describe
from transforms.embed.store import PART_FORMAT, write_part


@pytest.fixture
def recordings():
    return [describe(f"/a/2016-01-01_0{hour}00_US_CNN_X.ts", 1, "") for hour in range(3)]


def write(root, recording, status, audio_s):
    with write_part(root, recording) as part:
        part.append(np.zeros((int(audio_s), 128), np.uint8))
        part.describe({"format": PART_FORMAT, "status": status, "audio_s": audio_s})


def test_the_watcher_counts_parts_as_they_come(tmp_path, recordings):
    settings = EmbedSettings(str(tmp_path), EmbedderSpec("placeholder", "", "", "float32", "", ""))
    write(settings.store, recordings[2], "done", 9)  # an older part, which is to be written again
    watcher = progress.PartWatcher(Plan(recordings, [], recordings, [], []), settings)
    watcher.look()
    assert (watcher.done, watcher.total) == (0, 3)
    write(settings.store, recordings[0], "done", 7200)
    write(settings.store, recordings[1], "failed", 0)
    watcher.look()
    watcher.look()
    assert (watcher.done, watcher.failed, watcher.audio_s) == (2, 1, 7200)
    assert "2 of 3 recordings, 2.00 h of audio" in watcher.describe()
    assert "1 failed, about" in watcher.describe()
    write(settings.store, recordings[2], "done", 10)
    watcher.look()
    assert watcher.done == 3
    assert "left" not in watcher.describe()


def test_a_run_without_a_terminal_says_lines(tmp_path, recordings, capsys):
    settings = EmbedSettings(str(tmp_path), EmbedderSpec("placeholder", "", "", "float32", "", ""))
    with progress.watching(progress.PartWatcher(Plan(recordings, [], recordings[:1], [], []), settings)):
        write(settings.store, recordings[0], "done", 60)
    assert "laughter: 1 of 1 recordings, 0.02 h of audio" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.6, "1 min 0 s"), (3725, "1 h 2 min"), (100, "1 min 40 s")]
)
def test_durations_for_people(seconds, text):
    assert progress.hours_and_minutes(seconds) == text


def test_failures_are_gathered_by_cause():
    failures = [(f"/a/{name}.mp4", f"/a/{name}.mp4 is empty; copy it again") for name in "ab"]
    failures.append(("/a/c.mp4", "/a/c.mp4 does not exist; check the path"))
    assert summary.causes(failures) == [
        ("FILE is empty; copy it again", 2),
        ("FILE does not exist; check the path", 1),
    ]


def test_the_fingerprint_follows_what_changes_embeddings_and_nothing_else():
    settings = EmbedSettings("/store", EmbedderSpec("placeholder", "", "", "float32", "one", ""))
    recording = describe("/a/x.mp4", 5, "2016")
    same = [
        dataclasses.replace(settings, store="/elsewhere", recompute=True, threads=3),
        dataclasses.replace(settings, decode=dataclasses.replace(settings.decode, stall_timeout_s=1.0)),
    ]
    other = [
        dataclasses.replace(settings, decode=dataclasses.replace(settings.decode, max_gap_s=1.0)),
        dataclasses.replace(settings, embedder=EmbedderSpec("placeholder", "", "", "float32", "two", "")),
    ]
    assert {variant.fingerprint(recording) for variant in same} == {settings.fingerprint(recording)}
    assert settings.fingerprint(recording) not in {variant.fingerprint(recording) for variant in other}
    assert settings.fingerprint(describe("/a/x.mp4", 6, "2016")) != settings.fingerprint(recording)
