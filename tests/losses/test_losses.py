"""Laws of losses: values as Keras's with weights and masks, configs, gradients, compiled."""

import keras
import numpy as np
import pytest

import hornlet.losses
import hornlet.ops as ops
from hornlet.engine.compiled import Compiled
from hornlet.engine.tape import GradientTape
from hornlet.tensor.masks import set_mask

from .cases import CASES, data

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)
by_case = pytest.mark.parametrize("case", CASES, ids=[c.id for c in CASES])


def make(library, case, **more):
    return getattr(library.losses, case.name)(**case.arguments, **more)


def numpy(x):
    return np.asarray(keras.ops.convert_to_numpy(x))


def close(ours, theirs):
    theirs = numpy(theirs)
    assert np.shape(ours) == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


@by_case
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_values_equal_keras(case, reduction, weighted):
    y_true, y_pred = data(case.kind)
    more = {"reduction": reduction, "dtype": "float64"}
    weight = None
    if weighted:
        each = np.shape(make(hornlet, case, reduction=None, dtype="float64")(y_true, y_pred))
        weight = np.random.default_rng(1).uniform(size=each)
    ours = make(hornlet, case, **more)(y_true, y_pred, weight)
    theirs = make(keras, case, **more)(y_true, keras.ops.convert_to_tensor(y_pred), weight)
    close(ours, theirs)


@by_case
def test_float32_is_the_default(case):
    y_true, y_pred = data(case.kind, "float32")
    ours = make(hornlet, case)(y_true, y_pred)
    theirs = make(keras, case)(y_true, y_pred)
    assert ours.dtype == np.float32
    assert float(ours) == pytest.approx(float(numpy(theirs)), rel=1e-4, abs=1e-6)


@by_case
def test_config_equals_keras_and_round_trips(case):
    ours = make(hornlet, case)
    config = ours.get_config()
    theirs = make(keras, case).get_config()
    extra = set(config) - set(theirs)
    assert {k: v for k, v in config.items() if k not in extra} == theirs
    assert extra <= set(case.arguments), "only arguments that Keras forgets may be added"
    assert type(ours).from_config(config).get_config() == config
    whole = hornlet.losses.serialize(ours)
    assert {**whole, "config": theirs} == keras.losses.serialize(make(keras, case))
    twin = hornlet.losses.deserialize(whole)
    assert type(twin) is type(ours)
    assert twin.get_config() == config


@by_case
def test_gradient_is_the_directional_difference(case):
    y_true, y_pred = data(case.kind)
    loss = make(hornlet, case, dtype="float64")
    direction = np.random.default_rng(2).normal(size=y_pred.shape)
    with GradientTape() as tape:
        tape.watch(y_pred)
        value = loss(y_true, y_pred)
    dy = np.asarray(tape.gradient(value, y_pred))
    h = 1e-6
    ahead, behind = (float(loss(y_true, y_pred + s * h * direction)) for s in (1, -1))
    assert np.sum(dy * direction) == pytest.approx((ahead - behind) / (2 * h), rel=1e-5, abs=1e-7)


@by_case
def test_compiled_equals_eager(case):
    y_true, y_pred = data(case.kind)
    weight = 0.5
    loss = make(hornlet, case, dtype="float64")
    eager = loss(y_true, y_pred, weight)
    compiled = Compiled(lambda t, p: loss(t, p, weight))(y_true, y_pred)
    np.testing.assert_allclose(compiled, eager, rtol=1e-12)


@by_case
def test_the_function_is_the_class_without_reduction(case):
    from hornlet.base.names import to_snake_case

    name = {"CTC": "ctc", "KLDivergence": "kl_divergence"}.get(case.name)
    function = getattr(hornlet.losses, name or to_snake_case(case.name))
    y_true, y_pred = data(case.kind)
    if case.kind == "column":
        y_true = y_true[:, None]
    arguments = {"q": 0.5} if "Generalized" in case.name else {}
    ours = function(y_true, y_pred, **{**arguments, **case.arguments})
    whole = make(hornlet, case, reduction=None, dtype="float64")(y_true, y_pred)
    if "ignore_class" not in case.arguments and case.name != "Circle":
        np.testing.assert_allclose(ours, whole, rtol=1e-12)
    theirs = getattr(keras.losses, function.__name__)
    tensors = (keras.ops.convert_to_tensor(y) for y in (y_true, y_pred))
    close(ours, theirs(*tensors, **{**arguments, **case.arguments}))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_masks_equal_keras(reduction, weighted):
    y_true, y_pred = data("cube")
    mask = np.array([[True, True, False, False], [True, False, True, False]])
    weight = np.arange(8.0).reshape(2, 4) if weighted else None
    set_mask(y_pred, mask)
    ours = hornlet.losses.MeanSquaredError(reduction, dtype="float64")(y_true, y_pred, weight)
    tensor = keras.ops.convert_to_tensor(y_pred)
    keras.src.backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(mask))
    theirs = keras.losses.MeanSquaredError(reduction, dtype="float64")(y_true, tensor, weight)
    close(ours, theirs)


