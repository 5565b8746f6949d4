"""mini-Keras against the chapter's mathematics: gradients, steps, and both programs as written."""

import numpy as np
import pytest

from hornlet import mini
from hornlet.mini import activations, losses, metrics
from hornlet.utils import set_random_seed
from tests.mini.reference import Reference

SIZES = (5, 7, 6, 3)


@pytest.fixture(autouse=True)
def _seeded():
    set_random_seed(7)


def _data(n=11, inputs=SIZES[0], classes=SIZES[-1]):
    random = np.random.default_rng(3)
    return random.normal(size=(n, inputs)), np.eye(classes)[random.integers(0, classes, n)]


def _model(hidden, **arguments):
    model = mini.Sequential([mini.Layer(size=SIZES[0])])
    for size in SIZES[1:-1]:
        model.add(mini.Layer(size=size, activation=hidden))
    model.add(mini.Layer(size=SIZES[-1], activation="softmax"))
    model.compile(**arguments)
    return model


def _reference(model, hidden, **arguments):
    names = [hidden] * (len(SIZES) - 2) + ["softmax"]
    return Reference(model.get_weights(), names, **arguments)


@pytest.mark.parametrize("hidden", ["relu", "sigmoid", "linear"])
def test_every_gradient(float64, hidden):
    """One step of size 1 without penalty changes each weight by its gradient."""
    x, t = _data()
    model = _model(hidden, learning_rate=1.0, weight_penalty=0)
    reference = _reference(model, hidden, learning_rate=1.0, penalty="ridge", weight_penalty=0)
    before = model.get_weights()
    gradients = reference.gradients(x, t)
    model.fit(x, t, iterations=1)
    for w, w_after, dw in zip(before, model.get_weights(), gradients):
        np.testing.assert_allclose(w - w_after, dw, rtol=1e-9, atol=1e-12)
    norms = [np.sqrt((dw**2).sum()) for dw in gradients[::2]]
    np.testing.assert_allclose(np.array(model.norms)[:, 0], norms, rtol=1e-9)


@pytest.mark.parametrize("argument", ["regularization", "penalty"])
@pytest.mark.parametrize("name", ["ridge", "lasso"])
@pytest.mark.parametrize("hidden", ["relu", "sigmoid"])
def test_ten_full_batch_steps(float64, hidden, name, argument):
    x, t = _data()
    model = _model(hidden, learning_rate=0.1, weight_penalty=0.02, **{argument: name})
    reference = _reference(model, hidden, learning_rate=0.1, penalty=name, weight_penalty=0.02)
    np.testing.assert_allclose(model.predict(x), reference.outputs(x)[-1], rtol=1e-9)
    losses_before, norms = [], []
    for _ in range(10):
        losses_before.append(reference.loss(x, t))
        norms.append(reference.step(x, t))
    history = model.fit(x, t, iterations=10)
    for found, wanted in zip(model.get_weights(), reference.weights):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(history.history["loss"], losses_before, rtol=1e-9)
    np.testing.assert_allclose(np.array(model.norms).T, norms, rtol=1e-9)
    np.testing.assert_allclose(model.score(x, t, "loss"), reference.loss(x, t), rtol=1e-9)


def test_batches_and_validation(float64):
    x, t = _data(12)
    model = _model("relu", learning_rate=0.1)
    history = model.fit(x, t, iterations=3, batch_size=5, validation_data=(x, t), verbose=0)
    assert len(model.norms[0]) == 9
    assert set(history.history) >= {"loss", "accuracy", "val_loss", "val_accuracy"}
    np.testing.assert_allclose(history.history["val_loss"][-1], model.score(x, t, "loss"))
    np.testing.assert_allclose(history.history["val_accuracy"][-1], model.score(x, t))


def test_program_a():
    from hornlet.mini import Layer, Sequential

    INPUT_SIZE, HIDDEN_LAYER_size, OUTPUT_SIZE = 5, 8, 3
    X_train, Y_train = _data(30)
    model = Sequential()
    model.add(Layer(size = INPUT_SIZE))  # fmt: skip
    model.add(Layer(size = HIDDEN_LAYER_size, activation = 'sigmoid'))  # fmt: skip
    model.add(Layer(size = OUTPUT_SIZE, activation = 'softmax'))  # fmt: skip
    model.compile(learning_rate = 0.001, weight_penalty = 0.001, penalty = 'ridge')  # fmt: skip
    before = model.score(X_train, Y_train, metric="loss")
    model.fit(X_train, Y_train, iterations = 100)  # fmt: skip
    assert model.score(X_train, Y_train, metric="loss") < before


