"""NumPy's functions and methods on traced values: recorded and differentiated, or refused."""

import numpy as np
import pytest

from hornlet.engine import Compiled, Ref, Spec, Tensor, trace

F32 = np.dtype("float32")


def test_plain_numpy_functions_are_recorded():
    w = Ref(np.full((3, 2), 0.5, F32))
    seen = []

    def run(x):
        y = np.tanh(x @ w.read()) + np.sqrt(2.0)
        seen.append(type(y))
        return np.sum(np.exp(-y), axis=1)

    x = np.ones((4, 3), F32)
    compiled = Compiled(run)
    assert compiled(x).dtype == F32
    assert np.allclose(compiled(x), run(x))
    assert seen[0] is Tensor


def test_numpy_functions_without_an_answer_are_refused():
    with pytest.raises(TypeError, match="cannot be traced"):
        trace(lambda x: np.linalg.lstsq(x, x), Spec((2, 2), F32))
