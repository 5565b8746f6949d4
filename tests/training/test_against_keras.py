"""fit, evaluate and predict give what Keras's do: same weights, same data, same numbers."""

import random
import warnings
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest

import hornlet

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4)).astype("float32")
Z = RNG.normal(size=(50, 3)).astype("float32")
Y = (X @ RNG.normal(size=(4, 2))).astype("float32")
CLASSES = RNG.integers(0, 3, 50)
BINARY = RNG.integers(0, 2, (50, 1)).astype("float32")
WEIGHTS = RNG.uniform(0.2, 2.0, 50).astype("float32")


def dense(k, units=2, activation=None, regularizer=None):
    layers = k.layers
    return k.Sequential(
        [
            k.Input((4,)),
            layers.Dense(5, "tanh", kernel_regularizer=regularizer),
            layers.Dense(units, activation),
        ]
    )


def two_heads(k, as_dict=False):
    layers = k.layers
    a, b = k.Input((4,), name="a"), k.Input((3,), name="b")
    hidden = layers.Dense(6, "tanh")(layers.Concatenate()([a, b]))
    heads = [layers.Dense(2, name="left")(hidden), layers.Dense(3, "softmax", name="right")(hidden)]
    outputs = {"left": heads[0], "right": heads[1]} if as_dict else heads
    inputs = {"a": a, "b": b} if as_dict else [a, b]
    return k.Model(inputs, outputs)


def nested_heads(k):
    x = k.Input((4,))
    first, second, third = (k.layers.Dense(n, name=f"head_{n}")(x) for n in (2, 1, 3))
    return k.Model(x, [first, {"q": second, "p": third}])


class Heads(NamedTuple):
    wide: Any
    narrow: Any


def named_heads(k):
    x = k.Input((4,))
    return k.Model(x, Heads(k.layers.Dense(2, name="wide")(x), k.layers.Dense(1, name="narrow")(x)))


def distance(k):
    """A loss of whole nests: the distances of their parts, added."""

    def together(y_true, y_pred):
        k.tree.assert_same_structure(y_true, y_pred)
        pairs = zip(k.tree.flatten(y_true), k.tree.flatten(y_pred))
        return sum(k.losses.mean_absolute_error(a, b) for a, b in pairs)

    return together


def batches(n=8, endless=True, weights=False):
    while True:
        for start in range(0, 48, n):
            part = slice(start, start + n)
            yield (X[part], Y[part], WEIGHTS[part]) if weights else (X[part], Y[part])
        if not endless:
            return


def dataset(k, n=10, workers=1):
    class Parts(k.utils.PyDataset):
        def __len__(self):
            return 50 // n

        def __getitem__(self, index):
            part = slice(index * n, (index + 1) * n)
            return X[part], Y[part]

    return Parts(workers=workers)


# A row: how the model is made, how it is compiled, and what `fit` is given.
def row(build, compile, fit, id):
    return pytest.param(build, compile, fit, id=id)


