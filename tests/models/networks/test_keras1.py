"""Imported Keras 1 models compute what Keras 1 did; other files are refused and never executed."""

import json
import os
import pathlib
from typing import Any

import h5py
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import roc_auc_score

from models.networks import keras1

SEED_MODELS = {  # file -> AUC of telling laughter from the rest on AudioSet's eval clips
    "63top1acc_bidirectional_lstm_dropout_batchnorm_adam.h5": 0.955,
    "67top1acc_bidirectional_lstm_dropout_batchnorm_sgd.h5": 0.968,
    "84acc_bidirectional_lstm_batch_norm_dropout.h5": 0.936,
}
LSTM = {
    "name": "lstm_1",
    "output_dim": 3,
    "activation": "relu",
    "inner_activation": "hard_sigmoid",
    "go_backwards": False,
    "return_sequences": False,
}


class PlainKeras1:
    """Keras 1.2.2's layers one by one in float64 numpy, reading arrays in the order the file lists them."""

    def __init__(self, path: pathlib.Path) -> None:
        with h5py.File(path) as file:
            self.layers = json.loads(file.attrs["model_config"])["config"]
            self.weights = {}
            for layer in self.layers:
                group = file["model_weights"][layer["config"]["name"]]
                names = [name.decode() for name in group.attrs["weight_names"]]
                self.weights[layer["config"]["name"]] = [group[name][()].astype(np.float64) for name in names]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """[n, 10, 128] bytes as floats -> [n, 7] scores."""
        for layer in self.layers:
            weights = self.weights[layer["config"]["name"]]
            x = getattr(self, layer["class_name"].lower())(x, *weights)
        return x

    def dropout(self, x):
        return x

    def batchnormalization(self, x, gamma, beta, mean, variance):
        return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta

    def bidirectional(self, x, *weights):
        half = len(weights) // 2
        return np.concatenate([self.lstm(x, *weights[:half]), self.lstm(x[:, ::-1], *weights[half:])], axis=1)

    def lstm(self, x, w_i, u_i, b_i, w_c, u_c, b_c, w_f, u_f, b_f, w_o, u_o, b_o):
        def hard_sigmoid(value):
            return np.clip(0.2 * value + 0.5, 0.0, 1.0)

        h = c = np.zeros((len(x), len(u_i)))
        for step in range(x.shape[1]):
            now = x[:, step]
            i = hard_sigmoid(now @ w_i + b_i + h @ u_i)
            f = hard_sigmoid(now @ w_f + b_f + h @ u_f)
            c = f * c + i * np.maximum(0.0, now @ w_c + b_c + h @ u_c)
            o = hard_sigmoid(now @ w_o + b_o + h @ u_o)
            h = o * np.maximum(0.0, c)
        return h

    def dense(self, x, w, b):
        return 1.0 / (1.0 + np.exp(-(x @ w + b)))


