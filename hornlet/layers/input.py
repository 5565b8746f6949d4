"""Where a model graph begins: InputLayer, and Input, which returns its symbol."""

from __future__ import annotations

from typing import Any

from hornlet.base.config import floatx
from hornlet.base.dtypes import standardize_dtype
from hornlet.base.registry import register
from hornlet.layers.arguments import deprecated
from hornlet.layers.base import Layer
from hornlet.tensor.keras_tensor import KerasTensor, symbolic_shape
from hornlet.tensor.node import Node


@register("keras.layers")
class InputLayer(Layer):
    """The layer behind `keras.Input`: one input of a model.

    Args:
        shape: shape without the batch, None for unknown dimensions.
        batch_size: size of the batch, None if it is not fixed.
        dtype: dtype of the data; `keras.config.floatx()` by default.
        sparse, ragged: must be false.
        batch_shape: shape with the batch, instead of `shape` and `batch_size`.
        input_tensor: a KerasTensor to wrap instead of making one.
        optional: whether None may be passed in its place.
        name: made up if None.

    >>> keras.layers.InputLayer(shape=(3,)).output.shape
    (None, 3)
    """

    _config_exclude = ("shape", "batch_size", "input_tensor")

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: Any = None,
        ragged: Any = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name)
        if "input_shape" in kwargs:
            shape = kwargs.pop("input_shape")
            deprecated("input_shape", shape, "Use `shape` instead.", stacklevel=2)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments passed to InputLayer: {kwargs}")
        if sparse or ragged:
            raise ValueError("Sparse and ragged inputs are not supported; pass dense arrays.")
        if input_tensor is not None:
            if not isinstance(input_tensor, KerasTensor):
                raise ValueError(
                    "Argument `input_tensor` must be a KerasTensor. Received invalid type: "
                    f"input_tensor={input_tensor!r} (of type {type(input_tensor).__name__})"
                )
            given = _batch_shape(shape, batch_size, batch_shape, input_tensor.shape)
            if given != input_tensor.shape or dtype not in (None, input_tensor.dtype):
                raise ValueError(
                    "The arguments `shape`, `batch_size`, `batch_shape` and `dtype` must agree "
                    f"with `input_tensor`. Received: {given}, {dtype} and {input_tensor}"
                )
            batch_shape, dtype = given, input_tensor.dtype
        else:
            batch_shape = _batch_shape(shape, batch_size, batch_shape, None)
        self.batch_shape = batch_shape
        self._dtype = floatx() if dtype is None else standardize_dtype(dtype)
        self.sparse = bool(sparse)
        self.ragged = bool(ragged)
        self.optional = optional
        self.built = True
        symbol = input_tensor
        if symbol is None:
            symbol = KerasTensor(batch_shape, dtype=self._dtype, name=name)
        Node(self, (), {}, symbol)

    def call(self) -> None:
        """Inputs are not computed."""

    def get_build_config(self) -> None:
        """None: there is nothing to build."""
        return

    @property
    def dtype(self) -> str:
        """The dtype of the data."""
        return self._dtype

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }


def _batch_shape(shape: Any, batch_size: Any, batch_shape: Any, known: Any) -> tuple:
    if shape is not None and batch_shape is not None:
        raise ValueError("You cannot pass both `shape` and `batch_shape` at the same time.")
    if batch_size is not None and batch_shape is not None:
        raise ValueError("You cannot pass both `batch_size` and `batch_shape` at the same time.")
    if batch_shape is not None:
        return symbolic_shape(batch_shape)
    if shape is not None:
        if isinstance(shape, int):
            raise ValueError(
                f"Argument `shape` must be a tuple, as in `shape=(32,)`. Received: shape={shape!r}"
            )
        first = batch_size if known is None or batch_size is not None else known[0]
        return (first, *symbolic_shape(shape))
    if known is not None:
        return known if batch_size is None else (batch_size, *known[1:])
    raise ValueError("You must pass a `shape` argument.")


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: Any = None,
    ragged: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> KerasTensor:
    """A symbol from which a functional model begins.

    Args:
        shape: shape of one sample, None for unknown dimensions.
        batch_size: size of the batch, if it is fixed.
        dtype: dtype of the data; `keras.config.floatx()` by default.
        sparse, ragged: must be false.
        batch_shape: shape with the batch, instead of `shape` and `batch_size`.
        name: name of the input; made up if None.
        tensor: a KerasTensor to use instead of making one.
        optional: whether None may be passed in its place.

    >>> x = keras.Input((3,), name="x")
    >>> keras.Model(x, keras.layers.Dense(2)(x)).output_shape
    (None, 2)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer.output
