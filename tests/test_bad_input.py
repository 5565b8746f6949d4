"""Bad input at every door: one table of data and calls, one of arguments, and interrupted training.

A bad call ends in an error of Keras's type that names the argument; a good but unusual one works.
"""

import os
import re
import signal
import threading

import numpy as np
import pytest
from scipy import sparse

import hornlet as keras
from hornlet import layers, ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4)).astype("float32")
Y = RNG.normal(size=(12, 2)).astype("float32")
CLASSES = np.arange(12) % 2


def model(units=2, loss="mse", activation=None, **more):
    made = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(units, activation)])
    made.compile(**{"optimizer": "sgd", "loss": loss, **more})
    return made


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


# Where arrays come in: f(model, array) hands the array over as inputs, as targets or as weights.
INPUTS = {
    "fit": lambda m, x: m.fit(x, Y, verbose=0).history["loss"][0],
    "evaluate": lambda m, x: m.evaluate(x, Y, verbose=0),
    "predict": lambda m, x: m.predict(x, verbose=0),
    "predict with a bar": lambda m, x: m.predict(x),
    "train_on_batch": lambda m, x: m.train_on_batch(x, Y),
    "test_on_batch": lambda m, x: m.test_on_batch(x, Y),
    "predict_on_batch": lambda m, x: m.predict_on_batch(x),
    "a generator": lambda m, x: m.fit(iter([(x, Y)]), verbose=0).history["loss"][0],
    "a call": lambda m, x: m(x),
    "a layer": lambda m, x: m.layers[0](x),
}
TARGETS = {
    "fit": lambda m, y: m.fit(X, y, verbose=0).history["loss"][0],
    "evaluate": lambda m, y: m.evaluate(X, y, verbose=0),
    "train_on_batch": lambda m, y: m.train_on_batch(X, y),
    "test_on_batch": lambda m, y: m.test_on_batch(X, y),
    "validation": lambda m, y: m.fit(X, Y, validation_data=(X, y), verbose=0).history["val_loss"],
    "a loss": lambda m, y: keras.losses.MeanSquaredError()(y, Y),
    "a metric": lambda m, y: keras.metrics.MeanSquaredError()(y, Y),
}
GOOD = {
    "bool": lambda x: x > 0,
    "float16": lambda x: x.astype("float16"),
    "float64": lambda x: x.astype("float64"),
    "int64": lambda x: (3 * x).astype("int64"),
    "uint8": lambda x: np.abs(3 * x).astype("uint8"),
    "big-endian": lambda x: x.astype(">f4"),
    "big-endian integers": lambda x: (3 * x).astype(">i4"),
    "read-only": read_only,
    "by columns": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "reversed": lambda x: x[::-1],
}


