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
        lambda: image.map_coordinates(X[0], np.zeros(3), 1),
        lambda: image.map_coordinates(X[0], np.zeros((2, 5)), 1),
        lambda: image.affine_transform(X, np.zeros(8), fill_mode="zero"),
    ],
)
def test_bad_arguments(call):
    with pytest.raises(ValueError):
        call()


def test_rubber_depends_on_the_seed_alone_and_moves_on_with_a_generator():
    generator = hornlet.random.SeedGenerator(3)
    first, second = (image.elastic_transform(X, sigma=2.0, seed=generator) for _ in range(2))
    assert np.any(first != second)
    np.testing.assert_array_equal(image.elastic_transform(X, sigma=2.0, seed=3), first)
    channels_first = image.elastic_transform(
        X.transpose(0, 3, 1, 2), sigma=2.0, seed=3, data_format="channels_first"
    )
    np.testing.assert_allclose(channels_first.transpose(0, 2, 3, 1), first, atol=1e-6)
    hornlet.utils.set_random_seed(1)
    again = image.elastic_transform(X)
    hornlet.utils.set_random_seed(1)
    np.testing.assert_array_equal(image.elastic_transform(X), again)
    step = Compiled(lambda x: image.elastic_transform(x, seed=generator))
    assert np.any(step(X) != step(X))


def test_rubber_of_whole_numbers_and_unknown_batches():
    pixels = np.full((1, 4, 4, 1), 7, "uint8")
    np.testing.assert_array_equal(image.elastic_transform(pixels, seed=1), pixels)
    symbol = hornlet.KerasTensor((None, 7, 6, 2))
    assert image.elastic_transform(symbol, seed=1).shape == (None, 7, 6, 2)
    assert image.sobel_edges(symbol).shape == (None, 7, 6, 2, 2)
    assert image.ssim(symbol, symbol, filter_size=3).shape == (None,)
    points = np.array([[0.0, 0.0], [0.0, 5.0], [6.0, 0.0], [6.0, 5.0]])
    assert image.perspective_transform(symbol, points, points).shape == (None, 7, 6, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: image.perspective_transform(X, np.ones((3, 2)), np.ones((3, 2))), "start_points"),
        (lambda: image.perspective_transform(X, np.ones((4, 2)), np.ones((2, 4, 2))), "same shape"),
        (lambda: image.elastic_transform(X, interpolation="cubic"), "interpolation"),
        (lambda: image.elastic_transform(X, fill_mode="zero"), "fill_mode"),
        (lambda: image.sobel_edges(X[0]), "rank"),
        (lambda: image.ssim(X, X), "filter_size"),
        (lambda: image.ssim(X, X[:1], filter_size=3), "same shape"),
        (lambda: image.scale_and_translate(X, (3, 7, 6, 3), [1], [0], [1], "linear"), "agree"),
        (lambda: image.scale_and_translate(X, X.shape, [1, 1], [0], [1], "linear"), "one number"),
        (lambda: image.scale_and_translate(X, X.shape, [1], [0], [1], "nearest"), "method"),
    ],
)
def test_bad_arguments_of_warps(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "float16", "float32"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_resized_pictures_keep_their_dtype(oracle, interpolation, dtype):
    x = np.array([0, 1, 126, 127]).reshape(1, 2, 2, 1)
    x = (2 * x if dtype == "uint8" else x).astype(dtype)
    ours = image.resize(x, (4, 4), interpolation)
    theirs = np.asarray(oracle.resize(x, (4, 4), interpolation))
    assert ours.dtype == theirs.dtype == x.dtype
    np.testing.assert_allclose(ours, theirs, atol=0.2 if dtype == "float16" else 1e-4)
    symbol = hornlet.KerasTensor(x.shape, dtype=dtype)
    assert image.resize(symbol, (4, 4), interpolation).dtype == dtype


def test_windows_of_volumes(oracle):
    x = RANDOM.normal(size=(2, 6, 4, 5, 3)).astype("float32")
    for volumes in (x, x[0]):
        ours = image.extract_patches(volumes, (3, 2, 2), strides=(1, 2, 1))
        theirs = oracle.extract_patches(volumes, (3, 2, 2), strides=(1, 2, 1))
        np.testing.assert_array_equal(ours, np.asarray(theirs))


@pytest.mark.parametrize(
    ("extract", "size"),
    [("extract_patches_3d", (2, 2)), ("extract_patches", "two"), ("extract_patches", (2,) * 4)],
)
def test_sizes_of_windows_are_refused_as_keras_refuses_them(oracle, extract, size):
    volumes = np.zeros((1, 4, 4, 4, 1), "float32")
    errors = []
    for module in (image, oracle):
        with pytest.raises((TypeError, ValueError), match="size") as error:
            getattr(module, extract)(volumes, size)
        errors.append(error.type)
    assert errors[0] is errors[1]


def test_unknown_sizes():
    symbol = hornlet.KerasTensor((None, None, 3))
    padded = image.pad_images(symbol, 2, 3, target_height=20, target_width=30)
    assert padded.shape == (20, 30, 3)
    assert image.pad_images(symbol, 2, 3, 2, 3).shape == (None, None, 3)
    batch = hornlet.KerasTensor((None, None, None, 3))
    cropped = image.crop_images(batch, 2, 3, target_height=2000, target_width=30)
    assert cropped.shape == (None, 2000, 30, 3)
    moved = image.scale_and_translate(
        batch, (None, 5, 8, 3), np.ones(2), np.zeros(2), (1, 2), "linear"
    )
    assert moved.shape == (None, 5, 8, 3)


def test_none_in_the_shape_of_what_is_translated_is_the_size_of_the_picture():
    arguments = np.array([1.5, 0.8]), np.array([0.1, -0.3]), (1, 2), "cubic"
    ours = image.scale_and_translate(X, (None, 5, 8, None), *arguments)
    np.testing.assert_array_equal(ours, image.scale_and_translate(X, (3, 5, 8, 2), *arguments))
    with pytest.raises(ValueError, match="output_shape"):
        image.scale_and_translate(X, (3, None, 8, 2), *arguments)
