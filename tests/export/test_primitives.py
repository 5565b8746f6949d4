"""Every row of the ONNX table computes what the primitive's kernel does."""

import pathlib
import re
import types

import numpy as np
import pytest

import hornlet
from hornlet.base import nest
from hornlet.base.onnx_format import MESSAGES
from hornlet.base.protobuf import encode
from hornlet.engine import emit
from hornlet.export.onnx import message_of
from hornlet.export.onnx_rows import REFUSED, ROWS
from hornlet.export.sizes import ExportError
from hornlet.saving.onnx import layer  # noqa: F401  (fills the table of operators)
from hornlet.saving.onnx.run import OPERATORS
from tests.engine import cases_linalg  # noqa: F401, its rows
from tests.engine.cases import CASES
from tests.export.exported import onnx, ort, run

# What ONNX Runtime does not run, though ONNX has the operator.
NO_KERNEL = {"det-4": "Det of float64", "scan-2": "Scan of no steps"}


def dtype_of(case):
    return next(d for d in ("float32", "int32", *case.dtypes) if d in case.dtypes)


def message(function, arrays):
    """The ModelProto of a function of arrays."""
    names = [f"x{i}" for i in range(len(arrays))]
    called = types.SimpleNamespace(
        function=function, names=names,
        symbols=[hornlet.KerasTensor(a.shape, dtype=a.dtype.name) for a in arrays],
        output_names=lambda outputs: [f"y{i}" for i in range(len(nest.flatten(outputs)))],
    )  # fmt: skip
    return message_of(called, "f", [])


def session_of(function, arrays):
    content = encode(message(function, arrays), "ModelProto", MESSAGES)
    onnx.checker.check_model(onnx.load_model_from_string(content), full_check=True)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def inputs(case):
    return [np.array(x) for x in case.make(dtype_of(case))]


@pytest.mark.parametrize("case", [c for c in CASES if c.name in ROWS], ids=repr)
def test_a_row_computes_what_the_kernel_does(case):
    if repr(case) in NO_KERNEL:
        pytest.skip(f"ONNX Runtime has no {NO_KERNEL[repr(case)]}")
    arrays = inputs(case)
    if any(a.dtype.kind == "c" for a in arrays):
        pytest.skip("ONNX has no complex numbers")
    wanted = emit(case.name, *arrays, **case.attributes)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    session = session_of(lambda *xs: emit(case.name, *xs, **case.attributes), arrays)
    for y, own in zip(run(session, arrays), wanted):
        assert y.dtype == own.dtype
        np.testing.assert_allclose(y, own, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("case", [c for c in CASES if c.name in REFUSED], ids=repr)
def test_a_primitive_without_a_row_is_refused_by_name(case):
    arrays = inputs(case)
    if any(a.dtype.kind == "c" for a in arrays):
        pytest.skip("the dtype is refused first")
    with pytest.raises(ExportError, match=f"`{case.name}` cannot be written to ONNX"):
        message(lambda *xs: emit(case.name, *xs, **case.attributes), arrays)


def test_the_page_names_what_is_refused():
    page = (pathlib.Path(__file__).parents[2] / "docs" / "export.md").read_text()
    listed = {name for line in page.splitlines() if line.startswith("| `")
              for name in re.findall("`(\\w+)`", line.split("|")[1])}  # fmt: skip
    assert set(REFUSED) == listed & set(REFUSED)
    assert f"{len(OPERATORS)} operators" in page
