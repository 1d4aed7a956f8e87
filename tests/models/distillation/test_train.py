import json

import numpy as np
import pytest

from models.distillation.measure import measure_compact
from models.distillation.recipe import Settings
from models.distillation.train import train_compact
from models.networks.compact import load_compact
from models.networks.head_files import load_head
from models.sounds import synthesis
from models.sounds.labelled_clips import split
from models.sounds.manifest import read_manifest
from tests.helpers.clips import level_teacher, write_clips

CLIPS = [
    ("laugh", synthesis.laugh, "laughter", "train"),
    ("giggle", synthesis.laugh, "giggle", "train"),
    ("speech", synthesis.speech_like, "speech", "train"),
    ("music", synthesis.music_like, "music", "train"),
    ("laugh2", synthesis.laugh, "laughter", "evaluate"),
    ("noise", synthesis.noise, "noise", "evaluate"),
]


@pytest.fixture
def audio(tmp_path):
    return write_clips(tmp_path / "audio", CLIPS)


@pytest.mark.usefixtures("eagerly")
def test_the_recipe_makes_a_bundle_that_loads_and_is_measured(audio, tmp_path, monkeypatch):
    output = tmp_path / "bundle"
    for module in ("data", "measure"):
        monkeypatch.setattr(f"models.distillation.{module}.load_teacher", lambda path: level_teacher)
    rows, teacher = read_manifest(audio), tmp_path / "teacher.onnx"
    card_path = train_compact(
        rows,
        teacher=teacher,
        work=tmp_path / "work",
        output=output,
        settings=Settings(programmes=14, epochs=1, head_epochs=1, seed=1),
    )
    measure_compact(rows, output=output, teacher=teacher, command="a test", bootstraps=20)
    card = json.loads(card_path.read_text())
    network, _ = load_compact(output / card["embedder_weights"]["file"])
    assert network(np.zeros((2, 96, 64), np.float32)).shape == (2, 128)
    assert load_head(output / card["head"]["file"]).padding == card["head"]["padding"]
    assert 0 < card["thresholds"]["offset"] <= card["thresholds"]["onset"] < 1
    assert card["measured"]["evaluate_clips"]["laughs"] == card["measured"]["evaluate_clips"]["others"] == 1
    assert {"source": "made by the test", "licence": "CC0", "clips": 4} in card["training_data"]


def test_no_group_lies_on_both_sides_of_the_split(shared):
    fit, check = split(read_manifest(shared / "audio"))
    assert not {row.group for row in fit} & {row.group for row in check}
    assert {row.use for row in fit + check} == {"train"}
    assert any(row.label == "laughter" for row in check)
