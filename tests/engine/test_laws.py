"""Laws over the rows of cases.py: value, dtype, memory and gradients of every primitive."""

import warnings

import numpy as np
import pytest

from hornlet.base.dtypes import numpy_dtype
from hornlet.engine import PRIMITIVES, Compiled, GradientTape, check, emit, trace
from hornlet.engine.spec import Spec, as_specs, spec_of

from . import cases_linalg  # noqa: F401, its rows
from .cases import CASES
from .differences import check_gradients

ROWS = [(case, dtype) for case in CASES for dtype in case.dtypes]
every_case = pytest.mark.parametrize("case", CASES, ids=repr)
TOLERANCE = {"float16": 4e-3, "bfloat16": 4e-2, "float32": 2e-5, "float64": 1e-11}


@pytest.fixture(autouse=True)
def quiet():
    """Overflow to infinity and the like are part of a row's values."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def several(result):
    return result if isinstance(result, tuple) else (result,)


def function(case):
    return lambda *xs: emit(case.name, *xs, **case.attributes)


def ruled(row, xs, attributes):
    """The Specs that the row's shape rule gives."""
    return as_specs(row.shape(*map(spec_of, xs), **attributes))


def garbage(spec, kind):
    """An array of `spec` that holds one of two kinds of rubbish."""
    array = np.empty(spec.shape, spec.dtype)
    array.view(np.uint8).fill(255 if kind else 1) if array.ndim else array.fill(kind)
    return array


def called(case, xs, outs):
    """The outputs of the row's kernel, which is to write all of `outs`."""
    row = PRIMITIVES[case.name]
    keywords = dict(case.attributes)
    if row.scratch is not None:
        specs = as_specs(row.scratch(*map(spec_of, xs), **case.attributes))
        keywords["scratch"] = tuple(garbage(s, 1) for s in specs)
    row.kernel(*xs, out=outs if len(outs) > 1 else outs[0], **keywords)
    return outs


def fresh(case, xs, kind=1):
    return tuple(garbage(s, kind) for s in ruled(PRIMITIVES[case.name], xs, case.attributes))


def same(found, expected):
    for a, b in zip(several(found), several(expected), strict=True):
        np.testing.assert_array_equal(a, b)


def close(found, expected, bound):
    for a, b in zip(several(found), several(expected), strict=True):
        wide = a.astype("complex128" if a.dtype.kind == "c" else "float64")
        np.testing.assert_allclose(wide, b, rtol=bound, atol=bound)


def strided(x):
    """The same elements, every other one of a wider array, and the last axes turned round."""
    if x.ndim == 0:
        return x
    room = np.zeros((*x.shape[::-1][:-1], 2 * x.shape[0]), x.dtype)
    view = room[..., ::2].T
    view[...] = x
    return view


def test_every_primitive_has_a_row():
    assert {case.name for case in CASES} == set(PRIMITIVES)


@pytest.mark.parametrize(("case", "dtype"), ROWS, ids=[f"{c}-{d}" for c, d in ROWS])
def test_value_dtype_and_shape(case, dtype):
    """What NumPy or SciPy say in float64; the shape rule foretells it."""
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    xs = case.make(numpy_dtype(dtype).name)
    found = several(emit(case.name, *xs, **case.attributes))
    gives = case.gives if isinstance(case.gives, tuple) else (case.gives,) * len(found)
    assert [y.dtype for y in found] == [numpy_dtype(g or dtype) for g in gives]
    rules = ruled(PRIMITIVES[case.name], xs, case.attributes)
    assert [(y.shape, y.dtype) for y in found] == list(rules)
    if case.reference is None:
        return
    wide = [x.astype("float64") if x.dtype.kind in "fV" else x for x in xs]
    expected = several(case.reference(*wide, **case.attributes))
    assert [y.shape for y in found] == [np.shape(y) for y in expected]
    close(found, expected, max(TOLERANCE.get(g or dtype, 0) for g in gives))


