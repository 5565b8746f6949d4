"""ONNX files that are not what they should be: written by our own encoder, field by field."""

import base64

import numpy as np

from hornlet.base.onnx_format import (
    MESSAGES,
    attribute_message,
    tensor_message,
    value_message,
)
from hornlet.base.protobuf import encode, field
from tests.hostile import seeds
from tests.hostile.table import Attack, group


def node(op, inputs, outputs, domain=None, **attributes):
    held = [attribute_message(key, value) for key, value in attributes.items()]
    return {"op_type": op, "input": inputs, "output": outputs, "attribute": held, "domain": domain}


def graph(nodes, outputs=("y",), weights=None, **more):
    tensors = [tensor_message(np.asarray(a), name) for name, a in (weights or {}).items()]
    return {
        "name": "g", "node": nodes, "initializer": tensors,
        "input": [value_message("x", "float32", ("n", 4))],
        "output": [value_message(y, "float32", ()) for y in outputs], **more,
    }  # fmt: skip


def packed(content, **more):
    message = {
        "ir_version": 8, "graph": content, "opset_import": [{"domain": "", "version": 18}], **more,
    }  # fmt: skip
    return encode(message, "ModelProto", MESSAGES)


def good():
    kernel = np.ones((4, 3), "float32")
    nodes = [node("MatMul", ["x", "w"], ["h"]), node("Relu", ["h"], ["y"])]
    return packed(graph(nodes, weights={"w": kernel}))


def with_tensor(**changes):
    """A good file whose weight says something else."""
    content = graph([node("MatMul", ["x", "w"], ["y"])], weights={"w": np.ones((4, 3), "float32")})
    content["initializer"][0].update(changes)
    return packed(content)


def alone(op, *inputs, weights=None, **attributes):
    """A file of one operator."""
    return packed(graph([node(op, list(inputs), ["y"], **attributes)], weights=weights))


def int64(*values):
    return np.array(values, "int64")


def chained(n):
    names = ["x", *(f"h{i}" for i in range(n - 1)), "y"]
    return packed(graph([node("Relu", [a], [b]) for a, b in zip(names, names[1:])]))


def doubled(n):
    """A constant that grows twofold n times, and becomes a shape."""
    nodes = [node("Concat", [f"c{i}", f"c{i}"], [f"c{i + 1}"], axis=0) for i in range(n)]
    nodes.append(node("Reshape", ["x", f"c{n}"], ["y"]))
    return packed(graph(nodes, weights={"c0": int64(1)}))


def nested(depth):
    """Branches in branches."""
    body = graph([node("Relu", ["x"], ["y"])])
    body["input"] = []
    for _ in range(depth):
        body = graph([node("If", ["c"], ["y"], then_branch=body, else_branch=body)])
        body["input"] = []
    outer = graph(body["node"], weights={"c": np.array(True)})
    return packed(outer)


