"""Files both ways with Keras, optimizer state included; written whole; errors of one family."""

import json
import os
import zipfile

import h5py
import keras
import numpy as np
import pytest

import hornlet
from hornlet.saving import FileError, load_model

RNG = np.random.default_rng(0)
X = RNG.normal(size=(32, 8)).astype("float32")
Y = RNG.normal(size=(32, 2)).astype("float32")


def dense(K):
    return K.Sequential(
        [
            K.Input((8,)),
            K.layers.Dense(6, "relu"),
            K.layers.BatchNormalization(),
            K.layers.Dropout(0.0),
            K.layers.Dense(2),
        ]
    )


def recurrent(K):
    i = K.Input((4, 2))
    o = K.layers.MultiHeadAttention(2, 2)(i, i)
    o = K.layers.Add()([i, o])
    o = K.layers.Bidirectional(K.layers.LSTM(3))(o)
    return K.Model(i, K.layers.Dense(2)(o))


def pictures(K):
    inner = K.Sequential([K.Input((4, 2, 1)), K.layers.Conv2D(3, 2, padding="same")])
    i = K.Input((8,))
    o = K.layers.Reshape((4, 2, 1))(i)
    o = K.layers.GlobalAveragePooling2D()(K.layers.MaxPooling2D((2, 1))(inner(o)))
    return K.Model(i, K.layers.Dense(2, kernel_regularizer="l2")(o))


MODELS = {
    "dense": (dense, X),
    "recurrent": (recurrent, X.reshape(32, 4, 2)),
    "pictures": (pictures, X),
}


def trained(K, name, optimizer="adam"):
    make, x = MODELS[name]
    model = make(K)
    model.compile(optimizer, "mse", metrics=["mae"])
    model.fit(x, Y, epochs=1, verbose=0, shuffle=False)
    return model, x


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("there", [True, False], ids=["to_keras", "from_keras"])
def test_both_ways_with_keras_and_on_with_training(name, there, tmp_path):
    one, other = (hornlet, keras) if there else (keras, hornlet)
    model, x = trained(one, name)
    model.save(tmp_path / "m.keras")
    copy = other.saving.load_model(tmp_path / "m.keras")
    close = {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(copy.predict(x, verbose=0), model.predict(x, verbose=0), **close)
    logs = [m.fit(x, Y, epochs=2, verbose=0, shuffle=False).history for m in (model, copy)]
    for key in logs[0]:
        np.testing.assert_allclose(logs[0][key], logs[1][key], rtol=1e-4)


@pytest.mark.parametrize("there", [True, False], ids=["to_keras", "from_keras"])
def test_weights_files_both_ways(there, tmp_path):
    one, other = (hornlet, keras) if there else (keras, hornlet)
    model, x = trained(one, "recurrent")
    copy, _ = trained(other, "recurrent")
    model.save_weights(tmp_path / "m.weights.h5")
    copy.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(
        copy.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6
    )


def test_own_files_are_bitwise(tmp_path):
    model, x = trained(hornlet, "dense", hornlet.optimizers.AdamW(1e-2))
    model.save(tmp_path / "m.keras")
    copy = load_model(tmp_path / "m.keras")
    assert np.array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))
    for m in (model, copy):
        m.fit(x, Y, epochs=2, verbose=0, shuffle=False)
    for a, b in zip(model.get_weights(), copy.get_weights()):
        assert np.array_equal(a, b)


def test_custom_classes_come_from_the_caller_alone(tmp_path):
    class Twice(hornlet.layers.Layer):
        def call(self, x):
            return 2 * x

    model = hornlet.Sequential([hornlet.Input((3,)), Twice()])
    model.save(tmp_path / "m.keras")
    with pytest.raises(FileError, match="Twice"):
        load_model(tmp_path / "m.keras")
    copy = load_model(tmp_path / "m.keras", custom_objects={"Twice": Twice})
    assert np.array_equal(copy.predict(np.ones((1, 3)), verbose=0), [[2, 2, 2]])


