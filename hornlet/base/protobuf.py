"""Protobuf's wire format: messages as dictionaries, read and written by a table of their fields.

A table maps a message's name to its fields: number -> (name, kind). A kind is "int", "float",
"double", "text", "bytes" or the name of another message; a star before it says that the field is
repeated. Fields that the table does not have are skipped. Nothing is copied out of the bytes that
are read: "bytes" are views of them, and repeated numbers are arrays.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

MOST_FIELDS = 250_000
DEEPEST = 64
MOST_PACKED = 1 << 22  # bytes of packed integers, each of which takes eight when read
_FIXED = {"float": ("<f", "<f4"), "double": ("<d", "<f8")}
_WIDTHS = {1: 8, 5: 4}

Table = dict[str, dict[int, tuple[str, str]]]


class WireError(ValueError):
    """Bytes that are no message; `place` says in which field."""

    def __init__(self, reason: str, place: str):
        self.reason, self.place = reason, place
        super().__init__(f"{place}: {reason}" if place else reason)


def varint(n: int) -> bytes:
    """Seven bits a byte, the lowest first; all bytes but the last have the highest bit set."""
    n &= 0xFFFFFFFFFFFFFFFF
    parts = []
    while n > 127:
        parts.append(n & 127 | 128)
        n >>= 7
    return bytes([*parts, n])


def field(number: int, value: Any) -> bytes:
    """A field of a message: an integer, a double, or text, bytes or a message with its length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + bytes(value)


def encode(message: dict, kind: str, table: Table) -> bytes:
    """The bytes of a message: of those entries of the dictionary that its table names."""
    return b"".join(pieces(message, kind, table))


def pieces(message: dict, kind: str, table: Table) -> list[bytes]:
    """What `encode` joins; large arrays among it are not copied."""
    found: list[bytes] = []
    for number, (name, of) in table[kind].items():
        value = message.get(name)
        if value is None:
            continue
        inner = of.lstrip("*")
        for item in value if of.startswith("*") else (value,):
            if inner in table:
                content = pieces(item, inner, table)
            elif inner in ("text", "bytes"):
                content = [item.encode() if isinstance(item, str) else item]
            elif inner == "int":
                found.append(field(number, int(item)))
                continue
            else:
                packed = struct.pack(_FIXED[inner][0], item)
                found.append(varint(number << 3 | (5 if inner == "float" else 1)) + packed)
                continue
            found.append(varint(number << 3 | 2) + varint(sum(map(len, content))))
            found += content
    return found


def decode(data: bytes, kind: str, table: Table) -> dict:
    """The message in `data` as a dictionary; raises WireError for anything else."""
    return _Reader(data, table).message(0, len(data), kind, "", 0)


class _Reader:
    """Reads with one budget of fields and of packed integers for the whole message."""

    def __init__(self, data: bytes, table: Table):
        self.data, self.view, self.table = data, memoryview(data), table
        self.fields = self.packed = 0

    def message(self, at: int, end: int, kind: str, place: str, depth: int) -> dict:
        if depth > DEEPEST:
            raise WireError(f"messages nested more than {DEEPEST} deep", place)
        known = self.table[kind]
        found: dict[str, Any] = {}
        while at < end:
            self.fields += 1
            if self.fields > MOST_FIELDS:
                raise WireError(f"more than {MOST_FIELDS:,} fields", place)
            key, at = self.varint(at, end, place)
            name, of = known.get(key >> 3, ("", ""))
            where = f"{place}.{name}" if place and name else name or place
            wire = key & 7
            value: Any = None
            if wire == 0:
                value, at = self.varint(at, end, where)
                start = at
            else:
                start, at = self.span(wire, at, end, where)
            if not name:
                continue
            inner, many = of.lstrip("*"), of.startswith("*")
            if inner in _FIXED or inner == "int":
                value = self.numbers(inner, wire, value, start, at, many, where)
            elif wire != 2:
                raise WireError(f"a field of wire type {wire}, expected {inner}", where)
            elif inner in self.table:
                value = self.message(start, at, inner, where, depth + 1)
            else:
                value = self.chunk(inner, start, at, where)
            if many:
                found.setdefault(name, []).append(value)
            else:
                found[name] = value
        for name, of in known.values():
            if of in ("*int", "*float", "*double") and name in found:
                found[name] = np.concatenate(found[name])
        return found

    def varint(self, at: int, end: int, place: str) -> tuple[int, int]:
        value = shift = 0
        while at < end and shift < 70:
            byte = self.data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value & 0xFFFFFFFFFFFFFFFF, at
            shift += 7
        raise WireError("ends within a number", place)

    def span(self, wire: int, at: int, end: int, place: str) -> tuple[int, int]:
        """Where the content of a field begins and ends."""
        if wire == 2:
            length, at = self.varint(at, end, place)
        elif wire in _WIDTHS:
            length = _WIDTHS[wire]
        else:
            raise WireError(f"a field of the unknown wire type {wire}", place)
        if length > end - at:
            raise WireError(f"a field of {length:,} bytes where {end - at:,} are left", place)
        return at, at + length

    def numbers(
        self, kind: str, wire: int, value: Any, start: int, stop: int, many: bool, place: str
    ) -> Any:
        """One number, or the array that a repeated field holds at this place."""
        if kind == "int":
            if wire == 0:
                value = value - (1 << 64) if value >> 63 else value
                return np.array([value], "int64") if many else value
            if wire == 2 and many:
                return self.varints(start, stop, place)
        else:
            width = 4 if kind == "float" else 8
            if wire == (5 if width == 4 else 1) or (wire == 2 and many):
                if (stop - start) % width:
                    raise WireError(f"{stop - start:,} bytes are no {kind}s", place)
                array = np.frombuffer(self.view[start:stop], _FIXED[kind][1])
                return array if many else float(array[0])
        raise WireError(f"a field of wire type {wire}, expected {kind}", place)

    def varints(self, start: int, stop: int, place: str) -> np.ndarray:
        """Packed integers, decoded byte column by byte column."""
        self.packed += stop - start
        if self.packed > MOST_PACKED:
            raise WireError(f"more than {MOST_PACKED:,} bytes of packed integers", place)
        data = np.frombuffer(self.view[start:stop], "uint8")
        ends = np.flatnonzero(data < 128)
        if data.size and (not ends.size or ends[-1] != data.size - 1):
            raise WireError("ends within a number", place)
        starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else ends
        lengths = ends - starts + 1
        if lengths.size and lengths.max() > 10:
            raise WireError("a number of more than ten bytes", place)
        total = np.zeros(len(ends), "uint64")
        for i in range(int(lengths.max()) if lengths.size else 0):
            rows = np.flatnonzero(lengths > i)
            part = (data[starts[rows] + i] & 127).astype("uint64")
            total[rows] |= part << np.uint64(7 * i)
        return total.view("int64")

    def chunk(self, kind: str, start: int, stop: int, place: str) -> Any:
        content = self.view[start:stop]
        if kind == "bytes":
            return content
        try:
            return str(content, "utf-8")
        except UnicodeDecodeError:
            raise WireError("text that is not UTF-8", place) from None
