"""The recipe from clips to a tracker with its card, with a few scenes and a teacher that knows loudness alone."""

import numpy as np
import pytest

from models.bundles.tracker_card import TRACKER_FILE, read_tracker_card
from models.networks.compact import EMBEDDER_FILE, build_compact, save_compact
from models.networks.pca import PcaParams
from models.networks.tracker import Tracker
from models.sounds import synthesis
from models.sounds.labelled_clips import OTHER, UNKNOWN, Clip
from models.sounds.manifest import read_manifest
from models.tracking.data import SETTLED, read_scenes, settled
from models.tracking.fit import track_loss
from models.tracking.recipe import TrackerSettings
from models.tracking.train import train_tracker
from tests.helpers.clips import level_teacher, write_clips

CLIPS = [
    *((f"laugh{number}", synthesis.laugh, "laughter", "train") for number in range(4)),
    *((f"speech{number}", synthesis.speech_like, "speech", "train") for number in range(5)),
    *((f"music{number}", synthesis.music_like, "music", "train") for number in range(4)),
    ("cry", synthesis.vocalisation, "unlabelled", "train"),
    ("evaluated", synthesis.laugh, "laughter", "evaluate"),
]


@pytest.mark.usefixtures("eagerly")
def test_the_recipe_makes_a_tracker_that_loads(tmp_path, monkeypatch):
    monkeypatch.setattr("models.tracking.data.load_teacher", lambda path: level_teacher)
    rows, teacher = read_manifest(write_clips(tmp_path / "audio", CLIPS)), tmp_path / "teacher.onnx"
    teacher.write_bytes(b"")
    output = tmp_path / "bundle"
    output.mkdir()
    pca = PcaParams(np.eye(128, dtype=np.float32), np.zeros(128, np.float32))
    save_compact(build_compact(), pca, output / EMBEDDER_FILE)
    said: list[str] = []
    options = {"teacher": teacher, "work": tmp_path / "work", "output": output, "settings": TrackerSettings(8, 1, 3)}
    train_tracker(rows, **options, report=said.append)
    card = read_tracker_card(str(output))
    assert card.measured["recipe"] == {"scenes": 8, "epochs": 1, "seed": 3}
    assert card.measured["held_out_scenes"]["laughs"] > 0
    assert {source["source"] for source in card.training_data} >= {"made by the test"}
    assert Tracker(output / TRACKER_FILE).track(np.ones((3, 16000), np.int16)).shape == (3, 10, 5)
    made = sorted((tmp_path / "work").glob("scenes-*.npz"))
    assert len(made) == 2
    assert read_scenes(made[:1]).log_mel.shape[1:] == (1200, 64)
    before = [path.stat().st_mtime_ns for path in made]
    train_tracker(rows, **options, report=said.append)
    assert [path.stat().st_mtime_ns for path in made] == before  # a rerun mixes nothing anew


def test_the_tagger_tells_apart_what_nobody_labelled():
    quiet, loud = np.full(16000, 0.001, np.float32), np.full(16000, 0.5, np.float32)

    def teacher(samples):
        return np.full((len(samples) // 32000 - 2, 527), 0.5 if hears else 0.0)

    clips = [
        Clip(quiet, UNKNOWN, "unlabelled"),
        Clip(loud, OTHER, "speech"),
        Clip(loud, UNKNOWN, "synthetic vocalisation"),
    ]
    hears = False
    assert [clip.label for clip in settled(clips, teacher)] == [SETTLED, "speech", "synthetic vocalisation"]
    hears = True
    assert [clip.label for clip in settled(clips, teacher)] == ["unlabelled", "speech", "synthetic vocalisation"]


def test_what_has_no_weight_teaches_nothing():
    target = np.zeros((1, 10, 5, 2), np.float32)
    assert float(track_loss(target, np.full((1, 10, 5), 3.0, np.float32))) == 0
    target[..., 1] = 1
    assert float(track_loss(target, np.full((1, 10, 5), 3.0, np.float32))) > 1
