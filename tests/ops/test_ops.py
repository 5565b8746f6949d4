"""Laws over the rows of cases.py: each op agrees with Keras, eager, traced and symbolic."""

import contextlib
import inspect
import warnings
import zlib
from collections.abc import Iterable

import jax
import keras
import numpy as np
import pytest
from keras import tree

import hornlet
from hornlet import ops
from hornlet.base import config
from hornlet.engine.compiled import Compiled
from hornlet.engine.gradient import gradient
from hornlet.engine.spec import Spec
from hornlet.engine.trace import trace
from hornlet.tensor.keras_tensor import KerasTensor

from . import cases_edges, cases_image, cases_linalg, cases_signal  # noqa: F401, their rows
from .cases import CASES, FLOATS, Case

# Rows of floats alone meet Keras in float32; the law of gradients runs them in float64.
ROWS = [
    (case, dtype) for case in CASES for dtype in case.dtypes
    if dtype != "float64" or case.dtypes != FLOATS
]  # fmt: skip
IDS = [f"{case}-{dtype}" for case, dtype in ROWS]
TOLERANCE = {"float16": 1e-2, "float32": 2e-5, "float64": 1e-6}


def found(module, name):
    """The op of a module by its name, which may hold a dot (``image.resize``)."""
    for part in name.split("."):
        module = getattr(module, part)
    return module


def made(case: Case, dtype: str):
    random = np.random.default_rng(zlib.crc32(case.name.encode()))
    return _fill((case.args, case.kwargs), dtype, random)


def _fill(value, dtype, random):
    if hasattr(value, "make"):
        return value.make(dtype, random)
    if type(value) in (list, tuple):
        return type(value)(_fill(v, dtype, random) for v in value)
    if isinstance(value, dict):
        return {k: _fill(v, dtype, random) for k, v in value.items()}
    return value


def compare(ours, theirs, wide=False):
    if isinstance(theirs, (list, tuple)) and not isinstance(theirs, type(ours)):
        theirs = type(ours)(theirs) if isinstance(ours, (list, tuple)) else theirs
    if isinstance(ours, dict):
        ours, theirs = ours.values(), theirs.values()
    if not hasattr(ours, "dtype") and isinstance(ours, Iterable) and not isinstance(ours, str):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            compare(a, b, wide)
        return
    if callable(ours):
        return
    if isinstance(ours, (str, int, bool, type(None))):
        assert ours == theirs
        return
    b = np.asarray(keras.ops.convert_to_numpy(theirs))
    assert isinstance(ours, (np.ndarray, np.generic)), type(ours)
    assert ours.shape == b.shape
    # Keras computes float64 partly in float32, and in 64-bit jax indices are int64.
    also = {"int64": "int32", "float32": "float64"}.get(str(b.dtype)) if wide else None
    assert str(ours.dtype) in (str(b.dtype), also)
    bound = TOLERANCE.get(str(b.dtype), 2e-5)
    np.testing.assert_allclose(ours, b, rtol=bound, atol=bound)


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def precision(dtype):
    """Keras in the precision under test: 64-bit jax promotes integers beyond Keras's rules."""
    wide = dtype == "float64"
    with contextlib.ExitStack() as stack:
        if keras.backend.backend() == "jax":
            stack.enter_context(jax.enable_x64(wide))
        before = keras.config.floatx()
        for module in (keras.config, config):
            module.set_floatx("float64" if wide else "float32")
            stack.callback(module.set_floatx, before)
        yield


@pytest.mark.parametrize(("case", "dtype"), ROWS, ids=IDS)
def test_agrees_with_keras(case, dtype):
    args, kwargs = made(case, dtype)
    with precision(dtype):
        theirs = found(keras.ops, case.name)(*args, **kwargs)
        ours = found(ops, case.name)(*args, **kwargs)
    if case.name.startswith("empty"):
        assert ours.shape == tuple(theirs.shape)
        return
    if case.name in FREE_SIGNS or (case.name == "svd" and len(ours) == 3):
        ours, theirs = ([abs(np.asarray(y)) for y in ys] for ys in (ours, theirs))
    compare(ours, theirs, wide=dtype == "float64")


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_results_can_be_changed_in_place(case):
    """As `y += 1` goes with every framework; NumPy forbids it for views spread over less."""
    args, kwargs = made(case, case.dtypes[0])
    for y in tree.flatten(found(ops, case.name)(*args, **kwargs)):
        if isinstance(y, np.ndarray) and case.name != "broadcast_to":
            assert y.flags.writeable