def padded_before(sequences: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """As Keras 1's `pad_sequences`: zero frames before clips of fewer than ten."""
    padded = np.zeros(sequences.shape, np.float64)
    for row, length in enumerate(lengths):
        padded[row, sequences.shape[1] - length :] = sequences[row, :length]
    return padded


def write_model(path: pathlib.Path, *, lstms: int, second: bool, **changes: Any) -> pathlib.Path:
    """Writes a small file as Keras 1 would; `changes` override settings of the LSTM."""
    rng = np.random.default_rng(5)
    units = LSTM["output_dim"] * lstms
    lstm: dict[str, Any] = {"class_name": "LSTM", "config": {**LSTM, **changes}}
    recurrent = lstm
    prefixes = ["lstm_1"]
    if lstms == 2:
        config = {"name": "bidirectional_1", "merge_mode": "concat", "layer": lstm}
        recurrent = {"class_name": "Bidirectional", "config": config}
        prefixes = ["forward_lstm_1", "backward_lstm_1"]
    shapes = {"W": (128, 3), "U": (3, 3), "b": (3,)}
    gates = {f"{p}_{kind}_{gate}": shapes[kind] for p in prefixes for gate in "icfo" for kind in "WUb"}
    norm = {"class_name": "BatchNormalization", "config": {"epsilon": 1e-3, "mode": 0, "axis": -1}}
    dense_config = {"name": "dense_1", "activation": "sigmoid", "bias": True, "output_dim": 7}
    stack = [({**norm, "config": {**norm["config"], "name": "norm_1"}}, norm_shapes("norm_1", 128))]
    stack += [({"class_name": "Dropout", "config": {"name": "dropout_1", "p": 0.5}}, {}), (recurrent, gates)]
    if second:
        stack += [({**norm, "config": {**norm["config"], "name": "norm_2"}}, norm_shapes("norm_2", units))]
    stack += [({"class_name": "Dense", "config": dense_config}, {"dense_1_W_4": (units, 7), "dense_1_b_4": (7,)})]
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "1.2.2"
        layers = [layer for layer, _ in stack]
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": layers})
        for layer, arrays in stack:
            group = file.create_group("model_weights/" + layer["config"]["name"])
            group.attrs["weight_names"] = np.array([f"{name}:0".encode() for name in arrays], "S60")
            for name, shape in arrays.items():
                group[f"{name}:0"] = random_values(rng, name, shape)
    return path


def norm_shapes(name: str, size: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}_{kind}": (size,) for kind in ("gamma", "beta", "running_mean", "running_std")}


def random_values(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of the size that trained models have: means and variances of bytes for the first layer."""
    if name == "norm_1_running_mean":
        return rng.uniform(80, 180, shape).astype(np.float32)
    if "running_std" in name:
        return rng.uniform(1000, 4000, shape).astype(np.float32) * (1 if name.startswith("norm_1") else 1e-3)
    return rng.normal(0, 0.3, shape).astype(np.float32)


def random_sequences() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    lengths = np.array([10, 10, 10, 9, 6, 3, 1] * 6)
    return rng.integers(0, 256, (len(lengths), 10, 128), dtype=np.uint8), lengths


def assert_same_function(path: pathlib.Path) -> None:
    sequences, lengths = random_sequences()
    scores = keras1.import_keras1(path).sequence_scores(sequences, lengths)
    expected = PlainKeras1(path)(padded_before(sequences, lengths))
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert np.ptp(expected, axis=0).max() > 0.01  # the inputs do make a difference


@pytest.mark.parametrize("lstms", [1, 2])
@pytest.mark.parametrize("second", [False, True])
def test_made_models_agree_with_plain_numpy(tmp_path: pathlib.Path, lstms: int, second: bool) -> None:
    assert_same_function(write_model(tmp_path / "made.h5", lstms=lstms, second=second))


@pytest.mark.parametrize("name", SEED_MODELS)
def test_seed_models_agree_with_plain_numpy(shared: pathlib.Path, name: str) -> None:
    assert_same_function(shared / "seed_models" / name)


@pytest.fixture(scope="module")
def evaluation(shared: pathlib.Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """AudioSet's eval clips: frames [n, 10, 128], their numbers [n], and whether a clip has laughter [n]."""
    folder = shared / "audioset" / "eval"
    if not folder.is_dir():
        pytest.skip("the data folder holds no audioset/eval")
    context = {"labels": tf.io.RaggedFeature(tf.int64)}
    features = {"audio_embedding": tf.io.FixedLenSequenceFeature([], tf.string)}
    parsed = []
    for batch in tf.data.TFRecordDataset(sorted(map(str, folder.glob("*.tfrecord")))).batch(1024):
        clips, sequences, lengths = tf.io.parse_sequence_example(batch, context, features)
        frames = tf.io.decode_raw(sequences["audio_embedding"], tf.uint8, fixed_length=128)
        frames = tf.pad(frames, [[0, 0], [0, 10 - frames.shape[1]], [0, 0]])
        laughs = tf.reduce_any((clips["labels"] >= 16) & (clips["labels"] <= 21), axis=1)
        parsed.append((frames.numpy(), lengths["audio_embedding"].numpy(), laughs.numpy()))
    return tuple(np.concatenate(column) for column in zip(*parsed, strict=True))


@pytest.mark.parametrize("name", SEED_MODELS)
def test_seed_models_detect_laughter_on_bytes_as_floats(shared, evaluation, name: str) -> None:
    sequences, lengths, laughs = evaluation
    scores = keras1.import_keras1(shared / "seed_models" / name).sequence_scores(sequences, lengths)
    assert roc_auc_score(laughs, 1 - scores[:, 6]) == pytest.approx(SEED_MODELS[name], abs=0.001)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"return_sequences": True}, "lstm_1 has return_sequences = True, not False"),
        ({"go_backwards": True}, "lstm_1 has go_backwards = True"),
        ({"activation": "softsign"}, "activation is 'softsign'"),
        ({"inner_activation": "linear"}, "recurrent_activation is 'linear'"),
        ({"output_dim": 4}, r"lstm_1_W_i has the shape \(128, 3\), not \(128, 4\)"),
    ],
)
@pytest.mark.parametrize("lstms", [1, 2])
def test_settings_that_mean_another_function_are_refused(tmp_path, lstms, changes, reason) -> None:
    path = write_model(tmp_path / "other.h5", lstms=lstms, second=False, **changes)
    with pytest.raises(ValueError, match=rf"other\.h5 is not a Keras 1 model of the 2017 .*{reason}"):
        keras1.import_keras1(path)


def test_a_lambda_layer_is_refused_by_name(tmp_path: pathlib.Path) -> None:
    path = write_model(tmp_path / "code.h5", lstms=1, second=False)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"].insert(1, {"class_name": "Lambda", "config": {"name": "l", "function": "bWFyc2hhbA=="}})
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(ValueError, match="its layers are BatchNormalization Lambda LSTM Dense"):
        keras1.import_keras1(path)


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("keras_version", "2.9.0", "written by Keras 2.9.0, not by Keras 1"),
        ("model_config", '{"class_name": "Model", "config": []}', "it is a Model model, not a Sequential one"),
        ("model_config", "{not json", "Expecting property name"),
        ("model_config", "[]", "list indices"),
    ],
)
def test_other_models_are_refused(tmp_path, attribute, value, reason) -> None:
    path = write_model(tmp_path / "other.h5", lstms=1, second=True)
    with h5py.File(path, "r+") as file:
        file.attrs[attribute] = value
    with pytest.raises(ValueError, match=rf"other\.h5 is not a Keras 1 model .*{reason}"):
        keras1.import_keras1(path)


