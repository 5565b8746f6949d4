"""Callbacks do what Keras's do: histories, weights, messages and files over the rows."""

import json
import os
import re
import sys
import types
import warnings

import keras
import numpy as np
import pytest

import hornlet
from hornlet import callbacks

from .cases import CASES, OWN

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype("float32")
Y = RNG.normal(size=(40, 2)).astype("float32")


def model(k, weights=None, **compile):
    made = k.Sequential([k.Input((4,)), k.layers.Dense(3, "tanh"), k.layers.Dense(2)])
    if weights is not None:
        made.set_weights(weights)
    settings = {"optimizer": "sgd", "loss": "mse", "metrics": ["mean_absolute_error"]}
    made.compile(**{**settings, **compile})
    return made


def fit(made, *given, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return made.fit(
            X, Y, batch_size=10, shuffle=False, callbacks=list(given),
            **{"epochs": 5, "verbose": 0, "validation_data": (X[:20], Y[:20]), **more},
        ).history  # fmt: skip


def test_every_callback_has_a_row():
    assert set(callbacks.__all__) == {name for name, _ in CASES} | OWN


@pytest.mark.parametrize(
    "name, arguments", CASES, ids=[f"{name}-{i}" for i, (name, _) in enumerate(CASES)]
)
def test_agrees_with_keras(name, arguments, tmp_path, capsys):
    results, weights = [], None
    for k in (hornlet, keras):
        folder = tmp_path / k.__name__
        folder.mkdir()
        given = {
            key: v.format(folder=folder) if isinstance(v, str) and "{" in v else v
            for key, v in arguments.items()
        }
        made = model(k, weights)
        weights = made.get_weights() if weights is None else weights
        capsys.readouterr()
        history = fit(made, getattr(k.callbacks, name)(**given))
        text = re.sub(r"[\w/.-]*/" + k.__name__, "<folder>", capsys.readouterr().out)
        text = text if name != "ProgbarLogger" else ""
        files = sorted(os.listdir(folder))
        results.append((made, history, text, files, folder))
    own, history, text, files, folder = results[0]
    theirs, expected, their_text, their_files, other = results[1]
    assert list(history) == list(expected)
    for key, values in expected.items():
        np.testing.assert_allclose(history[key], values, rtol=1e-4, err_msg=key)
    for a, b in zip(own.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
    assert re.sub(r"\d\.\d{4,}", "#", text) == re.sub(r"\d\.\d{4,}", "#", their_text)
    assert files == their_files
    if "log.csv" in files:
        lines = [(f / "log.csv").read_bytes().splitlines() for f in (folder, other)]
        assert len(lines[0]) == len(lines[1]) and lines[0][0] == lines[1][0]


def test_a_log_is_continued(tmp_path):
    path = tmp_path / "log.csv"
    for append in (False, True):
        fit(model(hornlet), callbacks.CSVLogger(path, append=append), epochs=2)
    lines = path.read_text().splitlines()
    assert len(lines) == 5 and lines[0].startswith("epoch,loss,mean_absolute_error,val_loss")


def test_best_weights_come_back():
    made = model(hornlet)
    kept = []
    note = callbacks.LambdaCallback(on_epoch_end=lambda e, logs: kept.append(made.get_weights()))
    stop = callbacks.EarlyStopping(mode="max", patience=2, restore_best_weights=True)
    history = fit(made, note, stop, epochs=20)
    assert len(history["loss"]) == 3  # the loss falls, so the first epoch is the "best"
    for a, b in zip(made.get_weights(), kept[0]):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("raises", [False, True])
def test_nan_terminates(raises, capsys):
    bad = X.copy()
    bad[15] = np.nan
    made = model(hornlet)
    run = lambda: made.fit(  # noqa: E731
        bad, Y, batch_size=10, shuffle=False, verbose=0, epochs=3,
        callbacks=[callbacks.TerminateOnNaN(raise_error=raises)],
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if raises:
            with pytest.raises(RuntimeError, match="batch 1"):
                run()
        else:
            assert run().epoch == [0]
            assert "Batch 1: Invalid loss, terminating training" in capsys.readouterr().out


def test_training_goes_on_where_it_was_interrupted(tmp_path):
    weights = model(hornlet).get_weights()
    straight = model(hornlet, weights, optimizer="adam")
    expected = fit(straight, epochs=4)

    class Power(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    first = model(hornlet, weights, optimizer="adam")
    with pytest.raises(KeyboardInterrupt):
        backup = callbacks.BackupAndRestore(tmp_path / "b", double_checkpoint=True)
        fit(first, backup, Power(), epochs=4)
    second = model(hornlet, optimizer="adam")
    rest = fit(second, callbacks.BackupAndRestore(tmp_path / "b"), epochs=4)
    assert rest == expected
    assert not (tmp_path / "b").exists()
    for a, b in zip(straight.get_weights(), second.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_a_folder_of_keras_s_own_backup_is_read(tmp_path):
    theirs = model(keras, optimizer="adam")

    class Power(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(theirs, keras.callbacks.BackupAndRestore(str(tmp_path / "b")), Power(), epochs=4)
    made = model(hornlet, optimizer="adam")
    backup = callbacks.BackupAndRestore(tmp_path / "b", delete_checkpoint=False)
    assert len(fit(made, backup, epochs=4)["loss"]) == 2
    assert int(made.optimizer.iterations) == 16 and made._initial_epoch is None


def test_the_last_checkpoints_are_kept_and_the_newest_whole_one_is_found(tmp_path):
    pattern = tmp_path / "deep" / "{epoch:02d}-{loss:.3f}.weights.h5"
    made = model(hornlet)
    assert callbacks.newest_checkpoint(pattern) is None
    fit(made, callbacks.ModelCheckpoint(pattern, save_weights_only=True, keep=3), epochs=5)
    files = sorted(os.listdir(tmp_path / "deep"))
    assert [name[:2] for name in files] == ["03", "04", "05", "ch"]
    newest = callbacks.newest_checkpoint(pattern)
    assert newest == str(tmp_path / "deep" / files[2]) == callbacks.newest_checkpoint(
        tmp_path / "deep"
    )
    other = model(hornlet)
    other.load_weights(newest)
    np.testing.assert_array_equal(other.get_weights()[0], made.get_weights()[0])
    content = bytearray((tmp_path / "deep" / files[2]).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "deep" / files[2]).write_bytes(content)
    assert callbacks.newest_checkpoint(pattern) == str(tmp_path / "deep" / files[1])
    os.unlink(tmp_path / "deep" / files[1])
    assert callbacks.newest_checkpoint(pattern) == str(tmp_path / "deep" / files[0])
    fit(made, callbacks.ModelCheckpoint(pattern, save_weights_only=True, keep=1), epochs=1)
    kept = sorted(os.listdir(tmp_path / "deep"))
    assert [name[:2] for name in kept] == ["01", "ch"]


def test_a_list_of_checkpoints_that_names_files_elsewhere_is_refused(tmp_path):
    entry = {"pattern": "{epoch}.keras", "file": "../precious", "sha256": []}
    for entries in ([entry], [{**entry, "file": "/precious"}], [{}], {}, 3):
        (tmp_path / "checkpoints.json").write_text(json.dumps({"checkpoints": entries}))
        if entries:
            with pytest.raises(hornlet.saving.FileError, match="checkpoints.json"):
                callbacks.newest_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("path", "arguments"),
    [("a.keras", {"keep": 2}), ("{loss}.keras", {"keep": 2}), ("{epoch}.keras", {"keep": 0}),
     ("{epoch}.keras", {"keep": True}), ("{epoch}.keras", {"keep": 2, "save_freq": 5})],
)  # fmt: skip
def test_what_is_kept_must_have_names_of_its_own(path, arguments):
    with pytest.raises(ValueError, match="keep"):
        callbacks.ModelCheckpoint(path, **arguments)


def some_averaged(k):
    """Averages of the biases only."""
    table = k.optimizers.OptimizerMap(k.optimizers.SGD(0.1))
    table[".*bias"] = k.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)
    return k.optimizers.MultiOptimizer(table)


AVERAGED = {
    "one": lambda k: k.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9),
    "written over": lambda k: k.optimizers.Adam(
        0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3
    ),
    "scaled": lambda k: k.optimizers.LossScaleOptimizer(
        k.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)
    ),
    "several": some_averaged,
}


@pytest.mark.parametrize("on_epoch", [False, True])
@pytest.mark.parametrize("kind", AVERAGED)
def test_averages_stand_in_for_weights_in_evaluation(kind, on_epoch):
    results, weights = [], None
    for k in (hornlet, keras):
        made = model(k, weights, optimizer=AVERAGED[kind](k))
        weights = made.get_weights() if weights is None else weights
        results.append((fit(made, k.callbacks.SwapEMAWeights(on_epoch)), made.get_weights()))
    for key, values in results[1][0].items():
        np.testing.assert_allclose(results[0][0][key], values, rtol=1e-4, err_msg=key)
    for a, b in zip(results[0][1], results[1][1]):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_averages_predict_and_the_weights_come_back():
    results, weights = [], None
    for k in (hornlet, keras):
        made = model(k, weights, optimizer=AVERAGED["one"](k))
        weights = made.get_weights() if weights is None else weights
        made.train_on_batch(X, Y)
        results.append(made.predict(X, verbose=0, callbacks=[k.callbacks.SwapEMAWeights()]))
        if k is hornlet:  # Keras leaves the averages in their place
            once = made.get_weights()
            made.predict(X, verbose=0, callbacks=[k.callbacks.SwapEMAWeights()])
            for a, b in zip(once, made.get_weights()):
                np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-6)


class Requests(types.ModuleType):
    """Stands in for the package `requests`: keeps what is posted."""

    class exceptions:
        class RequestException(OSError):
            pass

    def __init__(self, answers=True):
        super().__init__("requests")
        self.answers, self.posts = answers, []

    def post(self, *args, **kwargs):
        if not self.answers:
            raise self.exceptions.RequestException
        self.posts.append((args, kwargs))


LOGS = {"loss": np.float32(0.5), "mae": np.array(2.0), "n": 3}


@pytest.mark.parametrize(
    "arguments, args, kwargs",
    [
        ({}, ("http://localhost:9000/publish/epoch/end/",
              {"data": '{"epoch": 4, "loss": 0.5, "mae": 2.0, "n": 3}'}), {"headers": None}),
        ({"root": "r", "path": "/p", "field": "f", "headers": {"a": "b"}},
         ("r/p", {"f": '{"epoch": 4, "loss": 0.5, "mae": 2.0, "n": 3}'}), {"headers": {"a": "b"}}),
        ({"root": "r", "send_as_json": True}, ("r/publish/epoch/end/",),
         {"json": {"epoch": 4, "loss": 0.5, "mae": 2.0, "n": 3}, "headers": None}),
    ],
)  # fmt: skip
def test_logs_are_sent(monkeypatch, arguments, args, kwargs):
    requests = Requests()
    monkeypatch.setitem(sys.modules, "requests", requests)
    callbacks.RemoteMonitor(**arguments).on_epoch_end(4, LOGS)
    assert requests.posts == [(args, kwargs)]


def test_a_server_that_does_not_answer_and_packages_that_are_missing(monkeypatch):
    monitor = callbacks.RemoteMonitor(root="nowhere")
    monkeypatch.setitem(sys.modules, "requests", Requests(answers=False))
    with pytest.warns(UserWarning, match="Could not reach RemoteMonitor root server at nowhere"):
        monitor.on_epoch_end(0, LOGS)
    monkeypatch.setitem(sys.modules, "requests", None)
    with pytest.raises(ImportError, match="requests"):
        monitor.on_epoch_end(0, LOGS)
    with pytest.raises(ImportError, match=r"JAX's arrays.*ModelCheckpoint"):
        callbacks.OrbaxCheckpoint("folder")


def test_early_stopping_asks_its_own_method_for_the_value():
    class Ratio(callbacks.EarlyStopping):
        def get_monitor_value(self, logs):
            return logs["loss"] / logs["val_loss"]

    made = model(hornlet)
    stop = Ratio(monitor="ratio", mode="max", patience=50)
    logs = fit(made, stop)
    assert stop.best == pytest.approx(max(np.divide(logs["loss"], logs["val_loss"])))
    with pytest.warns(UserWarning, match="`val_loss` which is not available"):
        assert callbacks.EarlyStopping().get_monitor_value({}) is None


def several_rates(k):
    """Biases by one optimizer, everything else by another."""
    inner = k.optimizers.SGD(0.2, name="fast")
    table = k.optimizers.OptimizerMap(k.optimizers.SGD(0.1, name="slow"), {".*bias": inner})
    return k.optimizers.MultiOptimizer(table)


@pytest.mark.parametrize(
    "make",
    [
        lambda k: k.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1),
        lambda k: k.callbacks.ReduceLROnPlateau(
            factor=0.25, patience=1, min_delta=100.0, min_lr=0.01, verbose=1
        ),
    ],
)
def test_every_optimizer_of_several_gets_its_rate(make, capsys):
    results, weights = [], None
    for k in (hornlet, keras):
        made = model(k, weights, optimizer=several_rates(k))
        weights = made.get_weights() if weights is None else weights
        capsys.readouterr()
        logs = fit(made, make(k))
        inner = made.optimizer.optimizers
        results.append((logs, [float(o.learning_rate) for o in inner], capsys.readouterr().out))
    (logs, rates, said), (keras_logs, keras_rates, keras_said) = results
    assert {"learning_rate_fast", "learning_rate_slow"} <= set(logs)
    assert set(logs) == set(keras_logs)
    for name, series in keras_logs.items():
        np.testing.assert_allclose(logs[name], series, rtol=1e-5, err_msg=name)
    assert rates == pytest.approx(keras_rates) and rates[0] != pytest.approx(0.2)
    assert said == keras_said and "fast" in said


