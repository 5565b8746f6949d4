"""Random tensors of a given shape. The numbers depend on the seed alone, never on threads."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base.config import floatx
from hornlet.base.dtypes import is_float, is_int, numpy_dtype, standardize_dtype
from hornlet.engine.emit import emit
from hornlet.engine.tensor import is_tensor
from hornlet.ops.arguments import cast_to, floating, shape_tuple, tensor
from hornlet.ops.function import op
from hornlet.tensor.seed_generator import draw_seed


def _float_dtype(dtype: Any) -> np.dtype:
    dtype = standardize_dtype(dtype)
    if not is_float(dtype):
        raise ValueError(f"Argument `dtype` must be a floating dtype. Received: dtype={dtype}")
    return numpy_dtype(dtype)


def _affine(x: Any, scale: Any, shift: Any) -> Any:
    """`x * scale + shift` in x's dtype; what changes nothing is not computed."""
    if not (isinstance(scale, (int, float)) and scale == 1):
        x = cast_to(emit("multiply", x, scale), x.dtype)
    if not (isinstance(shift, (int, float)) and shift == 0):
        x = cast_to(emit("add", x, shift), x.dtype)
    return x


def normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Draws from the normal distribution, density `exp(-((x - mean) / stddev)**2 / 2)`.

    Args:
        shape: shape of the result.
        mean: mean of the distribution.
        stddev: its standard deviation.
        dtype: floating dtype, `keras.config.floatx()` by default.
        seed: integer, `SeedGenerator`, or None for the global generator.

    >>> keras.random.normal((2, 3), seed=1).shape
    (2, 3)
    """
    dtype = _float_dtype(dtype)
    x = emit("random_normal", draw_seed(seed), shape=shape_tuple(shape), dtype=dtype)
    return _affine(x, stddev, mean)


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Draws from the normal distribution, again where a value is over two `stddev` off `mean`.

    Args:
        shape, mean, stddev, dtype, seed: see `normal`; `mean` and `stddev` are the uncut ones.

    >>> bool((abs(keras.random.truncated_normal((99,))) <= 2).all())
    True
    """
    dtype = _float_dtype(dtype)
    x = emit("random_truncated_normal", draw_seed(seed), shape=shape_tuple(shape), dtype=dtype)
    return _affine(x, stddev, mean)