@group
def onnx_truncated():
    data = good()
    for i in range(16):
        cut = data[: len(data) * i // 16]
        yield Attack(f"cut at {i}/16", lambda cut=cut: cut, "onnx")


@group
def onnx_tensors():
    rows = {
        "4 TB": {"dims": [1 << 40]},
        "a product that overflows": {"dims": [1 << 32, 1 << 32]},
        "negative": {"dims": [-4, -3]},
        "rank 40": {"dims": [1] * 38 + [4, 3]},
        "too few bytes": {"raw_data": b"1234"},
        "no bytes": {"raw_data": None},
        "strings": {"data_type": 8},
        "an unknown type": {"data_type": 77},
        "another type": {"data_type": 7},
        "numbers of another kind": {"raw_data": None, "int64_data": [1] * 12},
        "a name of a megabyte": {"name": "w" * (1 << 20)},
        "no name": {"name": ""},
        "the name of the input": {"name": "x"},
    }
    for name, changes in rows.items():
        yield Attack(name, lambda changes=changes: with_tensor(**changes), "onnx")
    for place in ("/etc/passwd", "../../etc/passwd", "https://example.org/w", "w.bin", "\0"):
        changes = {"raw_data": None, "data_location": 1,
                   "external_data": [{"key": "location", "value": place}]}  # fmt: skip
        yield Attack(f"data in {place!r}", lambda changes=changes: with_tensor(**changes), "onnx")


@group
def onnx_messages():
    data = good()
    rows = {
        "a million empty nodes": field(7, field(1, b"") * 1_000_000),
        "a million empty fields": field(7, b"") * 1_000_000,
        "unknown fields": field(99, b"") * 1_000_000,
        "8 MB of packed integers": field(7, field(5, field(1, b"\x01" * (8 << 20)))),
        "messages 1,000 deep": None,
        "two graphs (may load)": data + data,
        "a version of ten bytes (may load)": data + b"\x08" + b"\xff" * 9 + b"\x01",
        "no version": encode({"graph": graph([])}, "ModelProto", MESSAGES),
        "version 10**9": packed(graph([]), opset_import=[{"version": 10**9}]),
        "functions": data + field(25, field(1, "f")),
        "pickled": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
        "an archive": seeds.packed(),
        "zeros": b"\0" * (1 << 20),
        "ones": b"\xff" * (1 << 20),
    }
    inner = b""
    for _ in range(1000):
        inner = field(1, field(5, field(6, inner)))
    rows["messages 1,000 deep"] = field(7, inner)
    for name, content in rows.items():
        yield Attack(name, lambda content=content: content, "onnx")


@group
def onnx_graphs():
    ring = [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])]
    weight = graph([node("Relu", ["x"], ["y"])], weights={"w": np.ones(3, "float32")})
    rows = {
        "a ring": graph(ring),
        "a node of its own output": graph([node("Relu", ["y"], ["y"])]),
        "an output of nothing": graph([node("Relu", ["x"], ["z"])]),
        "an output twice": graph([node("Relu", ["x"], ["y"])] * 2),
        "no output": graph([node("Relu", ["x"], ["y"])], outputs=()),
        "an input twice": {**graph([node("Relu", ["x"], ["y"])]),
                           "input": [value_message("x", "float32", (4,))] * 2},
        "no input": {**graph([node("Relu", ["x"], ["y"])]), "input": []},
        "a weight twice": {**weight, "initializer": weight["initializer"] * 2},
        "an input of 2**60": {**graph([node("Relu", ["x"], ["y"])]),
                              "input": [value_message("x", "float32", (1 << 60, 4))]},
        "an input of rank 40": {**graph([node("Relu", ["x"], ["y"])]),
                                "input": [value_message("x", "float32", (1,) * 40)]},
        "30,000 nodes": None, "5,000 nodes (may load)": None,
        "branches 12 deep (may load)": None,
    }  # fmt: skip
    made = {"30,000 nodes": chained(30_000), "5,000 nodes (may load)": chained(5_000),
            "branches 12 deep (may load)": nested(7)}  # fmt: skip
    for name, content in rows.items():
        data = made.get(name) or packed(content)
        yield Attack(name, lambda data=data: data, "onnx")
    for op, domain in (
        ("os.system", None), ("__import__", None), ("Relu", "com.evil"), ("eval", "ai.onnx.ml"),
        ("", None), ("PyOp", "ai.onnx.contrib"),
    ):  # fmt: skip
        data = packed(graph([node(op, ["x"], ["y"], domain=domain)]))
        yield Attack(f"operator {domain}.{op}", lambda data=data: data, "onnx")


