"""What a run of detect says of itself while it goes on."""

import numpy as np
import pytest

from models.bundles.bundle import EmbedderSpec
from pipeline import progress
from pipeline.jobs.detect_progress import PartWatcher
from pipeline.jobs.plan import Plan
from tests.helpers.store import part_info
from transforms.embed.part_state import EmbedSettings
from transforms.embed.recordings import recording_at
from transforms.embed.store import write_part


@pytest.fixture
def recordings():
    return [recording_at(f"/a/2016-01-01_0{hour}00_US_CNN_X.ts", 1, "") for hour in range(3)]


def write(root, recording, status, audio_s):
    with write_part(root, recording) as part:
        part.append(np.zeros((int(audio_s), 128), np.uint8))
        part.set_info(part_info(recording, status=status, audio_s=audio_s))


def test_the_watcher_counts_parts_as_they_come(tmp_path, recordings):
    settings = EmbedSettings(str(tmp_path), EmbedderSpec("placeholder", "", "", "float32", "", ""))
    write(settings.store, recordings[2], "done", 9)  # an older part, which is to be written again
    watcher = PartWatcher(Plan(recordings, [], recordings), settings)
    watcher.refresh()
    assert (watcher.done, watcher.total) == (0, 3)
    write(settings.store, recordings[0], "done", 7200)
    write(settings.store, recordings[1], "failed", 0)
    watcher.refresh()
    watcher.refresh()
    assert (watcher.done, watcher.failed, watcher.audio_s) == (2, 1, 7200)
    assert "2 of 3 recordings, 2.00 h of audio" in watcher.describe()
    assert "1 failed, about" in watcher.describe()
    write(settings.store, recordings[2], "done", 10)
    watcher.refresh()
    assert watcher.done == 3
    assert "left" not in watcher.describe()


def test_a_run_without_a_terminal_says_lines(tmp_path, recordings, capsys):
    settings = EmbedSettings(str(tmp_path), EmbedderSpec("placeholder", "", "", "float32", "", ""))
    with progress.watching(PartWatcher(Plan(recordings, [], recordings[:1]), settings)):
        write(settings.store, recordings[0], "done", 60)
    assert "laughter: 1 of 1 recordings, 0.02 h of audio" in capsys.readouterr().err
