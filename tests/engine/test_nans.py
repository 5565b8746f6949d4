"""The check for NaN and Inf: what made the first one, in which layer and step, on which line."""

import os
import re
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import hornlet as keras
from hornlet import layers, ops
from hornlet.engine import GradientTape
from hornlet.engine.nans import NanError, watching
from hornlet.training.nan_watch import first_nan

X = np.array([[1.0, 2.0], [3.0, 1.0], [3.0, -1.0]], "float32")
Y = X[:, :1]
HERE = re.escape(os.path.basename(__file__))
pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:The loss became NaN"),
]


@pytest.fixture(autouse=True)
def _checking():
    keras.config.set_debug_nans(True)
    yield
    keras.config.set_debug_nans(False)


class Log(layers.Layer):
    def call(self, x):
        return ops.log(x)  # here it is


class Root(layers.Layer):
    def call(self, x):
        return np.sqrt(np.maximum(x, 0))


def model(*middle, **settings):
    eye = keras.initializers.Identity()
    made = keras.Sequential([keras.Input((2,)), layers.Dense(2, kernel_initializer=eye), *middle,
                             layers.Dense(1, kernel_initializer="ones")], name="m")  # fmt: skip
    made.compile(**{"optimizer": keras.optimizers.SGD(1e-3), "loss": "mse", **settings})
    return made


USES = {
    "a call": lambda m: m(X),
    "predict": lambda m: m.predict(X, verbose=0),
    "fit": lambda m: m.fit(X, Y, batch_size=1, shuffle=False, verbose=0),
    "evaluate": lambda m: m.evaluate(X, Y, batch_size=1, verbose=0),
    "train_on_batch": lambda m: m.train_on_batch(X, Y),
}
STEPS = {"fit": "In step 3 of epoch 1", "evaluate": "In step 3"}


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("use", USES)
def test_the_primitive_the_layer_the_step_and_the_line_are_named(use, eager):
    made = model(Log(name="odd"), run_eagerly=eager)
    with pytest.raises(NanError) as caught:
        USES[use](made)
    text = str(caught.value)
    assert text.startswith("`log` made NaN in layer 'm/odd'.")
    assert re.search(rf'File ".*{HERE}", line \d+, in call\n    return ops.log\(x\)  # here', text)
    assert STEPS.get(use, "") in text
    assert "float32 of shape" in text and "clip or scale" in text


@pytest.mark.parametrize("eager", [False, True])
def test_a_gradient_is_told_by_what_it_is_the_gradient_of(eager):
    made = model(Root(name="root"), run_eagerly=eager)
    with pytest.raises(NanError, match="the gradient of `sqrt`: `divide` made Inf in layer 'm/roo"):
        USES["fit"](made)
    w = keras.Variable([0.0, 1.0])
    with pytest.raises(NanError, match="the gradient of `sqrt`"), GradientTape() as tape:
        tape.gradient(ops.sum(ops.sqrt(w)), w)


def test_inside_the_body_of_a_loop():
    made = keras.Sequential(
        [keras.Input((3, 2)), layers.LSTM(2, activation=lambda x: ops.log(x), name="loop")]
    )
    with pytest.raises(NanError, match="`log` made .*in layer '.*loop'"):
        made.predict(np.ones((2, 3, 2), "float32"), verbose=0)


def test_an_overflow_is_found():
    made = model(optimizer=keras.optimizers.SGD(1e10))
    with pytest.raises(NanError, match=r"made Inf.*\n.*\n.*\n?.*from") as caught:
        made.fit(X, Y, batch_size=1, epochs=9, shuffle=False, verbose=0)
    assert "In step" in str(caught.value)
    with pytest.raises(NanError, match="`exp` made Inf"):
        ops.exp(np.float32([100.0]))


def test_what_was_there_before_is_not_made():
    x = np.float32([np.nan, np.inf, 1.0])
    assert np.isnan(ops.add(x, 1)[0])
    assert ops.where(x > 2, -np.inf, 0.0).tolist() == [0.0, -np.inf, 0.0]
    assert np.isinf(ops.full((2,), np.inf)).all()
    assert ops.exp(np.float32([-np.inf])).tolist() == [0.0]
    with pytest.raises(NanError, match="made NaN"):
        ops.subtract(x[1:2], x[1:2])
    assert np.isfinite(model().predict(np.nan_to_num(X), verbose=0)).all()


