"""keras.backend: dtype names and settings. There is one backend, NumPy."""

from hornlet.base.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from hornlet.base.dtypes import is_float as is_float_dtype
from hornlet.base.dtypes import is_int as is_int_dtype
from hornlet.base.dtypes import result_type, standardize_dtype
from hornlet.base.names import get_uid
from hornlet.tensor.keras_tensor import is_keras_tensor
from hornlet.tensor.session import clear_session

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]
