"""Pixels are prepared as in Keras; classes are named from a file."""

import json

import keras
import numpy as np
import pytest

from hornlet import applications
from hornlet.applications import imagenet_utils
from hornlet.layers import Input

MODULES = [
    "convnext", "densenet", "efficientnet", "efficientnet_v2", "inception_resnet_v2",
    "inception_v3", "mobilenet", "mobilenet_v2", "mobilenet_v3", "nasnet", "resnet", "resnet50",
    "resnet_v2", "vgg16", "vgg19", "xception",
]  # fmt: skip
RNG = np.random.default_rng(0)
FLOATS = RNG.uniform(0, 255, (2, 4, 5, 3)).astype("float32")


@pytest.mark.parametrize("module", MODULES)
def test_every_family_prepares_pixels_as_keras_does(module):
    theirs = getattr(keras.applications, module).preprocess_input
    ours = getattr(applications, module).preprocess_input
    np.testing.assert_allclose(ours(FLOATS.copy()), theirs(FLOATS.copy()), rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("mode", ["tf", "torch", "caffe"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_modes(mode, data_format, batch, dtype):
    x = FLOATS.astype(dtype)
    x = np.moveaxis(x, -1, 1) if data_format == "channels_first" else x
    x = x if batch else x[0]
    given, theirs_given = x.copy(), x.copy()
    ours = imagenet_utils.preprocess_input(given, data_format, mode)
    theirs = keras.applications.imagenet_utils.preprocess_input(theirs_given, data_format, mode)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-4)
    # Float arrays are written over, integers are not.
    np.testing.assert_allclose(given, theirs_given, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("mode", ["tf", "torch", "caffe"])
def test_symbols_go_through(mode):
    x = Input((4, 5, 3))
    y = imagenet_utils.preprocess_input(x, mode=mode)
    from hornlet import Model

    expected = imagenet_utils.preprocess_input(FLOATS.copy(), mode=mode)
    np.testing.assert_allclose(Model(x, y)(FLOATS), expected, rtol=1e-5, atol=1e-4)


def test_unknown_modes_and_layouts():
    with pytest.raises(ValueError, match="mode.*pytorch"):
        imagenet_utils.preprocess_input(FLOATS, mode="pytorch")
    with pytest.raises(ValueError, match="data_format.*last"):
        imagenet_utils.preprocess_input(FLOATS, data_format="last")


def test_classes_are_named_from_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    scores = RNG.uniform(size=(2, 1000)).astype("float32")
    with pytest.raises(FileNotFoundError, match="imagenet_class_index.json"):
        applications.resnet.decode_predictions(scores)
    (tmp_path / "models").mkdir()
    names = {str(i): [f"n{i:08}", f"class {i}"] for i in range(1000)}
    (tmp_path / "models" / "imagenet_class_index.json").write_text(json.dumps(names))
    found = applications.resnet.decode_predictions(scores, top=3)
    for row, named in zip(scores, found):
        best = np.argsort(row)[::-1][:3]
        assert [name for _, name, _ in named] == [f"class {i}" for i in best]
        assert [score for _, _, score in named] == [row[i] for i in best]


@pytest.mark.parametrize("shape", [(1000,), (1, 10)])
def test_scores_of_another_shape(shape):
    with pytest.raises(ValueError, match="1000"):
        imagenet_utils.decode_predictions(np.zeros(shape))
