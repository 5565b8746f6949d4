"""The other formats: legacy HDF5, shards, safetensors, folders; both ways with Keras."""

import json
import os

import h5py
import keras
import numpy as np
import pytest

import hornlet
from hornlet import saving
from hornlet.saving import FileError, load_model
from tests.saving.test_api import X, Y, trained

CLOSE = {"rtol": 1e-5, "atol": 1e-6}
NAMES = ("dense", "recurrent", "pictures")
ways = pytest.mark.parametrize(
    ("one", "other"), [(hornlet, keras), (keras, hornlet)], ids=["to_keras", "from_keras"]
)


def agree(a, b, x):
    np.testing.assert_allclose(a.predict(x, verbose=0), b.predict(x, verbose=0), **CLOSE)


@ways
@pytest.mark.parametrize("name", NAMES)
def test_a_whole_model_in_legacy_hdf5(name, one, other, tmp_path):
    model, x = trained(one, name)
    model.save(tmp_path / "m.h5")
    copy = other.saving.load_model(tmp_path / "m.h5")
    agree(model, copy, x)
    if other is keras:  # builds the optimizer for no variables here, and cannot go on
        return
    logs = [m.fit(x, Y, epochs=1, verbose=0, shuffle=False).history for m in (model, copy)]
    np.testing.assert_allclose(logs[0]["loss"], logs[1]["loss"], rtol=1e-4)
    agree(model, copy, x)


@ways
@pytest.mark.parametrize("name", NAMES)
def test_weights_in_shards(name, one, other, tmp_path):
    model, x = trained(one, name)
    copy, _ = trained(other, name)
    largest = max(np.asarray(w).nbytes for w in model.get_weights())
    model.save_weights(tmp_path / "m.weights.json", max_shard_size=1.01 * largest / 2**30)
    assert len(os.listdir(tmp_path)) > 2
    copy.load_weights(tmp_path / "m.weights.json")
    agree(model, copy, x)


@ways
def test_a_folder(one, other, tmp_path):
    model, x = trained(one, "dense")
    model.save(tmp_path / "m", zipped=False)
    assert {"config.json", "model.weights.h5"} <= set(os.listdir(tmp_path / "m"))
    agree(model, other.saving.load_model(tmp_path / "m"), x)
    with pytest.raises(ValueError, match="should not end"):
        model.save(tmp_path / "m.keras", zipped=False)


@ways
def test_legacy_weights_by_order_and_by_name(one, other, tmp_path):
    model, x = trained(one, "dense")
    model.save(tmp_path / "m.h5")
    copy, _ = trained(other, "dense")
    copy.load_weights(tmp_path / "m.h5")
    agree(model, copy, x)
    if other is hornlet:
        first = hornlet.layers.Dense(6, name=model.layers[0].name)
        part = hornlet.Sequential([hornlet.Input((8,)), first])
        part.load_weights(tmp_path / "m.h5", by_name=True)
        np.testing.assert_array_equal(part.get_weights()[0], np.asarray(model.get_weights()[0]))


