"""What GPTQ and AWQ learn of a layer's inputs, and the integers that each makes of its matrix."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hornlet.quantizers.affine import Levels, group_of, levels_of

_BLOCK = 128  # columns that are finished before the errors they made go on to the others


class Statistics:
    """Sums over the inputs of a matrix: their products with each other, and their magnitudes.

    Args:
        n: number of inputs, the rows of the matrix.
    """

    def __init__(self, n: int):
        self.gram = np.zeros((n, n))
        self.magnitudes = np.zeros(n)
        self.count = 0

    def add(self, x: np.ndarray) -> None:
        """Take in inputs, the last axes of which are the matrix's."""
        x = np.asarray(x, "float64").reshape(-1, len(self.gram))
        self.gram += x.T @ x
        self.magnitudes += np.abs(x).sum(axis=0)
        self.count += len(x)


class Quantized(NamedTuple):
    """A transposed matrix as integers: its levels, the group of each input, AWQ's factors."""

    integers: np.ndarray
    levels: Levels
    groups: np.ndarray
    factors: np.ndarray | None = None


def gptq(w: np.ndarray, seen: Statistics, config: Any) -> Quantized:
    """Quantize input by input, and let the inputs that follow make up for the error.

    With the inverse of the inputs' second moments H, the error of an input's weights is spread
    over those that are still floats, ``w -= error / U[j, j] * U[j]``, where U is the upper
    Cholesky factor of the inverse of H.

    Frantar et al., 2022, https://arxiv.org/abs/2210.17323

    Args:
        w: matrix of shape ``(outputs, inputs)``.
        seen: statistics of the inputs.
        config: a `GPTQConfig`.
    """
    n = w.shape[1]
    hessian = 2 * seen.gram / max(seen.count, 1)
    diagonal = np.diagonal(hessian).copy()
    diagonal[diagonal == 0] = 1  # an input that was never there: its weights are just rounded
    np.fill_diagonal(hessian, diagonal + config.hessian_damping * diagonal.mean())
    order = np.argsort(-diagonal, kind="stable") if config.activation_order else np.arange(n)
    factor = np.linalg.cholesky(np.linalg.inv(hessian[np.ix_(order, order)])).T
    rest = w[:, order].astype("float64")
    integers = np.empty(w.shape, "uint8")
    groups = group_of(n, config.group_size)
    made: list[Levels] = []
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        errors = np.empty((len(w), stop - start))
        block = rest[:, start:stop].copy()
        for i in range(stop - start):
            j = start + i
            if groups[j] == len(made):
                group = rest[:, groups == groups[j]].astype(w.dtype)
                made.append(_levels(group, config))
            levels, x = made[groups[j]], block[:, i : i + 1]
            q = levels.quantize(x)
            integers[:, order[j]] = q[:, 0]
            errors[:, i] = ((x - levels.dequantize(q)) / factor[j, j])[:, 0]
            block[:, i + 1 :] -= np.outer(errors[:, i], factor[j, j + 1 : stop])
        rest[:, stop:] -= errors @ factor[start:stop, stop:]
    whole = Levels(
        np.concatenate([levels.scale for levels in made], axis=1),
        np.concatenate([levels.zero for levels in made], axis=1),
        made[0].highest,
    )
    by_input = np.empty(n, groups.dtype)
    by_input[order] = groups
    return Quantized(integers, whole, by_input)


def _levels(group: np.ndarray, config: Any) -> Levels:
    return levels_of(group, config.weight_bits, -1, config.symmetric, config.per_channel)


def awq(w: np.ndarray, seen: Statistics, config: Any) -> Quantized:
    """Scale inputs up by a power of their magnitude, so that rounding hurts the large ones less.

    Among the powers ``i / num_grid_points`` the one is taken whose outputs on the examples are
    nearest to those of the floats. The matrix is divided by the factors again when it is used.

    Lin et al., 2023, https://arxiv.org/abs/2306.00978

    Args:
        w: matrix of shape ``(outputs, inputs)``.
        seen: statistics of the inputs.
        config: an `AWQConfig`.
    """
    groups = group_of(w.shape[1], config.group_size)
    magnitudes = seen.magnitudes / max(seen.count, 1)
    magnitudes = np.where(magnitudes < 1e-8, 1.0, magnitudes)
    # Without examples every input counts alike.
    gram = seen.gram if seen.count else np.eye(w.shape[1])
    best: tuple[float, Any] = (np.inf, None)
    for i in range(config.num_grid_points + 1):
        factors = np.maximum(magnitudes ** (i / config.num_grid_points), 1e-4)
        factors = (factors / np.sqrt(factors.max() * factors.min())).astype(w.dtype)
        scaled = w * factors
        levels = levels_of(scaled, config.weight_bits, config.group_size)
        each = levels.spread(groups)
        integers = each.quantize(scaled)
        error = each.dequantize(integers) / factors - w
        loss = float(np.sum((error @ gram) * error))
        if loss < best[0]:
            best = loss, Quantized(integers.astype("uint8"), levels, groups, factors)
    if best[1] is None:
        raise ValueError("The matrix, or the examples, hold numbers that are not finite.")
    return best[1]
