"""Laws of metrics, over the rows of `cases.py`: values, weights, configs, reset, compiled steps."""

import warnings

import keras
import numpy as np
import pytest

import hornlet
from hornlet import metrics
from hornlet.engine.compiled import Compiled

from . import cases

CASES = cases.CASES
by_case = pytest.mark.parametrize("case", CASES, ids=[f"{c.name}-{i}" for i, c in enumerate(CASES)])


def make(room, case, **more):
    return getattr(room, case.name)(**case.arguments, **more)


def feed(metric, batch, weighted=False):
    y, p, w = batch
    args = (y,) if p is None else (y, p)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metric.update_state(*args, **({"sample_weight": w} if weighted else {}))


def value(metric):
    return np.asarray(metric.result(), "float64")


def plain(x):
    return np.asarray(keras.ops.convert_to_numpy(x), "float64")


def test_every_metric_has_a_row():
    classes = {n for n in metrics.__all__ if isinstance(getattr(metrics, n), type)}
    assert classes - cases.BASES == {c.name for c in CASES}


@by_case
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_agrees_with_keras_after_every_batch(case, weighted):
    if weighted and not case.weighted:
        pytest.skip("takes no weights here")
    own, theirs = make(metrics, case), make(keras.metrics, case)
    for batch in cases.batches(case):
        feed(own, batch, weighted)
        feed(theirs, batch, weighted)
        np.testing.assert_allclose(value(own), plain(theirs.result()), rtol=2e-5, atol=2e-6)


@by_case
def test_variables_and_names_are_keras_s(case):
    own, theirs = make(metrics, case), make(keras.metrics, case)
    for metric in (own, theirs):
        feed(metric, cases.batches(case)[0])
    assert [(v.name, tuple(v.shape)) for v in own.variables] == [
        (v.name, tuple(v.shape)) for v in theirs.variables
    ]
    direction = getattr(theirs, "_direction", None)
    assert getattr(own, "_direction", None) == direction


@by_case
def test_config_is_keras_s_and_goes_round(case):
    own, theirs = make(metrics, case, name="m"), make(keras.metrics, case, name="m")
    config, wanted = own.get_config(), theirs.get_config()
    wanted.update({k: list(v) for k, v in wanted.items() if isinstance(v, tuple)})
    if wanted.get("label_weights") is not None:
        wanted["label_weights"] = case.arguments["label_weights"]
    shown = {k: list(v) if isinstance(v, (list, tuple)) else v for k, v in config.items()}
    assert set(shown) == set(wanted)
    for key, expected in wanted.items():
        if isinstance(expected, (float, list)) and expected and not isinstance(expected, str):
            np.testing.assert_allclose(shown[key], expected, rtol=1e-6)
        else:
            assert shown[key] == expected, key
    again = type(own).from_config(config)
    assert again.get_config() == config
    stored = metrics.serialize(own)
    assert stored["module"] == "keras.metrics" and stored["class_name"] == case.name
    assert metrics.deserialize(stored).get_config() == config
    theirs_read = metrics.deserialize(keras.metrics.serialize(theirs)) if not (
        case.arguments.get("label_weights")
    ) else own
    assert theirs_read.name == "m"
    for batch in cases.batches(case):
        feed(own, batch)
        feed(again, batch)
    np.testing.assert_array_equal(value(own), value(again))


@by_case
def test_reset_forgets(case):
    metric, fresh = make(metrics, case), make(metrics, case)
    first, second, _ = cases.batches(case)
    feed(metric, first)
    metric.reset_state()
    assert all(not np.any(v.numpy()) for v in metric.variables)
    feed(metric, second)
    feed(fresh, second)
    np.testing.assert_array_equal(value(metric), value(fresh))