@pytest.mark.parametrize("mode, monitor", [("auto", "loss"), ("auto", "accuracy"), ("max", "loss")])
def test_a_callback_says_how_it_compares(mode, monitor):
    made = model(hornlet, loss="mse", metrics=["accuracy"])
    stop = callbacks.EarlyStopping(monitor, mode=mode)
    assert stop.monitor_op is None
    fit(made, stop)
    more = mode == "max" or monitor == "accuracy"
    assert stop.monitor_op is (hornlet.ops.greater if more else hornlet.ops.less)


def test_predictions_of_one_execution_are_joined_as_in_keras():
    seen = []
    for k in (hornlet, keras):
        note = k.callbacks.LambdaCallback(
            on_predict_batch_end=lambda batch, logs, k=k: seen.append(
                (k, batch, np.shape(logs["outputs"]))
            )
        )
        model(k, steps_per_execution=2).predict(X, batch_size=9, verbose=0, callbacks=[note])
    own, theirs = ([row[1:] for row in seen if row[0] is k] for k in (hornlet, keras))
    assert own == theirs and len(own) == 3


def test_averages_need_an_optimizer_that_keeps_them():
    with pytest.raises(ValueError, match="use_ema"):
        fit(model(hornlet), callbacks.SwapEMAWeights())