def test_numbers_that_are_none_or_infinite_are_kept(tmp_path):
    """Such as the mark of missing values, or an open end; Keras writes and reads them as well."""

    def made(k):
        layers = k.layers
        return k.Sequential([
            k.Input((3, 2)), layers.Masking(mask_value=float("nan")), layers.ReLU(max_value=np.inf),
            layers.Dense(1, bias_initializer=k.initializers.Constant(-np.inf)),
        ])  # fmt: skip

    path = str(tmp_path / "model.keras")
    for source, reader in ((hornlet, hornlet), (hornlet, keras), (keras, hornlet)):
        made(source).save(path)
        loaded = reader.models.load_model(path)
        first, second, third = loaded.layers[-3:]
        assert np.isnan(first.mask_value) and second.max_value == np.inf
        assert third.bias_initializer.value == -np.inf
    again = hornlet.models.model_from_json(made(hornlet).to_json())
    assert again.layers[-2].max_value == np.inf


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    model, x = trained(hornlet, "dense")
    path = tmp_path / "m.keras"
    model.save(path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(OSError, match="no space"):
        model.save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["m.keras"]


def test_a_file_is_read_back_before_it_takes_the_place_of_another(tmp_path, monkeypatch):
    model, _ = trained(hornlet, "dense")
    names = ("m.keras", "m.weights.h5")
    saves = (model.save, model.save_weights)
    for name, save in zip(names, saves):
        save(tmp_path / name)
    before = [(tmp_path / name).read_bytes() for name in names]
    sync = os.fsync

    def damage(descriptor):
        if os.fstat(descriptor).st_size > 600 and os.path.isfile(f"/proc/self/fd/{descriptor}"):
            os.pwrite(descriptor, b"\0?\0?", os.fstat(descriptor).st_size // 2)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", damage)
    for name, save, content in zip(names, saves, before):
        with pytest.raises(FileError, match="not written|not a readable|damaged"):
            save(tmp_path / name)
        assert (tmp_path / name).read_bytes() == content
    assert sorted(os.listdir(tmp_path)) == sorted(names)


def test_without_the_optimizer(tmp_path):
    model, x = trained(hornlet, "dense")
    model.save(tmp_path / "m.keras", include_optimizer=False)
    for load in (load_model, keras.saving.load_model):
        copy = load(tmp_path / "m.keras")
        assert not copy.compiled
        np.testing.assert_allclose(
            copy.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6
        )
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert b"optimizer" not in archive.read("model.weights.h5")


def test_compile_false_leaves_the_model_uncompiled(tmp_path):
    model, x = trained(hornlet, "dense")
    model.save(str(tmp_path / "m.keras"), zipped=True)
    for safe in (True, False):
        copy = load_model(str(tmp_path / "m.keras"), compile=False, safe_mode=safe)
        assert not copy.compiled and copy.optimizer is None
        assert np.array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))


def doubled(x):
    return 2 * x


def test_names_of_ones_own_are_found_by_scope_argument_and_registration(tmp_path):
    model = hornlet.Sequential([hornlet.Input((3,)), hornlet.layers.Dense(2, activation=doubled)])
    model.save(tmp_path / "m.keras")
    x = np.ones((2, 3), "float32")
    with pytest.raises(FileError, match="doubled"):
        load_model(tmp_path / "m.keras")
    copies = [load_model(tmp_path / "m.keras", custom_objects={"doubled": doubled})]
    with hornlet.saving.custom_object_scope({"doubled": doubled}):
        copies.append(load_model(tmp_path / "m.keras"))

    @hornlet.saving.register_keras_serializable("tests_saving", "Thrice")
    class Thrice(hornlet.layers.Layer):
        def call(self, x):
            return 3 * x

    registered = hornlet.Sequential([hornlet.Input((3,)), Thrice()])
    registered.save(tmp_path / "r.keras")
    assert np.array_equal(load_model(tmp_path / "r.keras").predict(x, verbose=0), 3 * x)
    for copy in copies:
        assert np.array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))


