"""The interception point: arrays run now, traced values are recorded, mistakes are named."""

import numpy as np
import pytest

from hornlet.engine import emit, trace
from hornlet.engine.spec import Spec

F32 = np.dtype("float32")


def test_arrays_run_now_and_stay_plain_arrays():
    y = emit("add", np.ones(3, F32), 2)
    assert type(y) is np.ndarray and y.dtype == F32
    total = emit("sum", y, axis=(0,), keepdims=False)
    assert type(total) is np.ndarray and total.shape == ()


@pytest.mark.parametrize(
    "a, b, expected",
    [
        (np.ones(2, F32), 2.5, "float32"),
        (np.ones(2, F32), np.float64(2.5), "float32"),
        (np.ones(2, "int32"), 2.5, "float32"),
        (np.ones(2, "int32"), np.ones(2, F32), "float32"),
        (np.ones(2, "int8"), 3, "int8"),
        (np.ones(2, "float64"), np.ones(2, F32), "float64"),
        (np.ones(2, bool), np.ones(2, "uint8"), "uint8"),
    ],
)
def test_promotion_is_the_same_traced_and_not(a, b, expected):
    assert emit("add", a, b).dtype == expected
    graph = trace(lambda x: emit("add", x, b), Spec(a.shape, a.dtype))
    assert graph.outputs[0].dtype == expected


def test_foreign_operands_are_refused():
    with pytest.raises(ValueError, match="dtype object"):
        emit("add", np.ones(2), np.array([object(), 1], object).tolist())
    with pytest.raises(ValueError, match="broadcast together"):
        emit("add", np.ones(2), np.ones(3))
