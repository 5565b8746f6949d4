"""Writing a model's predictions as an ONNX file: the whole is made in memory, then put in place."""

from __future__ import annotations

from typing import Any

from hornlet.base.files import atomic_write
from hornlet.base.onnx_format import MESSAGES, tensor_message, value_message
from hornlet.base.protobuf import pieces
from hornlet.export import onnx_numbers, onnx_shapes  # noqa: F401  (fill the table of rows)
from hornlet.export.onnx_control import write_steps
from hornlet.export.onnx_recurrent import cells
from hornlet.export.onnx_writer import Shared, Writer, pruned, taken
from hornlet.export.signature import Signature
from hornlet.export.sizes import ExportError, Varying, traced

# The version of the operators that the rows write, and the youngest in which they still hold.
OPSET, NEWEST_OPSET = 18, 19
_IR_VERSION = 8
_LARGEST = (1 << 31) - 1  # what readers of protobuf take


def write(model: Any, path: str, signature: Any = None, opset_version: int | None = None) -> None:
    """Writes `model` to `path`; the arguments are those of `Model.export`."""
    opset = OPSET if opset_version is None else opset_version
    if not isinstance(opset, int) or not OPSET <= opset <= NEWEST_OPSET:
        raise ValueError(
            f"Argument `opset_version` must be a number from {OPSET} to {NEWEST_OPSET}. "
            f"Received: opset_version={opset!r}"
        )
    message = message_of(Signature(model, signature), model.name, cells(model), opset)
    content = pieces(message, "ModelProto", MESSAGES)
    total = sum(map(len, content))
    if total > _LARGEST:
        raise ExportError(
            f"The model takes {total:,} bytes; an ONNX file holds {_LARGEST:,} at most."
        )
    atomic_write(path, lambda file: file.writelines(content))


def message_of(called: Signature, name: str, own: list, opset: int = OPSET) -> dict:
    """The ModelProto of a function with a signature; `own` are recurrent cells to look for."""
    graph, shapes, one = traced(called.function, called.symbols)
    if one.writes:
        paths = [getattr(ref, "path", "a variable") for ref in one.writes]
        raise ExportError(f"The model assigns variables when it predicts: {paths}.")
    w = Writer(Shared(own))
    inputs = []
    for value, given, shape in zip(graph.arguments, called.names, shapes):
        w.enter(value, given)
        inputs.append(value_message(given, value.dtype, shape))
    names = called.output_names(one.structure[0])
    outputs, sizes = [], _size_names(graph.arguments, shapes)
    for value, output, made in zip(graph.outputs, names, write_steps(w, graph)):
        w.nodes.append({
            "input": [made], "output": [output], "name": output, "op_type": "Identity",
            "attribute": [],
        })  # fmt: skip
        shape = [sizes.get(n, f"{output}_{axis}") if isinstance(n, Varying) else n
                 for axis, n in enumerate(value.shape)]  # fmt: skip
        outputs.append(value_message(output, value.dtype, shape))
    nodes = pruned(w.nodes, names)
    needed = {taken_name for node in nodes for taken_name in taken(node)}
    weights = [
        tensor_message(array, key) for key, array in w.shared.initializers.items() if key in needed
    ]
    untrained = sorted(w.shared.untrained & needed)
    return {
        "ir_version": _IR_VERSION, "producer_name": "hornlet",
        "opset_import": [{"domain": "", "version": opset}],
        "metadata_props": [{"key": "not_trainable", "value": "\n".join(untrained)}],
        "graph": {
            "name": name, "node": nodes, "initializer": weights, "input": inputs,
            "output": outputs,
        },
    }  # fmt: skip


def _size_names(arguments: list, shapes: list) -> dict[Varying, str]:
    found: dict[Varying, str] = {}
    for value, shape in zip(arguments, shapes):
        for n, name in zip(value.shape, shape):
            if isinstance(n, Varying):
                found.setdefault(n, name)
    return found
