"""`laughter train` as its users run it: shards in, a head out that `laughter evaluate` measures."""

import json

import pytest
from tensorflow.python.framework import config

from models.bundles.bundle import open_bundle
from models.embedding_space import RELEASED
from pipeline import cli
from pipeline.training import train
from tests.helpers.shards import made_clips, write


@pytest.fixture(scope="module", autouse=True)
def _as_before():
    """The command makes TensorFlow deterministic for its whole process, which here runs other tests too."""
    yield
    config.disable_op_determinism()


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    sides = {"train": made_clips(200, seed=1), "held_out": made_clips(60, seed=2)}
    return write(tmp_path_factory.mktemp("shards"), sides)


def laughter_train(shards, output, *arguments):
    small = ["--members", "1", "--units", "4"]
    return cli.main(["train", "--shards", str(shards), "--output", str(output), *small, *map(str, arguments)])


@pytest.fixture(scope="module")
def output(shards, tmp_path_factory):
    """The folder of a head trained by the hybrid recipe."""
    folder = tmp_path_factory.mktemp("heads") / "mine"
    assert laughter_train(shards, folder, "--epochs", "2") == 0
    return folder


def test_training_writes_a_head_and_its_curves(output):
    assert sorted(path.name for path in output.iterdir()) == ["card.json", "head.npz", "logs"]
    (events,) = output.glob("logs/network1/events.out.tfevents.*")
    assert b"held_out_ap" in events.read_bytes()
    bundle = open_bundle(output)
    assert (bundle.card.name, bundle.head().space) == ("mine", RELEASED)
    recipe = bundle.card.recipe
    assert (recipe["name"], recipe["epochs"], recipe["members"], recipe["shape"]["units"]) == ("hybrid", 2, 1, 4)
    assert bundle.card.training_data[0]["source"] == "AudioSet's released embeddings"


def test_the_head_is_measured_on_the_clips_it_was_chosen_by(shards, output, tmp_path):
    report = tmp_path / "report"
    arguments = ["--shards", shards, "--side", "held_out", "--head", output, "--bootstraps", 0, "--output", report]
    assert cli.main(["evaluate", *map(str, arguments)]) == 0
    (model,) = json.loads((report / "evaluation.json").read_text())["models"]
    card = open_bundle(output).card
    assert (model["name"], model["clips"], model["laughs"]) == ("mine", 60, 15)
    assert model["threshold"] == card.clip_threshold
    assert model["f1"]["value"] == pytest.approx(card.measured["held_out"]["clip_f1"], abs=0.02)


def test_a_head_that_is_there_is_not_overwritten(shards, output, capsys):
    before = (output / "head.npz").read_bytes()
    assert laughter_train(shards, output, "--epochs", "1") == 2
    assert "holds a head already; name another folder" in capsys.readouterr().err
    assert (output / "head.npz").read_bytes() == before


def test_the_recipe_of_2017_with_two_directions(shards, tmp_path, capsys):
    assert laughter_train(shards, tmp_path, "--recipe", "2017-adam", "--epochs", "1", "--name", "old", "--quiet") == 0
    said = capsys.readouterr()
    assert "clip_threshold" in said.out
    assert "laughter:" not in said.err
    head = open_bundle(tmp_path).head()
    assert (head.name, head.padding) == ("old", "zeros_before")
    assert (head.load().backward is None, head.load().activation) == (False, "relu")


def test_the_forward_recipe_of_2017_stopped_and_taken_up_again(shards, tmp_path, monkeypatch, capsys):
    arguments = (shards, tmp_path, "--recipe", "2017-sgd", "--epochs", "2")

    def stop_after_one(sentence):
        if "epoch 1 of 2" in sentence:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(train, "say", stop_after_one)
        assert laughter_train(*arguments) == 130
    assert "run the same command again" in capsys.readouterr().err
    assert laughter_train(*arguments, "--seed", "1") == 2
    (last,) = [line for line in capsys.readouterr().err.splitlines() if "checkpoints" in line]
    assert last.endswith("were made from other shards, or by another recipe or seed; remove them")
    assert laughter_train(*arguments) == 0
    said = capsys.readouterr().err
    assert "200 (50 with laughter) clips" in said
    assert "choosing on 60 (15 with laughter) held-out clips" in said
    assert "epoch 2 of 2" in said
    assert "epoch 1 of 2" not in said
    assert open_bundle(tmp_path).head().load().backward is None
    assert not (tmp_path / "checkpoints").exists()


def test_a_dry_run_writes_nothing(shards, tmp_path, capsys):
    assert laughter_train(shards, tmp_path / "out", "--epochs", "3", "--dry-run") == 0
    said = capsys.readouterr()
    assert "nothing was done" in said.out
    assert "recipe hybrid: 1 networks, up to 3 epochs of 200 (50 with laughter) clips" in said.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--epochs", "0"], "--epochs must be at least 1, not 0"),
        (["--members", "-1"], "--members must be at least 1, not -1"),
        (["--units", "0"], "--units must be at least 1, not 0"),
        (["--patience", "0"], "--patience must be at least 1, not 0"),
        (["--seed", "-1"], "--seed must be from 0 to"),
        (["--seed", "20001"], "--seed must be from 0 to"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(shards, tmp_path, capsys, arguments, reason):
    assert laughter_train(shards, tmp_path / "out", *arguments) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("missing", ["train", "held_out"])
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_shards_without_a_side_are_refused_in_one_sentence(tmp_path, capsys, missing, more):
    sides = {side: made_clips(9) for side in {"train", "held_out", "eval"} - {missing}}
    folder = write(tmp_path / "shards", sides)
    assert laughter_train(folder, tmp_path / "out", *more) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert f"have no clips on the side {missing}; make them with other options" in sentence
    assert not (tmp_path / "out").exists()


def test_a_folder_without_shards_is_refused(tmp_path, capsys):
    assert laughter_train(tmp_path, tmp_path / "out") == 2
    assert "manifest.json cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
