"""Pictures resized and moved as Keras does it, eager and traced."""

import numpy as np
import pytest

import hornlet
from hornlet.engine.compiled import Compiled
from hornlet.ops.image.sampling import FILL_MODES

image = hornlet.ops.image
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(3, 7, 6, 2)).astype("float32")


@pytest.fixture(scope="module")
def oracle():
    return pytest.importorskip("keras").ops.image


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("size", [(14, 9), (4, 3), (7, 6)])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3"])
def test_resize_is_that_of_keras(oracle, interpolation, size, data_format):
    x = X if data_format == "channels_last" else X.transpose(0, 3, 1, 2)
    arguments = {"interpolation": interpolation, "data_format": data_format, "antialias": True}
    ours = image.resize(x, size, **arguments)
    np.testing.assert_allclose(ours, np.asarray(oracle.resize(x, size, **arguments)), atol=1e-4)


@pytest.mark.parametrize("how", ["crop_to_aspect_ratio", "pad_to_aspect_ratio"])
@pytest.mark.parametrize("size", [(6, 12), (12, 6)])
def test_aspect_ratios(oracle, how, size):
    ours = image.resize(X, size, **{how: True})
    np.testing.assert_allclose(ours, np.asarray(oracle.resize(X, size, **{how: True})), atol=1e-4)


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_affine_transform_is_that_of_keras(oracle, interpolation, fill_mode):
    maps = RANDOM.normal(size=(3, 8)).astype("float32") * 0.3
    maps[:, 0] += 1
    maps[:, 4] += 1
    maps[:, (2, 5)] *= 5
    maps[:, 6:] = 0
    arguments = {"interpolation": interpolation, "fill_mode": fill_mode, "fill_value": 0.5}
    ours = image.affine_transform(X, maps, **arguments)
    theirs = np.asarray(oracle.affine_transform(X, maps, **arguments))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    traced = Compiled(lambda x, a: image.affine_transform(x, a, **arguments))
    np.testing.assert_allclose(traced(X, maps), ours, atol=1e-5)


def test_one_picture_and_symbols():
    assert image.resize(X[0], (3, 4)).shape == (3, 4, 2)
    assert image.affine_transform(X[0], np.eye(3).reshape(-1)[:8]).shape == (7, 6, 2)
    symbol = hornlet.KerasTensor((None, 7, 6, 2))
    assert image.resize(symbol, (3, 4)).shape == (None, 3, 4, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: image.resize(X, (3, 4), "bilinea"),
        lambda: image.resize(X, 3 * (4,)),
        lambda: image.resize(X[0, 0], (3, 4)),
        lambda: image.resize(X, (3, 4), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
        lambda: image.affine_transform(X, np.zeros(7)),
        lambda: image.affine_transform(X, np.zeros(8), fill_mode="zero"),
    ],
)
def test_bad_arguments(call):
    with pytest.raises(ValueError):
        call()
