"""VGGish agrees with the reference code, and its weights are read from every kind of file."""

import pathlib
import shutil
from collections.abc import Iterator

import fsspec
import numpy as np
import pytest
import tensorflow as tf

from models.constants import SECOND_SAMPLES
from models.networks import log_mel, vggish
from models.networks.pca import load_pca, quantise
from tests.helpers.vggish_files import save_checkpoint, seeded_weights

BIAS = "vggish/conv1/biases"


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    return seeded_weights()


@pytest.fixture(scope="module")
def files(weights, tmp_path_factory) -> Iterator[pathlib.Path]:
    folder = tmp_path_factory.mktemp("weights")
    save_checkpoint(weights, folder / "v1.ckpt", version=1)
    save_checkpoint(weights, folder / "v2.ckpt", version=2)
    np.savez(folder / "weights.npz", **weights)
    yield folder
    shutil.rmtree(folder)  # 860 MB, and pytest keeps the folders of its last three runs


@pytest.fixture
def golden(shared) -> dict[str, np.ndarray]:
    return dict(np.load(shared / "golden" / "vggish.npz", allow_pickle=False))


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.max(np.linalg.norm(found - expected, axis=1) / np.linalg.norm(expected, axis=1)))


def test_float32_agrees_with_the_reference_code(weights, golden, shared) -> None:
    network = tf.function(vggish.vggish_network(weights, precision="float32"))
    from_patches = network(tf.constant(golden["log_mel_patches_hop100"]))
    assert from_patches.dtype == tf.float32
    assert relative_error(from_patches.numpy(), golden["embedding_hop100"]) < 1e-5

    seconds = tf.constant(golden["pcm"].reshape(-1, SECOND_SAMPLES).astype(np.float32) / 32768)
    from_samples = network(log_mel.log_mel_patches(seconds))
    assert relative_error(from_samples.numpy(), golden["embedding_hop100"]) < 1e-3

    pca = load_pca(shared / "models" / "vggish_pca_params.npz")
    quantised = quantise(from_samples, pca).numpy().astype(int)
    assert np.abs(quantised - quantise(golden["embedding_hop100"], pca).numpy()).max() <= 1


def test_bfloat16_is_near_float32(weights, golden) -> None:
    network = vggish.vggish_network(weights, precision="bfloat16")
    embeddings = network(tf.constant(golden["log_mel_patches_hop100"]))
    assert embeddings.dtype == tf.float32
    assert 1e-5 < relative_error(embeddings.numpy(), golden["embedding_hop100"]) < 0.03


def test_the_last_layer_has_no_activation_and_the_others_have(weights) -> None:
    changed = {name: np.zeros_like(values) for name, values in weights.items()}
    changed["vggish/fc2/biases"] = np.linspace(-1, 1, 128, dtype=np.float32)
    changed["vggish/fc1/fc1_2/biases"][:] = -1.0
    changed["vggish/fc2/weights"][:] = 1.0
    embedding = vggish.vggish_network(changed, precision="float32")(tf.zeros([1, 96, 64])).numpy()
    np.testing.assert_array_equal(embedding[0], changed["vggish/fc2/biases"])


def test_an_unknown_precision_is_refused(weights) -> None:
    with pytest.raises(ValueError, match="not 'float16'"):
        vggish.vggish_network(weights, precision="float16")


@pytest.mark.parametrize("name", ["v1.ckpt", "v2.ckpt", "v2.ckpt.index", "weights.npz"])
def test_every_kind_of_file_gives_the_same_weights(weights, files, name) -> None:
    loaded = vggish.load_vggish_weights(files / name)
    assert loaded.keys() == weights.keys()
    for variable, values in weights.items():
        np.testing.assert_array_equal(loaded[variable], values)


def test_a_remote_checkpoint_is_staged_and_removed(weights, files, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    remote = fsspec.filesystem("memory")
    for name in ("v1.ckpt", "v2.ckpt.index", "v2.ckpt.data-00000-of-00001"):
        remote.put_file(str(files / name), f"/vggish-test/{name}")
    try:
        for name in ("v1.ckpt", "v2.ckpt"):
            loaded = vggish.load_vggish_weights(f"memory://vggish-test/{name}")
            np.testing.assert_array_equal(loaded[BIAS], weights[BIAS])
        assert list(tmp_path.iterdir()) == []
    finally:
        remote.rm("/vggish-test", recursive=True)


@pytest.mark.parametrize("kind", ["npz", "ckpt"])
@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({}, "the variable vggish/conv1/biases is missing"),
        ({BIAS: np.zeros(65, np.float32)}, r"vggish/conv1/biases has the shape \(65,\), not \(64,\)"),
    ],
)
def test_other_variables_are_refused_with_one_sentence(tmp_path, kind, other, reason) -> None:
    path = tmp_path / f"other.{kind}"
    other = {"vggish/conv1/weights": np.zeros((3, 3, 1, 64), np.float32), **other}
    if kind == "npz":
        np.savez(path, **other)
    else:
        save_checkpoint(other, path, version=1)
    with pytest.raises(vggish.WeightsError, match=rf"other\.{kind} cannot be used as VGGish: {reason}"):
        vggish.load_vggish_weights(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(weights, value) -> None:
    other = {**weights, BIAS: np.full(64, value, np.float32)}
    with pytest.raises(vggish.WeightsError, match="my.ckpt cannot .* vggish/conv1/biases holds values"):
        vggish.check_weights(other, source="my.ckpt")


def test_a_file_with_such_weights_is_refused_by_name(weights, tmp_path) -> None:
    empty = {name: np.zeros_like(values) for name, values in weights.items()}
    np.savez_compressed(tmp_path / "nan.npz", **{**empty, BIAS: np.full(64, np.nan, np.float32)})
    with pytest.raises(vggish.WeightsError, match=r"nan\.npz cannot .* vggish/conv1/biases holds values"):
        vggish.load_vggish_weights(tmp_path / "nan.npz")


def test_objects_are_never_unpickled(tmp_path) -> None:
    np.savez(tmp_path / "objects.npz", **{BIAS: np.array([{"a": 1}] * 64)})
    with pytest.raises(vggish.WeightsError, match=r"objects\.npz .*Object arrays cannot be loaded"):
        vggish.load_vggish_weights(tmp_path / "objects.npz")


@pytest.mark.parametrize("name", ["broken.npz", "broken.ckpt"])
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>" * 100])
def test_a_broken_file_is_refused_by_name(tmp_path, name, content) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(vggish.WeightsError, match=f"{name} is not a TensorFlow checkpoint or .npz of weights") as error:
        vggish.load_vggish_weights(tmp_path / name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["v1.ckpt", "v2.ckpt.data-00000-of-00001", "weights.npz"])
def test_a_file_cut_short_is_refused(files, tmp_path, name) -> None:
    path = tmp_path / name
    if "v2" in name:
        (tmp_path / "v2.ckpt.index").write_bytes((files / "v2.ckpt.index").read_bytes())
    path.write_bytes((files / name).read_bytes()[:1_000_000])
    with pytest.raises(vggish.WeightsError, match=name.split(".data")[0]):
        vggish.load_vggish_weights(tmp_path / name.split(".data")[0])


@pytest.mark.parametrize("place", ["{folder}/absent.ckpt", "memory://absent/vggish.ckpt"])
def test_absent_weights_are_named(tmp_path, place) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        vggish.load_vggish_weights(place.format(folder=tmp_path))