@pytest.mark.parametrize("shape", [(2,), (2, 1), (2, 4), (1,), ()])
def test_weights_broadcast_as_in_keras(shape):
    y_true, y_pred = data("cube")
    weight = np.random.default_rng(3).uniform(size=shape)
    try:
        theirs = keras.losses.MeanSquaredError(dtype="float64")(y_true, y_pred, weight)
    except Exception:
        with pytest.raises(ValueError):
            hornlet.losses.MeanSquaredError(dtype="float64")(y_true, y_pred, weight)
        return
    close(hornlet.losses.MeanSquaredError(dtype="float64")(y_true, y_pred, weight), theirs)


def test_empty_batches_give_zero():
    loss = hornlet.losses.MeanSquaredError()
    assert np.sum(loss(np.zeros((0, 3)), np.zeros((0, 3)))) == 0
    assert float(loss(np.zeros((0, 2, 3)), np.zeros((0, 2, 3)))) == 0


@pytest.mark.parametrize("label", [-1, 3, 7])
def test_labels_out_of_range(label):
    y_pred = np.full((2, 3), 1 / 3)
    with pytest.raises(ValueError, match="Labels"):
        hornlet.losses.SparseCategoricalCrossentropy()([0, label], y_pred)
    loss = hornlet.losses.SparseCategoricalCrossentropy(ignore_class=label)
    assert float(loss([0, label], y_pred)) == pytest.approx(np.log(3), rel=1e-5)


def test_get():
    get = hornlet.losses.get
    assert get(None) is None
    assert (
        get("mse") is get("MSE") is get("mean_squared_error") is hornlet.losses.mean_squared_error
    )
    assert type(get("MeanSquaredError")) is hornlet.losses.MeanSquaredError
    assert get(len) is len
    assert get({"class_name": "Huber", "config": {"delta": 2.0}}).delta == 2.0
    assert type(get({"class_name": "Hinge", "config": {}})) is hornlet.losses.Hinge
    with pytest.raises(ValueError, match="mean_squared_error"):
        get("mean_square_error")
    with pytest.raises(ValueError):
        get(3)


def test_bad_arguments():
    with pytest.raises(ValueError, match="reduction"):
        hornlet.losses.MeanSquaredError(reduction="average")
    with pytest.raises(ValueError, match="`q`"):
        hornlet.losses.CategoricalGeneralizedCrossEntropy(q=2.0)
    with pytest.raises(ValueError, match="rank"):
        hornlet.losses.CTC()(np.zeros(3), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="axis"):
        hornlet.losses.categorical_crossentropy(np.eye(2), np.eye(2), axis=True)
    with pytest.raises(ValueError, match="shape"):
        hornlet.losses.CategoricalCrossentropy()(np.eye(2), np.zeros((2, 3)))


def test_lists_of_numbers():
    y_pred = [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]
    loss = hornlet.losses.SparseCategoricalCrossentropy()
    assert float(loss([1, 2], y_pred)) == pytest.approx(1.177, abs=1e-3)
    loss = hornlet.losses.MeanSquaredError()
    assert float(loss([[0, 1], [0, 0]], [[1, 1], [1, 0]])) == 0.5


def test_custom_losses_as_in_keras():
    class Power(hornlet.losses.Loss):
        def __init__(self, power=2, **kwargs):
            super().__init__(**kwargs)
            self.power = power

        def call(self, y_true, y_pred):
            return ops.mean(ops.abs(y_true - y_pred) ** self.power, axis=-1)

        def get_config(self):
            return {**super().get_config(), "power": self.power}

    loss = Power(3, name="cubes", reduction="sum")
    assert float(loss(np.zeros((2, 2)), np.full((2, 2), 2.0))) == 16.0
    assert loss.get_config() == {"name": "cubes", "reduction": "sum", "power": 3}
    assert Power.from_config(loss.get_config()).power == 3
    assert Power().name == "power"


def test_every_class_has_a_row():
    face = hornlet.losses
    named = {n for n in face.__all__ if isinstance(getattr(face, n), type)}
    assert named - {"Loss", "LossFunctionWrapper"} == {c.name for c in CASES}