def test_safetensors_under_keras_paths(tmp_path):
    model, x = trained(hornlet, "recurrent")
    path = tmp_path / "m.safetensors"
    model.save_weights(path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert length % 8 == 0
    for variable in model.weights:
        entry = header[variable.path]
        start, end = (8 + length + at for at in entry["data_offsets"])
        stored = np.frombuffer(content[start:end], "<f4").reshape(entry["shape"])
        np.testing.assert_array_equal(stored, variable.numpy())
    before = model.predict(x, verbose=0)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    model.load_weights(path)
    assert np.array_equal(model.predict(x, verbose=0), before)
    other, _ = trained(hornlet, "dense")
    with pytest.raises(FileError, match="m.safetensors: .*missing.*skip_mismatch"):
        other.load_weights(path)
    with pytest.warns(UserWarning, match="missing"):
        other.load_weights(path, skip_mismatch=True)


def test_bfloat16_and_integers_in_safetensors(tmp_path):
    class Odd(hornlet.layers.Layer):
        def build(self, shape):
            self.a = self.add_weight((2, 3), "ones", dtype="bfloat16", name="a")
            self.b = self.add_weight((), "zeros", dtype="int32", name="b")

        def call(self, x):
            return x

    model = hornlet.Sequential([hornlet.Input((3,)), Odd(name="odd")])
    model.layers[0].b.assign(7)
    model.save_weights(tmp_path / "m.safetensors")
    model.layers[0].b.assign(1)
    model.layers[0].a.assign(np.zeros((2, 3)))
    model.load_weights(tmp_path / "m.safetensors")
    assert int(model.layers[0].b) == 7
    assert (model.layers[0].a.numpy().astype("float32") == 1).all()


def test_objects_to_skip_keep_their_weights(tmp_path):
    model, _ = trained(hornlet, "dense")
    other, _ = trained(hornlet, "dense")
    model.save_weights(tmp_path / "m.weights.h5")
    kept = other.layers[0].get_weights()[0].copy()
    other.load_weights(tmp_path / "m.weights.h5", objects_to_skip=[other.layers[0]])
    assert np.array_equal(other.layers[0].get_weights()[0], kept)
    assert np.array_equal(other.layers[-1].get_weights()[0], model.layers[-1].get_weights()[0])


@pytest.mark.parametrize(
    "name, more", [("m.weights.h5", {}), ("m.weights.json", {"max_shard_size": 1})]
)
def test_objects_to_skip_are_not_written(name, more, tmp_path):
    model, _ = trained(hornlet, "dense")
    other, _ = trained(hornlet, "dense")
    saving.save_weights(model, tmp_path / name, objects_to_skip=[model.layers[0]], **more)
    kept = other.layers[0].get_weights()[0].copy()
    with pytest.raises(ValueError, match="could not be loaded"):
        other.load_weights(tmp_path / name)
    other.load_weights(tmp_path / name, objects_to_skip=[other.layers[0]])
    assert np.array_equal(other.layers[0].get_weights()[0], kept)
    assert np.array_equal(other.layers[-1].get_weights()[0], model.layers[-1].get_weights()[0])
    with pytest.raises(ValueError, match="objects_to_skip"):
        saving.save_weights(model, tmp_path / "m.safetensors", objects_to_skip=[model.layers[0]])


# Files of older versions, written here as those wrote them.

KERAS_1 = [
    {"class_name": "Dense", "config": {
        "name": "dense_1", "output_dim": 3, "init": "glorot_uniform", "activation": "tanh",
        "bias": True, "W_regularizer": None, "b_regularizer": None, "input_dim": 8,
        "batch_input_shape": [None, 8], "trainable": True, "activity_regularizer": None,
        "W_constraint": None, "b_constraint": None, "input_dtype": "float32"}},
    {"class_name": "Dropout", "config": {"name": "dropout_1", "p": 0.5, "trainable": True}},
    {"class_name": "Dense", "config": {
        "name": "dense_2", "output_dim": 2, "init": "zero", "activation": "linear", "bias": True,
        "W_regularizer": None, "trainable": True}},
]  # fmt: skip


def _dense_2(name, units, activation, **more):
    initializer = {"class_name": "VarianceScaling", "config": {
        "scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}}  # fmt: skip
    return {"class_name": "Dense", "config": {
        "name": name, "trainable": True, "units": units, "activation": activation,
        "dtype": "float32", "use_bias": True, "kernel_initializer": initializer,
        "bias_initializer": {"class_name": "Zeros", "config": {}}, **more}}  # fmt: skip


KERAS_2 = [
    _dense_2("dense_1", 3, "tanh", batch_input_shape=[None, 8]),
    {"class_name": "Dropout", "config": {"name": "dropout_1", "rate": 0.5, "trainable": True}},
    _dense_2("dense_2", 2, "linear"),
]
TF_KERAS = {
    "name": "model", "trainable": True,
    "layers": [
        {"class_name": "InputLayer", "name": "input_1", "inbound_nodes": [], "config": {
            "batch_input_shape": [None, 8], "dtype": "float32", "sparse": False, "ragged": False,
            "name": "input_1"}},
        {**_dense_2("dense_1", 3, "tanh"), "name": "dense_1",
         "inbound_nodes": [[["input_1", 0, 0, {}]]]},
        {"class_name": "Dropout", "name": "dropout_1", "config": {
            "name": "dropout_1", "rate": 0.5, "noise_shape": None, "seed": None,
            "dtype": {"class_name": "Policy", "config": {"name": "float32"}}},
         "inbound_nodes": [[["dense_1", 0, 0, {}]]]},
        {**_dense_2("dense_2", 2, "linear"), "name": "dense_2",
         "inbound_nodes": [[["dropout_1", 0, 0, {"training": False}]]]},
        {"class_name": "Concatenate", "name": "both", "config": {"name": "both", "axis": -1},
         "inbound_nodes": [[["dense_2", 0, 0, {}], ["input_1", 0, 0, {}]]]},
    ],
    "input_layers": [["input_1", 0, 0]], "output_layers": [["both", 0, 0]],
}  # fmt: skip
OLD = {
    "keras 1": ("Sequential", KERAS_1, "1.2.2"),
    "keras 2.0": ("Sequential", KERAS_2, "2.0.8"),
    "keras 2.3": ("Sequential", {"name": "sequential_1", "layers": KERAS_2}, "2.3.1"),
    "tf.keras": ("Functional", TF_KERAS, "2.11.0"),
    "keras 2 Model": ("Model", TF_KERAS, "2.2.4"),
}


def old_file(path, kind):
    class_name, config, version = OLD[kind]
    random = np.random.default_rng(0)
    w = [random.normal(size=s).astype("f4") for s in ((8, 3), (3,), (3, 2), (2,))]
    training = {
        "optimizer_config": {"class_name": "Adam", "config": {
            "lr": 0.01, "beta_1": 0.9, "beta_2": 0.999, "decay": 0.0, "epsilon": 1e-7}},
        "loss": "mean_squared_error", "metrics": ["mae"], "sample_weight_mode": None,
        "loss_weights": None,
    }  # fmt: skip
    if kind == "tf.keras":
        training["metrics"] = [[{"class_name": "MeanMetricWrapper", "config": {
            "name": "mae", "dtype": "float32", "fn": "mean_absolute_error"}}]]  # fmt: skip
    with h5py.File(path, "w") as h5:
        model = {"class_name": class_name, "config": config}
        h5.attrs["model_config"] = np.bytes_(json.dumps(model).encode())
        h5.attrs["keras_version"] = np.bytes_(version)
        h5.attrs["training_config"] = np.bytes_(json.dumps(training).encode())
        group = h5.create_group("model_weights")
        group.attrs["layer_names"] = [b"dense_1", b"dropout_1", b"dense_2"]
        for name, arrays in (("dense_1", w[:2]), ("dropout_1", []), ("dense_2", w[2:])):
            made = group.create_group(name)
            names = [f"{name}/{part}:0" for part in ("kernel", "bias")][: len(arrays)]
            made.attrs["weight_names"] = [n.encode() for n in names]
            for n, array in zip(names, arrays):
                made[n] = array
    return w


@pytest.mark.parametrize("kind", OLD)
def test_files_of_older_versions(kind, tmp_path):
    w = old_file(tmp_path / "old.h5", kind)
    model = load_model(tmp_path / "old.h5")
    expected = np.tanh(X @ w[0] + w[1]) @ w[2] + w[3]
    np.testing.assert_allclose(model.predict(X, verbose=0)[:, :2], expected, rtol=1e-4, atol=1e-5)
    assert type(model.optimizer).__name__ == "Adam"
    assert abs(float(model.optimizer.learning_rate) - 0.01) < 1e-8
    y = Y if model.output_shape[-1] == 2 else np.concatenate([Y, X], axis=1)
    assert {"loss", "mae"} <= set(model.train_on_batch(X, y, return_dict=True)) | {"mae"}
    assert not load_model(tmp_path / "old.h5", compile=False).compiled


@ways
def test_more_names_than_one_attribute_holds(one, other, tmp_path):
    rows = [one.layers.Activation("linear", name=f"{i:03}" + "x" * 150) for i in range(450)]
    model = one.Sequential([one.Input((8,)), *rows, one.layers.Dense(2)])
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as h5:
        assert "layer_names1" in h5["model_weights"].attrs
    twin = other.Sequential([other.Input((8,)), other.layers.Dense(2)])
    twin.load_weights(tmp_path / "m.h5")
    agree(model, twin, X)


def test_a_missing_or_misnamed_shard_is_told(tmp_path):
    model, _ = trained(hornlet, "dense")
    path = tmp_path / "m.weights.json"
    model.save_weights(path, max_shard_size=3e-7)
    index = json.loads(path.read_text())
    os.unlink(tmp_path / "m_00001.weights.h5")
    with pytest.raises(FileError, match="m_00001.weights.h5: the shard is missing"):
        model.load_weights(path)
    for name in ("../m_00000.weights.h5", "/etc/x.weights.h5", "a\0.weights.h5", "x.h5", 5, None,
                 "C:x.weights.h5", "a\\b.weights.h5"):  # fmt: skip
        index["weight_map"]["/vars"] = [name]
        path.write_text(json.dumps(index))
        with pytest.raises(FileError, match="no name of a shard"):
            model.load_weights(path)
    os.symlink("/etc/passwd", tmp_path / "link.weights.h5")
    path.write_text(json.dumps({"weight_map": {"/vars": ["link.weights.h5"]}}))
    with pytest.raises(FileError, match="symbolic link"):
        model.load_weights(path)


def _header(text, data=b""):
    return len(text).to_bytes(8, "little") + text + data


def _tensors(size, **entries):
    header = {
        name: {"dtype": "F32", "shape": shape, "data_offsets": span}
        for name, (shape, span) in entries.items()
    }
    return _header(json.dumps(header).encode(), bytes(size))


SPOILED = {
    "nothing": b"",
    "a header beyond the file": (1 << 40).to_bytes(8, "little"),
    "no JSON": _header(b"{" * 16),
    "a list": _header(b"[]"),
    "objects": _header(b'{"a": {"dtype": "O", "shape": [1], "data_offsets": [0, 8]}}', bytes(8)),
    "4 TB": _tensors(4, a=([1 << 40], [0, 4])),
    "negative": _tensors(4, a=([-1], [0, 4])),
    "an overlap": _tensors(4, a=([1], [0, 4]), b=([1], [0, 4])),
    "a gap": _tensors(8, a=([1], [4, 8])),
    "a rest": _tensors(9, a=([1], [0, 4])),
    "true": _tensors(4, a=([True], [0, 4])),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOILED)
def test_spoiled_safetensors(kind, tmp_path):
    model, _ = trained(hornlet, "dense")
    path = tmp_path / "bad.safetensors"
    path.write_bytes(SPOILED[kind])
    with pytest.raises(FileError, match="bad.safetensors"):
        model.load_weights(path)
