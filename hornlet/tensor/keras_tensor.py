"""KerasTensor: the symbol of a model under construction; it has a shape and a dtype, no values."""

from __future__ import annotations

from typing import Any

from hornlet.base.dtypes import standardize_dtype
from hornlet.base.names import auto_name
from hornlet.base.serialization import register_leaf
from hornlet.base.trust import check_shape
from hornlet.engine.front import lookup
from hornlet.tensor.operators import add_operators


class KerasTensor:
    """A symbolic tensor, as `keras.Input` and layers called on symbols return it.

    Args:
        shape: tuple of integers, None where a dimension is not known.
        dtype: dtype of the values that will stand in its place.
        sparse, ragged: must be false.
        record_history: whether the operation that made it is remembered.
        name: made up if None.

    >>> x = keras.KerasTensor((None, 3))
    >>> (x + 1).shape
    (None, 3)
    """

    __array_ufunc__ = None
    __array_priority__ = 2000

    def __init__(
        self,
        shape: Any,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        if sparse or ragged:
            raise ValueError("Sparse and ragged tensors are not supported; pass neither.")
        if kwargs:
            raise TypeError(f"Unexpected keyword arguments: {', '.join(sorted(kwargs))}")
        self._shape = symbolic_shape(shape)
        self._dtype = standardize_dtype(dtype)
        self.name = name or auto_name(type(self).__name__)
        self.record_history = record_history
        self._keras_history: Any = None

    sparse = property(lambda self: False)
    ragged = property(lambda self: False)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape, with None for unknown dimensions."""
        return self._shape

    @shape.setter
    def shape(self, value: Any) -> None:
        raise AttributeError(
            "The `shape` attribute of a KerasTensor is immutable. Make another KerasTensor."
        )

    @property
    def dtype(self) -> str:
        """The name of the dtype."""
        return self._dtype

    @dtype.setter
    def dtype(self, value: Any) -> None:
        raise AttributeError(
            "The `dtype` attribute of a KerasTensor is immutable; use `keras.ops.cast`."
        )

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._shape)

    @property
    def T(self) -> Any:
        """The tensor with its axes in reverse order."""
        return lookup("transpose")(self)

    def reshape(self, newshape: Any) -> Any:
        """The tensor in another shape."""
        return lookup("reshape")(self, newshape)

    def squeeze(self, axis: Any = None) -> Any:
        """The tensor without its axes of size 1."""
        return lookup("squeeze")(self, axis=axis)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise ValueError(_no_values("be converted to a NumPy array"))

    def __array_function__(self, *_: Any, **__: Any) -> Any:
        raise ValueError(_no_values("be used as input of a NumPy function"))

    def __int__(self) -> int:
        raise ValueError(_no_values("be converted to a Python integer"))

    def __float__(self) -> float:
        raise ValueError(_no_values("be converted to a Python float"))

    def __bool__(self) -> bool:
        raise TypeError("A symbolic KerasTensor cannot be used as a boolean.")

    def __iter__(self) -> Any:
        raise NotImplementedError("Iterating over a symbolic KerasTensor is not supported.")

    def __len__(self) -> int:
        if not self._shape or self._shape[0] is None:
            raise TypeError("A KerasTensor whose first dimension is unknown has no len().")
        return self._shape[0]

    def __repr__(self) -> str:
        return (
            f"<KerasTensor shape={self._shape}, dtype={self._dtype}, sparse={self.sparse}, "
            f"ragged={self.ragged}, name={self.name}>"
        )


def _no_values(what: str) -> str:
    return (
        f"A KerasTensor is a symbol of a model under construction and cannot {what}. Use a layer "
        "or a function of `keras.ops` on it, or put the computation in the `call` of a layer."
    )


add_operators(KerasTensor)
# Symbols are told apart by identity, so that `x in symbols` and dictionaries of symbols work.
KerasTensor.__eq__ = object.__eq__  # type: ignore[method-assign]
KerasTensor.__hash__ = object.__hash__  # type: ignore[method-assign]


def symbolic_shape(shape: Any) -> tuple[int | None, ...]:
    """A shape in which None is allowed, as a tuple; ValueError for anything else."""
    if shape is None:
        raise ValueError("Undefined shapes are not supported: `shape` must not be None.")
    if not hasattr(shape, "__iter__") or isinstance(shape, (str, bytes)):
        raise ValueError(f"Cannot convert {shape!r} to a shape.")
    dims: list[int | None] = []
    for dim in shape:
        if dim is None:
            dims.append(None)
            continue
        if not hasattr(dim, "__index__") or isinstance(dim, bool):
            raise ValueError(
                f"Cannot convert {shape!r} to a shape. Found invalid dimension {dim!r} of type "
                f"{type(dim).__name__}; expected an integer or None."
            )
        if dim < 0:
            raise ValueError(
                f"Cannot convert {shape!r} to a shape. Negative dimensions are not allowed."
            )
        dims.append(int(dim.__index__()))
    made = tuple(dims)
    check_shape(made)
    return made


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a symbol of a model under construction.

    >>> keras.backend.is_keras_tensor(keras.Input((2,)))
    True
    """
    return isinstance(x, KerasTensor)


def _from_config(config: dict[str, Any]) -> Any:
    return KerasTensor(config["shape"], dtype=config["dtype"])


def _history(x: KerasTensor) -> dict[str, Any]:
    history = x._keras_history
    place = None
    if history is not None:
        place = [history.operation.name, history.node_index, history.tensor_index]
    return {"shape": x.shape, "dtype": x.dtype, "keras_history": place}


register_leaf(KerasTensor, "__keras_tensor__", _history, _from_config)
