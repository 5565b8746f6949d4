"""Dtype names and promotion, against Keras's own lattice."""

import itertools

import numpy as np
import pytest

from hornlet.base import config, dtypes

NAMES = dtypes.FLOAT_TYPES + dtypes.INT_TYPES + dtypes.BOOL_TYPES + dtypes.COMPLEX_TYPES
OPERANDS = NAMES + (int, float)
NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


@pytest.fixture(scope="module")
def oracle():
    keras_dtypes = pytest.importorskip("keras.src.backend.common.dtypes")
    return keras_dtypes._lattice_result_type


@pytest.mark.parametrize("size", [1, 2, 3])
def test_promotion_is_that_of_keras(oracle, size):
    """Equal once 64 bits are cut to 32, as Keras cuts every result outside of TensorFlow."""
    for operands in itertools.product(OPERANDS, repeat=size):
        found = dtypes.result_type(*operands)
        assert NARROW.get(found, found) == oracle(*operands), operands


def test_64_bits_stay_where_an_operand_has_them():
    assert dtypes.result_type("float64", "float32") == "float64"
    assert dtypes.result_type("float64", int, float) == "float64"
    assert dtypes.result_type("int64", "int8") == "int64"
    assert dtypes.result_type("int32", "uint32") == "int32"
    assert dtypes.result_type("int64", float) == "float32"


def test_python_scalars_follow_the_float_setting():
    config.set_floatx("float64")
    assert dtypes.result_type("int32", float) == "float64"
    assert dtypes.result_type() == dtypes.result_type(None) == "float64"
    config.set_floatx("float16")
    assert dtypes.result_type(float) == "float16"


def test_float8_never_meets_another_type():
    with pytest.raises(ValueError, match="float8"):
        dtypes.result_type("float8_e4m3fn", "float32")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (None, "float32"),
        ("int", "int32"),
        (int, "int32"),
        (float, "float32"),
        (bool, "bool"),
        (complex, "complex64"),
        (str, "string"),
        (np.float64, "float64"),
        (np.dtype("int16"), "int16"),
        (np.dtype(">f4"), "float32"),
        ("bfloat16", "bfloat16"),
    ],
)
def test_standard_names(given, name):
    assert dtypes.standardize_dtype(given) == name


@pytest.mark.parametrize("given", ["float31", "object", object, [], 3, np.dtype("M8[s]")])
def test_other_names_are_refused(given):
    with pytest.raises(ValueError, match="Invalid dtype"):
        dtypes.standardize_dtype(given)


def test_numpy_dtypes():
    for name in NAMES:
        assert dtypes.standardize_dtype(dtypes.numpy_dtype(name)) == name
    assert dtypes.numpy_dtype("bfloat16").itemsize == 2
    assert dtypes.is_float("bfloat16") and not dtypes.is_float("int8")
    assert dtypes.is_int("uint8") and not dtypes.is_int("bool") and dtypes.is_complex("complex64")
