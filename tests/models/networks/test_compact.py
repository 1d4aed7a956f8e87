import numpy as np
import pytest
import tensorflow as tf

from models.distillation.fit import batched, fit_pca
from models.networks.compact import MAX_BYTES, build_compact, load_compact, save_compact
from models.networks.pca import PcaParams, quantise


@pytest.fixture(scope="module")
def model():
    tf.keras.utils.set_random_seed(3)
    return build_compact()


@pytest.fixture(scope="module")
def pca():
    rng = np.random.default_rng(0)
    return PcaParams(rng.standard_normal((128, 128)).astype(np.float32), rng.standard_normal(128).astype(np.float32))


def patches(count: int) -> np.ndarray:
    return np.random.default_rng(1).normal(-2, 1.5, (count, 96, 64)).astype(np.float32)


def test_what_is_saved_comes_back_and_is_small(model, pca, tmp_path):
    path = tmp_path / "embedder.npz"
    save_compact(model, pca, path)
    assert path.stat().st_size <= MAX_BYTES
    network, loaded = load_compact(path)
    np.testing.assert_array_equal(loaded.eigen_vectors, pca.eigen_vectors)
    np.testing.assert_array_equal(loaded.means, pca.means)
    raw = network(patches(4))
    assert raw.shape == (4, 128)
    assert raw.dtype == tf.float32
    np.testing.assert_allclose(raw, model(patches(4), training=False), rtol=1e-6)
    assert 400_000 < model.count_params() < 1_000_000


def test_the_network_runs_inside_a_function_of_fixed_shape(model, pca, tmp_path):
    save_compact(model, pca, tmp_path / "e.npz")
    network, _ = load_compact(tmp_path / "e.npz")
    np.testing.assert_allclose(batched(network)(patches(5)), network(patches(5)), atol=1e-5)


def test_files_that_are_no_embedder_are_refused(model, pca, tmp_path):
    with pytest.raises(FileNotFoundError):
        load_compact(tmp_path / "absent.npz")
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, format=np.array([print], dtype=object))
    text = tmp_path / "text.npz"
    text.write_text("not an archive")
    other = tmp_path / "other.npz"
    np.savez(other, pca_eigen_vectors=pca.eigen_vectors, pca_means=pca.means)
    for path in (pickled, text, other):
        with pytest.raises(ValueError, match=f"{path.name} is not a compact embedder"):
            load_compact(path)


def test_arrays_that_do_not_fit_are_refused(model, pca, tmp_path):
    path = tmp_path / "e.npz"
    save_compact(model, pca, path)
    with np.load(path, allow_pickle=False) as stored:
        arrays = dict(stored)
    arrays["stem/kernel"] = arrays["stem/kernel"][1:]
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r"e\.npz is not a compact embedder"):
        load_compact(path)
    del arrays["stem/kernel"]
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="do not fit the network: stem/kernel"):
        load_compact(path)


def test_the_pca_spreads_embeddings_over_the_bytes():
    rng = np.random.default_rng(2)
    raw = (rng.standard_normal((4000, 128)) @ rng.standard_normal((128, 128)) + 3).astype(np.float32)
    quantised = quantise(raw, fit_pca(raw)).numpy()
    assert np.mean((quantised == 0) | (quantised == 255)) < 0.08
    np.testing.assert_allclose(quantised.mean(axis=0), 127, atol=4)
    correlation = np.corrcoef(quantised.T.astype(float))
    assert np.abs(correlation - np.eye(128)).max() < 0.3
    with pytest.raises(ValueError, match="at least 128"):
        fit_pca(raw[:100])