MSE = {"optimizer": "sgd", "loss": "mse"}
HEADS = {"left": Y, "right": CLASSES}
ROWS = [
    row(dense, lambda k: MSE, lambda k: {"x": X, "y": Y}, "plain"),
    row(dense, lambda k: {**MSE, "optimizer": "adam", "metrics": ["mae", "mse"]},
        lambda k: {"x": X, "y": Y, "batch_size": 7}, "adam with metrics, partial batch"),
    row(dense, lambda k: {**MSE, "metrics": ["mae"], "weighted_metrics": ["mae", "mse"]},
        lambda k: {"x": X, "y": Y, "sample_weight": WEIGHTS}, "sample weights"),
    row(dense, lambda k: {**MSE, "metrics": ["mae"]},
        lambda k: {"x": X, "y": Y, "validation_split": 0.3, "validation_freq": 2}, "split"),
    row(dense, lambda k: {**MSE, "metrics": ["mae"]},
        lambda k: {"x": X, "y": Y, "validation_data": (X[:20], Y[:20], WEIGHTS[:20]),
                   "validation_batch_size": 6}, "validation data"),
    row(dense, lambda k: MSE,
        lambda k: {"x": X, "y": Y, "validation_data": (X, Y), "validation_steps": 1,
                   "validation_batch_size": 6, "initial_epoch": 1}, "validation steps"),
    row(lambda k: dense(k, 3, "softmax"),
        lambda k: {"optimizer": "adam", "loss": "sparse_categorical_crossentropy",
                   "metrics": ["accuracy"], "weighted_metrics": ["acc"]},
        lambda k: {"x": X, "y": CLASSES, "class_weight": {0: 2.0, 2: 0.5}}, "class weights"),
    row(lambda k: dense(k, 3, "softmax"),
        lambda k: {"optimizer": "rmsprop", "loss": "crossentropy", "metrics": ["accuracy"]},
        lambda k: {"x": X, "y": np.eye(3)[CLASSES], "class_weight": {1: 3.0}}, "one-hot"),
    row(lambda k: dense(k, 1, "sigmoid"),
        lambda k: {"optimizer": "sgd", "loss": "crossentropy", "metrics": ["acc", "AUC"]},
        lambda k: {"x": X, "y": BINARY[:, 0]}, "binary, labels of rank 1"),
    row(lambda k: dense(k, regularizer="l2"), lambda k: {**MSE, "metrics": [k.losses.Huber()]},
        lambda k: {"x": X.astype("float64"), "y": Y}, "regularizer, float64 data"),
    row(dense, lambda k: {**MSE, "loss": k.losses.Huber(0.3), "loss_weights": 2.0},
        lambda k: {"x": X, "y": Y}, "loss object, one weight"),
    row(dense, lambda k: {**MSE, "steps_per_execution": 3},
        lambda k: {"x": X, "y": Y, "batch_size": 6}, "steps per execution"),
    row(dense, lambda k: MSE, lambda k: {"x": X, "y": Y, "batch_size": 5, "steps_per_epoch": 5},
        "steps of arrays go on"),
    row(dense, lambda k: {**MSE, "run_eagerly": True, "metrics": ["mae"]},
        lambda k: {"x": X, "y": Y}, "eager"),
    row(dense, lambda k: MSE, lambda k: {"x": batches(), "steps_per_epoch": 4}, "generator"),
    row(dense, lambda k: {**MSE, "weighted_metrics": ["mae"]},
        lambda k: {"x": batches(weights=True), "steps_per_epoch": 4,
                   "validation_data": batches(48), "validation_steps": 1}, "generators, weights"),
    row(dense, lambda k: MSE,
        lambda k: {"x": batches(endless=False), "steps_per_epoch": 4,
                   "validation_data": batches(12, endless=False)}, "generators that end"),
    row(dense, lambda k: MSE, lambda k: {"x": batches(endless=False)}, "a generator of one epoch"),
    row(dense, lambda k: MSE,
        lambda k: {"x": X, "y": Y, "validation_data": batches(), "validation_steps": 1},
        "validation begins its generator anew"),
    row(dense, lambda k: {**MSE, "metrics": ["mae"]},
        lambda k: {"x": dataset(k), "validation_data": dataset(k, 25)}, "PyDataset"),
    row(dense, lambda k: {**MSE, "loss": "crossentropy"},
        lambda k: {"x": dataset(k), "class_weight": {0: 2.0}}, "PyDataset, class weights"),
    row(two_heads,
        lambda k: {"optimizer": "adam", "loss": ["mse", "sparse_categorical_crossentropy"]},
        lambda k: {"x": [X, Z], "y": [Y, CLASSES]}, "lists of losses"),
    row(two_heads,
        lambda k: {"optimizer": "adam", "loss_weights": {"left": 0.5, "right": 2.0},
                   "loss": {"left": "mse", "right": "sparse_categorical_crossentropy"},
                   "metrics": {"right": ["accuracy"], "left": "mae"}},
        lambda k: {"x": [X, Z], "y": HEADS, "validation_split": 0.2}, "dicts of losses by name"),
    row(two_heads,
        lambda k: {"optimizer": "sgd", "loss": ["mse", "sparse_categorical_crossentropy"],
                   "loss_weights": [1.0, 0.3], "metrics": [["mae", "mse"], ["accuracy"]],
                   "weighted_metrics": [None, ["accuracy"]]},
        lambda k: {"x": [X, Z], "y": [Y, CLASSES], "sample_weight": [WEIGHTS, WEIGHTS[::-1]]},
        "weights for each output"),
    row(lambda k: two_heads(k, True),
        lambda k: {"optimizer": "sgd",
                   "loss": {"left": "mse", "right": "sparse_categorical_crossentropy"},
                   "metrics": {"right": "accuracy"}},
        lambda k: {"x": {"a": X, "b": Z}, "y": HEADS, "sample_weight": WEIGHTS}, "dicts"),
    row(nested_heads, lambda k: {"optimizer": "sgd", "loss": "mse"},
        lambda k: {"x": X, "y": [Y, {"q": X[:, :1], "p": Z}]}, "one loss for a nest"),
    row(lambda k: k.Model(*(lambda m: (m.inputs, tuple(m.output)))(nested_heads(k))),
        lambda k: {"optimizer": "sgd", "loss": "mse"},
        lambda k: {"x": X, "y": [Y, {"q": X[:, :1], "p": Z}]}, "one loss for a tuple of nests"),
    row(nested_heads,
        lambda k: {"optimizer": "sgd", "loss": ["mse", "mae", "mse"], "loss_weights": [1.0, 2, 3]},
        lambda k: {"x": X, "y": [Y, {"q": X[:, :1], "p": Z}]}, "a list of losses for a nest"),
    row(nested_heads,
        lambda k: {"optimizer": "sgd", "loss": ["mse", {"q": "mae", "p": "mse"}],
                   "loss_weights": [0.5, {"q": 2.0, "p": 1.0}]},
        lambda k: {"x": X, "y": [Y, {"q": X[:, :1], "p": Z}]}, "a nest of losses"),
    row(nested_heads,
        lambda k: {"optimizer": "sgd", "loss": (distance(k), ["mse", distance(k)]),
                   "loss_weights": (0.5, [2.0, 1.0])},
        lambda k: {"x": X, "y": [Y, {"q": X[:, :1], "p": Z}]}, "losses of whole nests"),
    row(lambda k: two_heads(k, True),
        lambda k: {"optimizer": "sgd", "loss": [distance(k), {"left": "mae"}]},
        lambda k: {"x": {"a": X, "b": Z}, "y": {"left": Y, "right": Y[:, :1]}},
        "a loss of a whole dictionary"),
    row(named_heads, lambda k: {"optimizer": "sgd", "loss": [distance(k), Heads("mse", "mae")]},
        lambda k: {"x": X, "y": Heads(Y, X[:, :1])}, "named tuples"),
    row(lambda k: two_heads(k, True),
        lambda k: {"optimizer": "sgd", "loss": {"left": "mse", "right": None}},
        lambda k: {"x": {"a": X, "b": Z}, "y": HEADS}, "one output without loss"),
]  # fmt: skip


