"""The graph of an ONNX file as plain values, checked whole before any of it runs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np

from hornlet.base.dtypes import numpy_dtype
from hornlet.base.files import FileError
from hornlet.base.onnx_format import DTYPES, MESSAGES, attribute_value, tensor_array
from hornlet.base.protobuf import WireError, decode

MOST_NODES = 20_000
LONGEST_NAME = 1_000
OLDEST_OPSET, NEWEST_OPSET = 7, 25
DOMAINS = {"": "", "ai.onnx": "", "ai.onnx.ml": "ai.onnx.ml"}


class Node(NamedTuple):
    """One operator applied to values by their names; `""` is an input that is left out."""

    name: str
    op: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]


class Blank(NamedTuple):
    """An initializer whose numbers are kept elsewhere."""

    shape: tuple[int, ...]
    dtype: np.dtype


class Body(NamedTuple):
    """A graph: the names of what it takes and gives, its nodes in order, and its initializers."""

    inputs: list[str]
    outputs: list[str]
    nodes: list[Node]
    initializers: dict[str, Any]


class Program(NamedTuple):
    """The whole file: the graph, the dtypes and shapes of its inputs, the operators' version."""

    body: Body
    inputs: dict[str, tuple[str, tuple[int | None, ...]]]
    opset: int
    untrained: frozenset[str]


def read_message(data: bytes, path: str) -> dict:
    """The ModelProto in some bytes."""
    try:
        message = decode(data, "ModelProto", MESSAGES)
    except WireError as error:
        reason = f"not a readable ONNX file: {error.reason}"
        raise FileError(path, reason, error.place or None) from None
    if "graph" not in message:
        raise FileError(path, "not an ONNX file: it holds no graph")
    return message


def read_program(message: dict, path: str, known: Collection[str]) -> Program:
    """The program in a ModelProto.

    Args:
        message: as `read_message` gives it; a tensor may be marked as `blank`.
        path: what errors name.
        known: the operators that can be run.
    """
    if message.get("functions"):
        raise FileError(path, "a model with functions of its own, which are not read", "functions",
                        "Export it with its functions inlined")  # fmt: skip
    reader = _Reader(path, known)
    graph = message["graph"]
    opset = reader.opset(message)
    body = reader.body(graph, set(), "graph")
    inputs = {}
    for info in graph.get("input", ()):
        name = info.get("name", "")
        if name not in body.initializers:
            inputs[name] = reader.kind(info, f"graph.input:{name[:200]}")
    if not inputs or not body.outputs:
        raise FileError(path, "a graph without inputs or without outputs", "graph")
    kept = next((entry.get("value", "") for entry in message.get("metadata_props", ())
                 if entry.get("key") == "not_trainable"), "")  # fmt: skip
    return Program(body, inputs, opset, frozenset(kept.split("\n")))