def test_program_b():
    names = {}
    exec("from hornlet.mini import *", names)
    Sequential, Layer = names["Sequential"], names["Layer"]
    X_train, Y_train = _data(20, 784, 6)
    input_size = 784
    hidden_layer_size = 120
    output_size = 6
    activation = 'relu'  # fmt: skip
    weight_penalty = 0.01
    model = Sequential()
    model.add(Layer(size=input_size))
    for _ in range(5):
        model.add(Layer(size=hidden_layer_size, activation = activation, type = 'dropout', dropout_keep_prob=1))  # fmt: skip # noqa: E501
    model.add(Layer(size= output_size, activation='softmax'))  # fmt: skip
    model.compile(learning_rate=0.001, regularization= 'ridge', weight_penalty= weight_penalty)  # fmt: skip # noqa: E501
    model.fit(x = X_train, targets=Y_train,iterations= 100)  # fmt: skip
    assert np.asarray(model.norms).shape == (6, 100)
    assert model.predict(X_train).shape == (20, 6)


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_xor(seed):
    set_random_seed(seed)
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    Y = np.array([[1, 0], [0, 1], [0, 1], [1, 0]])
    model = mini.Sequential()
    model.add(mini.Layer(size=2))
    model.add(mini.Layer(size=6, activation="relu"))
    model.add(mini.Layer(size=6, activation="relu"))
    model.add(mini.Layer(size=2, activation="softmax"))
    model.compile(learning_rate=0.1)
    model.fit(X, Y, iterations=10000)
    assert model.score(X, Y) == 1.0
    assert model.predict(X).argmax(axis=1).tolist() == [0, 1, 1, 0]


def test_dropout_scales_what_it_keeps_and_is_off_outside_of_training():
    model = mini.Sequential([mini.Layer(size=4)])
    model.add(mini.Layer(size=2000, type="dropout", dropout_keep_prob=0.25))
    model.add(mini.Layer(size=2, activation="softmax"))
    x = np.ones((3, 4), "float32")
    hidden = model.network.layers[0](x)
    dropped = np.asarray(model.network.layers[1](hidden, training=True))
    kept = dropped != 0
    assert 0.2 < kept.mean() < 0.3
    assert not np.array_equal(kept[0], kept[1]), "a mask for every row"
    np.testing.assert_allclose(dropped[kept], 4 * np.asarray(hidden)[kept], rtol=1e-5)
    assert np.array_equal(model.predict(x), model.predict(x))


def test_dropped_outputs_get_no_gradient():
    model = mini.Sequential([mini.Layer(size=3)])
    model.add(mini.Layer(size=400, activation="linear", type="dropout", dropout_keep_prob=0.5))
    model.add(mini.Layer(size=2, activation="softmax"))
    model.compile(learning_rate=1.0, weight_penalty=0)
    before = model.get_weights()
    model.fit(np.ones((1, 3)), np.array([[1, 0]]), iterations=1)
    after = model.get_weights()
    still_in = (before[0] == after[0]).all(axis=0)
    still_out = (before[2] == after[2]).all(axis=1)
    assert 0.4 < still_out.mean() < 0.6
    assert np.array_equal(still_in, still_out)


def test_initial_weights():
    model = mini.Sequential([mini.Layer(size=400), mini.Layer(size=300)])
    w, b = model.get_weights()
    assert abs(w.std() / np.sqrt(2 / 400) - 1) < 0.02 and abs(w.mean()) < 1e-3
    assert abs(w).max() > 3.5 * np.sqrt(2 / 400), "normal, not truncated"
    assert (b == np.float32(0.01)).all()


def test_a_small_sample_is_overfitted():
    x, t = _data(6)
    model = _model("relu", learning_rate=0.3, weight_penalty=0)
    model.fit(x, t, iterations=800)
    assert model.score(x, t) == 1.0 and model.score(x, t, "loss") < 0.01


def test_the_network_is_a_plain_keras_model(tmp_path):
    x, t = _data()
    model = _model("relu")
    model.fit(x, t, iterations=3)
    np.testing.assert_allclose(model.network.predict(x, verbose=0), model.predict(x), rtol=1e-6)
    other = _model("relu")
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(other.predict(x), model.predict(x))


