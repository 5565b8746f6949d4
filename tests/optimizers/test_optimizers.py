"""Laws of optimizers: five steps equal Keras's, slots included; compiled equals eager; configs."""

import types
import warnings

import keras
import numpy as np
import pytest

import hornlet.constraints
import hornlet.optimizers
from hornlet.engine.compiled import Compiled
from hornlet.tensor.variable import Variable

from .cases import CASES, SCHEDULES

HORNLET = types.SimpleNamespace(
    optimizers=hornlet.optimizers, constraints=hornlet.constraints, Variable=Variable
)
SHAPES = {"dense_kernel": (3, 4), "dense_bias": (4,), "scale": (), "cube": (2, 3, 2)}
by_case = pytest.mark.parametrize("case", CASES, ids=[c.id for c in CASES])


def arrays(seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in SHAPES.values()]


def make(library, case, dtype="float64"):
    arguments = {k: v(library) if callable(v) else v for k, v in case.arguments.items()}
    optimizer = getattr(library.optimizers, case.name)(**arguments, name="the_optimizer")
    variables = [library.Variable(a, name=name, dtype=dtype) for name, a in zip(SHAPES, arrays(0))]
    if case.constraint:
        variables[0].constraint = getattr(library.constraints, case.constraint)()
    if case.exclude:
        optimizer.exclude_from_weight_decay(var_names=list(case.exclude))
    return optimizer, variables


def gradients(case, step, dtype="float64"):
    grads = [g.astype(dtype) for g in arrays(step + 1)]
    return [None if i in case.missing else g for i, g in enumerate(grads)]


def run(library, case, steps=5, dtype="float64", call=None):
    optimizer, variables = make(library, case, dtype)
    optimizer.build(variables)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in range(steps):
            grads = gradients(case, step, dtype)
            if library is keras:
                grads = [None if g is None else keras.ops.convert_to_tensor(g) for g in grads]
            if library is keras and case.name == "LossScaleOptimizer":
                stateless(optimizer, variables, grads)
            elif call is None:
                optimizer.apply(grads, variables)
            else:
                call(optimizer, variables)(grads)
    return optimizer, variables


def stateless(optimizer, variables, grads):
    """Keras on jax has no other way when control flow is involved."""
    values, state = optimizer.stateless_apply(
        [v.value for v in optimizer.variables], grads, [v.value for v in variables]
    )
    for v, value in zip([*variables, *optimizer.variables], [*values, *state]):
        v.assign(value)


def numpy(variable):
    return np.asarray(keras.ops.convert_to_numpy(variable.value))


@by_case
def test_five_steps_equal_keras(case):
    ours, our_variables = run(HORNLET, case)
    theirs, their_variables = run(keras, case)
    for a, b in zip(our_variables, their_variables):
        np.testing.assert_allclose(a.numpy(), numpy(b), rtol=1e-6, atol=1e-7, err_msg=a.path)
    assert len(ours.variables) == len(theirs.variables)
    for a, b in zip(ours.variables, theirs.variables):
        assert a.shape == tuple(b.shape)
        if not b.name.startswith("variable"):
            assert a.path == b.path
            assert a.dtype.rstrip("1234568") == b.dtype.rstrip("1234568")
        np.testing.assert_allclose(a.numpy(), numpy(b), rtol=1e-6, atol=1e-7, err_msg=a.path)
    assert int(ours.iterations) == int(theirs.iterations)


@by_case
def test_compiled_equals_eager(case):
    _, eager = run(HORNLET, case)
    steps = {}

    def compiled(optimizer, variables):
        if optimizer not in steps:
            steps[optimizer] = Compiled(lambda grads: optimizer.apply(grads, variables))
        return steps[optimizer]

    optimizer, variables = run(HORNLET, case, call=compiled)
    for a, b in zip(variables, eager):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12, atol=1e-14, err_msg=a.path)


