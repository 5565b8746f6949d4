"""Pictures show the numbers they were given, are labelled, and can be read without colours."""

import subprocess
import sys

import numpy as np
import pytest

import hornlet
from hornlet import plot
from hornlet.plot import canvas, classification

matplotlib = pytest.importorskip("matplotlib")
RNG = np.random.default_rng(0)
PICTURES = RNG.random((5, 6, 4))
MODEL = hornlet.Sequential(
    [
        hornlet.Input((6, 4)),
        hornlet.layers.Flatten(),
        hornlet.layers.Dense(3, "tanh"),
        hornlet.layers.Dense(2),
    ]
)
CASES = {
    "history": lambda ax: plot.history({"loss": [2.0, 1.0], "val_loss": [3.0, 2.0]}, ax),
    "confusion": lambda ax: plot.confusion([0, 1, 1], [0, 1, 0], ax),
    "pictures": lambda ax: plot.pictures(PICTURES, "abcde", "abcdd", ax),
    "filters": lambda ax: plot.filters(hornlet.ops.ones((3, 3, 2, 5)), ax),
    "activations": lambda ax: plot.activations(PICTURES, ax),
    "gradient_norms": lambda ax: plot.gradient_norms([[1, 2, 3.0], [3, 2, 1.0]], ax),
    "norms_by_layer": lambda ax: plot.norms_by_layer([[1, 2, 3.0], [3, 2, 1.0]], ax),
    "weights_histogram": lambda ax: plot.weights_histogram(MODEL, ax),
    "learning_rate": lambda ax: plot.learning_rate([0.1, 0.05], ax),
    "decision_regions": lambda ax: plot.decision_regions(
        lambda x: x, [[0.0, 1], [1, 0]], [1, 0], ax, points=20
    ),
    "roc": lambda ax: plot.roc([0, 1, 2], np.eye(3), ax),
    "saliency": lambda ax: plot.saliency(MODEL, PICTURES[0], ax),
}
BARE = {"pictures", "filters", "activations"}  # a grid of pictures has no axes
LINES = {"history", "gradient_norms", "norms_by_layer", "roc", "learning_rate"}


def new_axes():
    return canvas.new_figure(4, 3).subplots()


def test_every_function_has_a_row():
    assert set(CASES) == set(plot.__all__)


@pytest.mark.parametrize("name", CASES)
def test_the_axes_come_back_labelled_and_can_be_drawn(name):
    given = new_axes()
    ax = CASES[name](given)
    assert ax is given and ax.get_title()
    if name not in BARE:
        assert ax.get_xlabel() and ax.get_ylabel()
    if name in LINES:
        assert len(ax.get_legend().get_texts()) == len(ax.lines)
        looks = [(line.get_linestyle(), line.get_color(), line.get_marker()) for line in ax.lines]
        assert len(set(looks)) == len(looks)
    assert canvas.picture_bytes(ax.figure).startswith(b"\x89PNG")
    assert b"<svg" in canvas.picture_bytes(ax.figure, "svg")[:500]


@pytest.mark.parametrize("name", CASES)
def test_without_axes_a_figure_is_made(name):
    from matplotlib import pyplot

    ax = CASES[name](None)
    assert ax.figure.axes[0] is ax
    pyplot.close("all")


@pytest.mark.parametrize("name", CASES)
def test_what_is_no_axes_is_refused(name):
    with pytest.raises(TypeError, match="`ax`"):
        CASES[name]("axes")


def test_equal_figures_have_equal_bytes():
    for kind in ("svg", "png"):
        one, two = (canvas.picture_bytes(CASES["history"](new_axes()).figure, kind) for _ in "ab")
        assert one == two


def test_colours_differ_in_lightness_or_dashes():
    """In print, where only lightness is left, no two of the first seven lines look alike."""
    styles = [style for style, _ in zip(canvas.line_styles(), range(7))]
    looks = {(style["linestyle"], style["marker"]) for style in styles}
    assert len(looks) == 7


def test_no_display_is_needed(tmp_path):
    code = (
        "import os, sys\n"
        "os.environ.pop('MPLBACKEND', None), os.environ.pop('DISPLAY', None)\n"
        "import hornlet\n"
        "ax = hornlet.plot.history({'loss': [1.0, 0.5]})\n"
        "ax.figure.savefig(sys.argv[1])\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "h.png")], check=True)
    assert (tmp_path / "h.png").stat().st_size > 1000


@pytest.mark.parametrize("name", CASES)
def test_without_matplotlib_the_error_names_the_extra(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"hornlet\[plot\]"):
        CASES[name](None)


def test_history_draws_the_numbers_by_epoch():
    values = {"loss": [2.0, 1.0], "accuracy": [0.5, 0.7], "val_accuracy": [0.4, 0.6]}
    ax = plot.history(values, new_axes(), metrics=["accuracy"])
    train, validation = ax.lines
    assert train.get_xdata().tolist() == [1, 2] and train.get_ydata().tolist() == [0.5, 0.7]
    assert validation.get_ydata().tolist() == [0.4, 0.6]
    assert train.get_linestyle() != validation.get_linestyle()
    with pytest.raises(ValueError, match="val_loss|metrics"):
        plot.history(values, metrics=["acuracy"])


def test_history_takes_what_fit_returns():
    model = hornlet.Sequential([hornlet.Input((2,)), hornlet.layers.Dense(1)])
    model.compile("sgd", "mse")
    found = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, verbose=0)
    ax = plot.history(found, new_axes())
    assert ax.lines[0].get_ydata().tolist() == found.history["loss"]