class Bounded(hornlet.layers.Layer):
    """Reads its kernel where it is built, as a spectral normalization does."""

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        self.n = n

    def get_config(self):
        return {**super().get_config(), "n": self.n}

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.n), "orthogonal")
        self.kernel.assign(hornlet.ops.clip(self.kernel.value, -0.5, 0.5))

    def call(self, x):
        return x @ self.kernel


def test_a_layer_may_read_its_weights_where_it_is_built(tmp_path):
    model = hornlet.Sequential([hornlet.Input((4,)), Bounded(3)])
    model.save(tmp_path / "m.keras")
    x = np.eye(4, dtype="float32")
    again = load_model(tmp_path / "m.keras", {"Bounded": Bounded})
    np.testing.assert_array_equal(again(x), model(x))
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    large = config_with(members, lambda config: layer(config).update(n=1 << 30))
    rewritten(tmp_path / "large.keras", members, **large)
    with pytest.raises(FileError, match="no value yet"):  # memory as the file's arrays need it
        load_model(tmp_path / "large.keras", {"Bounded": Bounded})


def test_an_unknown_class_lists_near_names(saved):
    path, members = saved
    change = config_with(members, lambda c: c["config"]["layers"][1].update(class_name="Dence"))
    rewritten(path, members, **change)
    with pytest.raises(FileError, match="bad.keras: config.json: .*Dence.*Did you mean 'Dense'"):
        load_model(path)


def test_mistakes_are_named(tmp_path):
    model, _ = trained(hornlet, "dense")
    with pytest.raises(ValueError, match="extension"):
        model.save(tmp_path / "m.tar")
    with pytest.raises(ValueError, match="weights.h5"):
        model.save_weights(tmp_path / "m.h5")
    with pytest.raises(ValueError, match="not found"):
        load_model(tmp_path / "absent.keras")
    with pytest.raises(ValueError, match="zipped=False"):
        model.save(tmp_path / "m.keras", zipped=False)
    with pytest.raises(ValueError, match="foo"):
        model.save(tmp_path / "m.keras", foo=1)
    for wrong in (None, 3, open(os.devnull)):  # noqa: SIM115
        with pytest.raises(TypeError, match="`filepath`"):
            model.save(wrong)
        with pytest.raises(TypeError, match="`filepath`"):
            load_model(wrong)
    with pytest.raises(FileNotFoundError, match="absent/m.keras'"):
        model.save(tmp_path / "absent" / "m.keras")
    with pytest.raises(TypeError, match="`model`"):
        hornlet.saving.save_model(3, tmp_path / "m.keras")
    with pytest.raises(ValueError, match="not yet been built"):
        hornlet.Sequential([hornlet.layers.Dense(2)]).save_weights(tmp_path / "m.weights.h5")
    model.save_weights(tmp_path / "m.weights.h5")
    narrow = hornlet.Sequential([hornlet.Input((8,)), hornlet.layers.Dense(5)])
    with pytest.raises(ValueError, match="could not be loaded"):
        narrow.load_weights(tmp_path / "m.weights.h5")
    with pytest.warns(UserWarning, match="could not be loaded"):
        narrow.load_weights(tmp_path / "m.weights.h5", skip_mismatch=True)
    model.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="exists"):
        model.save(tmp_path / "m.keras", overwrite=False)


@pytest.fixture
def saved(tmp_path):
    model, _ = trained(hornlet, "dense")
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        return tmp_path / "bad.keras", {n: archive.read(n) for n in archive.namelist()}


def rewritten(path, members, **changes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**members, **changes}.items():
            if data is not None:
                archive.writestr(name, data)


def config_with(members, change):
    config = json.loads(members["config.json"])
    change(config)
    return {"config.json": json.dumps(config)}


