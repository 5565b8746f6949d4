"""The hooks of the layers on pictures, which users call and override: with what Keras's layers
draw in hand, each part becomes what Keras makes of it."""

import inspect

import keras
import numpy as np
import pytest

import hornlet
from hornlet import layers
from hornlet.layers.pictures import PARTS, PictureLayer

from .test_pictures import BOXES, LABELS, MASKS, X, data

SHAPE = X.shape
YES = np.array([True, False])


def numbers(*values, shape=(2, 1, 1, 1)):
    return np.array(values, "float32").reshape(shape)


GRID = np.tile(np.array([[[0, 0], [8, 0], [0, 7], [8, 7]]], "float32"), (2, 1, 1))
MOVED = GRID + np.array([[[0, 0], [-1, 0], [0, 1], [0.5, -1]]], "float32")
BLOCK = np.zeros((2, 8, 9, 1), bool)
BLOCK[0, 2:5, 3:8] = BLOCK[1, :3, :2] = True
MIX = {"permutation_order": np.array([1, 0]), "mix_weight": numbers(0.3, 0.8, shape=(2,))}

# Layers, and what the hooks are given. Keras has errors of its own where `boxes` is False.
ROWS = {
    "flip": ("RandomFlip", ("horizontal",), {"flips": numbers(1, 0) > 0, "input_shape": SHAPE}),
    "flip of both": ("RandomFlip", (), {"flips": numbers(1, 1) > 0, "input_shape": SHAPE}),
    "translation": (
        "RandomTranslation", (0.3, 0.3),
        {"translations": numbers(2, -1, 1.5, 3, shape=(2, 2)), "input_shape": SHAPE},
    ),
    "zoom": (
        "RandomZoom", (0.5,),
        {
            "height_zoom": numbers(0.6, 1.3, shape=(2, 1)),
            "width_zoom": numbers(0.8, 1.1, shape=(2, 1)),
            "input_shape": SHAPE,
        },
    ),
    "shear": (
        "RandomShear", (0.3, 0.3),
        {"shear_factor": numbers(0.2, -0.1, -0.3, 0.2, shape=(2, 2)), "input_shape": SHAPE},
    ),
    "rotation": (
        "RandomRotation", (0.1,),
        keras.layers.RandomRotation(0.1, seed=1).get_random_transformation(X),
    ),
    "augmentation": (
        "RandAugment", (),
        layers.RandAugment(seed=2).get_random_transformation(X),
    ),
    "perspective": (
        "RandomPerspective", (),
        {"apply_perspective": YES, "start_points": GRID, "end_points": MOVED, "input_shape": SHAPE},
    ),
    "brightness": ("RandomBrightness", (0.5,), {"rgb_delta": numbers(40, -30)}),
    "contrast": ("RandomContrast", (0.5,), {"contrast_factor": numbers(0.4, 1.5)}),
    "degeneration": ("RandomColorDegeneration", (0.5,), {"factor": numbers(0.4, 0.9)}),
    "hue": ("RandomHue", (0.5,), {"factor": numbers(0.2, -0.4, shape=(2,))}),
    "saturation": ("RandomSaturation", (0.5,), {"factor": numbers(0.2, 1.4, shape=(2,))}),
    "posterization": (
        "RandomPosterization", (4,), {"shift_factor": np.array([3, 5], "uint8")},
    ),
    "sharpness": ("RandomSharpness", (0.5,), {"factor": numbers(0.2, 0.9, shape=(2,))}),
    "solarization": (
        "Solarization", (), {"additions": numbers(10, 60), "thresholds": numbers(90, 160)},
    ),
    "inversion": ("RandomInvert", (), {"apply_inversion": YES}),
    "blur": (
        "RandomGaussianBlur", (),
        {"should_apply_blur": YES, "blur_factor": numbers(0.4, 0.9, shape=(2,))},
    ),
    "erasing": (
        "RandomErasing", (),
        {"apply_erasing": YES, "batch_masks": BLOCK, "fill_value": np.full(SHAPE, 7, "float32")},
    ),
    "mix-up": ("MixUp", (), MIX),
    "cut-mix": ("CutMix", (), {**MIX, "batch_masks": BLOCK}),
    "grayscale": ("RandomGrayscale", (), numbers(1, 0) > 0),
    "crop of the middle": ("CenterCrop", (4, 6), {"input_shape": SHAPE}),
    "resizing": ("Resizing", (4, 6), SHAPE[1:3]),
    "equalization": ("Equalization", (), None),
    "contrast stretched": ("AutoContrast", (), None),
    "number of boxes": ("MaxNumBoundingBoxes", (2,), None),
}  # fmt: skip
# What Keras 3.15 has no working rule for, or another one than for pictures.
WITHOUT = {
    "mix-up": {"bounding_boxes", "segmentation_masks"},
    "cut-mix": {"bounding_boxes"},
    "grayscale": {"bounding_boxes", "labels", "segmentation_masks"},
}
PARTS_OF = {
    "images": X,
    "labels": np.eye(2, dtype="float32"),
    "bounding_boxes": {"boxes": BOXES, "labels": LABELS},
    "segmentation_masks": MASKS,
}