def test_results_are_the_same_as_without_it():
    def trained(check):
        keras.config.set_debug_nans(check)
        keras.utils.set_random_seed(1)
        made = keras.Sequential(
            [keras.Input((2,)), layers.Reshape((2, 1)), layers.GRU(3), layers.Dropout(0.2),
             layers.BatchNormalization(), layers.Dense(1)]
        )  # fmt: skip
        made.compile("adam", "mse", metrics=["mae"])
        made.fit(X, Y, epochs=3, verbose=0, shuffle=False)
        return made.predict(X, verbose=0)

    np.testing.assert_allclose(trained(True), trained(False), rtol=1e-4, atol=1e-6)


def test_programs_compiled_without_it_hold_nothing_of_it():
    keras.config.set_debug_nans(False)
    made = model()
    made.predict(X, verbose=0)
    (normal,) = made.predict_function.compiled.executables.values()
    assert not normal.plan.watched and all(n.origin is None for n in normal.graph.nodes())
    calls = len(normal.free[0].calls)
    keras.config.set_debug_nans(True)
    made.predict(X, verbose=0)
    checked = list(made.predict_function.compiled.executables.values())[-1]
    assert checked.plan.watched and len(checked.free[0].calls) > 2 * calls
    keras.config.set_debug_nans(False)
    made.predict(X, verbose=0)
    assert len(made.predict_function.compiled.executables) == 2


def test_a_block_checks_in_its_thread_alone():
    keras.config.set_debug_nans(False)
    inside, done, seen = threading.Event(), threading.Event(), []

    def other():
        inside.wait(10)
        seen.append(ops.log(np.float32([-1.0])))
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with watching():
        inside.set()
        assert done.wait(10)
        with pytest.raises(NanError):
            ops.log(np.float32([-1.0]))
    thread.join()
    assert np.isnan(seen[0]) and np.isnan(ops.log(np.float32([-1.0])))


def test_the_environment_variable_switches_it_on():
    code = "import numpy as np, hornlet; hornlet.ops.log(np.float32([-1.0]))"
    environment = {**os.environ, "HORNLET_DEBUG_NANS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "NanError: `log` made NaN" in done.stderr


# Without the check: what `fit` says when the loss turns NaN.


def warned(made, x=X, y=Y, **settings):
    keras.config.set_debug_nans(False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made.fit(x, y, batch_size=1, shuffle=False, verbose=0, **settings)
    (text,) = [str(w.message) for w in caught if "became NaN" in str(w.message)]
    return text


@pytest.mark.parametrize("eager", [False, True])
def test_fit_names_the_step_and_the_layer(eager):
    text = warned(model(Log(name="odd"), layers.Dropout(0.1), run_eagerly=eager), epochs=2)
    assert "at step 3 of epoch 1. `log` made NaN in layer 'm/odd'" in text and "in call" in text


def test_fit_names_the_argument_that_holds_it():
    bad = X.copy()
    bad[1, 1] = np.nan
    made = model()
    name = made.layers[0].name
    text = warned(made, bad)
    assert "step 2 of epoch 1. Argument `x` holds NaN or Inf in 1 rows" in text and name in text
    assert "Argument `y` holds NaN" in warned(model(), X, bad[:, 1:])
    text = warned(model(optimizer=keras.optimizers.SGD(1e10)), epochs=9)
    assert re.search("Weight 'm/.*kernel' holds NaN or Inf since an earlier step", text)


def test_looking_for_the_layer_changes_nothing():
    made = model(layers.BatchNormalization(), layers.Dropout(0.5), Log())
    keras.config.set_debug_nans(False)
    made.predict(X, verbose=0)
    before = [v.numpy() for v in made.variables]
    assert "`log` made" in first_nan(made, (X, Y))
    assert all(np.array_equal(a, v.numpy()) for a, v in zip(before, made.variables))
    assert not made.losses
