"""Random image layers: with a range of one value they are what Keras does with that value."""

import keras
import numpy as np
import pytest

from hornlet import layers

X = np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype("float32")

ROWS = [
    lambda layers, **kwargs: layers.RandomTranslation((0.2, 0.2), (-0.3, -0.3), **kwargs),
    lambda layers, **kwargs: layers.RandomRotation((0.1, 0.1), **kwargs),
    lambda layers, **kwargs: layers.RandomZoom((0.3, 0.3), **kwargs),
    lambda layers, **kwargs: layers.RandomZoom((-0.3, -0.3), (0.2, 0.2), **kwargs),
]


@pytest.mark.parametrize("fill_mode", ["reflect", "wrap", "constant", "nearest"])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("row", range(len(ROWS)))
def test_agrees_with_keras(row, interpolation, fill_mode):
    kwargs = {"fill_mode": fill_mode, "interpolation": interpolation, "fill_value": 0.5}
    ours, theirs = ROWS[row](layers, **kwargs), ROWS[row](keras.layers, **kwargs)
    expected = np.asarray(theirs(X, training=True))
    np.testing.assert_allclose(ours(X, training=True), expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(ours(X[0], training=True), expected[0], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_channels_first(row):
    first = ROWS[row](layers, data_format="channels_first")(X.transpose(0, 3, 1, 2), training=True)
    last = ROWS[row](layers)(X, training=True)
    np.testing.assert_allclose(np.transpose(first, (0, 2, 3, 1)), last, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode, axes", [("horizontal", [2]), ("vertical", [1]),
                                        ("horizontal_and_vertical", [1, 2])])  # fmt: skip
def test_flip(mode, axes):
    x = np.repeat(X, 20, axis=0)
    y = layers.RandomFlip(mode, seed=1)(x, training=True)
    mirrored = [np.array_equal(a, np.flip(b, [i - 1 for i in axes])) for a, b in zip(y, x)]
    same = [np.array_equal(a, b) for a, b in zip(y, x)]
    assert all(m or s for m, s in zip(mirrored, same)) and 5 < sum(mirrored) < 35


def test_augmentation_in_fit_only():
    import hornlet

    model = hornlet.Sequential([layers.RandomTranslation(0.3, 0.3), layers.Flatten()])
    np.testing.assert_array_equal(model.predict(X, verbose=0), X.reshape(2, -1))


def test_adapt():
    x = np.random.default_rng(0).normal(3, 2, (50, 4)).astype("float32")
    for data in (x, [x[:20], x[20:]], (x[i : i + 10] for i in range(0, 50, 10))):
        ours = layers.Normalization()
        ours.adapt(data)
        theirs = keras.layers.Normalization()
        theirs.adapt(x)
        np.testing.assert_allclose(ours(x), np.asarray(theirs(x)), rtol=1e-4, atol=1e-5)