def layer(config, i=1):
    return config["config"]["layers"][i]["config"]


HOSTILE = {
    "an unknown member": lambda m: {"evil.py": "import os"},
    "a member outside": lambda m: {"assets/../../evil": "x"},
    "no config": lambda m: {"config.json": None},
    "no weights": lambda m: {"model.weights.h5": None},
    "broken json": lambda m: {"config.json": m["config.json"][:-9]},
    "deep json": lambda m: {"config.json": "[" * 200_000},
    "nan": lambda m: {"config.json": '{"a": NaN}'},
    "twice the key": lambda m: {"config.json": '{"a": 1, "a": 2}'},
    "a list": lambda m: {"config.json": "[]"},
    "no h5": lambda m: {"model.weights.h5": b"not hdf5" * 100},
    "truncated h5": lambda m: {"model.weights.h5": m["model.weights.h5"][:5000]},
    "inflating json": lambda m: {"config.json": b" " * (65 << 20) + b"{}"},
    "huge units": lambda m: config_with(m, lambda c: layer(c).update(units=10**9)),
    "negative units": lambda m: config_with(m, lambda c: layer(c).update(units=-5)),
    "units a string": lambda m: config_with(m, lambda c: layer(c).update(units="7")),
    "infinite units": lambda m: config_with(m, lambda c: layer(c).update(units=float("inf"))),
    "an infinite axis": lambda m: config_with(
        m, lambda c: c["config"]["layers"][1].update(
            class_name="BatchNormalization", config={"axis": float("inf")})),
    "another width": lambda m: config_with(m, lambda c: layer(c).update(units=7)),
    "os.system": lambda m: config_with(m, lambda c: layer(c).update(activation="os.system")),
    "eval": lambda m: config_with(
        m, lambda c: layer(c).update(
            activation={"module": "builtins", "class_name": "function", "config": "eval",
                        "registered_name": "function"})),
    "a lambda": lambda m: config_with(
        m, lambda c: layer(c).update(
            activation={"class_name": "__lambda__", "config": {"value": ["4wA=", None, None]}})),
    "no layer": lambda m: config_with(
        m, lambda c: c["config"]["layers"][1].update(class_name="Popen", module="subprocess")),
    "a torch wrapper": lambda m: config_with(
        m, lambda c: c["config"]["layers"][1].update(class_name="TorchModuleWrapper")),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_give_one_family_of_errors(kind, saved):
    path, members = saved
    rewritten(path, members, **HOSTILE[kind](members))
    with pytest.raises(FileError, match="bad.keras"):
        load_model(path)


def test_hdf5_tricks_are_refused(saved, tmp_path):
    path, members = saved

    def weights(change):
        file = tmp_path / "w.h5"
        file.write_bytes(members["model.weights.h5"])
        with h5py.File(file, "a") as h5:
            change(h5)
        return file.read_bytes()

    def external(h5):
        h5["vars/0"] = h5py.ExternalLink("/etc/passwd", "x")

    def soft(h5):
        h5["vars/0"] = h5py.SoftLink("/layers")

    def bomb(h5):
        h5.create_dataset("vars/0", (10**10,), "f4", chunks=(1 << 20,), compression="gzip")

    def cycle(h5):
        h5["layers/loop"] = h5["layers"]

    def strings(h5):
        h5["vars/0"] = np.array([b"x"], dtype="S1")

    for change in (external, soft, bomb, cycle, strings):
        rewritten(path, members, **{"model.weights.h5": weights(change)})
        with pytest.raises(FileError, match="bad.keras"):
            load_model(path)


def test_truncated_files_are_refused(saved, tmp_path):
    whole = (tmp_path / "m.keras").read_bytes()
    path = tmp_path / "cut.keras"
    for i in range(16):
        path.write_bytes(whole[: len(whole) * i // 16])
        with pytest.raises(FileError):
            load_model(path)
