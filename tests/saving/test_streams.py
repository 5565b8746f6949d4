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