def test_activations_and_their_slopes():
    x = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(activations.relu(x), np.maximum(x, 0))
    np.testing.assert_allclose(activations.sigmoid(x), 1 / (1 + np.exp(-x)))
    np.testing.assert_allclose(activations.linear(x), x)
    step = 1e-6
    for name in ("sigmoid", "linear", "relu"):
        function = getattr(activations, name)
        inputs = x + 0.1
        slope = (function(inputs + step) - function(inputs - step)) / (2 * step)
        np.testing.assert_allclose(function(function(inputs), deriv=True), slope, atol=1e-8)
        np.testing.assert_array_equal(activations.activation(x, type=name), function(x))
        np.testing.assert_array_equal(
            activations.activation(x, type=name, deriv=True), function(x, deriv=True)
        )
    assert np.array_equal(activations.activation(x), activations.relu(x))


def test_cross_entropy_through_the_softmax():
    z = np.random.default_rng(0).normal(size=(4, 3))
    t = np.eye(3)[[0, 2, 1, 1]]
    p = activations.softmax(z)
    jacobian = activations.softmax(p, deriv=True)
    dp = losses.cross_entropy_loss(p, t, deriv=True)
    np.testing.assert_allclose(np.einsum("ni,nij->nj", dp, jacobian), (p - t) / 4, atol=1e-12)
    loss = -np.mean(np.sum(t * np.log(p), axis=1))
    np.testing.assert_allclose(losses.cross_entropy_loss(p, t), loss, rtol=1e-6)


def test_metrics():
    p = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    t = np.array([[1, 0], [1, 0], [1, 0]])
    assert metrics.accuracy(p, t) == pytest.approx(2 / 3)
    assert metrics.zero_one_loss(p, t) == pytest.approx(1 / 3)
    assert metrics.accuracy(p, [0, 0, 0]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="number of rows"):
        metrics.accuracy(p, t[:2])


def test_class_numbers_are_targets_too():
    x, t = _data()
    model = _model("relu")
    model.fit(x, t.argmax(axis=1), iterations=2)
    assert model.score(x, t.argmax(axis=1)) == model.score(x, t)


BAD = {
    "penalty": (lambda: _model("relu", penalty="rigde"), "`penalty`.*'ridge', 'lasso'"),
    "regularization": (lambda: _model("relu", regularization="l2"), "'ridge', 'lasso'"),
    "two penalties": (lambda: _model("relu", regularization="lasso", penalty="ridge"), "one thing"),
    "how much": (lambda: _model("relu", weight_penalty=-1), "weight_penalty"),
    "iterations": (lambda: _model("relu").fit(*_data(), iterations=2.5), "iterations"),
    "validation": (lambda: _model("relu").fit(*_data(), validation_data=[1]), "validation_data"),
    "width": (lambda: _model("relu").fit(_data()[0][:, 1:], _data()[1]), "value 5"),
    "no rows": (lambda: metrics.accuracy([], []), "at least one"),
    "activation": (lambda: mini.Layer(3, "rleu"), "Did you mean 'relu'"),
    "function": (lambda: activations.activation([1.0], type="tanh"), "`type` must be one of"),
    "type": (lambda: mini.Layer(3, type="conv"), "`type` must be one of"),
    "size": (lambda: mini.Layer(0), "size"),
    "fraction": (lambda: mini.Layer(2.5), "size"),
    "keep": (lambda: mini.Layer(3, dropout_keep_prob=0), "dropout_keep_prob"),
    "keep what": (lambda: mini.Layer(3, dropout_keep_prob="half"), "dropout_keep_prob"),
    "metric": (lambda: _model("relu").score(*_data(), metric="f1"), "metric"),
    "not compiled": (lambda: mini.Sequential([mini.Layer(2)]).fit([[1, 2]], [0]), "compile"),
    "one layer": (lambda: mini.Sequential([mini.Layer(2)]).compile(), "first layer"),
    "targets": (lambda: _model("relu").fit(_data()[0], np.zeros((11, 4))), "one-hot"),
    "class": (lambda: _model("relu").fit(_data()[0], np.full(11, 3)), "Class numbers"),
    "weights": (lambda: _model("relu").set_weights([]), "weights"),
    "shapes": (lambda: losses.cross_entropy_loss([[1.0]], [[0.0, 1.0]]), "one shape"),
}


@pytest.mark.parametrize(("call", "text"), BAD.values(), ids=BAD)
def test_bad_arguments_are_value_errors(call, text):
    with pytest.raises(ValueError, match=text):
        call()
