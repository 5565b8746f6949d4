"""InputSpec: what a layer expects of its inputs' ranks, shapes and dtypes, and the check of it."""

from __future__ import annotations

from typing import Any

from hornlet.base import nest
from hornlet.base.configurable import Configurable
from hornlet.base.dtypes import standardize_dtype
from hornlet.base.registry import register
from hornlet.tensor.keras_tensor import symbolic_shape


@register("keras", aliases=("keras.layers.InputSpec",))
class InputSpec(Configurable):
    """Expectations of one input, which a layer keeps as its `input_spec` (or a nest of them).

    Args:
        dtype: dtype.
        shape: whole shape, None for free dimensions.
        ndim: rank.
        max_ndim, min_ndim: limits of the rank.
        axes: dictionary from an axis to its size.
        allow_last_axis_squeeze: whether a last axis of size 1 may be there or not.
        name: key of the input in a dictionary of inputs.
        optional: whether None may be passed.

    >>> layer = keras.layers.Dense(2)
    >>> layer.build((None, 3))
    >>> layer.input_spec
    InputSpec(min_ndim=2, axes={-1: 3})
    """

    _config_exclude = ("allow_last_axis_squeeze", "name")

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ):
        self.dtype = None if dtype is None else standardize_dtype(dtype)
        self.shape = None if shape is None else symbolic_shape(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (ValueError, TypeError, AttributeError):
            raise TypeError(
                f"Argument `axes` must be a dict with integer keys. Received: axes={axes!r}"
            ) from None
        limit = self.ndim if self.ndim is not None else self.max_ndim
        if self.axes and limit is not None and max(self.axes) >= limit:
            raise ValueError(
                f"Axis {max(self.axes)} is greater than the maximum allowed value: {limit - 1}"
            )

    def __repr__(self) -> str:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        parts = [f"{name}={getattr(self, name)}" for name in names if getattr(self, name)]
        return f"InputSpec({', '.join(parts)})"


def assert_input_compatibility(input_spec: Any, inputs: Any, layer_name: str) -> None:
    """Raise a ValueError if `inputs` are not what `input_spec`, a spec or a nest, asks for."""
    if not input_spec:
        return
    specs = [input_spec] if isinstance(input_spec, InputSpec) else nest.flatten(input_spec)
    if isinstance(inputs, dict) and all(spec is not None and spec.name for spec in specs):
        keys = [spec.name for spec in specs]
        for key in keys:
            if key not in inputs:
                raise ValueError(
                    f"Missing data for input '{key}' of layer '{layer_name}': expected a "
                    f"dictionary with the keys {keys}. Received the keys {list(inputs)}."
                )
        inputs = [inputs[key] for key in keys]
    values = nest.flatten(inputs)
    if len(values) != len(specs):
        raise ValueError(
            f"Layer '{layer_name}' expects {len(specs)} input(s), but it received {len(values)} "
            f"input tensors. Inputs received: {inputs}"
        )
    for index, (x, spec) in enumerate(zip(values, specs)):
        if spec is None or (x is None and spec.optional):
            continue
        if x is None and spec.name:
            raise ValueError(
                f"The input '{spec.name}' of layer '{layer_name}' is not optional, but None was "
                "passed. Pass a tensor."
            )
        if not hasattr(x, "shape"):
            raise ValueError(
                f"Inputs to a layer should be tensors. Got {x!r} (of type {type(x).__name__}) as "
                f"input for layer '{layer_name}'."
            )
        problem = _mismatch(spec, tuple(x.shape), x)
        if problem:
            named = f" with name '{spec.name}'" if spec.name else ""
            raise ValueError(
                f"Input {index}{named} of layer '{layer_name}' is incompatible with the layer: "
                f"{problem}"
            )


def _mismatch(spec: InputSpec, shape: tuple, x: Any) -> str | None:
    n = len(shape)
    squeezable = spec.allow_last_axis_squeeze
    if spec.ndim is not None and n != spec.ndim and not squeezable:
        return f"expected ndim={spec.ndim}, found ndim={n}. Full shape received: {shape}"
    if spec.max_ndim is not None and n > spec.max_ndim:
        return f"expected max_ndim={spec.max_ndim}, found ndim={n}. Full shape received: {shape}"
    if spec.min_ndim is not None and n < spec.min_ndim:
        return f"expected min_ndim={spec.min_ndim}, found ndim={n}. Full shape received: {shape}"
    if spec.dtype is not None and standardize_dtype(x.dtype) != spec.dtype:
        return f"expected dtype={spec.dtype}, found dtype={standardize_dtype(x.dtype)}"
    for axis, size in spec.axes.items():
        if size is not None and shape[axis] not in (size, None):
            return (
                f"expected axis {axis} of input shape to have value {size}, but received input "
                f"with shape {shape}"
            )
    if spec.shape is not None:
        expected = spec.shape
        if squeezable:  # the longer of the two may have one axis more
            if n > len(expected) and shape[-1] == 1:
                shape = shape[:-1]
            elif n < len(expected) and expected[-1] == 1:
                expected = expected[:-1]
        fits = len(shape) == len(expected) and all(
            a == b or a is None or b is None for a, b in zip(shape, expected)
        )
        if not fits:
            return f"expected shape={spec.shape}, found shape={tuple(x.shape)}"
    return None
