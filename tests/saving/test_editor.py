"""KerasFileEditor: edited files load here and in Keras."""

import keras
import numpy as np
import pytest

import hornlet
from tests.hostile import seeds


def test_objects_and_weights_are_edited(tmp_path, capsys):
    model = seeds.model()
    model.save(tmp_path / "m.keras")
    editor = hornlet.saving.KerasFileEditor(tmp_path / "m.keras")
    assert editor.compare(model)["status"] == "success"
    editor.delete_object("optimizer")
    editor.rename_object("dense_1", "last")
    editor.add_weights("layers/last", {"1": np.array([5.0, 6.0], "f4")})
    editor.add_object("layers/new", {"0": np.ones(3), "1": np.ones(2)})
    editor.delete_weight("layers/new", "1")
    report = editor.compare(model)
    # The optimizer, the two names of one layer, the new layer: each object once.
    assert report["status"] == "error" and report["error_count"] == 4
    assert "layers/new: no such object in the model" in capsys.readouterr().out
    editor.delete_weight("layers/dense", "1")
    assert editor.compare(model)["error_count"] == 5
    assert "layers/dense/1: no weight in the file" in capsys.readouterr().out
    editor.add_weights("layers/dense", {"1": model.layers[0].get_weights()[1]})
    editor.delete_object("layers/new")
    editor.rename_object("layers/last", "dense_1")
    editor.save(tmp_path / "e.weights.h5")
    for K in (hornlet, keras):
        twin = K.Sequential(
            [K.Input((8,)), K.layers.Dense(6), K.layers.BatchNormalization(), K.layers.Dense(2)]
        )
        twin.load_weights(tmp_path / "e.weights.h5")
        np.testing.assert_array_equal(np.asarray(twin.get_weights()[-1]), [5, 6])
        np.testing.assert_array_equal(np.asarray(twin.get_weights()[0]), model.get_weights()[0])


def test_mistakes_are_named(tmp_path):
    model = seeds.model()
    model.save_weights(tmp_path / "m.weights.h5")
    editor = hornlet.saving.KerasFileEditor(tmp_path / "m.weights.h5")
    for mistake, words in (
        (lambda: editor.delete_object("densse"), "not in the file"),
        (lambda: editor.rename_object("layers/dense", "a/b"), "no path"),
        (lambda: editor.rename_object("layers/dense", "dense_1"), "already"),
        (lambda: editor.add_object("layers/dense", {}), "already"),
        (lambda: editor.delete_weight("layers/dense", "9"), "no weight '9'"),
        (lambda: editor.add_weights("layers/dense", 5), "dictionary"),
        (lambda: editor.save(tmp_path / "x.h5"), "extension"),
        (lambda: hornlet.saving.KerasFileEditor("x.h5"), "extension"),
    ):
        with pytest.raises(ValueError, match=words):
            mistake()