def run(k, build, compile, fit, weights=None, epochs=3):
    model = build(k)
    if weights is None:
        rng = np.random.default_rng(1)
        weights = [rng.normal(size=tuple(w.shape)) * 0.4 for w in model.weights]
    model.set_weights(weights)
    model.compile(**compile(k))
    arguments = {"epochs": epochs, "shuffle": False, "verbose": 0, **fit(k)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = model.fit(**arguments)
    return model, history, weights


def assert_logs(own, theirs, rtol=2e-4):
    assert list(own) == list(theirs)
    for name in theirs:
        np.testing.assert_allclose(own[name], theirs[name], rtol=rtol, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("build, compile, fit", ROWS)
def test_histories_weights_and_outputs(build, compile, fit):
    theirs, their_history, weights = run(keras, build, compile, fit)
    own, history, _ = run(hornlet, build, compile, fit, weights)
    assert history.epoch == their_history.epoch
    assert_logs(history.history, their_history.history)
    for a, b in zip(own.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-5)
    x = fit(hornlet)["x"]
    if not isinstance(x, (np.ndarray, list, dict)):
        x = X
    for a, b in zip(
        hornlet.tree.flatten(own.predict(x, batch_size=9, verbose=0)),
        keras.tree.flatten(theirs.predict(x, batch_size=9, verbose=0)),
    ):
        assert type(a) is np.ndarray and a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("build, compile, fit", ROWS)
def test_evaluate_and_single_batches(build, compile, fit):
    own, _, weights = run(hornlet, build, compile, fit, epochs=1)
    theirs, _, _ = run(keras, build, compile, fit, weights, epochs=1)
    theirs.set_weights(own.get_weights())
    data = {k: v for k, v in fit(hornlet).items() if k in ("x", "y", "sample_weight")}
    if isinstance(data["x"], (np.ndarray, list, dict)):
        results = own.evaluate(**data, verbose=0, batch_size=20)
        expected = theirs.evaluate(**data, verbose=0, batch_size=20)
        np.testing.assert_allclose(results, expected, rtol=1e-3)
        logs = own.evaluate(**data, verbose=0, return_dict=True)
        assert_logs(logs, theirs.evaluate(**data, verbose=0, return_dict=True), 1e-3)
    else:
        data = {"x": X, "y": Y}
    if isinstance(data.get("sample_weight"), np.ndarray) and isinstance(data["y"], dict):
        return  # one array for several outputs is spread by `fit` only
    for method in ("test_on_batch", "train_on_batch", "test_on_batch"):
        result, other = getattr(own, method)(**data), getattr(theirs, method)(**data)
        np.testing.assert_allclose(result, other, rtol=1e-3, atol=1e-5)
    logs = own.train_on_batch(**data, return_dict=True)
    assert_logs(logs, theirs.train_on_batch(**data, return_dict=True), 1e-3)


def test_one_seed_shuffles_as_in_keras():
    np.random.seed(5)
    theirs, their_history, weights = run(
        keras, dense, lambda k: MSE, lambda k: {"x": X, "y": Y, "shuffle": True, "batch_size": 8}
    )
    np.random.seed(5)
    np.random.permutation(50)  # Keras draws one more, for the batch it builds the model with
    _, history, _ = run(
        hornlet, dense, lambda k: MSE,
        lambda k: {"x": X, "y": Y, "shuffle": True, "batch_size": 8}, weights,
    )  # fmt: skip
    assert_logs(history.history, their_history.history)


def test_workers_make_the_same_batches_in_order():
    for shuffle in (False, True):
        random.seed(3)
        _, one, weights = run(
            hornlet, dense, lambda k: MSE, lambda k: {"x": dataset(k), "shuffle": shuffle}
        )
        random.seed(3)
        _, three, _ = run(
            hornlet, dense, lambda k: MSE,
            lambda k: {"x": dataset(k, workers=3), "shuffle": shuffle}, weights,
        )  # fmt: skip
        assert one.history == three.history


def test_a_scaled_optimizer_is_scaled_once_more_by_its_config():
    configs = []
    for k in (hornlet, keras):
        made = dense(k)
        made.dtype_policy = k.DTypePolicy("mixed_float16")
        made.compile("sgd", "mse", jit_compile=None)
        config = made.get_compile_config()
        configs.append((config["optimizer"]["class_name"], made.jit_compile))
        made.compile_from_config(config)
        assert made.optimizer.name == "loss_scale_optimizer"
        assert type(made.optimizer.inner_optimizer).__name__ == "SGD"
    assert configs[0] == configs[1]


def test_metrics_names_and_compile_config():
    compile = lambda k: {  # noqa: E731
        "optimizer": k.optimizers.SGD(0.2), "loss": k.losses.MeanAbsoluteError(),
        "metrics": ["mae"], "loss_weights": 0.5,
    }  # fmt: skip
    own, _, weights = run(hornlet, dense, compile, lambda k: {"x": X, "y": Y}, epochs=1)
    theirs, _, _ = run(keras, dense, compile, lambda k: {"x": X, "y": Y}, weights, epochs=1)
    assert own.metrics_names == theirs.metrics_names
    config, expected = own.get_compile_config(), theirs.get_compile_config()
    assert set(config) == set(expected)
    for key in ("loss", "metrics", "loss_weights", "weighted_metrics", "run_eagerly"):
        assert config[key] == expected[key], key
    assert config["optimizer"]["class_name"] == "SGD"
    again = dense(hornlet)
    again.set_weights(own.get_weights())
    again.compile_from_config(expected)
    np.testing.assert_allclose(
        again.evaluate(X, Y, verbose=0), own.evaluate(X, Y, verbose=0), rtol=1e-6
    )


def hearing(k):
    """A callback that keeps the first and the last step of every execution, by epoch."""

    class Hearing(k.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.steps = []

        def on_epoch_begin(self, epoch, logs=None):
            self.steps.append([])

        def on_train_batch_begin(self, batch, logs=None):
            self.begun = batch

        def on_train_batch_end(self, batch, logs=None):
            self.steps[-1].append((self.begun, batch))

    return Hearing()


@pytest.mark.parametrize("steps, batches, group, warns", [
    (5, 10, 2, True), (5, 11, 2, False), (4, 9, 2, True), (3, 10, 2, True), (5, 6, 4, False),
    (1, 10, 4, False), (4, 4, 2, False), (6, 3, 2, True),
])  # fmt: skip
def test_steps_are_rounded_up_to_whole_executions(steps, batches, group, warns):
    found = []
    for k in (hornlet, keras):
        heard, made = hearing(k), dense(k)
        made.compile("sgd", "mse", steps_per_execution=group)
        x, y = np.ones((2 * batches, 4)), np.ones((2 * batches, 2))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made.fit(
                x, y, batch_size=2, steps_per_epoch=steps, epochs=3, callbacks=[heard], verbose=0
            )
        said = any("ran out of data" in str(w.message) for w in caught)
        found.append((heard.steps, int(made.optimizer.iterations), said))
    assert found[0] == found[1] and found[0][2] == warns


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_steps_of_a_pass_are_rounded_up_too(method):
    taken = []
    for k in (hornlet, keras):
        made, given = dense(k), []
        made.compile("sgd", "mse", steps_per_execution=2)

        def batches(given=given):
            for start in range(0, 50, 5):
                given.append(start)
                yield X[start : start + 5], Y[start : start + 5]

        outputs = getattr(made, method)(batches(), steps=5, verbose=0)
        taken.append((len(given) >= 6, np.shape(outputs)))
    assert taken[0] == taken[1] and taken[0][0]