@every_case
def test_kernel_writes_all_of_out_and_reads_none_of_it(case):
    xs = case.make(case.main)
    before = [x.copy() for x in xs]
    first, second = (called(case, xs, fresh(case, xs, kind)) for kind in (0, 1))
    same(first, second)
    same(tuple(xs), tuple(before))
    close(first, tuple(map(np.asarray, several(emit(case.name, *xs, **case.attributes)))), 1e-12)


@every_case
def test_strided_inputs_and_outputs(case):
    xs = case.make(case.main)
    expected = called(case, xs, fresh(case, xs))
    same_or_close = same if case.reference is None else lambda a, b: close(a, b, 1e-11)
    same_or_close(called(case, [strided(x) for x in xs], fresh(case, xs)), expected)
    rooms = [np.zeros((*y.shape, 2), y.dtype) for y in expected]
    same_or_close(called(case, xs, tuple(r[..., 0] for r in rooms)), expected)
    assert not any(r[..., 1].any() for r in rooms)


@every_case
def test_an_output_may_take_the_memory_of_inputs_that_the_row_names(case):
    row = PRIMITIVES[case.name]
    xs = case.make(case.main)
    rules = ruled(row, xs, case.attributes)
    expected = called(case, xs, fresh(case, xs))
    for i in [i for i in range(len(xs)) if i in row.inplace]:
        for k in [k for k, spec in enumerate(rules) if spec == Spec(xs[i].shape, xs[i].dtype)]:
            own = [x.copy() for x in xs]
            outs = list(fresh(case, xs))
            outs[k] = own[i]
            close(called(case, own, tuple(outs)), expected, 1e-12)


@every_case
def test_an_elementwise_row_may_be_run_in_parts(case):
    row = PRIMITIVES[case.name]
    if not row.elementwise:
        return
    xs = case.make(case.main)
    (expected,) = called(case, xs, fresh(case, xs))
    flat = [np.broadcast_to(x, expected.shape).reshape(-1) for x in xs]
    for i in range(expected.size):
        parts = [x[i : i + 1] for x in flat]
        (y,) = called(case, parts, fresh(case, parts))
        close(y, expected.reshape(-1)[i : i + 1], 1e-12)
        if expected.size > 100 and i > 5:
            break


@every_case
def test_a_view_is_what_the_kernel_would_make(case):
    row = PRIMITIVES[case.name]
    if row.view is None:
        return
    xs = case.make(case.main)
    expected = called(case, xs, fresh(case, xs))
    for values in (xs, [strided(x) for x in xs]):
        view = row.view(*values, **case.attributes)
        if view is not None:
            same(view, expected)
            assert view.size == 0 or np.may_share_memory(view, values[0])


@every_case
def test_compiled_equals_eager(case):
    """Twice through one program, on other values in between."""
    xs = case.make(case.main)
    others = [x if x.dtype.kind in "iub" else np.asarray(x * x.dtype.type(0.5)) for x in xs]
    graph = trace(function(case), *map(spec_of, xs))
    check(graph)
    compiled = Compiled(function(case))
    for values in (xs, others, xs):
        expected = tuple(np.array(y) for y in several(function(case)(*values)))
        found = several(compiled(*values))
        assert [(y.shape, y.dtype) for y in found] == [(y.shape, y.dtype) for y in expected]
        close(found, expected, 1e-12)


@every_case
def test_gradients_of_both_orders(case):
    row = PRIMITIVES[case.name]
    xs = case.make("float64")
    floats = [i for i, x in enumerate(xs) if x.dtype == np.float64]
    vary = [i for i in floats if case.vary is None or i in case.vary]
    check_gradients(function(case), *xs, vary=vary)
    if row.vjp is None:  # then the differences were zero
        with GradientTape() as tape:
            tape.watch(xs)
            ys = several(function(case)(*xs))
        assert all(g is None for g in tape.gradient(ys, xs))
