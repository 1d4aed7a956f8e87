"""Whitening and quantising agree with the reference byte for byte."""

import pathlib

import numpy as np
import pytest

from models.networks.pca import PcaParams, load_pca, quantise

IDENTITY = PcaParams(np.eye(128, dtype=np.float32), np.zeros(128, np.float32))


def test_identical_to_the_reference_code(shared) -> None:
    golden = np.load(shared / "golden" / "vggish.npz", allow_pickle=False)
    pca = load_pca(shared / "models" / "vggish_pca_params.npz")
    quantised = quantise(golden["postprocess_in"], pca).numpy()
    assert quantised.dtype == np.uint8
    np.testing.assert_array_equal(quantised, golden["postprocess_out"])


def test_clips_and_truncates() -> None:
    raw = np.zeros((1, 128), np.float32)
    raw[0, :5] = [-9.0, -2.0, 0.0, 1.99, 9.0]
    quantised = quantise(raw, IDENTITY).numpy()[0]
    np.testing.assert_array_equal(quantised[:5], [0, 0, 127, 254, 255])  # 127.5, 254.36: cut


def test_whitens_with_rows_as_output_dimensions() -> None:
    vectors = np.zeros((128, 128), np.float32)
    vectors[3, 5] = 2.0
    pca = PcaParams(vectors, np.full(128, 0.25, np.float32))
    raw = np.zeros((1, 128), np.float32)
    raw[0, 5] = 0.75
    expected = np.full(128, 127)
    expected[3] = int((1.0 + 2) * 63.75)
    np.testing.assert_array_equal(quantise(raw, pca).numpy()[0], expected)


@pytest.mark.parametrize("column", [False, True])
def test_means_may_be_a_column(tmp_path: pathlib.Path, column: bool) -> None:
    means = np.arange(128.0).reshape((128, 1) if column else (128,))
    np.savez(tmp_path / "pca.npz", pca_eigen_vectors=np.eye(128), pca_means=means)
    pca = load_pca(tmp_path / "pca.npz")
    np.testing.assert_array_equal(pca.means, np.arange(128, dtype=np.float32))
    assert pca.eigen_vectors.dtype == np.float32


@pytest.mark.parametrize(
    "arrays",
    [
        {"pca_eigen_vectors": np.eye(128)},
        {"pca_eigen_vectors": np.eye(64), "pca_means": np.zeros(128)},
        {"pca_eigen_vectors": np.eye(128), "pca_means": np.zeros(64)},
        {"pca_eigen_vectors": np.full((128, 128), np.nan), "pca_means": np.zeros(128)},
        {"pca_eigen_vectors": np.array([{"a": 1}]), "pca_means": np.zeros(128)},
    ],
)
def test_other_arrays_are_refused_by_name(tmp_path: pathlib.Path, arrays: dict[str, np.ndarray]) -> None:
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(ValueError, match=r"other\.npz does not hold VGGish's PCA parameters"):
        load_pca(tmp_path / "other.npz")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_a_broken_file_is_refused_by_name(tmp_path: pathlib.Path, content: bytes) -> None:
    (tmp_path / "broken.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.npz does not hold VGGish's PCA parameters"):
        load_pca(tmp_path / "broken.npz")


def test_an_absent_file_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        load_pca(tmp_path / "absent.npz")
