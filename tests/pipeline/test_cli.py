"""The entry: the guard against other packages of our names, errors as sentences; the commands models and sample."""

import json
import subprocess
import sys

import numpy as np
import pytest

from models.bundles.bundle import open_bundle
from models.distillation.clip_report import teachers_laughter
from models.distillation.teacher import load_teacher
from pipeline import cli
from pipeline.jobs import sample
from tests.helpers.media import decode


def test_models_list_names_the_bundles(capsys):
    assert cli.main(["models", "list"]) == 0
    said = capsys.readouterr().out
    assert "vggish" in said
    assert "compact" in said


def test_models_verify_checks_what_ships(capsys):
    assert cli.main(["models", "verify"]) == 0
    assert "as its card says" in capsys.readouterr().out


def test_models_import_makes_a_head_of_a_2017_model(shared, tmp_path, capsys):
    model = next((shared / "seed_models").glob("67*.h5"))
    assert cli.main(["models", "import", str(model), "--output", str(tmp_path / "head")]) == 0
    head = open_bundle(tmp_path / "head").head()
    assert (head.space.name, head.load().padding) == ("vggish", "zeros_before")
    assert cli.main(["models", "import", str(model), "--output", str(tmp_path / "head")]) == 2
    assert "holds a bundle already" in capsys.readouterr().err


def test_models_import_refuses_what_is_no_model(tmp_path, capsys):
    (tmp_path / "x.h5").write_text("no model")
    assert cli.main(["models", "import", str(tmp_path / "x.h5"), "--output", str(tmp_path / "head")]) == 2
    assert "x.h5" in capsys.readouterr().err
    assert not (tmp_path / "head").exists()


def test_the_sample_is_a_recording_with_laughs_at_the_times_it_names(tmp_path):
    path = sample.make_sample(tmp_path)
    pcm, outcome = decode(path)
    assert outcome.audio_s == pytest.approx(sample.PROGRAMME_S, abs=0.1)
    truth = json.loads(path.with_suffix(".json").read_text())["laughs"]
    assert [(laugh["start_s"], laugh["end_s"]) for laugh in truth] == sample.laughs()
    assert len(truth) >= 2


def test_the_laughs_of_the_sample_are_laughter_to_another_ear_too(shared):
    teacher = load_teacher(shared / "models" / "efficientat_mn04_as.onnx")
    scores = teachers_laughter(teacher)(sample.sound().astype(np.float32) / 32768)
    for start, end in sample.laughs():
        assert scores[int(start) : int(end)].max() > 0.15
        scores[int(start) - 1 : int(end) + 1] = 0
    assert scores.max() < 0.1


def test_another_package_of_the_name_models_is_refused(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").touch()
    program = "import pipeline.cli, sys; sys.path.insert(0, sys.argv[1]); sys.exit(pipeline.cli.main(['--help']))"
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"the package models is taken from {tmp_path}" in done.stderr


def test_a_workers_exception_is_one_sentence_whatever_the_engine_makes_of_it():
    sentence = "a.tfrecord is damaged; run without --strict"
    trace = f"failed in state FAILED: java.lang.RuntimeException\nTraceback\n  line 1\nmy.module.BadInput: {sentence}"
    assert cli._last_sentence(RuntimeError(trace)) == sentence
    assert cli._last_sentence(OSError(sentence)) == sentence
    assert cli._last_sentence(KeyError()) == "KeyError"
