"""What training does beside the numbers: steps of one's own, bad input, progress, interruption."""

import gc
import itertools
import re
import tracemalloc
import warnings

import numpy as np
import pytest

import hornlet as keras
from hornlet import layers, ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype("float32")
Y = RNG.normal(size=(40, 2)).astype("float32")
CLASSES = RNG.integers(0, 2, 40)


def model(units=2, loss="mse", activation=None, **more):
    made = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(units, activation)])
    made.compile(**{"optimizer": "sgd", "loss": loss, **more})
    return made


def fit(made, *args, **more):
    return made.fit(*args, **{"verbose": 0, **more}).history


# Steps of one's own.


class Own(keras.Model):
    """A model with a training step and a metric of its own."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)
        self.seen = keras.metrics.Sum(name="seen")

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        x, y = data
        with keras.GradientTape() as tape:
            loss = ops.mean(ops.square(self(x, training=True) - y))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        self.seen.update_state(np.float32(x.shape[0]))
        return {"error": loss, "seen": self.seen.result()}


def test_own_train_step_is_traced_and_equals_the_standard_one():
    own, standard = Own(), keras.Sequential([layers.Dense(2)])
    own(X), standard(X)
    standard.set_weights(own.get_weights())
    for m in (own, standard):
        m.compile("sgd", "mse")
    logs = fit(own, X, Y, epochs=2, batch_size=40)
    expected = fit(standard, X, Y, epochs=2, batch_size=40)
    np.testing.assert_allclose(logs["error"], expected["loss"], rtol=1e-6)
    assert logs["seen"] == [40.0, 40.0]
    for a, b in zip(own.get_weights(), standard.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_eager_equals_compiled_in_float64(optimizer):
    keras.config.set_floatx("float64")
    histories, weights = [], None
    for eager in (False, True):
        made = keras.Sequential(
            [keras.Input((4,)), layers.Dense(5, "tanh"), layers.BatchNormalization(),
             layers.Dense(2, kernel_regularizer="l2")]
        )  # fmt: skip
        weights = made.get_weights() if weights is None else weights
        made.set_weights(weights)
        made.compile(optimizer, "mse", metrics=["mae"], run_eagerly=eager)
        data = X.astype("float64"), Y.astype("float64")
        histories.append(
            fit(made, *data, epochs=3, batch_size=16, shuffle=False, validation_data=data)
        )
        final = made.get_weights()
        histories.append({"predictions": [made.predict(data[0], verbose=0)], "w": final})
    for name, values in histories[0].items():
        np.testing.assert_allclose(values, histories[2][name], rtol=1e-11)
    np.testing.assert_allclose(
        histories[1]["predictions"][0], histories[3]["predictions"][0], rtol=1e-10
    )


def test_compile_keeps_the_loss_and_the_metrics_that_it_is_not_given():
    made = model(metrics=["mae"])
    made.compile("adam")
    assert set(fit(made, X, Y)) == {"loss", "mae"} and made.loss == "mse"
    with pytest.warns(UserWarning, match="run_eagerly"):
        made.compile("sgd", "mae", run_eagerly=True, jit_compile=True)
    assert made.loss == "mae" and not made.jit_compile


def test_add_loss_and_own_losses_and_metrics_count():
    class Penalty(layers.Layer):
        def call(self, x):
            self.add_loss(0.5 * ops.mean(ops.square(x)))
            return x

    parts = [keras.Input((4,)), layers.Dense(2), Penalty()]
    made = keras.Sequential(parts)
    made.compile("sgd", "mse")
    loss = made.evaluate(X, Y, verbose=0, batch_size=40)
    p = made.predict(X, verbose=0)
    np.testing.assert_allclose(loss, np.mean((p - Y) ** 2) + 0.5 * np.mean(p**2), rtol=1e-5)
    alone = keras.Sequential(parts)
    alone.compile("sgd")
    assert fit(alone, X, batch_size=40)["loss"][0] == pytest.approx(0.5 * np.mean(p**2), rel=1e-5)
    assert alone.losses == []  # those of a step end with it


def test_with_nothing_to_minimize_weights_only_decay():
    made = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    made.compile(keras.optimizers.SGD(0.1, weight_decay=0.5))
    before = made.get_weights()
    with pytest.warns(UserWarning, match="no loss to minimize"):
        assert fit(made, X, Y, batch_size=40) == {"loss": [0.0]}
    for a, b in zip(before, made.get_weights()):
        np.testing.assert_allclose(b, 0.95 * a, rtol=1e-6)


def test_compute_loss_and_compute_metrics_may_be_overridden():
    class Mine(keras.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return ops.mean(ops.abs(y - y_pred))

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "top": ops.max(y_pred)}

    made = Mine([keras.Input((4,)), layers.Dense(2)])
    made.compile("sgd")
    logs = made.evaluate(X, Y, batch_size=40, verbose=0, return_dict=True)
    p = made.predict(X, verbose=0)
    assert logs["loss"] == pytest.approx(np.mean(np.abs(Y - p)), rel=1e-5)
    assert logs["top"] == pytest.approx(p.max(), rel=1e-5)


def test_frozen_layers_do_not_move():
    made = model()
    made.layers[0].trainable = False
    made.compile("sgd", "mse")
    before = made.get_weights()
    fit(made, X, Y)
    moved = [not np.array_equal(a, b) for a, b in zip(before, made.get_weights())]
    assert moved == [False, False, True, True]


def test_models_that_grow_are_compiled_anew():
    made = keras.Sequential([layers.Dense(3)])
    assert made.predict(X, verbose=0).shape == (40, 3)
    made.add(layers.Dense(5))
    assert made.predict(X, verbose=0).shape == (40, 5)
    made.pop()
    assert made.predict(X[:2], verbose=0).shape == (2, 3)


class Adversaries(keras.Model):
    """Two networks, two optimizers, random numbers: nothing of it is the standard step's."""

    def __init__(self):
        super().__init__()
        self.judge = keras.Sequential([layers.Dense(1)])
        self.forger = keras.Sequential([layers.Dense(4)])
        self.seed = keras.random.SeedGenerator(1)
        self.score = keras.metrics.Mean(name="score")

    def train_step(self, x):
        n = x.shape[0]
        noise = keras.random.normal((n, 2), seed=self.seed)
        with keras.GradientTape() as tape:
            loss = ops.mean(self.judge(self.forger(noise))) - ops.mean(self.judge(x))
        weights = self.judge.trainable_weights
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        with keras.GradientTape() as tape:
            fooled = -ops.mean(self.judge(self.forger(noise)))
        weights = self.forger.trainable_weights
        self.other.apply_gradients(zip(tape.gradient(fooled, weights), weights))
        self.score.update_state(loss)
        return {"score": self.score.result()}


