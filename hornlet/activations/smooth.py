"""Smooth activations: the exponential family, sigmoids and their products, the softmaxes."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register


@register("keras.activations")
def sigmoid(x: Any) -> Any:
    """`1 / (1 + exp(-x))`, between 0 and 1.

    >>> keras.activations.sigmoid(np.array([0.0]))
    array([0.5])
    """
    return ops.sigmoid(x)


@register("keras.activations")
def log_sigmoid(x: Any) -> Any:
    """`log(sigmoid(x)) = -softplus(-x)`, without overflow.

    >>> keras.activations.log_sigmoid(np.array([0.0])).round(4)
    array([-0.6931])
    """
    return ops.log_sigmoid(x)


@register("keras.activations")
def tanh(x: Any) -> Any:
    """Hyperbolic tangent, between -1 and 1.

    >>> keras.activations.tanh(np.array([0.0]))
    array([0.])
    """
    return ops.tanh(x)


@register("keras.activations")
def tanh_shrink(x: Any) -> Any:
    """`x - tanh(x)`.

    >>> keras.activations.tanh_shrink(np.array([1.0])).round(4)
    array([0.2384])
    """
    return ops.tanh_shrink(x)


@register("keras.activations")
def exponential(x: Any) -> Any:
    """`exp(x)`.

    >>> keras.activations.exponential(np.array([0.0]))
    array([1.])
    """
    return ops.exp(x)


@register("keras.activations")
def elu(x: Any, alpha: float = 1.0) -> Any:
    """`x` for positive `x`, `alpha * (exp(x) - 1)` otherwise (Clevert et al., arXiv:1511.07289).

    >>> keras.activations.elu(np.array([-1.0, 1.0])).round(4)
    array([-0.6321,  1.    ])
    """
    return ops.elu(x, alpha=alpha)


@register("keras.activations")
def celu(x: Any, alpha: float = 1.0) -> Any:
    """`max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))` (Barron, 2017, arXiv:1704.07483).

    >>> keras.activations.celu(np.array([-1.0, 1.0])).round(4)
    array([-0.6321,  1.    ])
    """
    return ops.celu(x, alpha=alpha)


@register("keras.activations")
def selu(x: Any) -> Any:
    """`1.0507 * elu(x, 1.6733)`: keeps mean and variance (Klambauer et al., arXiv:1706.02515).

    >>> keras.activations.selu(np.array([-1.0, 1.0])).round(4)
    array([-1.1113,  1.0507])
    """
    return ops.selu(x)


@register("keras.activations")
def softplus(x: Any) -> Any:
    """`log(1 + exp(x))`.

    >>> keras.activations.softplus(np.array([0.0])).round(4)
    array([0.6931])
    """
    return ops.softplus(x)


@register("keras.activations")
def squareplus(x: Any, b: float = 4) -> Any:
    """`(x + sqrt(x**2 + b)) / 2` (Barron, 2021, arXiv:2112.11687).

    >>> keras.activations.squareplus(np.array([0.0]))
    array([1.])
    """
    return ops.squareplus(x, b=b)


@register("keras.activations")
def softsign(x: Any) -> Any:
    """`x / (1 + |x|)`.

    >>> keras.activations.softsign(np.array([1.0]))
    array([0.5])
    """
    return ops.softsign(x)


@register("keras.activations", aliases=("swish",))
def silu(x: Any) -> Any:
    """`x * sigmoid(x)`, also called swish (Ramachandran et al., 2017, arXiv:1710.05941).

    >>> keras.activations.silu(np.array([1.0])).round(4)
    array([0.7311])
    """
    return ops.silu(x)


@register("keras.activations")
def gelu(x: Any, approximate: bool = False) -> Any:
    """`x * P(X <= x)` with `X` standard normal (Hendrycks and Gimpel, arXiv:1606.08415).

    Args:
        x: tensor of any shape.
        approximate: whether to use the formula with `tanh` instead of the error function.

    >>> keras.activations.gelu(np.array([1.0])).round(4)
    array([0.8413])
    """
    return ops.gelu(x, approximate=approximate)


@register("keras.activations")
def glu(x: Any, axis: int = -1) -> Any:
    """Gated linear unit: the first half of `x` along `axis` times the sigmoid of the second.

    Dauphin et al., 2016, arXiv:1612.08083.

    >>> keras.activations.glu(np.array([2.0, 0.0]))
    array([1.])
    """
    return ops.glu(x, axis=axis)


@register("keras.activations")
def mish(x: Any) -> Any:
    """`x * tanh(softplus(x))` (Misra, 2019, arXiv:1908.08681).

    >>> keras.activations.mish(np.array([1.0])).round(4)
    array([0.8651])
    """
    x = ops.convert_to_tensor(x)
    return x * ops.tanh(ops.softplus(x))


@register("keras.activations")
def softmax(x: Any, axis: int = -1) -> Any:
    """`exp(x) / sum(exp(x))` along `axis`: positive numbers that sum to 1.

    >>> keras.activations.softmax(np.array([1.0, 1.0]))
    array([0.5, 0.5])
    """
    return ops.softmax(x, axis=axis)


@register("keras.activations")
def log_softmax(x: Any, axis: int = -1) -> Any:
    """`x - log(sum(exp(x)))` along `axis`, the logarithm of `softmax`.

    >>> keras.activations.log_softmax(np.array([1.0, 1.0])).round(4)
    array([-0.6931, -0.6931])
    """
    return ops.log_softmax(x, axis=axis)


@register("keras.activations")
def sparsemax(x: Any, axis: int = -1) -> Any:
    """Euclidean projection of `x` on the probabilities; many become exactly 0.

    Martins and Astudillo, 2016, arXiv:1602.02068.

    >>> keras.activations.sparsemax(np.array([[1.0, 3.0, 1.0]]))
    array([[0., 1., 0.]])
    """
    return ops.sparsemax(ops.convert_to_tensor(x), axis)