def uniform(
    shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Draws uniformly from `[minval, maxval)`.

    Args:
        shape: shape of the result.
        minval: lower bound, included.
        maxval: upper bound, excluded.
        dtype: floating dtype, `keras.config.floatx()` by default.
        seed: integer, `SeedGenerator`, or None for the global generator.

    Raises:
        ValueError: if `dtype` is not floating; `randint` draws integers.

    >>> x = keras.random.uniform((99,), -1, 1)
    >>> bool(((-1 <= x) & (x < 1)).all())
    True
    """
    dtype = _float_dtype(dtype)
    shape, words = shape_tuple(shape), draw_seed(seed)
    if isinstance(minval, (int, float)) and isinstance(maxval, (int, float)):
        low, high = float(minval), float(maxval)
        return emit("random_uniform", words, shape=shape, dtype=dtype, low=low, high=high)
    low, high = tensor(minval, "minval"), tensor(maxval, "maxval")
    unit = emit("random_uniform", words, shape=shape, dtype=dtype)
    return _affine(unit, emit("subtract", high, low), low)


def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Any:
    """Draws integers uniformly from `minval, ..., maxval - 1`.

    Args:
        shape: shape of the result.
        minval: lower bound, included.
        maxval: upper bound, excluded.
        dtype: integer dtype, int32 for None.
        seed: integer, `SeedGenerator`, or None for the global generator.

    Raises:
        ValueError: if `dtype` is not an integer one, or no integer lies between the bounds.

    >>> sorted(set(keras.random.randint((99,), 0, 3).tolist()))
    [0, 1, 2]
    """
    name = standardize_dtype("int32" if dtype is None else dtype)
    if not is_int(name):
        raise ValueError(f"Argument `dtype` must be an integer dtype. Received: dtype={name}")
    shape, words = shape_tuple(shape), draw_seed(seed)
    if is_tensor(minval) or is_tensor(maxval) or np.ndim(minval) or np.ndim(maxval):
        low, span = tensor(minval, "minval"), emit("subtract", maxval, minval)
        unit = emit("random_uniform", words, shape=shape, dtype=np.dtype("float64"))
        steps = emit("floor", emit("multiply", unit, cast_to(span, "float64")))
        return cast_to(emit("add", cast_to(low, "float64"), steps), name)
    low, high = int(minval), int(maxval)
    return emit("random_int", words, shape=shape, dtype=numpy_dtype(name), low=low, high=high)


@op
def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Draws class numbers, class k of a row with probability `softmax(logits)[k]`.

    The Gumbel way: the largest of `logits - log(-log(u))`, with u uniform on (0, 1).

    Args:
        logits: shape `(batch, classes)`, logarithms of probabilities up to a constant per row.
        num_samples: number of draws per row.
        dtype: integer dtype of the result.
        seed: integer, `SeedGenerator`, or None for the global generator.

    Returns:
        Shape `(batch, num_samples)`.

    Raises:
        ValueError: if `logits` is not of rank 2.

    >>> keras.random.categorical([[0.0, 50.0]], 3)
    array([[1, 1, 1]], dtype=int32)
    """
    logits = floating(logits, "logits")
    if logits.ndim != 2:
        raise ValueError(
            "Argument `logits` must have shape (batch, classes). "
            f"Received a tensor of shape {tuple(logits.shape)}"
        )
    batch, classes = logits.shape
    tiny = float(np.finfo(np.float32).tiny)
    u = emit(
        "random_uniform",
        draw_seed(seed),
        shape=(batch, int(num_samples), classes),
        dtype=np.dtype("float32"),
        low=tiny,
        high=1.0,
    )
    gumbel = emit("negative", emit("log", emit("negative", emit("log", u))))
    scores = emit("add", emit("reshape", logits, shape=(batch, 1, classes)), gumbel)
    return cast_to(emit("argmax", scores, axis=2), standardize_dtype(dtype))


@op
def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Draws from the gamma distribution, density proportional to `x**(alpha - 1) * exp(-x)`.

    Args:
        shape: shape of the result.
        alpha: positive number or tensor that broadcasts to `shape`.
        dtype: floating dtype, `keras.config.floatx()` by default.
        seed: integer, `SeedGenerator`, or None for the global generator.

    >>> keras.random.gamma((2, 3), alpha=2.0).shape
    (2, 3)
    """
    return _drawn("random_gamma", shape, dtype, seed, alpha)


@op
def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None
) -> Any:
    """Draws how many of `counts` trials succeed, each with the probability given.

    Args:
        shape: shape of the result.
        counts: whole number or tensor of them that broadcasts to `shape`.
        probabilities: number in [0, 1] or tensor of them that broadcasts to `shape`.
        dtype: floating dtype, `keras.config.floatx()` by default.
        seed: integer, `SeedGenerator`, or None for the global generator.

    >>> keras.random.binomial((2,), counts=3, probabilities=1.0)
    array([3., 3.], dtype=float32)
    """
    return _drawn("random_binomial", shape, dtype, seed, counts, probabilities)


@op
def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Draws from the beta distribution, density proportional to `x**(alpha-1) * (1-x)**(beta-1)`.

    Args:
        shape: shape of the result.
        alpha: positive number or tensor that broadcasts to `shape`.
        beta: likewise.
        dtype: floating dtype, `keras.config.floatx()` by default.
        seed: integer, `SeedGenerator`, or None for the global generator.

    >>> x = keras.random.beta((9,), alpha=2.0, beta=3.0)
    >>> bool(((0 <= x) & (x <= 1)).all())
    True
    """
    return _drawn("random_beta", shape, dtype, seed, alpha, beta)


def _drawn(name: str, shape: Any, dtype: Any, seed: Any, *parameters: Any) -> Any:
    parameters = tuple(cast_to(tensor(p), floatx()) for p in parameters)
    return emit(
        name, draw_seed(seed), *parameters, shape=shape_tuple(shape), dtype=_float_dtype(dtype)
    )