def test_confusion_counts_rows_by_true_class():
    wanted, found = [0, 0, 1, 2], [0, 1, 1, 0]
    counts = classification.confusion_counts(wanted, found, 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    ax = plot.confusion(np.eye(3)[wanted], np.eye(3)[found], new_axes(), names="xyz")
    assert [text.get_text() for text in ax.texts] == list("110010100")
    assert [label.get_text() for label in ax.get_xticklabels()] == list("xyz")
    for bad in ({"y_pred": [0]}, {"names": "xy"}):
        with pytest.raises(ValueError, match="names|rows"):
            plot.confusion(**{"y_true": wanted, "y_pred": found, **bad})


def test_roc_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    wanted = RNG.integers(0, 2, 60)
    scores = RNG.integers(0, 8, 60) / 8 + wanted * 0.2  # with ties
    false, true = classification.roc_points(wanted == 1, scores)
    expected = metrics.roc_curve(wanted, scores, drop_intermediate=False)
    np.testing.assert_allclose(false, expected[0])
    np.testing.assert_allclose(true, expected[1])
    label = plot.roc(wanted, scores, new_axes()).lines[0].get_label()
    assert label.endswith(f"{metrics.roc_auc_score(wanted, scores):.3f}")
    with pytest.raises(ValueError, match="both classes"):
        plot.roc([1, 1], [0.1, 0.2], new_axes())


def test_pictures_stand_in_their_places_with_their_names():
    ax = plot.pictures(PICTURES, "abcde", "abcdx", new_axes(), columns=3)
    shown = ax.images[0].get_array()
    for number, picture in enumerate(PICTURES):
        (gap_down, gap_across), (height, width) = (2, 1), (6, 4)
        row, column = divmod(number, 3)
        top, left = row * (height + gap_down) + gap_down, column * (width + gap_across)
        np.testing.assert_array_equal(shown[top : top + height, left : left + width], picture)
    weights = [text.get_fontweight() for text in ax.texts]
    assert weights == ["normal"] * 4 + ["bold"] and ax.texts[4].get_text() == "e > x"
    colour = plot.pictures(np.full((2, 3, 3, 3), 255, "uint8"), ax=new_axes())
    assert np.asarray(colour.images[0].get_array()).max() == 1
    for bad in ({"x": np.zeros(3)}, {"x": PICTURES, "labels": "abc"}):
        with pytest.raises(ValueError, match="Argument"):
            plot.pictures(**bad)


def test_filters_of_dense_and_convolution_layers():
    layer = hornlet.layers.Dense(3)
    layer.build((None, 16))
    shown = np.asarray(plot.filters(layer, new_axes(), columns=3).images[0].get_array())
    np.testing.assert_allclose(shown[1:5, 5:9], layer.kernel.numpy()[:, 1].reshape(4, 4))
    with pytest.raises(ValueError, match="kernel"):
        plot.filters(np.ones(3), new_axes())


def test_saliency_is_the_gradient():
    x = PICTURES[0]
    kernels = [w.numpy().astype(float) for w in MODEL.weights]
    hidden = np.tanh(x.reshape(1, -1) @ kernels[0] + kernels[1])
    expected = (kernels[0] * (1 - hidden**2)) @ kernels[2][:, 1]
    shown = plot.saliency(MODEL, x, new_axes(), class_index=1).images[0].get_array()
    np.testing.assert_allclose(shown, np.abs(expected).reshape(6, 4), rtol=1e-4)
    with pytest.raises(ValueError, match="class_index"):
        plot.saliency(MODEL, x, new_axes(), class_index=2)


@pytest.mark.parametrize("kind", ["function", "mini", "keras"])
def test_decision_regions_ask_the_model_everywhere(kind):
    x, y = np.array([[0.0, 0.0], [1.0, 1.0]]), [0, 1]
    weights = [np.array([[0.0, 5.0], [0.0, 0.0]]), np.array([0.0, -2.5])]
    if kind == "mini":
        model = hornlet.mini.Sequential(
            [hornlet.mini.Layer(size=2), hornlet.mini.Layer(size=2, activation="softmax")]
        )
        model.set_weights(weights)
    elif kind == "keras":
        model = hornlet.Sequential([hornlet.Input((2,)), hornlet.layers.Dense(2, "softmax")])
        model.set_weights(weights)
    else:
        model = lambda x: x @ weights[0] + weights[1]  # noqa: E731
    ax = plot.decision_regions(model, x, y, new_axes(), points=10)
    regions = np.asarray(ax.images[0].get_array())
    assert regions[:, :5].max() == 0 and regions[:, 5:].min() == 1
    with pytest.raises(ValueError, match="shape"):
        plot.decision_regions(model, x[:, :1], y)


def test_norms_and_rates_are_checked():
    norms = [[1.0, 2.0, 4.0], [3.0, 2.0, 1.0]]
    ax = plot.norms_by_layer(norms, new_axes(), iterations=[-1])
    assert ax.lines[0].get_ydata().tolist() == [4.0, 1.0]
    assert ax.lines[0].get_label() == "iteration 3"
    with pytest.raises(ValueError, match="iterations"):
        plot.norms_by_layer(norms, iterations=[3])
    with pytest.raises(ValueError, match="names"):
        plot.gradient_norms(norms, names=["one"])
    with pytest.raises(ValueError, match="steps"):
        plot.learning_rate(hornlet.optimizers.schedules.CosineDecay(0.1, 10))


def test_weights_of_a_model_that_is_not_built():
    with pytest.raises(ValueError, match="build"):
        plot.weights_histogram(hornlet.Sequential([hornlet.layers.Dense(2)]))