def test_every_moment_is_called_as_in_keras():
    results = []
    for k in (hornlet, keras):
        calls = []

        class Note(k.callbacks.Callback):
            def __getattribute__(self, name, calls=calls):
                found = super().__getattribute__(name)
                if not name.startswith("on_"):
                    return found
                return lambda *a, **kw: (
                    calls.append((name, a[0] if a and isinstance(a[0], int) else None)),
                    found(*a, **kw),
                )[1]

            def on_train_batch_begin(self, batch, logs=None):
                pass

            def on_train_batch_end(self, batch, logs=None):
                pass

            def on_test_batch_begin(self, batch, logs=None):
                pass

            def on_test_batch_end(self, batch, logs=None):
                pass

            def on_predict_batch_begin(self, batch, logs=None):
                pass

            def on_predict_batch_end(self, batch, logs=None):
                assert "outputs" in logs

        note = Note()
        made = model(k)
        fit(made, note, epochs=2)
        made.evaluate(X, Y, verbose=0, callbacks=[note])
        made.predict(X, verbose=0, callbacks=[note])
        results.append(calls)
    assert results[0] == results[1]


def test_steps_without_listeners_call_nobody():
    several = callbacks.CallbackList([callbacks.EarlyStopping()], add_history=True)
    assert several.starts("on_train_batch_begin") is None
    assert several.ends("on_train_batch_end", dict) is None
    older = callbacks.LambdaCallback(on_batch_end=lambda batch, logs=None: None)
    assert callbacks.CallbackList([older]).ends("on_train_batch_end", dict) is not None


