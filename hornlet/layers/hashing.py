"""Hashing and HashedCrossing: categories without a vocabulary, by hashes of their values."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from hornlet.base.config import floatx
from hornlet.base.registry import register
from hornlet.layers.arguments import one_of
from hornlet.layers.base import Layer
from hornlet.layers.encoding import ENCODED, encoded
from hornlet.layers.fingerprint import fingerprint64, joined, siphash64
from hornlet.layers.strings import as_text, hashed, is_text, values_of
from hornlet.tensor.keras_tensor import KerasTensor


def salt_of(salt):
    """The key of SipHash as a list of two integers, or None."""
    if salt is None:
        return None
    if isinstance(salt, (tuple, list)) and len(salt) == 2:
        return list(salt)
    if isinstance(salt, int):
        return [salt, salt]
    raise ValueError(
        f"Argument `salt` must be an integer, or a tuple of two. Received: salt={salt!r}"
    )


def hash_under(salt):
    """The hash of bytes: FarmHash's, or SipHash's where there is a salt."""
    return fingerprint64 if salt is None else partial(siphash64, key=tuple(salt))


@register("keras.layers")
class Hashing(Layer):
    """Hash integers or strings into bins: ``y = hash(x) % num_bins``.

    The hash is FarmHash's Fingerprint64 of the text (of a number, its decimal digits), the same
    on every machine; with a `salt` it is SipHash-2-4 under that key.

    Args:
        num_bins: number of bins, that of masked values included.
        mask_value: the value that goes to bin 0, and nothing else then does.
        salt: None, an integer, or two; makes the hash one that others cannot foresee.
        output_mode: `"int"` for the bin's number; `"one_hot"`, `"multi_hot"` and `"count"` as
            in `CategoryEncoding`.
        sparse: must be False; sparse tensors are not supported.

    Input shape: integers or strings of any shape, as an array or nested lists. Output: int64 of
    the same shape, or the encoding in floats.
    Reference: Aumasson and Bernstein, 2012, SipHash: a fast short-input PRF.

    >>> layer = keras.layers.Hashing(num_bins=3)
    >>> layer([["A"], ["B"], ["C"], ["D"], ["E"]]).ravel()
    array([1, 0, 1, 1, 2])
    >>> keras.layers.Hashing(num_bins=3, salt=[133, 137])(["A", "B", "C", "D", "E"])
    array([1, 2, 1, 0, 2])
    """

    supports_jit = False
    reads_values = True

    def __init__(
        self,
        num_bins: Any,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: Any = "int",
        sparse: bool | None = False,
        **kwargs: Any,
    ):
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else floatx()
        super().__init__(**kwargs)
        if num_bins is None or num_bins <= 0:
            raise ValueError(
                f"Argument `num_bins` must be a positive integer. Received: num_bins={num_bins}"
            )
        if output_mode == "int" and self.dtype_policy.name not in ("int32", "int64"):
            raise ValueError(
                "With output_mode='int', `dtype` must be 'int32' or 'int64'. Received: "
                f"dtype={kwargs['dtype']}"
            )
        one_of("output_mode", output_mode, ("int", *ENCODED))
        if sparse:
            raise ValueError("`sparse=True` is not supported: there are no sparse tensors here.")
        self.num_bins = num_bins
        self.mask_value = mask_value
        self.salt = salt_of(salt)
        self.output_mode = output_mode
        self.sparse = sparse
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.output_mode == "int":
            return tuple(input_shape)
        return (*input_shape[:-1], self.num_bins)

    def compute_output_spec(self, inputs: Any) -> Any:
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.dtype)

    def call(self, inputs: Any) -> Any:
        x = values_of(inputs, self)
        if self.output_mode == "one_hot" and x.shape and x.shape[-1] == 1:
            x = np.squeeze(x, axis=-1)
        if x.dtype.kind == "f":
            x = x.astype("int64")
        return encoded(self.bins_of(x), self.output_mode, self.num_bins, self.dtype)

    def bins_of(self, x: Any) -> Any:
        """The bin of every value."""
        function = hash_under(self.salt)
        if self.mask_value is None or self.num_bins == 1:
            return hashed(x, self.num_bins, function)
        masked = as_text(x) == self.mask_value if is_text(x) else x == self.mask_value
        return np.where(masked, 0, hashed(x, self.num_bins - 1, function) + 1)


@register("keras.layers")
class HashedCrossing(Layer):
    """Cross features by hashing: ``y = hash(x1, x2, ...) % num_bins``.

    Args:
        num_bins: number of bins.
        output_mode: `"int"` for the bin's number, or `"one_hot"`.
        sparse: must be False; sparse tensors are not supported.
        name: of the layer.
        dtype: dtype of the output; int64 for `"int"`, else floatx.

    Input: a list of two or more features of one shape, ``()``, ``(batch,)`` or ``(batch, 1)``,
    integers or strings. Output: that shape, with `"one_hot"` ``(batch, num_bins)``.

    >>> layer = keras.layers.HashedCrossing(num_bins=5)
    >>> layer((np.array(["A", "B", "A", "B", "A"]), np.array([101, 101, 101, 102, 102])))
    array([1, 4, 1, 1, 3])
    """

    supports_jit = False
    reads_values = True
    hash_key = 0xDECAFCAFFE

    def __init__(
        self,
        num_bins: Any,
        output_mode: Any = "int",
        sparse: bool | None = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        if output_mode == "int" and dtype is None:
            dtype = "int64"
        super().__init__(name=name, dtype=dtype)
        if sparse:
            raise ValueError("`sparse=True` is not supported: there are no sparse tensors here.")
        self.num_bins = num_bins
        self.output_mode = one_of("output_mode", output_mode, ("int", "one_hot"))
        self.sparse = sparse
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        pair = len(input_shape) == 2 and all(isinstance(s, tuple) for s in input_shape)
        if not pair or input_shape[0][-1:] != input_shape[1][-1:]:
            raise ValueError(
                "`HashedCrossing` takes a list of two tensors of one shape. Received: "
                f"input_shape={input_shape}"
            )
        shape = input_shape[0]
        if self.output_mode == "int":
            return shape
        return (*(shape[:-1] if shape[-1:] == (1,) else shape), self.num_bins)

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise ValueError(
                "`HashedCrossing` takes a list or tuple of at least two inputs. Received: "
                f"inputs={inputs}"
            )
        features = [values_of(x, self) for x in inputs]
        shape = features[0].shape
        if len(shape) > 2 or (len(shape) == 2 and shape[-1] != 1):
            raise ValueError(
                "Inputs of `HashedCrossing` have the shape `()`, `(batch_size,)` or "
                f"`(batch_size, 1)`. Received: shape {shape}"
            )
        if any(x.shape != shape for x in features):
            raise ValueError(
                "Inputs of `HashedCrossing` must have one shape. Received: shapes "
                f"{[x.shape for x in features]}"
            )
        if any(x.dtype.kind not in "iuSUO" for x in features):
            raise ValueError(
                "Inputs of `HashedCrossing` are integers or strings. Received: dtypes "
                f"{[x.dtype for x in features]}"
            )
        bins = [self.crossed(values) for values in zip(*map(fingerprints, features))]
        y = np.array(bins, dtype="int64").reshape(shape)
        return encoded(y, self.output_mode, self.num_bins, self.dtype)

    def crossed(self, values: Any) -> Any:
        x = self.hash_key
        for value in values:
            x = joined(x, value)
        return x % self.num_bins

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["trainable"]
        return {**config, "dtype": self.dtype}


def fingerprints(x):
    """Every value of ``x`` as a 64-bit integer: integers themselves, strings by their hash."""
    if is_text(x):
        return [fingerprint64(text.encode()) for text in as_text(x).ravel().tolist()]
    return [value & (1 << 64) - 1 for value in x.ravel().tolist()]