def plain(x):
    """The same numbers in the most ordinary array."""
    return np.array(x, dtype="float32", order="C")


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("door", INPUTS)
def test_unusual_arrays_are_inputs_like_any_other(door, kind):
    x = GOOD[kind](X)
    made, call = model(), INPUTS[door]
    start = made.get_weights()
    result = call(made, x)
    made.set_weights(start)
    made.compile("sgd", "mse")
    np.testing.assert_allclose(result, call(made, plain(x)), rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("door", TARGETS)
def test_unusual_arrays_are_targets_like_any_other(door, kind):
    y = GOOD[kind](Y)
    made, call = model(), TARGETS[door]
    start = made.get_weights()
    result = call(made, y)
    made.set_weights(start)
    made.compile("sgd", "mse")
    np.testing.assert_allclose(result, call(made, plain(y)), rtol=2e-3, atol=1e-5)


# What is refused everywhere: no numbers, or numbers that would silently become others.
NO_NUMBERS = {
    "objects": (lambda x: x.astype(object), "object"),
    "strings": (lambda x: x.astype(str), "<U"),
    "bytes": (lambda x: x.astype("S8"), "S8"),
    "dates": (lambda x: np.zeros(x.shape, "M8[s]"), "datetime"),
    "durations": (lambda x: np.zeros(x.shape, "m8[s]"), "timedelta"),
    "masked": (lambda x: np.ma.masked_array(x, x > 0), "masked.*filled"),
}


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize("door", INPUTS)
def test_what_holds_no_numbers_is_no_input(door, kind):
    make, words = NO_NUMBERS[kind]
    with pytest.raises(ValueError, match=re.compile(f"Argument `x`.*{words}", re.DOTALL)):
        INPUTS[door](model(), make(X))


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize("door", TARGETS)
def test_what_holds_no_numbers_is_no_target(door, kind):
    make, words = NO_NUMBERS[kind]
    with pytest.raises(ValueError, match=re.compile(f"Argument `[xy]`.*{words}", re.DOTALL)):
        TARGETS[door](model(), make(Y))


@pytest.mark.parametrize("door", [d for d in INPUTS if d not in ("a call", "a layer")])
def test_complex_numbers_are_not_cut_down_to_real_ones(door):
    with pytest.raises(ValueError, match="`x`.*complex"):
        INPUTS[door](model(), X.astype(complex))


@pytest.mark.parametrize("kind", ["csr_matrix", "coo_array"])
@pytest.mark.parametrize("door", [d for d in INPUTS if d not in ("a call", "a layer")])
def test_sparse_matrices_are_made_dense_by_their_owner(door, kind):
    words = rf"Argument `x` must be a dense.*{kind} of shape \(12, 4\).*`x.toarray\(\)`"
    with pytest.raises(ValueError, match=words):
        INPUTS[door](model(), getattr(sparse, kind)(X))
    with pytest.raises(ValueError, match="Argument `y` must be a dense array"):
        model().fit(X, getattr(sparse, kind)(Y))
    for call in ("a call", "a layer"):
        with pytest.raises(ValueError, match="Only input tensors.*[Ss]parse"):
            INPUTS[call](model(), getattr(sparse, kind)(X))


RECORDS = {
    "structured": np.zeros(12, [("a", "f4"), ("b", "f4")]),
    "records": np.rec.array(np.zeros(12, [("a", "f4")])),
    "raw bytes": np.zeros((12, 4), "V4"),
}


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("door", INPUTS)
def test_records_are_no_input(door, kind):
    with pytest.raises(ValueError, match="Argument `x` must be an array of numbers|Invalid dtype"):
        INPUTS[door](model(), RECORDS[kind])


WRONG_INPUTS = {
    "rank 1": (X[:, 0], r"shape.*\(12,\)|ndim=1"),
    "width 3": (X[:, :3], r"value 4.*\(12, 3\)"),
    "width 0": (X[:, :0], r"value 4.*\(12, 0\)"),
    "a scalar": (np.float32(3), r"scalar|shape \(\)|ndim=0"),
    "None": (None, "None"),
    "a string": ("abc", "str"),
    "a set": ({1, 2}, "set"),
    "another name": ({"a": X}, "structure"),
}


@pytest.mark.parametrize("kind", WRONG_INPUTS)
@pytest.mark.parametrize("door", [d for d in INPUTS if d != "a generator" and d != "a layer"])
def test_inputs_that_do_not_fit_the_model(door, kind):
    x, words = WRONG_INPUTS[kind]
    words += "|empty" if kind == "None" else ""
    with pytest.raises(ValueError, match=re.compile(words, re.DOTALL)):
        INPUTS[door](model(), x)


@pytest.mark.parametrize("door", [d for d in INPUTS if "call" not in d and d != "a layer"])
def test_zero_rows(door):
    with pytest.raises(ValueError, match="empty|sizes: 0|batch"):
        INPUTS[door](model(), X[:0])


def test_a_call_on_zero_rows_gives_zero_rows():
    assert model()(X[:0]).shape == (0, 2)


WRONG_TARGETS = {
    "rank 1": (Y[:, 0], r"`y_true` of shape \(12,\).*`y_pred` of shape \(12, 2\)"),
    "width 6": (Y.repeat(3, axis=1), r"`y_true` of shape \(12, 6\).*\(12, 2\)"),
    "rank 3": (np.ones((12, 4, 2), "float32"), r"`y_true` of shape \(12, 4, 2\)"),
    "None": (None, "y_true|`y`"),
}


@pytest.mark.parametrize("kind", WRONG_TARGETS)
@pytest.mark.parametrize("door", TARGETS)
def test_targets_that_do_not_fit_the_output(door, kind):
    y, words = WRONG_TARGETS[kind]
    if door == "a metric" and y is None:
        pytest.skip("a metric on nothing")
    with pytest.raises(ValueError, match=re.compile(words, re.DOTALL)):
        TARGETS[door](model(), y)


@pytest.mark.parametrize("door", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_lengths_that_differ(door):
    with pytest.raises(ValueError, match="same number.*'x' sizes: 12; 'y' sizes: 11"):
        TARGETS[door](model(), Y[:-1])


def test_lengths_of_weights_that_differ():
    for call in (
        lambda: model().fit(X, Y, sample_weight=np.ones((12, 2)), verbose=0),
        lambda: model().train_on_batch(X, Y, sample_weight=np.ones((12, 2))),
        lambda: keras.losses.MeanSquaredError()(Y, Y, sample_weight=np.ones(5)),
        lambda: keras.metrics.Mean()(Y, sample_weight=np.ones(5)),
    ):
        with pytest.raises(ValueError, match="Argument `sample_weight`.*Received: .*shape"):
            call()


# Names: every argument that takes one lists near ones.

I4 = np.ones((2, 6, 6, 2), "float32")
NAMES = {
    "activation": (lambda: layers.Dense(2, "rleu"), "relu"),
    "Activation": (lambda: layers.Activation("sigmoyd"), "sigmoid"),
    "activations.get": (lambda: keras.activations.get("sofmax"), "softmax"),
    "kernel_initializer": (lambda: layers.Dense(2, kernel_initializer="he_nomral"), "he_normal"),
    "bias_initializer": (lambda: layers.Dense(2, bias_initializer="zeroes"), "Zeros"),
    "add_weight": (lambda: layers.Layer().add_weight((2,), initializer="zers"), "Zeros"),
    "kernel_regularizer": (lambda: layers.Dense(2, kernel_regularizer="l3"), "L2"),
    "kernel_constraint": (lambda: layers.Dense(2, kernel_constraint="maxnrom"), "MaxNorm"),
    "loss": (lambda: model(loss="mean_squared_eror").fit(X, Y), "mean_squared_error"),
    "losses.get": (lambda: keras.losses.get("msee"), "MSE"),
    "metrics": (lambda: model(metrics=["acuracy"]).fit(X, Y), "Accuracy"),
    "optimizer": (lambda: model(optimizer="rmsporp"), "RMSprop"),
    "dtype of a layer": (lambda: layers.Dense(2, dtype="flaot32"), "float32"),
    "mixed policy": (lambda: layers.Dense(2, dtype="mixed_float61"), "mixed_float16"),
    "dtype of an op": (lambda: ops.zeros((2,), dtype="flot32"), "float32"),
    "cast": (lambda: ops.cast(X, "flaot64"), "float64"),
    "floatx": (lambda: keras.config.set_floatx("float23"), "float32"),
    "padding": (lambda: layers.Conv2D(2, 2, padding="smae"), "same"),
    "padding of pooling": (lambda: layers.MaxPooling2D(2, padding="vaild"), "valid"),
    "padding of an op": (lambda: ops.max_pool(I4, 2, padding="smae"), "same"),
    "padding of conv": (lambda: ops.conv(I4, np.ones((2, 2, 2, 1)), 1, "smae"), "same"),
    "data_format": (lambda: layers.Conv2D(2, 2, data_format="chanels_last"), "channels_last"),
    "data_format of Flatten": (lambda: layers.Flatten("chanels_last"), "channels_last"),
    "image_data_format": (
        lambda: keras.config.set_image_data_format("channel_first"), "channels_first"),
    "reduction": (lambda: keras.losses.MeanSquaredError(reduction="summ"), "sum"),
    "fan": (lambda: keras.initializers.VarianceScaling(mode="fan_im"), "fan_in"),
    "distribution": (
        lambda: keras.initializers.VarianceScaling(distribution="unifrom"), "uniform"),
    "merge_mode": (lambda: layers.Bidirectional(layers.LSTM(2), merge_mode="cnocat"), "concat"),
    "interpolation": (lambda: layers.UpSampling2D(interpolation="bilnear"), "bilinear"),
    "resize": (lambda: ops.image.resize(I4, (3, 3), interpolation="bilnear"), "bilinear"),
    "RandomFlip": (lambda: layers.RandomFlip("horizntal"), "horizontal"),
    "score_mode": (lambda: layers.Attention(score_mode="dto"), "dot"),
    "pad": (lambda: ops.pad(X, 1, mode="refelct"), "reflect"),
    "AUC": (lambda: keras.metrics.AUC(curve="RCO"), "ROC"),
    "average": (lambda: keras.metrics.F1Score(average="wieghted"), "weighted"),
    "aggregation": (lambda: keras.Variable(1.0, aggregation="meen"), "mean"),
    "get_layer": (lambda: model().get_layer("dens"), "dense"),
    "mini's activation": (lambda: keras.mini.Layer(2, "rleu"), "relu"),
    "mini's type": (lambda: keras.mini.Layer(2, type="dorpout"), "dropout"),
    "split": (lambda: keras.datasets.emnist.load_data("leters"), "letters"),
}  # fmt: skip


@pytest.mark.parametrize("argument", NAMES)
def test_an_unknown_name_lists_near_ones(argument):
    call, near = NAMES[argument]
    with pytest.raises(ValueError, match=f"Did you mean .*'{near}"):
        call()


def test_fill_mode_raises_what_keras_raises():
    with pytest.raises(NotImplementedError, match="fill_mode.*reflect"):
        layers.RandomRotation(0.1, fill_mode="refect")


@pytest.mark.parametrize("callback", ["EarlyStopping", "ReduceLROnPlateau"])
def test_an_unknown_mode_warns_and_is_found_out(callback):
    """As in Keras, which falls back to "auto"."""
    with pytest.warns(UserWarning, match="mode 'mxa' is unknown"):
        getattr(keras.callbacks, callback)(mode="mxa")


# Shapes and sizes.

SHAPES = {
    "units": lambda v: layers.Dense(v),
    "LSTM": lambda v: layers.LSTM(v),
    "filters": lambda v: layers.Conv2D(v, 2)(np.ones((1, 5, 5, 2))),
    "kernel_size": lambda v: layers.Conv2D(2, v),
    "Embedding": lambda v: layers.Embedding(v, 2),
    "a mini size": lambda v: keras.mini.Layer(v),
}


@pytest.mark.parametrize("value", [-3, 0, 2.5, None, "3", [[3]]])
@pytest.mark.parametrize("argument", SHAPES)
def test_sizes_are_positive_integers(argument, value):
    with pytest.raises(ValueError, match=r"Argument `\w+` must be a positive integer"):
        SHAPES[argument](value)


WHOLE_SHAPES = {
    "Input": (lambda s: keras.Input(s), [(-4,), (4.0,), "4", 4]),
    "KerasTensor": (lambda s: keras.KerasTensor(s), [(-1, 2), (1.5,), "4"]),
    "Variable": (lambda s: keras.Variable("zeros", shape=s), [(-1,), (None, 2), (2.5,)]),
    "add_weight": (lambda s: layers.Layer().add_weight(s), [(-1,), (None, 2), (2.5,)]),
    "ops.zeros": (lambda s: ops.zeros(s), [(-1,), (None,), (1.5,), "4"]),
    "ops.reshape": (lambda s: ops.reshape(X, s), [(5, 5), (4.0, 12), None]),
    "Reshape": (lambda s: layers.Reshape(s)(X), [(3, 3), (2.0, 2), (-1, -1)]),
    "an initializer": (lambda s: keras.initializers.GlorotUniform()(s), [(-2, 3), (1.5, 2)]),
    "random": (lambda s: keras.random.normal(s), [(-2,), (1.5,), (None,)]),
}


@pytest.mark.parametrize(
    ("name", "shape"), [(name, s) for name, (_, shapes) in WHOLE_SHAPES.items() for s in shapes]
)
def test_shapes_that_are_none(name, shape):
    with pytest.raises(ValueError, match=r"shape|Shape|negative"):
        WHOLE_SHAPES[name][0](shape)


def test_a_list_is_read_as_a_shape_and_not_kept():
    shape = [4]
    tensor = keras.Input(shape)
    layer = layers.Reshape(target := [2, 2])
    weight = layers.Layer().add_weight(size := [2, 3])
    shape[0], target[0], size[0] = 7, 7, 7
    assert tensor.shape == (None, 4) and weight.shape == (2, 3)
    assert layer(X).shape == (12, 2, 2) and layer.get_config()["target_shape"] == (2, 2)


# What is not there yet.

UNBUILT = {
    "kernel": (lambda: layers.Dense(2).kernel, AttributeError, "build"),
    "embeddings": (lambda: layers.Embedding(2, 2).embeddings, AttributeError, "build"),
    "count_params": (lambda: layers.Dense(2).count_params(), ValueError, "build"),
    "set_weights": (lambda: layers.Dense(2).set_weights([X]), ValueError, "0 weights"),
    "output": (lambda: layers.Dense(2).output, AttributeError, "never been called"),
    "input": (lambda: layers.Dense(2).input, AttributeError, "never been called"),
    "a model's inputs": (
        lambda: keras.Sequential([layers.Dense(2)]).inputs, AttributeError, "Build"),
    "save_weights": (
        lambda: keras.Sequential([layers.Dense(2)]).save_weights("a.weights.h5"),
        ValueError, "not yet been built"),
    "load_weights": (
        lambda: keras.Sequential([layers.Dense(2)]).load_weights("a.weights.h5"),
        ValueError, "not yet been built"),
    "fit": (lambda: keras.Sequential([layers.Dense(2)]).fit(X, Y), ValueError, "compile"),
    "call": (lambda: layers.Layer()(X), NotImplementedError, "call"),
    "an optimizer": (lambda: keras.optimizers.SGD().apply([X]), ValueError, "build"),
    "build": (lambda: layers.Dense(2).build((None, None)), ValueError, "fully known"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNBUILT)
def test_what_is_not_built_says_what_to_do(what):
    call, kind, words = UNBUILT[what]
    with pytest.raises(kind, match=words):
        call()


# Other arguments of training.

ARGUMENTS = {
    "epochs": (lambda: model().fit(X, Y, epochs="two"), TypeError),
    "batch_size": (lambda: model().fit(X, Y, batch_size=2.5), ValueError),
    "validation_split": (lambda: model().fit(X, Y, validation_split=1.5), ValueError),
    "class_weight": (lambda: model().fit(X, CLASSES, class_weight={0: "a"}), ValueError),
    "callbacks": (lambda: model().fit(X, Y, callbacks="early"), ValueError),
    "learning_rate": (lambda: keras.optimizers.SGD(learning_rate="fast"), ValueError),
    "momentum": (lambda: keras.optimizers.SGD(momentum=2), ValueError),
    "clipnorm": (lambda: keras.optimizers.SGD(clipnorm=1, clipvalue=1), ValueError),
    "seed": (lambda: keras.utils.set_random_seed("a"), ValueError),
    "x": (lambda: keras.utils.to_categorical(["a"]), ValueError),
    "axis": (lambda: ops.sum(X, axis=5), ValueError),
}


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_arguments_are_named(argument):
    call, kind = ARGUMENTS[argument]
    with pytest.raises(kind, match=f"`{argument}`"):
        call()


# Interruption: whatever ends training early, the model goes on from where it is.


class Failing(keras.callbacks.Callback):
    """Raises an error at one place."""

    def __init__(self, place, error):
        super().__init__()

        def fail(*args, **kwargs):
            raise error

        setattr(self, place, fail)


PLACES = ("on_train_begin", "on_train_batch_end", "on_test_batch_end", "on_epoch_end")


def goes_on(made):
    """Trains, tests, predicts; fails unless all are of finite numbers."""
    loss = made.fit(X, Y, epochs=2, verbose=0).history["loss"]
    assert len(loss) == 2 and np.isfinite(loss).all()
    assert np.isfinite(made.evaluate(X, Y, verbose=0))
    assert np.isfinite(made.predict(X, verbose=0)).all()
    assert all(np.isfinite(w).all() for w in made.get_weights())


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("mine")], ids=repr)
@pytest.mark.parametrize("place", PLACES)
def test_what_a_callback_raises_arrives_and_the_model_goes_on(place, error, eager):
    made = model(run_eagerly=eager)
    with pytest.raises(type(error)) as caught:
        made.fit(
            X, Y, validation_data=(X, Y), batch_size=4, verbose=0,
            callbacks=[Failing(place, error)],
        )  # fmt: skip
    assert caught.value is error
    goes_on(made)


def test_a_signal_in_the_middle_of_fit():
    made = model(optimizer="adam")
    started = threading.Event()

    def interrupt():
        started.wait()
        os.kill(os.getpid(), signal.SIGINT)

    class Begun(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 20:
                started.set()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        made.fit(X, Y, epochs=10**7, verbose=0, callbacks=[Begun()])
    thread.join()
    assert int(made.optimizer.iterations) >= 20
    goes_on(made)


def test_what_a_layer_raises_arrives_and_the_model_goes_on():
    class Moody(layers.Layer):
        bad = True

        def call(self, x):
            if self.bad:
                raise RuntimeError("not today")
            return 2 * x

    for call in (
        lambda m: m.fit(X, Y, verbose=0),
        lambda m: m.evaluate(X, Y, verbose=0),
        lambda m: m.predict(X, verbose=0),
        lambda m: m.train_on_batch(X, Y),
        lambda m: m(X),
    ):
        layer = Moody()
        layer.bad = False
        made = keras.Sequential([keras.Input((4,)), layers.Dense(2), layer])
        made.compile("sgd", "mse")
        layer.bad = True
        with pytest.raises(RuntimeError, match="not today"):
            call(made)
        layer.bad = False
        goes_on(made)


def test_what_a_generator_or_a_dataset_raises_arrives_and_the_model_goes_on():
    def generator():
        yield X[:4], Y[:4]
        raise RuntimeError("the source dried up")

    class Dry(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            if index == 2:
                raise RuntimeError("the source dried up")
            return X[:4], Y[:4]

    for data in (generator(), Dry(), Dry(workers=2)):
        made = model()
        with pytest.raises(RuntimeError, match="dried up"):
            made.fit(data, verbose=0)
        goes_on(made)
    made = model()
    with pytest.raises(ValueError, match=r"value 4.*\(4, 3\)"):
        made.fit(iter([(X[:4], Y[:4]), (X[:4, :3], Y[:4])]), verbose=0)
    goes_on(made)


# NaN.


def test_nan_in_the_data_ends_training_where_it_is_asked_to():
    bad = X.copy()
    bad[9] = np.nan
    seen = []
    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda i, logs: seen.append(i))
    made = model()
    with pytest.warns(UserWarning, match="NaN at step 3 of epoch 1"):
        history = made.fit(
            bad, Y, batch_size=4, epochs=5, shuffle=False, verbose=0,
            callbacks=[count, keras.callbacks.TerminateOnNaN()],
        )  # fmt: skip
    assert seen == [0, 1, 2] and len(history.epoch) == 1


@pytest.mark.parametrize("labels", [CLASSES + 1, CLASSES - 1], ids=["too large", "negative"])
def test_labels_out_of_range(labels):
    made = model(2, "sparse_categorical_crossentropy", "softmax")
    for call in (
        lambda: made.fit(X, labels, verbose=0),
        lambda: made.evaluate(X, labels, verbose=0),
        lambda: made.train_on_batch(X, labels),
        lambda: made.test_on_batch(X, labels),
    ):
        with pytest.raises(ValueError, match="Argument `y`.*out of range.*0 to 1"):
            call()
    with pytest.raises(ValueError, match="0 to 1"):
        keras.utils.to_categorical(labels, 2)