def test_training_stops_when_told():
    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    made = model(hornlet)
    history = fit(made, Stop())
    assert len(history["loss"]) == 1
    assert int(made.optimizer.iterations) == 2


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("ModelCheckpoint", {"filepath": "model.txt"}),
        ("ModelCheckpoint", {"filepath": "model.keras", "save_weights_only": True}),
        ("ModelCheckpoint", {"filepath": "model.keras", "save_freq": "often"}),
        ("ReduceLROnPlateau", {"factor": 1.5}),
        ("BackupAndRestore", {"backup_dir": ""}),
        ("BackupAndRestore", {"backup_dir": "b", "save_freq": "often"}),
    ],
)
def test_bad_arguments_are_value_errors_as_in_keras(name, arguments):
    with pytest.raises(ValueError):
        getattr(keras.callbacks, name)(**arguments)
    with pytest.raises(ValueError):
        getattr(callbacks, name)(**arguments)


def test_a_direction_that_is_not_known_must_be_given():
    def strange(y_true, y_pred):
        return hornlet.ops.mean(y_pred, axis=-1)

    with pytest.raises(ValueError, match="mode"):
        fit(model(hornlet, metrics=[strange]), callbacks.EarlyStopping("strange"))


def test_a_missing_metric_is_a_warning_that_lists_what_there_is():
    with pytest.warns(UserWarning, match="val_los.*val_loss"):
        model(hornlet).fit(
            X, Y, validation_split=0.5, verbose=0,
            callbacks=[callbacks.EarlyStopping("val_los", mode="min")],
        )  # fmt: skip