@group
def onnx_sizes():
    big, huge = 1 << 40, 1 << 62
    shape = {"s": int64(big, 4)}
    rows = {
        "ConstantOfShape of 2**40 (may load)": alone("ConstantOfShape", "s", weights=shape),
        "Expand to 2**40 (may load)": alone("Expand", "x", "s", weights={"s": int64(big, 1, 4)}),
        "Tile 2**40 times (may load)": alone("Tile", "x", "s", weights={"s": int64(big, 1)}),
        "Pad by 2**40 (may load)": alone("Pad", "x", "s", weights={"s": int64(0, big, 0, big)}),
        "Pad edges by 2**40": alone("Pad", "x", "s", mode="edge",
                                    weights={"s": int64(0, big, 0, big)}),
        "OneHot of 2**40 (may load)": alone(
            "OneHot", "i", "d", "v",
            weights={"i": int64(1), "d": int64(big), "v": np.ones(2, "float32")},
        ),
        "Range of 2**40": alone("Range", "a", "b", "c", weights={
            "a": np.array(0), "b": np.array(big), "c": np.array(1)}),
        "Range by zero": alone("Range", "a", "b", "c", weights={
            "a": np.array(0), "b": np.array(5), "c": np.array(0)}),
        "Trilu of 2**40": packed(graph(
            [node("ConstantOfShape", ["s"], ["h"]), node("Trilu", ["h"], ["y"])],
            weights={"s": int64(1 << 20, 1 << 20)})),
        "Resize to 2**40": alone("Resize", "x", "", "", "s", weights={"s": int64(12, big)}),
        "a shape of 2**60 elements": doubled(60),
        "a shape of 2**22 elements": doubled(22),
        "TopK of 2**40": alone("TopK", "x", "k", weights={"k": int64(big)}),
        "Split into 2**62": alone("Split", "x", "s", weights={"s": int64(huge, huge, huge)}),
        "Reshape to 2**62": alone("Reshape", "x", "s", weights={"s": int64(huge, 4)}),
        "Reshape to -1, -1": alone("Reshape", "x", "s", weights={"s": int64(-1, -1)}),
        "Slice by zero": alone("Slice", "x", "a", "b", "c", "d", weights={
            "a": int64(0), "b": int64(1), "c": int64(0), "d": int64(0)}),
        "a loop of 2**62 (may load)": None,
    }  # fmt: skip
    body = {
        "name": "b", "node": [node("Relu", ["v"], ["u"]), node("Identity", ["go"], ["on"])],
        "input": [value_message("i", "int64", ()), value_message("go", "bool", ()),
                  value_message("v", "float32", ("n", 4))],
        "output": [value_message("on", "bool", ()), value_message("u", "float32", ("n", 4))],
    }  # fmt: skip
    rows["a loop of 2**62 (may load)"] = alone(
        "Loop", "m", "", "x", weights={"m": np.array(huge)}, body=body
    )
    for name, data in rows.items():
        yield Attack(name, lambda data=data: data, "onnx")


@group
def onnx_attributes():
    image = {"w": np.ones((4, 4, 1, 1), "float32"), "s": int64(-1, 4, 1, 1)}
    values = (-5, 0, 1 << 62, 1.5, "7", [1], [1 << 62] * 4, [-1] * 4, np.ones(3, "float32"),
              "__import__('os')")  # fmt: skip
    for key in ("strides", "dilations", "pads", "group", "auto_pad", "kernel_shape", "run", "self"):
        for value in values:
            nodes = [node("Reshape", ["x", "s"], ["h"]),
                     node("Conv", ["h", "w"], ["y"], **{key: value})]  # fmt: skip
            data = packed(graph(nodes, weights=image))
            yield Attack(f"Conv {key}={value!r} (may load)", lambda data=data: data, "onnx")
    for op, key in (
        ("Softmax", "axis"), ("Transpose", "perm"), ("Cast", "to"), ("Gelu", "other"),
        ("ReduceSum", "keepdims"), ("ArgMax", "axis"), ("Flatten", "axis"),
    ):  # fmt: skip
        for value in values:
            data = alone(op, "x", **{key: value})
            yield Attack(f"{op} {key}={value!r} (may load)", lambda data=data: data, "onnx")
    for equation in ("a" * 100_000, "ij,jk->ik", "...", "->", "ij->" + "i" * 40, "ab,cd"):
        data = alone("Einsum", "x", equation=equation)
        yield Attack(f"Einsum {equation[:9]} (may load)", lambda data=data: data, "onnx")


@group
def onnx_layers():
    """The layer that such a file becomes, in files of ours."""
    weight = {"dims": [1 << 20, 1 << 20], "data_type": 1, "name": "w"}
    content = graph([node("MatMul", ["x", "w"], ["y"])])
    content["initializer"] = [weight]
    for name, inner in (
        ("weights of 4 TB", base64.b64encode(packed(content)).decode()),
        ("no base64", "####"), ("no text", 5), ("a list", ["a"]), ("nothing", ""), ("null", None),
        ("other bytes", base64.b64encode(b"\xff" * 1000).decode()),
        ("a ring", base64.b64encode(packed(graph([node("Relu", ["y"], ["y"])]))).decode()),
    ):  # fmt: skip
        config = {"name": "g", "graph": inner, "source": "a.keras"}
        data = seeds.as_layer("OnnxGraph", "hornlet", config)
        yield Attack(f"a graph of {name}", lambda data=data: data)
