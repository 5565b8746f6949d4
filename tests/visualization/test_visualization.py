"""Boxes and masks are where they belong; galleries show what they were given."""

import sys

import keras
import matplotlib
import numpy as np
import pytest

from hornlet import visualization

matplotlib.use("Agg")
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (3, 12, 10, 3)).astype("float32")
MASKS = RNG.integers(-1, 4, (3, 12, 10, 1))
BOXES = {"boxes": np.array([[[2.0, 3.0, 7.0, 9.0]]] * 3), "labels": np.array([[0], [1], [-1]])}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_classes": 4},
        {"num_classes": 2, "alpha": 0.3},
        {"num_classes": 4, "ignore_index": 2},
        {"num_classes": 4, "blend": False},
        {"num_classes": 4, "color_mapping": {i: (i, 50 * i, 255) for i in range(4)}},
    ],
)
def test_masks_are_drawn_as_in_keras(options):
    theirs = keras.visualization.draw_segmentation_masks(IMAGES, MASKS, **options)
    ours = visualization.draw_segmentation_masks(IMAGES, MASKS, **options)
    assert ours.dtype == str(theirs.dtype)
    np.testing.assert_allclose(ours.astype("float32"), np.asarray(theirs, "float32"), atol=1)


def test_masks_with_the_channels_first():
    images, masks = np.moveaxis(IMAGES, -1, 1), np.moveaxis(MASKS, -1, 1)
    first = visualization.draw_segmentation_masks(images, masks, data_format="channels_first")
    np.testing.assert_array_equal(first, visualization.draw_segmentation_masks(IMAGES, MASKS))


@pytest.mark.parametrize("thickness", [1, 2, 3, 40])
@pytest.mark.parametrize(
    ("format", "box"),
    [
        ("xyxy", [2.0, 3.0, 7.0, 9.0]),
        ("xywh", [2.0, 3.0, 5.0, 6.0]),
        ("rel_xyxy", [0.2, 0.25, 0.7, 0.75]),
    ],
)
def test_boxes_are_frames(format, box, thickness):
    """Every pixel within half the thickness of an edge has the colour, and no other."""
    image = np.zeros((1, 12, 10, 3))
    boxes = {"boxes": np.array([[box]]) + 1e-6, "labels": np.array([[5]])}
    drawn = visualization.draw_bounding_boxes(
        image, boxes, format, color=(1, 2, 3), line_thickness=thickness
    )
    low, high = -(thickness // 2), thickness - thickness // 2
    y, x = np.mgrid[:12, :10]

    def near(value, edge):
        return (low <= value - edge) & (value - edge < high)

    wide = (2 + low <= x) & (x < 7 + high)
    tall = (3 + low <= y) & (y < 9 + high)
    frame = (near(x, 2) | near(x, 7)) & tall | (near(y, 3) | near(y, 9)) & wide
    expected = frame[..., None] * np.array([1, 2, 3])
    np.testing.assert_array_equal(drawn[0], expected)
    assert not image.any()


def test_boxes_of_no_class_are_not_drawn():
    drawn = visualization.draw_bounding_boxes(IMAGES, BOXES, "xyxy")
    assert (drawn[0] != IMAGES[0]).any() and (drawn[1] != IMAGES[1]).any()
    np.testing.assert_array_equal(drawn[2], IMAGES[2])


def test_floats_up_to_one_are_scaled():
    none = {"boxes": np.zeros((1, 1, 4)), "labels": np.array([[-1]])}
    drawn = visualization.draw_bounding_boxes(np.full((1, 4, 4, 3), 0.5), none, "xyxy")
    assert (drawn == 127).all()


def test_names_are_written_where_there_are_some():
    image = np.zeros((1, 60, 60, 3), "uint8")
    boxes = {
        "boxes": np.array([[[5.0, 40.0, 55.0, 55.0]]]),
        "labels": np.array([[1]]),
        "confidences": np.array([[0.5]]),
    }
    plain = visualization.draw_bounding_boxes(image, boxes, "xyxy", color=(9, 9, 9))
    options = {"color": (9, 9, 9), "font_scale": 0.5}
    named = visualization.draw_bounding_boxes(image, boxes, "xyxy", {1: "cat"}, **options)
    other = visualization.draw_bounding_boxes(image, boxes, "xyxy", {2: "dog"}, **options)
    np.testing.assert_array_equal(other, plain)
    assert named[0, :35].any() and not plain[0, :35].any()


def test_names_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    visualization.draw_bounding_boxes(IMAGES, BOXES, "xyxy")
    with pytest.raises(ImportError, match="[pP]illow"):
        visualization.draw_bounding_boxes(IMAGES, BOXES, "xyxy", {0: "cat"})


def shown(monkeypatch, plot, *args, **kwargs):
    """The figure that a gallery shows."""
    from matplotlib import pyplot

    figures = []
    monkeypatch.setattr(pyplot, "show", lambda: figures.append(pyplot.gcf()))
    plot(*args, **kwargs)
    return figures[0]


def test_a_gallery_shows_pictures_and_labels(monkeypatch):
    figure = shown(
        monkeypatch, visualization.plot_image_gallery, IMAGES / 255, [0, 1, 2], [0, 2, 9],
        {0: "a", 1: "b", 2: "c"}, value_range=(0, 1),
    )  # fmt: skip
    assert len(figure.axes) == 4
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["Label: a  Pred: a", "Label: b  Pred: c", "Label: c  Pred: Unknown", ""]
    for ax, image in zip(figure.axes, IMAGES):
        np.testing.assert_allclose(ax.images[0].get_array(), image, atol=1)


def test_a_gallery_is_saved(tmp_path):
    visualization.plot_image_gallery(IMAGES, path=tmp_path / "gallery.png", rows=1, cols=3)
    assert (tmp_path / "gallery.png").read_bytes().startswith(b"\x89PNG")


def test_galleries_of_boxes_and_masks(monkeypatch):
    figure = shown(
        monkeypatch, visualization.plot_bounding_box_gallery, IMAGES, "xyxy", BOXES, BOXES,
        legend=True,
    )  # fmt: skip
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "Ground Truth",
        "Prediction",
    ]
    drawn = visualization.draw_bounding_boxes(IMAGES, BOXES, "xyxy", color=(255, 235, 59))
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), drawn[0])

    plot = visualization.plot_segmentation_mask_gallery
    figure = shown(monkeypatch, plot, IMAGES, 4, y_true=MASKS)
    assert len(figure.axes) == 6
    masks = visualization.draw_segmentation_masks(IMAGES, MASKS, 4)
    np.testing.assert_array_equal(figure.axes[1].images[0].get_array(), masks[0])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: visualization.draw_bounding_boxes(IMAGES[0], BOXES, "xyxy"), ValueError, "four"),
        (lambda: visualization.draw_bounding_boxes(IMAGES, [], "xyxy"), TypeError, "dictionary"),
        (lambda: visualization.draw_bounding_boxes(IMAGES, {}, "xyxy"), ValueError, "labels"),
        (lambda: visualization.draw_segmentation_masks(IMAGES[0], MASKS), ValueError, "four"),
        (lambda: visualization.draw_segmentation_masks(IMAGES, IMAGES), TypeError, "float32"),
        (lambda: visualization.plot_image_gallery(IMAGES, [0]), ValueError, "label_map"),
        (lambda: visualization.plot_image_gallery(IMAGES, path="x", show=True), ValueError, "path"),
        (lambda: visualization.plot_bounding_box_gallery(
            IMAGES, "xyxy", legend=True, legend_handles=[1]), ValueError, "legend"),
    ],
)  # fmt: skip
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()