def test_two_networks_with_an_optimizer_each():
    histories = []
    for eager in (False, True):
        keras.utils.set_random_seed(3)
        made = Adversaries()
        made.compile("adam", run_eagerly=eager)
        made.other = keras.optimizers.Adam()
        histories.append(fit(made, X, epochs=4, shuffle=False)["score"])
    assert len(set(histories[0])) == 4
    np.testing.assert_allclose(*histories, rtol=1e-4)


def test_half_precision_scales_the_loss():
    made = keras.Sequential([keras.Input((4,)), layers.Dense(2, dtype="float32")])
    made.dtype_policy = "mixed_float16"
    made.compile("sgd", "mse")
    assert type(made.optimizer).__name__ == "LossScaleOptimizer"
    losses = fit(made, X, Y, epochs=3)["loss"]
    assert losses[0] > losses[1] > losses[2]


def test_a_layer_that_is_never_called_costs_nothing():
    class Spare(keras.Model):
        def __init__(self):
            super().__init__()
            self.used, self.spare, self.calls = layers.Dense(2), layers.Dense(3), 0

        def call(self, x):
            self.calls += 1
            return self.used(x)

    made = Spare()
    for _ in range(5):
        made.predict(X, batch_size=40, verbose=0)
    assert made.calls == 2  # once to build, once to compile
    made.compile("sgd", "mse")
    assert np.isfinite(fit(made, X, Y)["loss"][0])


