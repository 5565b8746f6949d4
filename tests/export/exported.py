"""How tests export a model, check the file and run it with ONNX Runtime."""

import warnings

import numpy as np
import pytest

import hornlet
from hornlet.base import nest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")


def exported(model, folder, **options):
    """The checked ModelProto that `export` wrote, and a session that runs it."""
    path = str(folder / "m.onnx")
    model.export(path, **options)
    made = onnx.load(path)
    onnx.checker.check_model(made, full_check=True)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return made, ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(session, arrays):
    names = [x.name for x in session.get_inputs()]
    return session.run(None, dict(zip(names, arrays)))


def predicted(model, arrays):
    """The model's outputs, flat."""
    argument = arrays[0] if len(arrays) == 1 else arrays
    return [np.asarray(y) for y in nest.flatten(model(argument, training=False))]


def assert_same(session, model, arrays, tolerance=1e-5):
    """The session gives what the model does, in the same dtypes."""
    wanted = predicted(model, arrays)
    found = run(session, list(arrays))
    assert [y.shape for y in found] == [y.shape for y in wanted]
    assert [y.dtype for y in found] == [y.dtype for y in wanted]
    for a, b in zip(found, wanted):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def operators(made):
    """The types of a model's operators, those of bodies included."""
    found, waiting = [], list(made.graph.node)
    while waiting:
        node = waiting.pop()
        found.append(node.op_type)
        for attribute in node.attribute:
            waiting += attribute.g.node
    return found


class OneLayer(hornlet.Model):
    """A model of one layer and the masks it is called with, which come last."""

    def __init__(self, case):
        super().__init__()
        self.layer = case.make(hornlet.layers)
        self.case = case
        kwargs = case.kwargs()
        masks = kwargs.pop("mask", None)
        self.masks = [] if masks is None else masks if isinstance(masks, list) else [masks]
        kwargs.pop("training", None)
        self.kwargs = kwargs

    def call(self, inputs, training=False):
        inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        kwargs = dict(self.kwargs)
        if self.masks:
            masks = inputs[-len(self.masks) :]
            inputs = inputs[: -len(self.masks)]
            kwargs["mask"] = masks if len(masks) > 1 else masks[0]
        if self.case.spread:
            return self.layer(*inputs, **kwargs)
        return self.layer(inputs if len(inputs) > 1 else inputs[0], **kwargs)

    def arrays(self):
        xs = self.case.args("float32")
        return [*(xs if isinstance(xs, list) else [xs]), *self.masks]

    def start(self):
        """Builds the layer, and moves its weights away from zeros and ones."""
        arrays = self.arrays()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self(arrays if len(arrays) > 1 else arrays[0], training=False)
        random = np.random.default_rng(1)
        for weight in self.weights:
            if weight.dtype == "float32":
                weight.assign(0.3 * random.normal(size=weight.shape) ** 2 + 0.1)
        return arrays

    def signature(self):
        symbols = [
            hornlet.KerasTensor((None, *a.shape[1:]), dtype=str(a.dtype), name=f"x{i}")
            for i, a in enumerate(self.arrays())
        ]
        return [symbols] if len(symbols) > 1 else symbols