class _Reader:
    def __init__(self, path: str, known: Collection[str]):
        self.path, self.known = path, known
        self.nodes = 0

    def opset(self, message: dict) -> int:
        versions = {
            entry.get("domain", ""): entry.get("version", 0)
            for entry in message.get("opset_import", ())
        }
        version = versions.get("", versions.get("ai.onnx", 0))
        if not versions:
            raise FileError(self.path, "it does not say its operators' version", "opset_import")
        if version and not OLDEST_OPSET <= version <= NEWEST_OPSET:
            raise FileError(
                self.path, f"operators of version {version}; {OLDEST_OPSET} to {NEWEST_OPSET} are "
                "read", "opset_import", "Export the model with another opset version",
            )  # fmt: skip
        return version or NEWEST_OPSET

    def body(self, graph: dict, outer: set[str], where: str) -> Body:
        if graph.get("sparse_initializer"):
            raise FileError(self.path, "sparse tensors, which are not read", where)
        initializers = {}
        for tensor in graph.get("initializer", ()):
            name = self.name(tensor.get("name", ""), where)
            place = f"{where}.initializer:{name[:200]}"
            if name in initializers:
                raise FileError(self.path, "the initializer stands twice in the file", place)
            initializers[name] = self.tensor(tensor, place)
        inputs = [self.name(x.get("name", ""), where) for x in graph.get("input", ())]
        if len(set(inputs)) != len(inputs):
            raise FileError(self.path, "two inputs have one name", where)
        made = outer | set(inputs) | set(initializers)
        own = set(inputs) | set(initializers)
        nodes = []
        for message in graph.get("node", ()):
            node = self.node(message, made, where)
            for name in node.outputs:
                if name and name in own:
                    reason = f"{name[:200]!r} is made twice"
                    raise FileError(self.path, reason, node.name)
                own.add(name)
                made.add(name)
            nodes.append(node)
        outputs = [self.name(y.get("name", ""), where) for y in graph.get("output", ())]
        for name in outputs:
            if name not in made:
                raise FileError(self.path, f"the output {name[:200]!r} is made by nothing", where)
        return Body([n for n in inputs if n not in initializers], outputs, nodes, initializers)

    def tensor(self, tensor: dict, place: str) -> Any:
        if tensor.get("blank"):
            shape = tuple(int(n) for n in tensor.get("dims", ()))
            return Blank(shape, numpy_dtype(DTYPES[tensor["data_type"]]))
        return tensor_array(tensor, self.path, place)

    def node(self, message: dict, made: set[str], where: str) -> Node:
        self.nodes += 1
        op, domain = message.get("op_type", ""), message.get("domain", "")
        name = f"{where}.node:{(message.get('name') or op)[:200]}"
        if self.nodes > MOST_NODES:
            raise FileError(self.path, f"more than {MOST_NODES:,} nodes", name)
        if domain not in DOMAINS or op not in self.known:
            named = f"{domain}.{op}" if domain else op
            raise FileError(self.path, f"the operator {named[:200]!r}, which hornlet lacks", name)
        for x in message.get("input", ()):
            if x and x not in made:
                reason = f"it takes {x[:200]!r}, which nothing before it makes"
                raise FileError(self.path, reason, name)
        attributes: dict[str, Any] = {}
        for entry in message.get("attribute", ()):
            key = self.name(entry.get("name", ""), name)
            place = f"{name}.{key[:200]}"
            if key in attributes or not key.isidentifier():
                raise FileError(self.path, "an attribute that stands twice or has no name", place)
            value = attribute_value(entry, self.path, place)
            is_graph = isinstance(value, dict)
            attributes[key] = self.body(value, set(made), place) if is_graph else value
        outputs = [self.name(y, name) if y else "" for y in message.get("output", ())]
        return Node(name, op, list(message.get("input", ())), outputs, attributes)

    def name(self, name: str, where: str) -> str:
        if not name or len(name) > LONGEST_NAME:
            raise FileError(self.path, f"a name of {len(name):,} characters", where)
        return name

    def kind(self, info: dict, where: str) -> tuple[str, tuple[int | None, ...]]:
        """The dtype and shape of an input; sizes that are named or missing are not known."""
        tensor = info.get("type", {}).get("tensor_type")
        number = (tensor or {}).get("elem_type", 0)
        if tensor is None or number not in DTYPES:
            raise FileError(self.path, "an input that is no tensor of numbers", where)
        if "shape" not in tensor:
            raise FileError(self.path, "an input of unknown rank", where)
        sizes = []
        for dim in tensor["shape"].get("dim", ()):
            n = dim.get("dim_value", 0)
            if n < 0 or n > 1 << 31:
                raise FileError(self.path, f"a dimension of size {n}", where)
            sizes.append(None if dim.get("dim_param") or n == 0 else n)
        if len(sizes) > 32:
            raise FileError(self.path, f"an input of rank {len(sizes)}", where)
        return DTYPES[number], tuple(sizes)
