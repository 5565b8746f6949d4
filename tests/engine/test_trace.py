"""Traces: what a traced value refuses, and the ways out that its errors name."""

import numpy as np
import pytest

from hornlet import ops
from hornlet.engine import Compiled, Spec, trace
from hornlet.engine.spec import Spec

F32 = np.dtype("float32")


def test_an_if_on_a_traced_value_names_the_ways_out():
    with pytest.raises(TypeError, match=r"ops\.where.*ops\.cond.*run_eagerly=True"):
        trace(lambda x: x if x > 0 else -x, Spec((), F32))


def test_a_value_kept_after_its_trace_is_named():
    kept = []
    trace(lambda x: kept.append(x + 1), Spec((2,), F32))
    with pytest.raises(ValueError, match="after its trace ended"):
        emit("add", kept[0], 1)
    with pytest.raises(ValueError, match="another trace"):
        trace(lambda x: x + kept[0], Spec((2,), F32))