# Data of other forms.


def test_callables_iterators_and_frames_are_data():
    expected = fit(model_like := model(), X, Y, batch_size=10, shuffle=False)
    assert set(expected) == {"loss"}
    parts = [(X[i : i + 10], Y[i : i + 10]) for i in range(0, 40, 10)]
    weights = model_like.get_weights()
    histories = []
    for data in (lambda: parts, lambda: iter(parts)):
        made = model()
        made.set_weights(weights)
        histories.append(fit(made, data, epochs=2)["loss"])
    made.set_weights(weights)
    made.compile("sgd", "mse")
    histories.append(fit(made, X, Y, epochs=2, batch_size=10, shuffle=False)["loss"])
    np.testing.assert_allclose(histories[0], histories[1])
    np.testing.assert_allclose(histories[0], histories[2], rtol=1e-6)

    class Frame:  # what a data frame is, as far as training asks
        shape, columns = X.shape, list("abcd")
        iloc = X

        def __array__(self, dtype=None, copy=None):
            return X.astype(object)

    assert model().predict(Frame(), verbose=0).shape == (40, 2)
    torch = pytest.importorskip("torch")
    assert model().predict(torch.from_numpy(X), verbose=0).shape == (40, 2)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)), batch_size=10
    )
    made.set_weights(weights)
    made.compile("sgd", "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_allclose(fit(made, loader, epochs=2)["loss"], histories[0], rtol=1e-6)


def test_epochs_of_a_dataset_are_announced_once():
    calls = []

    class Parts(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return X[:4], Y[:4]

        def on_epoch_begin(self):
            calls.append("begin")

        def on_epoch_end(self):
            calls.append("end")

    fit(model(), Parts(), epochs=2)
    assert calls == ["begin", "end"] * 2


def test_a_generator_that_ends_before_its_steps_warns():
    parts = ((X[i : i + 4], Y[i : i + 4]) for i in range(0, 40, 4))
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model().fit(parts, steps_per_epoch=6, epochs=3, verbose=0)
    assert history.epoch == [0, 1, 2]


@pytest.mark.parametrize("steps", [None, 2])
def test_predict_joins_batches_of_any_source(steps):
    made = model()
    whole = made.predict(X, verbose=0)
    parts = ((X[i : i + 8],) for i in range(0, 40, 8))
    n = 40 if steps is None else 16
    np.testing.assert_allclose(made.predict(parts, steps=steps, verbose=0), whole[:n], rtol=1e-5)
    np.testing.assert_allclose(
        made.predict(X, batch_size=8, steps=steps, verbose=0), whole[:n], rtol=1e-5
    )
    np.testing.assert_allclose(made.predict_on_batch(X), whole, rtol=1e-5)


# Bad input: one row, one clear ValueError.

BAD = {
    "wrong rank": (lambda m: m.fit(X[:, :, None, None], Y), "shape"),
    "wrong width": (lambda m: m.fit(X[:, :3], Y), "shape|dim"),
    "wrong width in predict": (lambda m: m.predict(X[:, :3], verbose=0), "shape|dim"),
    "objects": (lambda m: m.fit(X.astype(object), Y), "`x`.*object"),
    "strings": (lambda m: m.fit(X.astype(str), Y), "`x`.*numbers"),
    "complex": (lambda m: m.fit(X.astype(complex), Y), "`x`.*complex"),
    "records": (lambda m: m.fit(np.zeros(40, [("a", "f4")]), Y), "`x`.*numbers"),
    "dates": (lambda m: m.fit(np.zeros((40, 4), "M8[s]"), Y), "`x`.*numbers"),
    "complex labels": (lambda m: m.fit(X, Y.astype(complex)), "`y`.*complex"),
    "lengths differ": (lambda m: m.fit(X, Y[:-1]), "same number of samples.*40.*39"),
    "weights' length": (lambda m: m.fit(X, Y, sample_weight=np.ones(3)), "sample_weight.*3"),
    "empty": (lambda m: m.fit(X[:0], Y[:0]), "empty"),
    "empty in predict": (lambda m: m.predict(X[:0], verbose=0), "empty"),
    "scalar": (lambda m: m.fit(np.float32(1), Y), "scalar"),
    "lists of numbers": (lambda m: m.fit([[1, 2, 3, 4.0]], [1.0]), "np.array"),
    "None": (lambda m: m.fit(None, Y), "Unrecognized"),
    "labels' width": (lambda m: m.fit(X, Y[:, :1].repeat(3, 1)), "shape|broadcast"),
    "y with a generator": (lambda m: m.fit(iter([(X, Y)]), Y), "should not be passed"),
    "class_weight with a generator": (
        lambda m: m.fit(iter([(X, Y)]), class_weight={0: 1.0}), "class_weight"),
    "both weights": (
        lambda m: m.fit(X, Y, class_weight={0: 1.0}, sample_weight=np.ones(40)), "same time"),
    "class_weight no dict": (lambda m: m.fit(X, CLASSES, class_weight=[1, 2]), "dictionary"),
    "batch_size": (lambda m: m.fit(X, Y, batch_size=-1), "batch_size"),
    "validation_split": (lambda m: m.fit(X, Y, validation_split=0.999), "validation_split"),
    "validation_freq": (
        lambda m: m.fit(X, Y, validation_data=(X, Y), validation_freq="often", verbose=0),
        "validation_freq"),
    "generator of lists": (lambda m: m.fit(iter([[X, Y]]), verbose=0), "must yield tuples"),
    "empty generator": (lambda m: m.fit(iter([]), verbose=0), "at least one batch"),
    "four parts": (lambda m: m.fit(iter([(X, Y, Y, Y)]), verbose=0), "tuple of 4"),
    "unknown argument": (lambda m: m.evaluate(X, Y, stepz=1), "stepz"),
    "callbacks": (lambda m: m.fit(X, Y, callbacks=["early"]), "callbacks"),
    "unknown optimizer": (lambda m: m.compile("adamm", "mse"), "adam"),
    "unknown loss": (lambda m: m.compile("sgd", "msee"), "mse"),
    "unknown metric": (lambda m: m.compile("sgd", "mse", metrics=["acuracy"]), "accuracy"),
    "metrics no list": (lambda m: m.compile("sgd", "mse", metrics="mae"), "list, tuple, or dict"),
    "loss weights": (
        lambda m: m.compile("sgd", "mse", loss_weights="much"), "loss_weights"),
    "loss weights of other keys": (
        lambda m: (m.compile("sgd", {m.output_names[0]: "mse"}, {"other": 2.0}), m.fit(X, Y)),
        "keys of `loss`"),
    "steps_per_execution": (
        lambda m: m.compile("sgd", "mse", steps_per_execution=0), "steps_per_execution"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_a_clear_value_error(name, capsys):
    call, message = BAD[name]
    made = model()
    with pytest.raises(ValueError, match=re.compile(message, re.DOTALL)):
        call(made)
    made.compile("sgd", "mse")
    assert np.isfinite(fit(made, X, Y)["loss"][0])  # and the model works on


@pytest.mark.parametrize("labels", [CLASSES + 1, CLASSES - 1])
def test_labels_out_of_range_are_refused_before_the_first_step(labels):
    made = model(2, "sparse_categorical_crossentropy", "softmax")
    before = made.get_weights()
    for call in (
        lambda: made.fit(X, labels, verbose=0),
        lambda: made.evaluate(X, labels, verbose=0),
        lambda: made.train_on_batch(X, labels),
        lambda: made.fit(iter([(X, labels)]), verbose=0),
    ):
        with pytest.raises(ValueError, match="out of range.*0 to 1"):
            call()
    for a, b in zip(before, made.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_uncompiled_models_say_so():
    made = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    for method in ("fit", "evaluate", "train_on_batch", "test_on_batch"):
        with pytest.raises(ValueError, match="compile"):
            getattr(made, method)(X, Y)
    assert made.predict(X, verbose=0).shape == (40, 2)


# NaN, interruption, memory, progress.


def test_a_loss_that_turns_nan_says_at_which_step():
    bad = X.copy()
    bad[25] = np.nan
    with pytest.warns(UserWarning, match="NaN at step 3 of epoch 1"):
        model().fit(bad, Y, batch_size=10, shuffle=False, epochs=2, verbose=0)


def test_an_interrupt_leaves_the_model_usable():
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise KeyboardInterrupt

    made = model()
    with pytest.raises(KeyboardInterrupt):
        fit(made, X, Y, batch_size=4, callbacks=[Interrupt()])
    assert len(fit(made, X, Y, epochs=2)["loss"]) == 2
    assert made.predict(X, verbose=0).shape == (40, 2)


def test_memory_is_flat():
    made = model()
    one = X[:1]

    def some(n):
        for _ in range(n):
            made.predict(one, verbose=0)
            made.train_on_batch(X[:8], Y[:8])

    some(30)
    gc.collect()
    tracemalloc.start()
    some(20)
    before = tracemalloc.get_traced_memory()[0]
    some(300)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000, f"{grown} bytes in 300 rounds"


def test_results_are_arrays_of_their_own():
    made = model()
    first = made.predict(X[:2], verbose=0)
    kept = first.copy()
    made.predict(X[2:4], verbose=0)
    np.testing.assert_array_equal(first, kept)


def shown(text):
    """Output of a progress bar without what depends on the clock."""
    text = re.sub("\x08+", "<back>", text)
    text = re.sub(r"\x1b\[1m\d+s\x1b\[0m", "<time>", text)
    text = re.sub(r" \d+(ms|us|s)/step", " <per step>", text)
    text = re.sub(r"- \d+s -", "- <time> -", text)
    text = re.sub(r" +\n", "\n", text)
    return [line.split("\r")[-1] for line in text.split("\n")]


@pytest.mark.parametrize("verbose", [1, 2])
def test_progress_looks_as_keras_s_in_a_log_file(verbose, capsys):
    import keras as original

    texts, weights = [], None
    for k in (keras, original):
        made = k.Sequential([k.Input((4,)), k.layers.Dense(2)])
        weights = made.get_weights() if weights is None else weights
        made.set_weights(weights)
        made.compile("sgd", "mse", metrics=["mae"])
        capsys.readouterr()
        made.fit(X, Y, epochs=2, shuffle=False, validation_data=(X, Y), verbose=verbose)
        made.evaluate(X, Y, verbose=verbose)
        made.predict(X, verbose=verbose)
        made.fit(itertools.repeat((X, Y)) if k is keras else ((X, Y) for _ in range(9)),
                 steps_per_epoch=3, verbose=verbose)  # fmt: skip
        texts.append(shown(capsys.readouterr().out))
    assert texts[0] == texts[1]


def test_silent_means_silent(capsys):
    made = model()
    fit(made, X, Y, validation_split=0.5)
    made.evaluate(X, Y, verbose=0)
    made.predict(X, verbose=0)
    assert capsys.readouterr().out == ""


def test_predict_works_from_many_threads():
    from concurrent.futures import ThreadPoolExecutor

    made = model()
    expected = made.predict(X, verbose=0)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda i: made.predict(X[i : i + 1], verbose=0), range(40)))
    np.testing.assert_allclose(np.concatenate(results), expected, rtol=1e-5, atol=1e-6)


def test_a_batch_may_have_parts_of_other_lengths():
    """A graph's nodes and edges, say: what one step is given in a nest is not counted."""

    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, inputs):
            return self.dense(inputs[0]) + keras.ops.mean(inputs[1])

    model, x, y = Network(), [np.ones((5, 3)), np.ones((2, 2))], np.ones((5, 1))
    model.compile("sgd", "mse")
    first = model.train_on_batch(x, y)
    assert model.test_on_batch(x, y) < first
    assert model.predict_on_batch(x).shape == (5, 1)
