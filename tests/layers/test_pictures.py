"""Layers on pictures, with labels, boxes and masks: what Keras does where nothing is left to
chance, and what must hold whatever is drawn."""

import keras
import numpy as np
import pytest

from hornlet import layers
from hornlet.engine.compiled import Compiled
from hornlet.layers import bounding_boxes
from hornlet.utils import overlap

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(0, 255, (2, 8, 9, 3)).astype("float32")
MASKS = RANDOM.integers(0, 5, (2, 8, 9, 1)).astype("float32")
SHARES = np.sort(RANDOM.uniform(0, 1, (2, 3, 2, 2)), 2).reshape(2, 3, 4).astype("float32")
BOXES = SHARES * np.array([9, 8, 9, 8], "float32")
LABELS = np.array([[1, 2, 3], [4, 5, 6]])


def data(box_format="xyxy"):
    boxes = bounding_boxes.convert_format(BOXES, "xyxy", box_format, height=8, width=9)
    return {
        "images": X.copy(),
        "labels": np.eye(2, dtype="float32"),
        "segmentation_masks": MASKS.copy(),
        "bounding_boxes": {"boxes": boxes, "labels": LABELS.copy()},
    }


def leaves(result):
    boxes = result["bounding_boxes"]
    return [np.asarray(x) for x in (
        result["images"], result["labels"], result["segmentation_masks"], boxes["boxes"],
        boxes["labels"],
    )]  # fmt: skip


# With ranges of one value, or nothing random, they agree with Keras.
COLORS = [
    lambda layers, **kw: layers.RandomBrightness((0.3, 0.3), **kw),
    lambda layers, **kw: layers.RandomBrightness((-0.3, -0.3), (0, 200), **kw),
    lambda layers, **kw: layers.RandomContrast(0.0, **kw),
    lambda layers, **kw: layers.RandomColorDegeneration((0.6, 0.6), **kw),
    lambda layers, **kw: layers.RandomHue((0, 0), **kw),
    lambda layers, **kw: layers.RandomSaturation((0.3, 0.3), **kw),
    lambda layers, **kw: layers.RandomSaturation((0.8, 0.8), **kw),
    lambda layers, **kw: layers.RandomPosterization((3, 3), **kw),
    lambda layers, **kw: layers.RandomSharpness((0.9, 0.9), **kw),
    lambda layers, **kw: layers.RandomSharpness((0.1, 0.1), (0, 100), **kw),
    lambda layers, **kw: layers.RandomGrayscale(1.0, **kw),
    lambda layers, **kw: layers.RandomInvert((1, 1), **kw),
    lambda layers, **kw: layers.RandomErasing((0, 0), **kw),
    lambda layers, **kw: layers.RandomGaussianBlur((1, 1), sigma=(0.5, 0.5), **kw),
    lambda layers, **kw: layers.Solarization(**kw),
    lambda layers, **kw: layers.RandomColorJitter((0, 255), (0.2, 0.2), None, (0.6, 0.6), **kw),
]