# LAPACK's builds differ in the signs of vectors; test_linalg.py multiplies the factors out.
FREE_SIGNS = {"eig", "eigh", "qr"}
TRACED = [case for case in CASES if case.traced]


def dynamic(case, dtype):
    """The float arrays among the arguments, and a function of them alone."""
    structure = made(case, dtype)
    flat = tree.flatten(structure)
    at = [i for i, v in enumerate(flat) if isinstance(v, np.ndarray)
          and (v.dtype == dtype or v.dtype.kind in "f")]

    def function(*values):
        leaves = list(flat)
        for i, v in zip(at, values):
            leaves[i] = v
        args, kwargs = tree.pack_sequence_as(structure, leaves)
        return found(ops, case.name)(*args, **kwargs)

    return function, [flat[i] for i in at]


@pytest.mark.parametrize("case", TRACED, ids=repr)
def test_traced_equals_eager(case):
    function, values = dynamic(case, case.dtypes[0])
    if not values:
        return
    eager, traced = function(*values), Compiled(function)(*values)
    flat, others = tree.flatten(eager), tree.flatten(traced)
    assert len(flat) == len(others)
    for a, b in zip(flat, others):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


DIFFERENTIABLE = [c for c in TRACED if c.gradient and "float64" in c.dtypes]


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=repr)
def test_gradient_is_the_directional_difference(case):
    function, values = dynamic(case, "float64")
    random = np.random.default_rng(1)
    if not values:
        return

    def total(*values):
        ys = [y for y in tree.flatten(function(*values)) if y.dtype == np.float64]
        parts = [ops.sum(ops.sin(y + 0.3 * i)) for i, y in enumerate(ys)]
        result = parts[0] if parts else np.zeros(())
        for part in parts[1:]:
            result = result + part
        return result

    def slope(*values):
        y = total(*values)
        if not isinstance(y, (np.ndarray, float)):
            grads = gradient([y], list(values))
            return [ops.zeros_like(v) if g is None else g for g, v in zip(grads, values)]
        return [ops.zeros_like(v) for v in values]

    grads = Compiled(slope)(*values)
    ways = [random.standard_normal(v.shape) for v in values]
    step = 1e-6
    ahead = total(*[v + step * w for v, w in zip(values, ways)])
    behind = total(*[v - step * w for v, w in zip(values, ways)])
    expected = (ahead - behind) / (2 * step)
    ours = sum(np.sum(g * w) for g, w in zip(grads, ways))
    np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=2e-7)


SYMBOLIC = [case for case in CASES if case.symbolic]


@pytest.mark.parametrize("batch", [False, True], ids=["known", "unknown"])
@pytest.mark.parametrize("case", SYMBOLIC, ids=repr)
def test_symbolic_shape_and_dtype(case, batch):
    structure = made(case, case.dtypes[0])
    whole = tree.flatten(case.args) if batch else []
    leading = {v.shape[0] for v in whole if hasattr(v, "make") and v.shape}

    def symbol(maker):
        def convert(v):
            if isinstance(v, np.ndarray) and v.dtype.kind in "fib" and v.ndim:
                shape = (None, *v.shape[1:]) if len(leading) == 1 and batch else v.shape
                return maker(shape, str(v.dtype))
            return v
        return convert

    if case.name in MISJUDGED:
        pytest.skip("Keras infers another shape than it computes")
    if batch and (case.name not in ROW_WISE or len(leading) != 1):
        pytest.skip("the op is not row by row")
    answers = []
    for module, maker in ((keras.ops, keras.KerasTensor), (ops, KerasTensor)):
        args, kwargs = tree.map_structure(symbol(maker), structure)
        try:
            answers.append(found(module, case.name)(*args, **kwargs))
        except Exception:
            if module is ops:
                raise
            pytest.skip("Keras cannot infer this")
    theirs, ours = (tree.flatten(a) for a in answers)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        if hasattr(b, "shape"):
            assert tuple(a.shape) == tuple(b.shape)


