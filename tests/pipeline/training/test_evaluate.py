"""`laughter evaluate`: one table, one JSON file and three plots, of heads and baselines on the same clips."""

import dataclasses
import json
import shutil
import sys

import numpy as np
import pytest

from models.load_shards import ShardClips
from models.shard_format import LAUGHTER_LABELS, pack_targets
from pipeline import cli
from pipeline.training.evaluate import PLOTS
from tests.helpers.shards import made_clips, write

KERAS = "67top1acc_bidirectional_lstm_dropout_batchnorm_sgd.h5"


def evaluate(*arguments):
    return cli.main(["evaluate", "--bootstraps", "20", *map(str, arguments)])


def loud_clips(count: int = 60) -> ShardClips:
    """Every third clip is loud and a giggle, which the loudness head tells."""
    loud = np.arange(count) % 3 == 0
    embedding = np.where(loud, 255, 100).astype(np.uint8)[:, None, None].repeat(10, 1).repeat(128, 2)
    targets = pack_targets(np.where(loud, LAUGHTER_LABELS[2], 0), np.arange(count + 1))
    ids = np.array([f"loud{number}" for number in range(count)], object)
    return ShardClips(embedding, np.full(count, 10, np.int32), targets, ids, np.zeros(count))


@pytest.fixture
def loud_shards(tmp_path):
    return write(tmp_path / "loud", {"eval": loud_clips()}, embedder="placeholder")


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    sides = {"train": made_clips(300, seed=1), "held_out": made_clips(60, seed=2), "eval": made_clips(80, seed=3)}
    return write(tmp_path_factory.mktemp("shards"), sides)


def read(folder):
    return json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))