def both(row, **kwargs):
    name, arguments, given = ROWS[row]
    made = [
        getattr(room, name)(*arguments, bounding_box_format="xyxy", **kwargs)
        for room in (layers, keras.layers)
    ]
    return *made, given


def fresh(x):
    return dict(x) if isinstance(x, dict) else x


def close(found, expected):
    if isinstance(found, dict):
        for name in found:
            close(found[name], expected[name])
    else:
        np.testing.assert_allclose(
            np.asarray(found), np.asarray(expected), rtol=1e-3, atol=5e-3
        )  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_hooks_agree_with_keras(row):
    ours, theirs, given = both(row)
    for part, x in PARTS_OF.items():
        if part in WITHOUT.get(row, ()):
            continue
        for training in (True, False):
            found, expected = (
                getattr(layer, f"transform_{part}")(fresh(x), given, training=training)
                for layer in (ours, theirs)
            )
            close(found, expected)


def of_one(given):
    """What is drawn for the first of two pictures."""
    if isinstance(given, dict):
        return {
            name: x[:1] if np.ndim(x) and np.shape(x)[0] == 2 and name != "blur_factor" else x
            for name, x in given.items()
        }
    return given


# What is drawn for two pictures is not cut down to one of them by its first axis.
NOT_ONE = {"mix-up", "cut-mix", "grayscale", "augmentation", "rotation"}


@pytest.mark.parametrize("row", sorted(set(ROWS) - NOT_ONE))
def test_hooks_for_one_picture_agree_with_keras(row):
    ours, theirs, given = both(row)
    for part, x in PARTS_OF.items():
        one = {k: v[0] for k, v in x.items()} if isinstance(x, dict) else x[0]
        hook = f"transform_single_{PARTS[part]}"
        found, expected = (
            getattr(layer, hook)(fresh(one), of_one(given)) for layer in (ours, theirs)
        )
        close(found, expected)


PICTURE_LAYERS = sorted(
    name for name, cls in vars(layers).items()
    if inspect.isclass(cls) and issubclass(cls, PictureLayer)
)  # fmt: skip


def test_rows_are_of_all_layers_but_those_without_arguments_of_keras():
    """What they draw is given to the layers that the compositions are made of, or is one seed."""
    rest = {"AugMix", "RandomColorJitter", "RandomCrop", "RandomElasticTransform",
            "ContrastLimitedAdaptiveHistogramEqualization"}  # fmt: skip
    assert {name for name, _, _ in ROWS.values()} | rest == set(PICTURE_LAYERS)


def test_points_and_boxes_of_affine_layers_agree_with_keras():
    transform = np.array([[1.1, 0.2, 3, -0.1, 0.9, -2, 0.01, 0.02]] * 2, "float32")
    boxes = {"boxes": BOXES, "labels": LABELS}
    a, b = numbers(1, -2, shape=(2, 1)), numbers(0.5, 3, shape=(2, 1))
    for name in ("translation", "shear"):
        ours, theirs, _ = both(name)
        close(
            np.stack(ours.get_transformed_x_y(2, 3, transform)),
            np.stack(theirs.get_transformed_x_y(2, 3, transform)),
        )
        found, expected = (x.get_shifted_bbox(fresh(boxes), a, b) for x in (ours, theirs))
        close(found, expected)
    ours, theirs, _ = both("zoom")
    limits = [numbers(*pair, shape=(2, 1)) for pair in ((6, 7), (1, 0.5), (8, 5), (2, -1))]
    close(
        ours.get_clipped_bbox(fresh(boxes), *limits),
        theirs.get_clipped_bbox(fresh(boxes), *limits),
    )
    params = [
        room.RandomElasticTransform().get_elastic_transform_params(8, 9, 0.7)
        for room in (layers, keras.layers)
    ]
    assert params[0] == pytest.approx(params[1])