MISJUDGED = {
    "corrcoef", "slogdet", "vstack", "rot90", "adaptive_average_pool", "adaptive_max_pool",
}  # fmt: skip
ROW_WISE = {
    "add", "subtract", "multiply", "relu", "softmax", "gelu", "exp", "tanh", "mean", "sum",
    "max", "conv", "depthwise_conv", "conv_transpose", "max_pool", "average_pool", "one_hot",
    "categorical_crossentropy", "layer_normalization", "silu", "glu", "top_k", "normalize",
    "concatenate", "stack", "expand_dims", "squeeze", "cumsum", "argmax", "logsumexp", "cast",
    "nonzero",
}  # fmt: skip


SPACES = ("image", "linalg", "nn", "numpy")
NAMES = [name for name in ops.__all__ if name not in SPACES]
NAMES += [f"image.{name}" for name in ops.image.__all__]


@pytest.mark.parametrize("name", NAMES)
def test_signature_is_keras(name):
    theirs = inspect.signature(found(keras.ops, name))
    ours = inspect.signature(found(ops, name))
    assert [(p.name, p.default, p.kind) for p in ours.parameters.values()] == [
        (p.name, p.default, p.kind) for p in theirs.parameters.values()
    ]


def test_every_op_has_a_row():
    missing = set(NAMES) - {case.name for case in CASES}
    assert not missing, f"ops without a row in tests/ops/cases.py: {sorted(missing)}"




@pytest.mark.parametrize("make", [
    lambda x: ops.tile(x, (1, 3, 1)), lambda x: ops.repeat(x, 3, axis=1),
    lambda x: ops.isnan(ops.cast(x, "int32")), ops.imag,
], ids=["tile", "repeat", "isnan", "imag"])  # fmt: skip
def test_one_row_laid_out_again_can_be_changed(make):
    x = np.ones((2, 1, 2))
    y = make(x)
    y += y
    np.testing.assert_array_equal(x, 1)


def test_full_like_takes_no_memory_while_shapes_are_found():
    """A traced tensor may stand for any size; this one would have 160 gigabytes."""
    huge = Spec((200_000, 200_000), np.dtype("float32"))
    graph = trace(lambda x: ops.sum(ops.full_like(x, 7)[:2, :3]) + x[0, 0], huge)
    assert graph.outputs[0].shape == ()


def test_classes_may_lie_on_any_axis():
    label, score = np.array([[0, 2, 1, 1]]), np.random.default_rng(0).normal(size=(1, 3, 4))
    loss = ops.sparse_categorical_crossentropy
    found = loss(label, score, from_logits=True, axis=1)
    assert np.allclose(found, loss(label, np.moveaxis(score, 1, -1), from_logits=True))
    assert loss(KerasTensor((2, 4), "int32"), KerasTensor((2, 3, 4)), axis=1).shape == (2, 4)


@pytest.mark.parametrize("name", ["segment_sum", "segment_max"])
def test_rows_whose_number_is_out_of_range_belong_to_no_segment(name):
    data, ids = np.arange(1.0, 5), np.array([-1, 0, 1, 3])
    segments = getattr(ops, name)
    assert segments(data, ids, 2).tolist() == [2, 3]
    assert hornlet.grad(lambda d: ops.sum(segments(d, ids, 2)))(data).tolist() == [0, 1, 1, 0]


def test_the_root_mean_square_by_its_old_name_is_warned_of():
    with pytest.warns(UserWarning, match="rms_normalization"):
        ops.layer_normalization(np.arange(3.0), rms_scaling=True)