@by_case
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_compiled_equals_eager_in_float64(case, weighted):
    if weighted and not case.weighted:
        pytest.skip("takes no weights here")
    hornlet.config.set_floatx("float64")
    arguments = {**case.arguments, "dtype": case.arguments.get("dtype", None)}
    eager = getattr(metrics, case.name)(**arguments)
    compiled = getattr(metrics, case.name)(**arguments)

    def update(batch):
        feed(compiled, batch, weighted)
        return compiled.result()

    step = Compiled(update)
    for batch in cases.batches(case, "float64"):
        feed(eager, batch, weighted)
        result = step(batch)
        np.testing.assert_allclose(value(eager), value(compiled), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(np.asarray(result), value(compiled), rtol=1e-12, atol=1e-14)


@by_case
def test_stateless_leaves_the_state_alone(case):
    metric, other = make(metrics, case), make(metrics, case)
    batch = cases.batches(case)[0]
    for m in (metric, other):
        feed(m, batch)
    before = [v.numpy() for v in metric.variables]
    args = [a for a in batch[:2] if a is not None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        after = metric.stateless_update_state(before, *args)
    for v, old in zip(metric.variables, before):
        np.testing.assert_array_equal(v.numpy(), old)
    feed(other, batch)
    for new, v in zip(after, other.variables):
        np.testing.assert_allclose(np.asarray(new), v.numpy(), rtol=1e-6)
    np.testing.assert_allclose(np.asarray(metric.stateless_result(after)), value(other), rtol=1e-5)
    assert all(not np.any(np.asarray(v)) for v in metric.stateless_reset_state())
    with pytest.raises(ValueError, match="metric_variables"):
        metric.stateless_result([*before, before[0]])


def test_every_function_agrees_with_keras():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, (4, 3)).astype("float32")
    y = np.eye(3, dtype="float32")[[0, 2, 1, 1]]
    for name in metrics.__all__:
        function = getattr(metrics, name)
        if isinstance(function, type) or name in ("get", "serialize", "deserialize"):
            continue
        labels = y.argmax(-1) if name.startswith("sparse") else y
        more = {"k": 2} if "top_k" in name else {}
        theirs = getattr(keras.metrics, name)(labels, p, **more)
        np.testing.assert_allclose(
            np.asarray(function(labels, p, **more)), plain(theirs), rtol=1e-5, err_msg=name
        )


@pytest.mark.parametrize(
    "name", ["mse", "MSE", "mae", "mape", "msle", "bce", "auc", "AUC", "binary_accuracy",
             "categorical_crossentropy", "CategoricalCrossentropy", "top_k_categorical_accuracy"]
)  # fmt: skip
def test_names_stand_for_what_they_do_in_keras(name):
    try:
        theirs = keras.metrics.get(name)
    except ValueError:
        with pytest.raises(ValueError):
            metrics.get(name)
        return
    assert type(metrics.get(name)).__name__ == type(theirs).__name__


def test_an_unknown_name_lists_near_ones():
    with pytest.raises(ValueError, match="categorical_accuracy"):
        metrics.get("categorical_acuracy")


def test_a_function_becomes_a_mean():
    def distance(y_true, y_pred):
        return hornlet.ops.mean(hornlet.ops.abs(y_true - y_pred), axis=-1)

    metric = metrics.MeanMetricWrapper(distance, name="d")
    metric.update_state(np.zeros((2, 3)), np.ones((2, 3)))
    assert float(metric.result()) == 1.0


def test_forgetting_super_is_said():
    class Wrong(metrics.Metric):
        def __init__(self):
            self.add_variable((), "zeros")

    with pytest.raises(RuntimeError, match="super"):
        Wrong()


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("Precision", {"thresholds": [0.5, 1.5]}),
        ("AUC", {"curve": "square"}),
        ("AUC", {"summation_method": "guess"}),
        ("AUC", {"num_thresholds": 1}),
        ("AUC", {"num_labels": 2}),
        ("FBetaScore", {"average": "most"}),
        ("FBetaScore", {"beta": 0.0}),
        ("FBetaScore", {"threshold": 2.0}),
        ("R2Score", {"class_aggregation": "most"}),
        ("R2Score", {"num_regressors": -1}),
        ("IoU", {"num_classes": 2, "target_class_ids": [2]}),
        ("RecallAtPrecision", {"precision": 2.0}),
        ("PrecisionAtRecall", {"recall": 0.5, "num_thresholds": 0}),
    ],
)
def test_bad_arguments_are_value_errors_as_in_keras(name, arguments):
    with pytest.raises(ValueError):
        getattr(keras.metrics, name)(**arguments)
    with pytest.raises(ValueError):
        getattr(metrics, name)(**arguments)


@pytest.mark.parametrize("more", [{}, {"multi_label": True, "label_weights": [0.2, 0.8, 0.5]}])
def test_the_interpolated_area_may_be_asked_for(more):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 2, (9, 3)), rng.uniform(size=(9, 3))
    areas = []
    for k in (hornlet, keras):
        metric = k.metrics.AUC(num_thresholds=7, curve="ROC", **more)
        metric.update_state(y_true, y_pred)
        areas.append(float(metric.interpolate_pr_auc()))
    assert areas[0] == pytest.approx(areas[1], rel=1e-5)