@pytest.mark.parametrize("room", [layers, keras.layers], ids=["hornlet", "keras"])
def test_what_a_user_overrides_is_used(room):
    """The hooks for one picture and for many, and what is drawn, called as Keras calls them."""
    seen = []

    class Twice(room.RandomFlip):
        def get_random_transformation(self, data, training=True, seed=None):
            seen.append(len((data["images"] if isinstance(data, dict) else data).shape))
            return 2.0

        def transform_images(self, images, transformation, training=True):
            return images * transformation if training else images

        def transform_labels(self, labels, transformation, training=True):
            return labels + transformation

        def transform_single_segmentation_mask(self, mask, transformation, training=True):
            return mask - transformation

    layer = Twice()
    close(layer(X, training=True), 2 * X)
    close(layer(X[0], training=True), 2 * X[0])
    close(layer(X, training=False), X)
    whole = {k: v for k, v in data().items() if k != "bounding_boxes"}
    one = layer({k: v[0] for k, v in whole.items()}, training=True)
    close(one["labels"], [3, 2])
    close(one["segmentation_masks"], MASKS[0] - 2)
    assert seen == [4, 3, 4, 3]


def test_colors_of_jitter_and_gray_are_drawn_where_nothing_is_given():
    for layer in (layers.RandomColorJitter(brightness_factor=(0.2, 0.2)),
                  layers.RandomGrayscale(1.0)):  # fmt: skip
        assert not np.array_equal(layer.transform_images(X, None), X)
        assert np.array_equal(layer.transform_images(X, None, training=False), X)


def test_a_hook_trains_inside_a_model():
    class Halved(layers.RandomFlip):
        def transform_images(self, images, transformation, training=True):
            return super().transform_images(images / 2, transformation, training)

    model = hornlet.Sequential([Halved(), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    assert np.isfinite(model.train_on_batch(X / 255, np.ones((2, 1))))


ONE = np.array([True])
ALONE = {
    "flip": ("RandomFlip", ("horizontal",), {"flips": ONE, "input_shape": SHAPE[1:]}),
    "perspective": (
        "RandomPerspective", (),
        {
            "apply_perspective": ONE, "start_points": GRID[:1], "end_points": MOVED[:1],
            "input_shape": np.array(SHAPE[1:]),
        },
    ),
    "inversion": ("RandomInvert", (), {"apply_inversion": ONE}),
    "brightness": ("RandomBrightness", (0.5,), {"rgb_delta": numbers(30.0, shape=(1,))}),
    "waves": (
        "RandomElasticTransform", (),
        {"apply_transform": ONE, "distortion_factor": np.float32(0.9), "seed": 3},
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ALONE)
def test_hooks_of_one_picture_give_one_picture(row):
    name, args, transformation = ALONE[row]
    layer = getattr(layers, name)(*args, bounding_box_format="xyxy")
    y = layer.transform_images(X[0], transformation)
    np.testing.assert_allclose(y, layer.transform_images(X[:1], transformation)[0], rtol=1e-6)


def test_flipped_boxes_of_one_picture():
    name, args, transformation = ALONE["flip"]
    layer = getattr(layers, name)(*args, bounding_box_format="xyxy")
    theirs = getattr(keras.layers, name)(*args, bounding_box_format="xyxy")
    one = {"boxes": BOXES[0].astype("float32"), "labels": LABELS[0]}
    boxes = layer.transform_bounding_boxes(dict(one), transformation)["boxes"]
    given = {**transformation, "flips": ONE.reshape(1, 1)}
    expected = theirs.transform_bounding_boxes(dict(one), given)["boxes"]
    np.testing.assert_allclose(boxes, np.asarray(expected), rtol=1e-5)