@by_case
def test_config_equals_keras_and_round_trips(case):
    ours, _ = make(HORNLET, case)
    theirs, _ = make(keras, case)
    config = ours.get_config()
    assert config == theirs.get_config()
    twin = type(ours).from_config(config)
    assert twin.get_config() == config
    whole = hornlet.optimizers.serialize(ours)
    assert whole == keras.optimizers.serialize(theirs)
    assert type(hornlet.optimizers.deserialize(whole)) is type(ours)


@by_case
def test_saved_and_loaded_it_goes_on_alike(case):
    first, w = run(HORNLET, case, steps=3)
    store = {}
    first.save_own_variables(store)
    assert list(store) == [str(i) for i in range(len(first.variables))]
    second, v = make(HORNLET, case)
    second.build(v)
    second.load_own_variables(store)
    for a, b in zip(v, w):
        a.assign(b)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in range(3, 5):
            first.apply(gradients(case, step), w)
            second.apply(gradients(case, step), v)
    for a, b in zip(v, w):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@by_case
def test_stateless_apply_equals_apply(case):
    if case.name == "LossScaleOptimizer":
        pytest.skip("its own variables are in another order in Keras, too")
    optimizer, variables = make(HORNLET, case)
    optimizer.build(variables)
    before = [v.numpy() for v in variables]
    state = [v.numpy() for v in optimizer.variables]
    values = before
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in range(2):
            values, state = optimizer.stateless_apply(state, gradients(case, step), values)
    for v, b in zip(variables, before):
        np.testing.assert_array_equal(v.numpy(), b)
    _, expected = run(HORNLET, case, steps=2)
    for value, b in zip(values, expected):
        np.testing.assert_allclose(value, b.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name, args, kwargs", SCHEDULES)
def test_schedules_equal_keras(name, args, kwargs):
    ours = getattr(hornlet.optimizers.schedules, name)(*args, **kwargs)
    theirs = getattr(keras.optimizers.schedules, name)(*args, **kwargs)
    for step in range(12):
        a, b = float(ours(step)), float(keras.ops.convert_to_numpy(theirs(step)))
        assert a == pytest.approx(b, rel=2e-5, abs=1e-7), step
    assert ours.get_config() == theirs.get_config()
    config = hornlet.optimizers.schedules.serialize(ours)
    assert config == keras.optimizers.schedules.serialize(theirs)
    twin = hornlet.optimizers.schedules.deserialize(config)
    assert twin.get_config() == ours.get_config()


def test_every_class_has_a_row():
    base = hornlet.optimizers.Optimizer
    named = {
        n for n in hornlet.optimizers.__all__ if isinstance(getattr(hornlet.optimizers, n), type)
    }
    named -= {base.__name__, "OptimizerMap"}
    assert named == {c.name for c in CASES}
    schedules = hornlet.optimizers.schedules
    named = {n for n in schedules.__all__ if isinstance(getattr(schedules, n), type)}
    assert named - {"LearningRateSchedule"} == {row[0] for row in SCHEDULES}


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_low_precision_is_computed_in_float32_and_stays_as_it_is(dtype):
    case = next(c for c in CASES if c.name == "Adam")
    optimizer, variables = run(HORNLET, case, steps=3, dtype=dtype)
    _, expected = run(HORNLET, case, steps=3)
    for v, e in zip(variables, expected):
        assert v.dtype == dtype
        np.testing.assert_allclose(v.numpy(), e.numpy(), rtol=5e-3, atol=5e-3)


def test_muon_has_keras_s_helpers():
    rng = np.random.default_rng(0)
    for shape in ((3, 5), (5, 3), (2, 4, 3)):
        x = rng.normal(size=shape).astype("float32")
        results = []
        for k in (hornlet, keras):
            muon, given = k.optimizers.Muon(), k.ops.convert_to_tensor(x)
            results.append(
                [
                    muon.zeropower_via_newtonschulz5(given, 4),
                    muon.transpose_last_axis(given),
                    muon.lr_adjust(given),
                    k.optimizers.Muon(rms_rate=None).lr_adjust(given),
                ]
            )
        for own, theirs in zip(*results):
            np.testing.assert_allclose(own, theirs, rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="at least 2 dimensions"):
        hornlet.optimizers.Muon().zeropower_via_newtonschulz5(np.ones(3), 1)