def test_a_missing_array_is_named(tmp_path: pathlib.Path) -> None:
    path = write_model(tmp_path / "part.h5", lstms=2, second=True)
    with h5py.File(path, "r+") as file:
        del file["model_weights/bidirectional_1/backward_lstm_1_U_o:0"]
    with pytest.raises(ValueError, match=r"part\.h5 .*: it holds 0 arrays called backward_lstm_1_U_o instead of one"):
        keras1.import_keras1(path)


def test_weights_that_are_not_finite_are_refused(tmp_path: pathlib.Path) -> None:
    path = write_model(tmp_path / "nan.h5", lstms=1, second=True)
    with h5py.File(path, "r+") as file:
        file["model_weights/dense_1/dense_1_b_4:0"][3] = np.nan
    with pytest.raises(ValueError, match=r"nan\.h5 .*: dense_1_b holds values that are not finite"):
        keras1.import_keras1(path)


ARRAY = "model_weights/dense_1/dense_1_b_4:0"


def external_storage(file, folder):
    (folder / "secret.bin").write_bytes(bytes(28))
    del file[ARRAY]
    file.create_dataset(ARRAY, (7,), "f4", external=[(str(folder / "secret.bin"), 0, 28)])


def external_link(file, folder):
    with h5py.File(folder / "elsewhere.h5", "w") as other:
        other["values"] = np.zeros(7, np.float32)
    del file[ARRAY]
    file[ARRAY] = h5py.ExternalLink(str(folder / "elsewhere.h5"), "values")


def linked_weights(file, folder):
    write_model(folder / "elsewhere.h5", lstms=1, second=True)
    del file["model_weights"]
    file["model_weights"] = h5py.ExternalLink(str(folder / "elsewhere.h5"), "model_weights")


def soft_link(file, folder):
    file["elsewhere"] = np.zeros(7, np.float32)
    del file[ARRAY]
    file[ARRAY] = h5py.SoftLink("/elsewhere")


def virtual(file, folder):
    layout = h5py.VirtualLayout((7,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "elsewhere.h5"), "values", (7,))
    del file[ARRAY]
    file.create_virtual_dataset(ARRAY, layout)


def huge(file, folder):
    del file[ARRAY]
    file.create_dataset(ARRAY, (1 << 34,), "f4", chunks=(1 << 20,), compression="gzip")


def strings(file, folder):
    del file[ARRAY]
    file.create_dataset(ARRAY, data=np.array([b"0"] * 7))


def negative_variance(file, folder):
    layer = json.loads(file.attrs["model_config"])["config"][0]["config"]["name"]
    group = file["model_weights"][layer]
    name = next(name for name in group if "running_std" in name)
    group[name][0] = -1.0


def settings(change):
    def spoil(file, folder):
        document = json.loads(file.attrs["model_config"])
        change(document["config"])
        file.attrs["model_config"] = json.dumps(document)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (external_storage, "lies in another file"),
        (external_link, "is no dataset of this file"),
        (linked_weights, "model_weights is no group of this file"),
        (soft_link, "is no dataset of this file"),
        (virtual, "lies in another file"),
        (huge, "which no such model has"),
        (strings, "which no such model has"),
        (negative_variance, "holds variances below 0"),
        (settings(lambda layers: layers[0]["config"].update(epsilon=float("nan"))), "has epsilon = nan"),
        (settings(lambda layers: layers[0]["config"].update(epsilon=-5)), "has epsilon = -5"),
        (settings(lambda layers: layers.clear()), "its layers are"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_hostile_files_are_refused_and_nothing_outside_them_is_read(tmp_path, spoil, reason) -> None:
    path = write_model(tmp_path / "model.h5", lstms=1, second=True)
    with h5py.File(path, "r+") as file:
        spoil(file, tmp_path)
    with pytest.raises(ValueError, match=rf"model\.h5 is not a Keras 1 model .*{reason}"):
        keras1.import_keras1(path)


def test_a_pipe_is_no_model(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe.h5")
    with pytest.raises(ValueError, match="it is a pipe or a device and no file"):
        keras1.import_keras1(tmp_path / "pipe.h5")


def test_files_that_are_not_hdf5_or_absent_are_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "text.h5").write_text("not HDF5")
    with pytest.raises(ValueError, match=r"text\.h5 is not a Keras 1 model .*file signature not found"):
        keras1.import_keras1(tmp_path / "text.h5")
    h5py.File(tmp_path / "empty.h5", "w").close()
    with pytest.raises(ValueError, match=r"empty\.h5 is not a Keras 1 model .*Keras \(unknown\)"):
        keras1.import_keras1(tmp_path / "empty.h5")
    with pytest.raises(FileNotFoundError, match="absent"):
        keras1.import_keras1(tmp_path / "absent.h5")
