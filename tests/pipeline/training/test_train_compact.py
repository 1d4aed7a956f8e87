"""`laughter train-compact` as its users run it: what it refuses."""

import pytest

from common.errors import UsageError
from models.sounds.manifest import MANIFEST_COLUMNS, read_manifest
from pipeline import cli


def train_compact(tmp_path, *arguments):
    given = ["--audio", str(tmp_path), "--output", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    return cli.main(["train-compact", *given, *map(str, arguments)])


def test_errors_are_one_sentence(tmp_path, capsys):
    assert train_compact(tmp_path, "--teacher", tmp_path / "absent.onnx") == 2
    assert "absent.onnx is not there" in capsys.readouterr().err
    (tmp_path / "manifest.csv").write_text("path,label\n")
    with pytest.raises(UsageError, match="lacks the columns group"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.csv").write_text(",".join(MANIFEST_COLUMNS) + "\na.wav,laughter\n")
    with pytest.raises(UsageError, match=r"manifest\.csv, line 2: a column is missing"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--no-teacher",), "training needs a teacher"),
        (("--no-teacher", "--report-only"), "the manifest"),
        (("--programmes", "0"), "--programmes must be at least 1, not 0"),
        (("--head-epochs", "0"), "--head-epochs must be at least 1, not 0"),
        (("--seed", "-1"), "--seed must be at least 0, not -1"),
    ],
)
def test_bad_usage_is_exit_2_with_one_sentence(tmp_path, capsys, arguments, sentence):
    assert train_compact(tmp_path, *arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_teacher_that_is_no_model_is_bad_usage(tmp_path, capsys):
    (tmp_path / "x.onnx").write_text("no model")
    assert train_compact(tmp_path, "--teacher", tmp_path / "x.onnx") == 2
    assert "x.onnx is not an ONNX model" in capsys.readouterr().err


def test_a_report_of_a_bundle_that_is_not_there_is_bad_usage(tmp_path, capsys):
    (tmp_path / "manifest.csv").write_text(",".join(MANIFEST_COLUMNS) + "\n")
    assert train_compact(tmp_path, "--report-only", "--no-teacher") == 2
    assert "is neither a bundle that ships" in capsys.readouterr().err