def test_a_head_that_knows_all_is_said_to(loud_shards, loudness_bundle, tmp_path, capsys):
    report = tmp_path / "report"
    assert evaluate("--shards", loud_shards, "--head", loudness_bundle, "--output", report) == 0
    said = capsys.readouterr()
    for word in ("loudness", "60 clips, 20 with laughter", "1.00 to 1.00", "top-1"):
        assert word in said.out
    assert "head loudness" in said.err
    document = read(report)
    (model,) = document["models"]
    assert (model["name"], model["clips"], model["laughs"], model["threshold"]) == ("loudness", 60, 20, 0.5)
    assert model["detection_ap"] == model["class_ap"]["giggle"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert model["class_ap"]["snicker"]["value"] is None
    assert model["top1"]["value"] == model["f1"]["value"] == 1.0
    assert model["class_clips"]["giggle"] == 20
    assert (document["side"], document["bootstraps"]) == ("eval", 20)


def test_the_plots_are_pictures(loud_shards, loudness_bundle, tmp_path):
    assert evaluate("--shards", loud_shards, "--head", loudness_bundle, "--output", tmp_path / "r", "--quiet") == 0
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == sorted([*PLOTS, "evaluation.json"])
    for name in PLOTS:
        assert (tmp_path / "r" / name).read_bytes().startswith(b"\x89PNG")


SPANS = "video_id,start_time_seconds,end_time_seconds,laugh_segments_rel_s\n"


def test_laughter_marked_by_hand_is_measured(loud_shards, loudness_bundle, tmp_path, capsys):
    spans = tmp_path / "spans.csv"
    spans.write_text(f"{SPANS}loud0,0,10,0-10\nloud1,0,10,\nloud3,0,10,0-5\nelsewhere,0,10,1-2\n")
    arguments = ("--shards", loud_shards, "--head", loudness_bundle, "--output", tmp_path / "r", "--spans", spans)
    assert evaluate(*arguments) == 0
    said = capsys.readouterr()
    for words in ("3 clips, 50% laughter; 1 more are absent", "1 s windows", "10 s windows", "combined", "0.857"):
        assert words in said.out
    assert "head loudness on 3 marked clips" in said.err
    document = read(tmp_path / "r")["spans"]
    (model,) = document["models"]
    assert (document["absent"], model["clips"], model["frames"], model["marked_frames"]) == (1, 3, 300, 150)
    assert [clip["video_id"] for clip in document["clips"]] == ["loud0", "loud1", "loud3"]
    assert model["f1"]["combined"]["value"] == pytest.approx(2 * 150 / (150 + 200))
    assert model["gains"].keys() == {"1 s windows", "10 s windows"}


def test_marked_clips_that_cannot_be_measured_are_refused(loud_shards, loudness_bundle, tmp_path, capsys):
    spans = tmp_path / "spans.csv"
    options = ("--output", tmp_path / "r", "--spans", spans)
    for lines, reason in (
        ("elsewhere,0,10,1-2\n", f"none of the clips of {spans} is on the side eval"),
        ("loud0,0,10,1-2\n", "only one of the clips"),
        ("loud0,0,10,1\n", f"{spans}, line 2: '1' is no stretch"),
    ):
        spans.write_text(SPANS + lines)
        assert evaluate("--shards", loud_shards, "--head", loudness_bundle, *options) == 2
        assert reason in capsys.readouterr().err
    assert evaluate("--shards", loud_shards, "--baselines", *options) == 2
    assert "--spans is for heads" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_the_same_command_gives_the_same_figures(loud_shards, loudness_bundle, tmp_path):
    for name in ("one", "two"):
        assert evaluate("--shards", loud_shards, "--head", loudness_bundle, "--output", tmp_path / name) == 0
    assert (tmp_path / "one" / "evaluation.json").read_bytes() == (tmp_path / "two" / "evaluation.json").read_bytes()


def test_the_threshold_is_the_cards_or_the_users(loud_shards, loudness_bundle, tmp_path):
    own = tmp_path / "own"
    shutil.copytree(loudness_bundle, own)
    card = json.loads((own / "card.json").read_text())
    (own / "card.json").write_text(json.dumps({**card, "clip_threshold": 0.125}))
    arguments = ("--shards", loud_shards, "--head", own, "--head", loudness_bundle, "--output", tmp_path / "r")
    assert evaluate(*arguments) == 0
    first, second = read(tmp_path / "r")["models"]
    assert (first["threshold"], second["threshold"]) == (0.125, 0.5)
    assert (first["name"], second["name"]) == ("loudness", f"loudness ({loudness_bundle})")
    assert evaluate(*arguments, "--threshold", "1") == 0
    assert [model["threshold"] for model in read(tmp_path / "r")["models"]] == [1, 1]
    assert [model["recall"]["value"] for model in read(tmp_path / "r")["models"]] == [0, 0]


def test_a_clip_threshold_that_is_no_number_is_refused(loud_shards, loudness_bundle, tmp_path, capsys):
    own = tmp_path / "own"
    shutil.copytree(loudness_bundle, own)
    card = json.loads((own / "card.json").read_text())
    (own / "card.json").write_text(json.dumps({**card, "clip_threshold": "high"}))
    assert evaluate("--shards", loud_shards, "--head", own, "--output", tmp_path / "r") == 2
    assert "clip_threshold 'high'" in capsys.readouterr().err


def test_baselines_and_a_2017_model_on_the_same_clips(shared, shards, tmp_path, capsys):
    model = shared / "seed_models" / KERAS
    arguments = ("--shards", shards, "--head", model, "--baselines", "--output", tmp_path / "r")
    assert evaluate(*arguments) == 0
    models = {model["name"]: model for model in read(tmp_path / "r")["models"]}
    assert len(models) == 7
    assert list(models)[0] == KERAS.removesuffix(".h5")
    assert {model["clips"] for model in models.values()} == {80}
    assert models["SVM, mean"]["detection_auc"]["value"] > 0.9
    assert "logistic regression" in capsys.readouterr().out


def test_baselines_alone_on_another_side(shards, tmp_path):
    assert evaluate("--shards", shards, "--baselines", "--side", "held_out", "--output", tmp_path / "r") == 0
    document = read(tmp_path / "r")
    assert document["models"][0]["clips"] == 60
    assert document["train_shards"] == str(shards)


def test_baselines_never_learn_from_recordings_they_are_measured_on(shards, tmp_path, capsys):
    sides = {"train": made_clips(300, seed=1), "eval": made_clips(20, seed=3)}
    other = write(tmp_path / "other", {"train": joined(*sides.values())})
    arguments = ("--shards", shards, "--baselines", "--train-shards", other, "--output", tmp_path / "r")
    assert evaluate(*arguments) == 0
    assert "20 training clips of recordings on the side eval are left out" in capsys.readouterr().err


def joined(*several: ShardClips) -> ShardClips:
    fields = [field.name for field in dataclasses.fields(ShardClips)]
    return ShardClips(*(np.concatenate([getattr(clips, name) for clips in several]) for name in fields))


def test_clips_without_any_laughter_still_make_a_report(loudness_bundle, tmp_path, capsys):
    clips = loud_clips(9)
    targets = pack_targets(np.zeros(9, int), np.arange(10))
    shards = write(tmp_path / "s", {"eval": dataclasses.replace(clips, targets=targets)}, embedder="placeholder")
    assert evaluate("--shards", shards, "--head", loudness_bundle, "--output", tmp_path / "r") == 0
    assert read(tmp_path / "r")["models"][0]["detection_ap"]["value"] is None
    assert " - " in capsys.readouterr().out


def test_heads_of_another_embedder_are_refused(shards, loud_shards, loudness_bundle, tmp_path, capsys):
    assert evaluate("--shards", shards, "--head", loudness_bundle, "--output", tmp_path / "r") == 2
    assert "trained on embeddings of placeholder, not of" in capsys.readouterr().err
    compact = write(tmp_path / "compact", {"eval": made_clips(9)}, embedder="compact", space="other")
    assert evaluate("--shards", compact, "--head", "compact", "--output", tmp_path / "r") == 2
    assert "of other compact weights" in capsys.readouterr().err
    assert evaluate("--shards", compact, "--output", tmp_path / "r") == 2
    assert "hold embeddings of compact; name a head for them" in capsys.readouterr().err
    assert evaluate("--shards", shards, "--baselines", "--train-shards", loud_shards, "--output", tmp_path / "r") == 2
    assert "embeddings of another embedder" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--head", "nowhere"], "nowhere is neither a bundle"),
        (["--head", "nowhere.h5"], "nowhere.h5 does not exist"),
        (["--threshold", "2"], "--threshold must be in"),
        (["--threshold", "nan"], "--threshold must be in"),
        (["--bootstraps", "-1"], "must not be negative"),
        (["--train-shards", "x"], "add --baselines"),
        (["--baselines", "--side", "train"], "cannot be measured on it"),
    ],
)
def test_what_makes_no_sense_is_refused(shards, tmp_path, capsys, arguments, reason):
    assert evaluate("--shards", shards, "--output", tmp_path / "r", *arguments) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_shards_that_are_none_are_refused(tmp_path, capsys):
    assert evaluate("--shards", tmp_path, "--baselines") == 2
    assert "manifest.json cannot be read" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text('{"files": []}')
    assert evaluate("--shards", tmp_path, "--baselines") == 2
    assert "does not tell the embedder" in capsys.readouterr().err


def test_a_missing_package_is_named_before_anything_is_done(shards, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert evaluate("--shards", shards, "--baselines", "--output", tmp_path / "r") == 2
    assert "the plots need the package matplotlib: install the project with its extra" in capsys.readouterr().err
