"""The wire format against the library that defines it, and what it refuses."""

import numpy as np
import pytest

from hornlet.base import protobuf
from hornlet.base.files import FileError
from hornlet.base.onnx_format import (
    MESSAGES,
    attribute_message,
    attribute_value,
    tensor_array,
    tensor_message,
)
from hornlet.base.protobuf import WireError, decode, encode, varint

onnx = pytest.importorskip("onnx")
TABLE = {
    "Tree": {1: ("name", "text"), 2: ("children", "*Tree"), 3: ("size", "int"),
             4: ("numbers", "*int"), 5: ("weight", "double"), 6: ("shares", "*float")},
}  # fmt: skip


def test_what_is_written_is_read():
    tree = {
        "name": "über", "size": -3, "weight": 0.5, "numbers": [0, 1, -1, 2**40, -(2**63)],
        "shares": [0.5, -2.0], "children": [{"name": "a"}, {}],
    }  # fmt: skip
    found = decode(encode(tree, "Tree", TABLE), "Tree", TABLE)
    assert found.pop("numbers").tolist() == tree.pop("numbers")
    assert found.pop("shares").tolist() == tree.pop("shares")
    assert found == tree


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "uint8", "bool",
                                   "float16"])  # fmt: skip
@pytest.mark.parametrize("raw", [True, False])
def test_tensors_are_those_of_the_onnx_package(dtype, raw):
    array = np.array([[0, 1, 2], [3, 100, 5]]).astype(dtype)
    theirs = onnx.numpy_helper.from_array(array, "x")
    if not raw:
        kept = array.reshape(-1)
        kept = kept.view("uint16") if dtype == "float16" else kept
        theirs = onnx.helper.make_tensor("x", theirs.data_type, array.shape, array)
        assert not theirs.raw_data
    message = decode(theirs.SerializeToString(), "TensorProto", MESSAGES)
    np.testing.assert_array_equal(tensor_array(message, "f", "x"), array)
    ours = encode(tensor_message(array, "x"), "TensorProto", MESSAGES)
    back = onnx.TensorProto.FromString(ours)
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(back), array)


@pytest.mark.parametrize("value", [3, -1, 0.5, "text", [1, -2], [0.5, 1.0], ["a", "b"]])
def test_attributes_are_those_of_the_onnx_package(value):
    theirs = onnx.helper.make_attribute("k", value)
    message = decode(theirs.SerializeToString(), "AttributeProto", MESSAGES)
    assert attribute_value(message, "f", "k") == value
    ours = encode(attribute_message("k", value), "AttributeProto", MESSAGES)
    back = onnx.helper.get_attribute_value(onnx.AttributeProto.FromString(ours))
    decoded = [v.decode() for v in back] if isinstance(value, list) and back[0] == b"a" else back
    assert (decoded.decode() if isinstance(decoded, bytes) else decoded) == value


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x08", "ends within a number"),
        (b"\x80" * 11, "ends within a number"),
        (b"\x0a\x05ab", "5 bytes where 2 are left"),
        (b"\x0b", "wire type 3"),
        (b"\x08\x01", "expected text"),
        (b"\x0a\x01\xff", "not UTF-8"),
        (b"\x2a\x03abc", "expected double"),
        (b"\x32\x03abc", "no floats"),
        (b"\x22\x02\x80\x80", "ends within a number"),
        (b"\x22\x0c" + b"\x80" * 11 + b"\x01", "more than ten bytes"),
    ],
)
def test_bytes_that_are_no_message_are_refused(data, reason):
    with pytest.raises(WireError, match=reason):
        decode(data, "Tree", TABLE)


def test_depth_fields_and_packed_integers_are_counted(monkeypatch):
    nested = b""
    for _ in range(protobuf.DEEPEST + 2):
        nested = b"\x12" + varint(len(nested)) + nested
    with pytest.raises(WireError, match="nested"):
        decode(nested, "Tree", TABLE)
    monkeypatch.setattr(protobuf, "MOST_FIELDS", 100)
    with pytest.raises(WireError, match="more than 100 fields"):
        decode(b"\x12\x00" * 101, "Tree", TABLE)
    monkeypatch.setattr(protobuf, "MOST_PACKED", 100)
    with pytest.raises(WireError, match="packed integers"):
        decode(b"\x22\x65" + b"\x00" * 101, "Tree", TABLE)


@pytest.mark.parametrize(
    "change",
    [
        {"dims": [2, 2]}, {"dims": [-6]}, {"dims": [1] * 33 + [6]}, {"data_type": 8},
        {"data_type": 99}, {"external_data": [{"key": "location", "value": "/etc/passwd"}]},
        {"data_location": 1}, {"raw_data": b"123"}, {"dims": [2**62, 2**62]},
    ],
)  # fmt: skip
def test_tensors_that_lie_are_refused(change):
    message = {**tensor_message(np.ones((2, 3), "float32")), **change}
    with pytest.raises(FileError, match="m.onnx: w: "):
        tensor_array(message, "m.onnx", "w")
