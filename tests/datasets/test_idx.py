"""Readers of idx files: what they return, and what they refuse."""

import gzip
import os
import struct

import numpy as np
import pytest

from hornlet.datasets import emnist, fashion_mnist, idx, mnist

PLAIN = {
    "train-images-idx3-ubyte": (6, 28, 28),
    "train-labels-idx1-ubyte": (6,),
    "t10k-images-idx3-ubyte": (4, 28, 28),
    "t10k-labels-idx1-ubyte": (4,),
}


def _bytes(array, kind=8):
    head = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def _write(folder, files, packed=True):
    os.makedirs(folder, exist_ok=True)
    arrays = {}
    for name, shape in files.items():
        seed = sum(map(ord, name))
        arrays[name] = np.random.default_rng(seed).integers(0, 256, shape).astype("uint8")
        content = _bytes(arrays[name])
        path = os.path.join(folder, name + (".gz" if packed else ""))
        with open(path, "wb") as file:
            file.write(gzip.compress(content) if packed else content)
    return arrays


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("reader", [mnist.load_data, fashion_mnist.load_data])
def test_the_four_files(tmp_path, reader, packed):
    arrays = _write(tmp_path, PLAIN, packed)
    (x_train, y_train), (x_test, y_test) = reader(tmp_path)
    for found, name in zip((x_train, y_train, x_test, y_test), PLAIN):
        assert np.array_equal(found, arrays[name]) and found.dtype == np.uint8


def test_emnist_is_turned_upright(tmp_path):
    files = {
        f"emnist-letters-{part}-{what}": (5, 28, 28)[: 3 if "images" in what else 1]
        for part in ("train", "test")
        for what in ("images-idx3-ubyte", "labels-idx1-ubyte")
    }
    arrays = _write(tmp_path / "gzip", files)
    (x_train, _), (_, y_test) = emnist.load_data("letters", tmp_path)
    stored = arrays["emnist-letters-train-images-idx3-ubyte"]
    assert np.array_equal(x_train, stored.transpose(0, 2, 1))
    assert np.array_equal(y_test, arrays["emnist-letters-test-labels-idx1-ubyte"])


def test_missing_files_are_named_with_their_source(tmp_path):
    _write(tmp_path, {"train-images-idx3-ubyte": (6, 28, 28)})
    with pytest.raises(FileNotFoundError) as error:
        mnist.load_data(tmp_path)
    text = str(error.value)
    assert str(tmp_path) in text and "t10k-labels-idx1-ubyte.gz" in text and "https://" in text
    assert "train-images" not in text
    with pytest.raises(FileNotFoundError, match="dataset-fashion-mnist"):
        fashion_mnist.load_data(tmp_path / "absent")
    with pytest.raises(FileNotFoundError, match="nist.gov"):
        emnist.load_data("digits", tmp_path)


def test_an_unknown_split_names_near_ones():
    with pytest.raises(ValueError, match="Did you mean 'byclass'"):
        emnist.load_data("byclas", ".")


def test_numbers_of_pictures_and_labels_must_agree(tmp_path):
    _write(tmp_path, {**PLAIN, "t10k-labels-idx1-ubyte": (3,)})
    with pytest.raises(ValueError, match="3 labels for 4 pictures"):
        mnist.load_data(tmp_path)


GOOD = _bytes(np.arange(60, dtype="uint8").reshape(3, 4, 5))
PACKED = gzip.compress(GOOD)
DAMAGED = {
    "empty": b"",
    "no gzip": GOOD,
    "short head": gzip.compress(GOOD[:9]),
    "magic": gzip.compress(b"\x01" + GOOD[1:]),
    "float": gzip.compress(GOOD[:2] + b"\x0d" + GOOD[3:]),
    "rank": gzip.compress(GOOD[:3] + b"\x04" + GOOD[4:]),
    "short": gzip.compress(GOOD[:-1]),
    "long": gzip.compress(GOOD + b"x"),
    "lying header": gzip.compress(GOOD[:4] + b"\xff" * 12 + GOOD[16:]),
    "bad sum": PACKED[:-6] + bytes([PACKED[-6] ^ 1]) + PACKED[-5:],
    "bomb": gzip.compress(GOOD[:16] + bytes(50_000_000), 1),
    **{f"cut at {i}/16": PACKED[: len(PACKED) * i // 16] for i in range(1, 16)},
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_files_are_value_errors_that_name_them(tmp_path, content):
    path = tmp_path / "x.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="x.gz"):
        idx.read(path, 3)


def test_single_flipped_bytes_are_never_anything_else(tmp_path):
    path = tmp_path / "x.gz"
    for place in range(len(PACKED)):
        path.write_bytes(PACKED[:place] + bytes([PACKED[place] ^ 0x55]) + PACKED[place + 1 :])
        try:
            assert idx.read(path, 3).shape == (3, 4, 5)
        except ValueError:
            pass
