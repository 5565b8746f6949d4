"""Event files, which TensorBoard reads: checked records of messages in protobuf's wire format."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
import zlib
from functools import cache
from typing import Any

import numpy as np

from hornlet.base.files import open_log
from hornlet.base.protobuf import field

# Numbers of TensorFlow's DataType, and of TensorBoard's DataClass.
FLOAT, DOUBLE, STRING = 1, 2, 7
SCALAR, TENSOR, BLOBS = 1, 2, 3
_SERIAL = itertools.count()


class EventFile:
    """Writes summaries into a new file of a folder, which is made with the first of them.

    A record is the length of an event, that number's checksum, the event and its checksum.
    """

    def __init__(self, folder: str):
        self.folder = folder
        self._file: Any = None

    def scalar(self, tag: str, value: Any, step: int) -> None:
        """A number."""
        content = np.asarray(value, "<f4")
        self._summary(tag, step, _array(FLOAT, content), "scalars", SCALAR)

    def histogram(self, tag: str, values: Any, step: int, buckets: int = 30) -> None:
        """How many values lie in each of equal intervals: rows of two edges and a count."""
        content = np.ascontiguousarray(interval_counts(values, buckets), "<f8")
        self._summary(tag, step, _array(DOUBLE, content), "histograms", TENSOR)

    def images(self, tag: str, images: np.ndarray, step: int, at_most: int = 3) -> None:
        """Images of shape `(n, height, width, channels)` with values from 0 to 1."""
        pixels = np.clip(images * 255.5, 0, 255).astype("uint8")
        height, width = pixels.shape[1:3]
        texts = [str(width).encode(), str(height).encode(), *map(png, pixels[:at_most])]
        self._summary(tag, step, _strings(texts, (len(texts),)), "images", BLOBS)

    def model(self, tag: str, text: str, step: int) -> None:
        """The JSON of a model, which is drawn as a graph."""
        self._summary(tag, step, _strings([text.encode()], ()), "graph_keras_model", 0, b"1")

    def flush(self) -> None:
        """Brings what was written to the file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Closes the file; what is written after that goes to another."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _summary(
        self, tag: str, step: int, tensor: bytes, plugin: str, kind: int, content: bytes = b""
    ) -> None:
        about = field(1, field(1, plugin) + field(2, content)) + field(4, kind)
        value = field(1, tag) + field(8, tensor) + field(9, about)
        self._event(field(2, step) + field(5, field(1, value)))

    def _event(self, what: bytes) -> None:
        if self._file is None:
            os.makedirs(self.folder, exist_ok=True)
            name = f"{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_SERIAL)}.v2"
            path = os.path.join(self.folder, f"events.out.tfevents.{name}")
            self._file = open_log(path, binary=True)
            self._event(field(3, "brain.Event:2"))
        event = field(1, time.time()) + what
        length = struct.pack("<Q", len(event))
        self._file.write(length + _check(length) + event + _check(event))


def _tensor(dtype: int, shape: tuple, content: bytes) -> bytes:
    sizes = b"".join(field(2, field(1, n)) for n in shape)
    return field(1, dtype) + field(2, sizes) + content


def _array(dtype: int, content: np.ndarray) -> bytes:
    return _tensor(dtype, content.shape, field(4, content.tobytes()))


def _strings(texts: list[bytes], shape: tuple) -> bytes:
    return _tensor(STRING, shape, b"".join(field(8, text) for text in texts))


@cache
def _table() -> list[int]:
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


def crc32c(data: bytes) -> int:
    """The cyclic redundancy check with Castagnoli's polynomial (RFC 3720, appendix B.4)."""
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def _check(data: bytes) -> bytes:
    # Turned and shifted, so that the checksum of data that holds checksums is no constant.
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def interval_counts(values: Any, n: int) -> np.ndarray:
    """The histogram of values over `n` equal intervals, rows of `(left, right, count)`."""
    values = np.asarray(values, "float64").ravel()
    if not values.size:
        return np.zeros((n, 3))
    low, high = values.min(), values.max()
    if low == high:
        counts = np.zeros(n)
        counts[-1] = values.size
        return np.stack([np.full(n, low), np.full(n, high), counts], axis=1)
    counts, edges = np.histogram(values, n, (low, high))
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def png(pixels: np.ndarray) -> bytes:
    """A PNG file of bytes of shape `(height, width, channels)`: grey, RGB or RGBA."""
    height, width, channels = pixels.shape
    color = {1: 0, 3: 2, 4: 6}[channels]

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    # Every row begins with the number of its filter: 0 is none.
    rows = np.pad(pixels.reshape(height, width * channels), ((0, 0), (1, 0)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows.tobytes()))
        + chunk(b"IEND", b"")
    )
