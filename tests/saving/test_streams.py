"""Models in open files: whole, compiled, and refused like those at paths."""

import io

import numpy as np
import pytest

import hornlet as keras
from hornlet.saving import streams


def trained():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(np.ones((8, 3)), np.ones((8, 2)), verbose=0)
    return model


def test_a_model_comes_back_with_its_optimizer():
    model, file = trained(), io.BytesIO()
    streams.save_model(model, file)
    file.seek(0)
    other = streams.load_model(file)
    for ours, theirs in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert int(other.optimizer.iterations) == 1
    assert other.evaluate(np.ones((8, 3)), np.ones((8, 2)), verbose=0) >= 0


def test_paths_are_taken_too(tmp_path):
    model = trained()
    streams.save_model(model, tmp_path / "m.keras")
    streams.save_model(model, tmp_path / "folder", zipped=False)
    for name in ("m.keras", "folder"):
        other = streams.load_model(tmp_path / name, compile=False)
        np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])


def test_the_real_keras_reads_the_stream(tmp_path):
    real = pytest.importorskip("keras")
    model, file = trained(), io.BytesIO()
    streams.save_model(model, file)
    (tmp_path / "m.keras").write_bytes(file.getvalue())
    other = real.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="weights_format"):
        streams.save_model(trained(), io.BytesIO(), weights_format="npz")
    with pytest.raises(ValueError, match="pass a path"):
        streams.save_model(trained(), io.BytesIO(), zipped=False)
    with pytest.raises(ValueError, match="zip"):
        streams.load_model(io.BytesIO(b"no model"))


def adapters(store):
    store.make("lora")["rank"] = 2
    group = store.make("lora/3", {"name": "query"})
    group["kernel_a"] = keras.Variable(np.arange(6.0).reshape(3, 2))
    group["kernel_b"] = np.ones((2, 4), "bfloat16")
    store.make("lora/4")
    store.close()


def test_a_store_of_a_packages_own_groups(tmp_path):
    adapters(streams.H5IOStore(tmp_path / "a.h5", mode="w"))
    adapters(streams.H5IOStore(file := io.BytesIO(), mode="w"))
    for place in (tmp_path / "a.h5", str(tmp_path / "a.h5"), file):
        store = streams.H5IOStore(place)
        assert int(store.get("lora")["rank"]) == 2
        group = store.get("lora/3")
        np.testing.assert_array_equal(group["kernel_a"], np.arange(6.0).reshape(3, 2))
        assert group["kernel_b"].dtype.name == "bfloat16"
        assert sorted(group) == ["kernel_a", "kernel_b"] and len(store.get("nowhere")) == 0
        # A group that nothing was put into is not written.
        assert store.has_path("lora") and store.has_path("lora/3") and not store.has_path("lora/4")
        store.close()


def test_the_real_keras_reads_a_store_and_writes_one(tmp_path):
    theirs = pytest.importorskip("keras.src.saving.saving_lib").H5IOStore
    adapters(streams.H5IOStore(tmp_path / "ours.h5", mode="w"))
    adapters(theirs(tmp_path / "theirs.h5", mode="w"))
    for kind, path in ((theirs, "ours.h5"), (streams.H5IOStore, "theirs.h5")):
        store = kind(tmp_path / path, mode="r")
        assert int(store.get("lora")["rank"]) == 2
        np.testing.assert_array_equal(store.get("lora/3")["kernel_a"][1], [2, 3])
        assert not store.has_path("lora/4")


def test_a_store_is_for_reading_or_for_writing(tmp_path):
    adapters(streams.H5IOStore(tmp_path / "a.h5", mode="w"))
    with pytest.raises(ValueError, match="`make`"):
        streams.H5IOStore(tmp_path / "a.h5").make("lora")
    with pytest.raises(ValueError, match="`get`"):
        streams.H5IOStore(tmp_path / "b.h5", mode="w").get("lora")
    with pytest.raises(ValueError, match="`mode`"):
        streams.H5IOStore(tmp_path / "a.h5", mode="a")
    with pytest.raises(ValueError, match="`archive`"):
        streams.H5IOStore("a.h5", archive=object())
    with pytest.raises(TypeError, match="`path_or_io`"):
        streams.H5IOStore(None)
    with pytest.raises(ValueError, match="`metadata`"):
        streams.H5IOStore(tmp_path / "b.h5", mode="w").make("lora", metadata="first")
    group = streams.H5IOStore(tmp_path / "a.h5").get("lora")
    with pytest.raises(ValueError, match="mode='w'.*rank"):
        group["rank"] = 3
    with pytest.raises(ValueError, match="mode='w'.*rank"):
        del group["rank"]
    (tmp_path / "c.h5").write_bytes(b"no HDF5")
    with pytest.raises(keras.saving.FileError, match="HDF5"):
        streams.H5IOStore(tmp_path / "c.h5")