@pytest.mark.parametrize("row", range(len(COLORS)))
def test_colors_agree_with_keras(row):
    ours, theirs = (COLORS[row](room) for room in (layers, keras.layers))
    expected = np.asarray(theirs(X, training=True))
    found = ours(X, training=True)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-3)
    np.testing.assert_allclose(ours(X[0], training=True), expected[0], rtol=1e-4, atol=2e-3)
    np.testing.assert_array_equal(ours(X, training=False), X)
    first = COLORS[row](layers, data_format="channels_first")
    found = first(X.transpose(0, 3, 1, 2), training=True)
    np.testing.assert_allclose(found.transpose(0, 2, 3, 1), expected, rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize("grid, limit", [((2, 3), 4.0), ((4, 2), 0)])
def test_clahe_agrees_with_keras(grid, limit):
    name = "ContrastLimitedAdaptiveHistogramEqualization"
    ours, theirs = (
        getattr(room, name)(clip_limit=limit, tile_grid_size=grid)
        for room in (layers, keras.layers)
    )
    np.testing.assert_allclose(ours(X), np.asarray(theirs(X)), atol=2e-3)


BOXED = [
    lambda layers, **kw: layers.CenterCrop(4, 6, **kw),
    lambda layers, **kw: layers.CenterCrop(12, 6, **kw),
    lambda layers, **kw: layers.Resizing(4, 6, **kw),
    lambda layers, **kw: layers.Resizing(5, 12, crop_to_aspect_ratio=True, **kw),
    lambda layers, **kw: layers.Resizing(12, 6, pad_to_aspect_ratio=True, **kw),
    lambda layers, **kw: layers.RandomTranslation((0.2, 0.2), (-0.3, -0.3), **kw),
    lambda layers, **kw: layers.RandomZoom((0.3, 0.3), (0.2, 0.2), **kw),
    lambda layers, **kw: layers.RandomZoom((-0.3, -0.3), **kw),
    lambda layers, **kw: layers.RandomBrightness((0.1, 0.1), **kw),
    lambda layers, **kw: layers.MaxNumBoundingBoxes(2, **kw),
    lambda layers, **kw: layers.MaxNumBoundingBoxes(5, **kw),
    # Keras takes boxes of any format for corners here.
    lambda layers, **kw: layers.RandomRotation((0.1, 0.1), **kw),
]


@pytest.mark.parametrize("box_format", ["xyxy", "rel_xywh"])
@pytest.mark.parametrize("row", range(len(BOXED)))
def test_boxes_and_masks_agree_with_keras(row, box_format):
    if row == len(BOXED) - 1 and box_format != "xyxy":
        pytest.skip("Keras does not convert these boxes")
    ours, theirs = (
        BOXED[row](room, bounding_box_format=box_format) for room in (layers, keras.layers)
    )
    found = leaves(ours(data(box_format), training=True))
    expected = leaves(theirs(data(box_format), training=True))
    for x, y in zip(found, expected):
        np.testing.assert_allclose(x, y, rtol=1e-3, atol=2e-3)
    whole = data(box_format)
    one = {k: v[0] for k, v in whole.items() if k != "bounding_boxes"}
    one["bounding_boxes"] = {k: v[0] for k, v in whole["bounding_boxes"].items()}
    for x, y in zip(leaves(ours(one, training=True)), found):
        np.testing.assert_allclose(x, y[0], rtol=1e-3, atol=2e-3)


def test_transformations_of_keras():
    """What is drawn here, handed to Keras's layer, changes pictures and boxes in the same way."""
    kwargs = {"bounding_box_format": "rel_xywh"}
    boxes = data("rel_xywh")["bounding_boxes"]
    ours, theirs = (room.RandomShear(0.2, 0.3, **kwargs) for room in (layers, keras.layers))
    drawn = ours.get_random_transformation(X)
    given = {"shear_factor": np.asarray(drawn["shear_factor"]), "input_shape": X.shape}
    compare(ours, theirs, drawn, given, boxes)
    kwargs = {"bounding_box_format": "xyxy"}
    boxes = data()["bounding_boxes"]
    ours, theirs = (
        room.RandomPerspective((1, 1), scale=0.4, **kwargs) for room in (layers, keras.layers)
    )
    drawn = ours.get_random_transformation(X)
    chosen = np.asarray(drawn["apply_perspective"]).ravel()
    compare(ours, theirs, drawn, {**drawn, "apply_perspective": chosen, "input_shape": X.shape},
            boxes)  # fmt: skip


def compare(ours, theirs, drawn, given, boxes):
    expected = np.asarray(theirs.transform_images(X, given))
    np.testing.assert_allclose(ours.transform_images(X, drawn), expected, atol=1e-2)
    found = ours.transform_bounding_boxes(dict(boxes), drawn)["boxes"]
    expected = theirs.transform_bounding_boxes(dict(boxes), given)["boxes"]
    np.testing.assert_allclose(found, np.asarray(expected), rtol=1e-3, atol=1e-4)


def test_mirrored_boxes():
    layer = layers.RandomFlip("horizontal", bounding_box_format="xyxy", seed=1)
    seen = set()
    for _ in range(6):
        y = layer(data(), training=True)
        for i in range(2):
            flipped = not np.array_equal(y["images"][i], X[i])
            seen.add(flipped)
            x1, y1, x2, y2 = BOXES[i].T
            expected = np.stack([9 - x2, y1, 9 - x1, y2], -1) if flipped else BOXES[i]
            np.testing.assert_allclose(y["bounding_boxes"]["boxes"][i], expected, atol=1e-4)
            mask = MASKS[i, :, ::-1] if flipped else MASKS[i]
            np.testing.assert_array_equal(y["segmentation_masks"][i], mask)
    assert seen == {True, False}


@pytest.mark.parametrize("make", [layers.MixUp, layers.CutMix])
def test_mixed_batches(make):
    n = 6
    x = np.broadcast_to(np.arange(n, dtype="float32")[:, None, None, None], (n, 10, 10, 1))
    y = make(seed=4)({"images": x, "labels": np.eye(n)}, training=True)
    images, labels = y["images"], y["labels"]
    np.testing.assert_allclose(labels.sum(1), np.ones(n), rtol=1e-5)
    assert ((labels > 0).sum(1) <= 2).all() and (labels.max(1) < 1).any()
    # The mean of a mixed picture is that of its labels.
    slack = 1e-3 if make is layers.MixUp else 0.15 * n
    np.testing.assert_allclose(images.mean((1, 2, 3)), labels @ np.arange(n), atol=slack)
    if make is layers.CutMix:
        assert set(np.unique(images)) <= set(range(n))


def test_mixed_boxes_are_those_of_both():
    y = layers.MixUp(bounding_box_format="xyxy")(data(), training=True)["bounding_boxes"]
    assert y["boxes"].shape == (2, 6, 4) and y["labels"].shape == (2, 6)
    with pytest.raises(NotImplementedError, match="CutMix"):
        layers.CutMix(bounding_box_format="xyxy")(data(), training=True)


def test_erased_rectangles():
    layer = layers.RandomErasing((1, 1), scale=(0.25, 0.25), fill_value=0, seed=2)
    y = layer(np.ones((8, 20, 20, 2), "float32"), training=True)
    shares = 1 - y.mean((1, 2, 3))
    assert (abs(shares - 0.25) < 0.06).all() and set(np.unique(y)) == {0, 1}
    half = layers.RandomErasing((0.5, 0.5), fill_value=0, seed=2)
    y = half(np.ones((60, 6, 6, 1), "float32"), training=True)
    assert 10 < (y.min((1, 2, 3)) == 0).sum() < 50


def test_crop():
    x = np.arange(1.0, 81.0, dtype="float32").reshape(1, 8, 10, 1)
    layer = layers.RandomCrop(3, 4, seed=1, bounding_box_format="xyxy")
    corners = set()
    for _ in range(12):
        box = {"boxes": np.array([[[0.0, 0.0, 10.0, 8.0]]]), "labels": np.array([[1]])}
        y = layer({"images": x, "bounding_boxes": box}, training=True)
        top, left = divmod(int(y["images"][0, 0, 0, 0]) - 1, 10)
        corners.add((top, left))
        np.testing.assert_array_equal(y["images"], x[:, top : top + 3, left : left + 4])
        np.testing.assert_array_equal(y["bounding_boxes"]["boxes"], [[[0, 0, 4, 3]]])
    assert len(corners) > 4
    found, expected = (
        np.asarray(room.RandomCrop(12, 6, seed=1)(X, training=True))
        for room in (layers, keras.layers)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("make", [layers.RandAugment, layers.AugMix])
def test_compositions(make):
    layer = make(seed=5)
    step = Compiled(lambda x: layer(x, training=True))
    results = [step(X) for _ in range(4)]
    for y in results:
        assert y.shape == X.shape and y.min() >= 0 and y.max() <= 255
    assert any(not np.array_equal(results[0], y) for y in results[1:])
    np.testing.assert_array_equal(layer(X, training=False), X)


def test_rand_augment_moves_boxes_and_masks_along():
    layer = layers.RandAugment(num_ops=1, bounding_box_format="xyxy", seed=3)
    moving = 0
    for _ in range(12):
        drawn = layer.get_random_transformation(X)
        name = layer.names[int(drawn["layer_idxes"][0])]
        boxes = layer.transform_bounding_boxes(data()["bounding_boxes"], drawn)["boxes"]
        masks = layer.transform_segmentation_masks(MASKS, drawn)
        moves = name in ("random_shear", "random_translation", "random_rotation")
        assert np.array_equal(boxes, BOXES) != moves and np.array_equal(masks, MASKS) != moves
        moving += moves
    assert 0 < moving < 12


def test_formats_of_boxes_agree_with_keras():
    theirs = keras.utils.bounding_boxes
    for source in bounding_boxes.FORMATS:
        for target in bounding_boxes.FORMATS:
            found, expected = (
                np.asarray(room.convert_format(SHARES, source, target, height=7, width=9))
                for room in (bounding_boxes, theirs)
            )
            np.testing.assert_allclose(found, expected, atol=1e-4)


def test_deltas_and_affine_agree_with_keras():
    theirs = keras.utils.bounding_boxes
    options = {"variance": [0.1, 0.1, 0.2, 0.2], "image_shape": (7, 9, 3)}
    anchors, deltas = SHARES[:, ::-1].copy(), []
    for room in (bounding_boxes, theirs):
        deltas.append(np.asarray(
            room.encode_box_to_deltas(anchors, SHARES, "xyxy", "rel_xywh", **options)
        ))  # fmt: skip
    np.testing.assert_allclose(*deltas, rtol=1e-4, atol=1e-4)
    found, expected = (
        np.asarray(room.decode_deltas_to_boxes(anchors, deltas[0], "xyxy", "rel_yxyx", **options))
        for room in (bounding_boxes, theirs)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    numbers = [RANDOM.uniform(0.2, 0.5, 2).astype("float32") * s for s in (40, 1, 1, 3, 30, 30)]
    found, expected = (
        np.asarray(room.affine_transform(BOXES, *numbers, 8, 9))
        for room in (bounding_boxes, theirs)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_overlaps_agree_with_keras():
    theirs = keras.utils.bounding_boxes
    other = np.concatenate([BOXES[:, ::-1] * 0.8, -np.ones((2, 1, 4), "float32")], axis=1)
    for a, b in ((BOXES, other), (BOXES[0], other[0])):
        for options in ({}, {"use_masking": True, "mask_val": -3}):
            found, expected = (
                np.asarray(room.compute_iou(a, b, "xyxy", **options))
                for room in (overlap, theirs)
            )
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    found, expected = (
        np.asarray(room.compute_ciou(BOXES, BOXES[:, ::-1].copy(), "xywh"))
        for room in (overlap, theirs)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    shares = overlap.compute_iou(SHARES, SHARES, "rel_xyxy", image_shape=(8, 9, 3))
    np.testing.assert_allclose(shares, overlap.compute_iou(BOXES, BOXES, "xyxy"), atol=1e-5)
    with pytest.raises(ValueError, match="image_shape"):
        overlap.compute_iou(SHARES, SHARES, "rel_xyxy")


def test_lists_of_boxes_are_filled_up():
    lists = {"boxes": [[[1, 2, 3, 4]], [[1, 2, 3, 4], [5, 6, 7, 8]]], "labels": [[1], [2, 3]]}
    dense = bounding_boxes.densified(lists)
    assert dense["boxes"].shape == (2, 2, 4) and dense["labels"].tolist() == [[1, -1], [2, 3]]


BAD = [
    (lambda: layers.RandomBrightness(2.0), ValueError, "factor"),
    (lambda: layers.RandomBrightness(0.1, value_range=3), ValueError, "value_range"),
    (lambda: layers.RandomPosterization(9), ValueError, "factor"),
    (lambda: layers.RandomGrayscale(1.5), ValueError, "factor"),
    (lambda: layers.RandomGaussianBlur(kernel_size=4), ValueError, "odd"),
    (lambda: layers.RandomShear(1.5), ValueError, "x_factor"),
    (lambda: layers.RandomShear(0.1, fill_mode="refl"), NotImplementedError, "fill_mode"),
    (lambda: layers.RandomPerspective(scale=2.0), ValueError, "scale"),
    (lambda: layers.RandomElasticTransform(interpolation="cubic"), NotImplementedError, "cubic"),
    (lambda: layers.RandomErasing(fill_value=(1, 2))(X, training=True), ValueError, "fill_value"),
    (lambda: layers.Solarization(threshold_factor=-1), ValueError, "threshold_factor"),
    (lambda: layers.RandomFlip()(data(), training=True), ValueError, "bounding_box_format"),
    (lambda: layers.AutoContrast()(np.ones((2, 3))), ValueError, "rank"),
    (lambda: layers.AdaptiveMaxPooling1D((1, 2)), ValueError, "output_size"),
    (lambda: layers.AdaptiveMaxPooling2D((1,)), TypeError, "output_size"),
    (lambda: layers.ConvLSTM2D(2, 3, strides=2, dilation_rate=2), ValueError, "strides"),
    (lambda: layers.SpectralNormalization(layers.ReLU())(np.ones((2, 2))), ValueError, "kernel"),
    (lambda: layers.STFTSpectrogram("loud"), ValueError, "mode"),
    (lambda: layers.STFTSpectrogram(frame_length=float("inf")), ValueError, "frame_length"),
    (lambda: layers.STFTSpectrogram(frame_length=8, fft_length=8.5), ValueError, "fft_length"),
    (lambda: layers.STFTSpectrogram(frame_length=8, frame_step=0), ValueError, "frame_step"),
    (lambda: layers.MelSpectrogram(8, sequence_length=16), ValueError, "fft_length"),
    (lambda: layers.CategoryEncoding(), ValueError, "num_tokens"),
    (lambda: layers.Discretization(), ValueError, "bin_boundaries"),
    (lambda: layers.Discretization(num_bins=3)(np.ones(2)), ValueError, "adapt"),
    (lambda: bounding_boxes.convert_format(BOXES, "xyxy", "xyzw"), ValueError, "target"),
    (lambda: bounding_boxes.convert_format(BOXES, "xyxy", "rel_xyxy"), ValueError, "height"),
]  # fmt: skip


@pytest.mark.parametrize("bad", range(len(BAD)))
def test_errors(bad):
    function, kind, words = BAD[bad]
    with pytest.raises(kind, match=words):
        function()


def test_discretization_learns_what_keras_learns():
    x = np.random.default_rng(3).normal(size=(300, 1)).astype("float32")
    ours, theirs = (room.Discretization(num_bins=5) for room in (layers, keras.layers))
    ours.adapt([x[:200], x[200:]])
    for batch in (x[:200], x[200:]):
        theirs.update_state(batch)
    theirs.finalize_state()
    np.testing.assert_allclose(ours.bin_boundaries, theirs.bin_boundaries, rtol=1e-6)
    again = layers.deserialize(layers.serialize(ours))
    np.testing.assert_array_equal(again(x), ours(x))
