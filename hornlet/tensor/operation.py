"""Operations of the model graph, and the inference of their outputs by tracing them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.base.configurable import Configurable, constructor_config, signature_of
from hornlet.base.dtypes import numpy_dtype, standardize_dtype
from hornlet.base.names import auto_name
from hornlet.engine.emit import Tensor
from hornlet.engine.spec import SizeError, Spec
from hornlet.engine.state import STATE, active
from hornlet.engine.trace import Trace
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.node import Node
from hornlet.tensor.rematerialization import remat
from hornlet.tensor.scope import Inferring
from hornlet.tensor.unknown import UnknownSizes

_PLAIN = frozenset((np.ndarray, Tensor, int, float, bool, str, type(None)))


def has_symbol(values: Iterable[Any]) -> bool:
    """Whether a KerasTensor stands among `values`, looking into lists, tuples and dicts."""
    for x in values:
        kind = type(x)
        if kind in _PLAIN:
            continue
        if isinstance(x, KerasTensor):
            return True
        if isinstance(x, (list, tuple)):
            if has_symbol(x):
                return True
        elif isinstance(x, dict) and has_symbol(x.values()):
            return True
    return False


def any_symbolic(args: Any = (), kwargs: Any = None) -> bool:
    """Whether a KerasTensor stands among the arguments of a call."""
    return has_symbol(args) or bool(kwargs and has_symbol(kwargs.values()))


def infer(function: Callable[..., Any], args: tuple = (), kwargs: Any = None) -> Any:
    """What `function` would return: its nest, with KerasTensors for the tensors.

    The function is traced on symbols; where a dimension of them is unknown, at two sizes of it.
    A dimension of the result that differs between the two is unknown too. A function that cannot
    take the sizes is asked again with those that it needs.
    """
    structure = (args, kwargs or {})
    flat = nest.flatten(structure)
    sizes = UnknownSizes([x.shape for x in flat if isinstance(x, KerasTensor)])
    results: list[Any] = []
    refusal = None
    while not results:
        try:
            for scale in (1, 2) if sizes.any else (1,):
                sizes.scale = scale
                results.append(_trace(function, structure, flat, sizes))
        except SizeError as error:
            refusal = refusal or error
            results.clear()  # one of the two sizes may have suited
            if not sizes.learn(error):
                raise refusal from None
    first, last = nest.flatten(results[0]), nest.flatten(results[-1])
    if len(first) != len(last):
        raise ValueError(
            "How many tensors the function returns depends on an unknown dimension. Cannot infer "
            "the results: give the dimension a size, or say how many there are, as `unstack(x, "
            f"num=3)`. Received shapes: {[x.shape for x in flat if isinstance(x, KerasTensor)]}"
        )
    outputs = [_symbol_of(a, b) for a, b in zip(first, last)]
    return nest.pack_sequence_as(results[0], outputs)


def compute_output_spec(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """`infer` with the arguments as a call has them; of arrays, too, only shape and dtype count."""

    def symbol(x: Any) -> Any:
        if isinstance(x, np.ndarray) and x.dtype.kind in "biuf":
            return KerasTensor(x.shape, x.dtype)
        return x

    return infer(function, *nest.map_structure(symbol, (args, kwargs)))


def _trace(function: Callable, structure: Any, flat: list, sizes: UnknownSizes) -> Any:
    current = Trace(STATE.trace)
    values = []
    batch = None
    symbols = count()
    for x in flat:
        if isinstance(x, KerasTensor):
            index = next(symbols)
            shape = sizes.of(index)
            batch = sizes.batch(index) or batch
            tensor = current.symbol(Spec(shape, numpy_dtype(x.dtype)))
            mask = getattr(x, "_keras_mask", None)
            if mask is not None:
                spec = Spec(shape[: len(mask.shape)], np.dtype(bool))
                tensor._keras_mask = current.symbol(spec)
            x = tensor
        values.append(x)
    args, kwargs = nest.pack_sequence_as(structure, values)
    try:
        with active(current), Inferring(batch):
            return function(*args, **kwargs)
    finally:
        current.close()


def _symbol_of(a: Any, b: Any) -> Any:
    """The KerasTensor for a result of two shapes; what is no tensor as it is."""
    if isinstance(a, KerasTensor) or not hasattr(a, "shape") or not hasattr(a, "dtype"):
        return a
    shape = tuple([m if m == n else None for m, n in zip(a.shape, b.shape)])
    return KerasTensor(shape, dtype=standardize_dtype(a.dtype))


class Operation(Configurable):
    """Base of what a model graph is made of: layers, and functions called on symbols.

    A subclass defines `call`; called on KerasTensors it is recorded as a node.

    Args:
        name: made up from the class's name if None.

    >>> class Twice(keras.Operation):
    ...     def call(self, x):
    ...         return 2 * x
    >>> Twice()(keras.KerasTensor((None, 3))).shape
    (None, 3)
    """

    def __init__(self, name: str | None = None):
        self._set_name(name)
        self._inbound_nodes: list[Node] = []
        self._outbound: list[weakref.ref[Node]] = []

    def _set_name(self, name: str | None) -> None:
        if name is None:
            name = auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name!r} (of type {type(name).__name__})"
            )
        self.name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if any_symbolic(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Record a call on symbols; returns symbols."""
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(operation=self, call_args=args, call_kwargs=kwargs, outputs=outputs)
        return outputs

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The KerasTensors that a call on these symbols returns."""
        return infer(self.call, args, kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} must define `call`.")

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """What stands for `call` where weights are quantized; layers that can be define it."""
        raise NotImplementedError(f"{type(self).__name__} does not define `quantized_call`.")

    def rematerialized_call(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """`fn`, whose activations need not be kept: what is kept the engine decides."""
        return remat(fn)

    def get_config(self) -> dict[str, Any]:
        """The name and the constructor's arguments, as plain values.

        The name is left out where the constructor of a class without a `get_config` of its own
        does not take one.
        """
        config = constructor_config(self, Operation)
        own = signature_of(type(self)) if type(self).get_config is Operation.get_config else None
        if own is None or own.varkw or "name" in own.names:
            config["name"] = self.name
        return config

    @property
    def _outbound_nodes(self) -> list[Node]:
        return [node for reference in self._outbound if (node := reference()) is not None]

    @property
    def input(self) -> Any:
        """The symbols of the first call, one or a list."""
        return self._first("input_tensors", "input")

    @property
    def output(self) -> Any:
        """The symbols that the first call returned, one or a list."""
        return self._first("output_tensors", "output")

    def _first(self, attribute: str, name: str) -> Any:
        if not self._inbound_nodes:
            raise AttributeError(
                f"The layer {self.name} has never been called on a symbol and thus has no defined "
                f"{name}. Call it on a `keras.Input`."
            )
        values = getattr(self._inbound_nodes[0], attribute)
        return values[0] if len(values) == 1 else list(values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


# Functions behind which Keras has a class that is not called as they are.
KERAS_CLASSES = {
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "cdist": "CDist",
    "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "fft": "FFT",
    "fft2": "FFT2",
    "hard_swish": "HardSilu",
    "ifft2": "IFFT2",
    "irfft": "IRFFT",
    "isin": "IsIn",
    "istft": "ISTFT",
    "jvp": "JVP",
    "layer_normalization": "LayerNorm",
    "psnr": "PSNR",
    "rfft": "RFFT",
    "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted",
    "stft": "STFT",
    "svd": "SVD",
    "swish": "Silu",
}


class FunctionOperation(Operation):
    """An op called on symbols: the node's place in the model graph and in files."""

    def __init__(self, function: Callable[..., Any], name: str | None = None, settings: Any = None):
        super().__init__(name=name or auto_name(function.__name__))
        self.function = function
        self.settings: dict[str, Any] = settings or {}
        self.leading: tuple = ()  # settings of a file that come before the operands of a call

    @property
    def class_name(self) -> str:
        """What Keras calls the class behind the function."""
        name = self.function.__name__
        return KERAS_CLASSES.get(name) or "".join(p.capitalize() for p in name.split("_"))

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        return super().symbolic_call(*args, **{**self.settings, **kwargs})

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """By the function's `output_spec`, where shapes depend on values; else by tracing it."""
        rule = getattr(self.function, "output_spec", None)
        if rule is not None:
            return rule(*args, **{**self.settings, **kwargs})
        return super().compute_output_spec(*args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **{**self.settings, **kwargs})


def symbolic_call(
    function: Callable[..., Any], args: tuple, kwargs: dict[str, Any], name: str | None = None
) -> Any:
    """Record the call of a function on symbols as a node; returns symbols."""
    label = auto_name(name or function.__name__)
    return FunctionOperation(function, name=label).symbolic_call(*args, **kwargs)
