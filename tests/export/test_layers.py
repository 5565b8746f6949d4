"""Every layer is written to ONNX and computes the same there, for a batch of any size."""

import numpy as np
import pytest

import hornlet
from hornlet.engine.primitive import PRIMITIVES
from hornlet.export import onnx  # noqa: F401  (fills the table)
from hornlet.export.onnx_rows import REFUSED, ROWS
from tests.export.exported import OneLayer, assert_same, exported, predicted
from tests.layers.cases import CASES


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_a_layer_computes_the_same_in_onnx(case, tmp_path):
    model = OneLayer(case)
    arrays = model.start()
    made, session = exported(model, tmp_path, input_signature=model.signature())
    assert_same(session, model, arrays)
    assert_same(session, model, [np.concatenate([a, a[:1]]) for a in arrays])
    back = hornlet.saving.from_onnx(tmp_path / "m.onnx")
    for y, own in zip(predicted(back, arrays), predicted(model, arrays)):
        np.testing.assert_allclose(y, own, rtol=1e-5, atol=1e-5)
    assert made.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"


def test_every_primitive_has_a_row_or_a_reason():
    assert set(ROWS) | set(REFUSED) == set(PRIMITIVES)
    assert not set(ROWS) & set(REFUSED)
    assert all(len(reason.split()) > 2 for reason in REFUSED.values())
