import importlib.util

import numpy as np
import pytest

from common.errors import UsageError
from models.distillation import teacher
from models.sounds import synthesis


def reference(shared):
    spec = importlib.util.spec_from_file_location("audioset_teacher", shared / "tools" / "audioset_teacher.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_features_are_those_of_the_reference_script(shared):
    pytest.importorskip("scipy")
    other = reference(shared)
    samples = np.random.default_rng(0).standard_normal(teacher.TEACHER_RATE * 2).astype(np.float32) * 0.1
    np.testing.assert_allclose(teacher.mel_banks(), other.mel_banks().T, atol=2e-6)
    np.testing.assert_allclose(teacher.log_mel(samples, teacher.mel_banks()), other.log_mel(samples), atol=1e-3)


def test_a_second_is_scored_with_its_neighbours_and_a_laugh_is_heard(shared):
    pytest.importorskip("onnxruntime")
    signal = pytest.importorskip("scipy.signal")
    score = teacher.load_teacher(shared / "models" / "efficientat_mn04_as.onnx")
    laughs = [synthesis.laugh(np.random.default_rng(seed), 6.0) for seed in range(4)]
    kinds = [score(signal.resample_poly(laugh, 2, 1).astype(np.float32))[:, 16:22].max() for laugh in laughs]
    assert max(kinds) > 0.15
    speech = signal.resample_poly(synthesis.speech_like(np.random.default_rng(0), 6.0), 2, 1).astype(np.float32)
    scores = score(speech)
    assert scores.shape == (4, teacher.AUDIOSET_CLASSES)
    assert scores[:, 16:22].max() < 0.05


def test_wrong_lengths_and_missing_files_are_refused(tmp_path):
    never_run = teacher.OnnxTeacher(session=None, banks=teacher.mel_banks())
    for size in (2 * teacher.TEACHER_RATE, 3 * teacher.TEACHER_RATE + 1):
        with pytest.raises(ValueError, match="whole seconds"):
            never_run(np.zeros(size, np.float32))
    with pytest.raises(UsageError, match=r"absent\.onnx"):
        teacher.load_teacher(tmp_path / "absent.onnx")
